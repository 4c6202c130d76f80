"""Old usage is dropped only where nothing is to be billed by it any more, and then nothing is."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from catchment import ids
from catchment.core.values.errors import Invalid
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.flows.billing.run_billing import bill_schedule
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.flows.usage.drop_usage import Dropping, drop_usage, would_drop
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoices
from catchment.store.schema import line_items
from catchment.store.usage import kept_usage
from catchment.store.usage.kept_usage import UsageDropped
from tests.flows.books import NOW, Books, linear

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def bill(books: Books, day: date = date(2026, 3, 10)):
    return bill_workspace(
        books.engine, books.usage, books.workspace, as_of=day, now=NOW, new_id=ids.new_id
    )


def drop(books: Books, day: date = FEBRUARY) -> Dropping:
    return drop_usage(books.engine, books.usage, books.workspace, day, now=NOW)


def kept_since(books: Books) -> date | None:
    with reading(books.engine) as tx:
        return kept_usage.first_day(tx, books.workspace.id)


@pytest.fixture
def seller(books: Books) -> dict[str, str]:
    """A customer with 60 calls in January and 5 in February, whose invoices issue themselves."""
    made = {"acme": books.customer("Acme"), "calls": books.metric("calls")}
    price = books.price(linear("2"), made["calls"])
    made["schedule"] = books.schedule(made["acme"], price, auto_issue_invoices=True)
    books.write()
    books.used(
        (made["acme"], "calls", "2026-01-05", "60"), (made["acme"], "calls", "2026-02-05", "5")
    )
    return made


def test_what_is_on_no_invoice_is_kept(books: Books, seller: dict[str, str]) -> None:
    bill(books, date(2026, 1, 31))

    found = drop(books)

    assert found.needed == ("Linear of Acme for 1 – 31 January 2026 is on no invoice yet.",)
    assert found.freed is None
    assert kept_since(books) is None


def test_what_falls_due_later_is_kept(books: Books) -> None:
    acme, calls = books.customer("Acme"), books.metric("calls")
    price = books.price(linear("2"), calls, frequency="QUARTERLY")
    books.schedule(acme, price, start=JANUARY, auto_issue_invoices=True)
    books.write()
    bill(books)

    [reason] = drop(books).needed

    assert "for 1 January – 31 March 2026 is on no invoice yet" in reason


def test_what_a_draft_bills_is_kept(books: Books) -> None:
    acme, calls = books.customer("Acme"), books.metric("calls")
    books.schedule(acme, books.price(linear("2"), calls))
    books.write()
    [january, _] = bill(books).drafted

    needed = drop(books).needed
    with writing(books.engine) as tx:
        finalize_invoice(tx, books.workspace.id, january.id, on=FEBRUARY, now=NOW)

    assert needed == ("The draft of Acme due on 1 February 2026 is not issued.",)
    assert drop(books).needed == ()


def test_what_an_adjustment_waits_for_is_kept(books: Books, seller: dict[str, str]) -> None:
    bill(books)
    books.used((seller["acme"], "calls", "2026-01-06", "1"))

    needed = drop(books).needed
    bill(books, date(2026, 4, 1))

    assert needed == ("An adjustment of Acme for 1 – 31 January 2026 waits for an invoice.",)
    assert drop(books).needed == ()


def test_late_events_that_change_no_figure_keep_nothing(
    books: Books, seller: dict[str, str]
) -> None:
    bill(books)
    books.used((seller["acme"], "calls", "2026-01-06", "0"))

    assert drop(books).needed == ()


def test_what_stood_before_is_kept(books: Books) -> None:
    acme, seats = books.customer("Acme"), books.metric("seats", "TIME_WEIGHTED_SUM")
    books.schedule(acme, books.price(linear("2"), seats), auto_issue_invoices=True)
    books.write()
    bill(books)

    assert drop(books).needed == ("A time-weighted metric goes on from what it was told before.",)


def test_a_month_to_come_is_not_dropped(books: Books) -> None:
    with pytest.raises(Invalid, match="still to come"):
        drop(books, date(2026, 4, 1))


def test_a_dry_run_tells_what_would_go_and_changes_nothing(
    books: Books, seller: dict[str, str]
) -> None:
    bill(books)
    books.used(("nobody", "calls", "2026-01-05", "1"))

    with reading(books.engine) as tx:
        found = would_drop(tx, books.usage, books.workspace, FEBRUARY, now=NOW)

    assert (found.there.events, found.there.unmapped_events, found.invoices) == (2, 1, 1)
    assert kept_since(books) is None


class TestOnceItWasDropped:
    @pytest.fixture(autouse=True)
    def dropped(self, books: Books, seller: dict[str, str]) -> None:
        bill(books)
        assert drop(books).needed == ()

    def test_it_is_dropped_once_and_further(self, books: Books) -> None:
        again, back, more = drop(books), drop(books, JANUARY), drop(books, MARCH)

        assert [one.there.events for one in (again, back, more)] == [0, 0, 1]
        assert [one.invoices for one in (again, back, more)] == [0, 0, 1]
        assert kept_since(books) == MARCH

    def test_late_usage_of_then_changes_no_bill(self, books: Books, seller: dict[str, str]) -> None:
        books.used((seller["acme"], "calls", "2026-01-07", "1"))  # as if it had come just before
        books.alias(seller["acme"], "acme-eu", at=NOW)

        run = bill(books, date(2026, 4, 1))

        assert run.balanced
        [april] = run.drafted
        assert april.net.minor == 0

    def test_later_usage_is_adjusted_as_ever(self, books: Books, seller: dict[str, str]) -> None:
        books.used((seller["acme"], "calls", "2026-02-07", "1"))

        run = bill(books, date(2026, 4, 1))

        assert run.balanced
        assert [one.net.minor for one in run.drafted] == [200]

    def test_its_invoice_is_checked_but_not_recomputed(self, books: Books) -> None:
        first, second = self.verdicts(books)
        assert (first.recomputed, first.difference) == (False, None)
        assert (second.recomputed, second.difference) == (True, None)

    @pytest.mark.parametrize("changes", [{"net_minor": 1}, {"quantity": "61"}, {"rate": "3"}])
    def test_a_figure_that_was_changed_is_found_all_the_same(
        self, books: Books, changes: dict[str, object]
    ) -> None:
        with writing(books.engine) as tx:
            c = line_items.c
            tx.execute(update(line_items).where(c.service_start == JANUARY).values(**changes))

        first, _ = self.verdicts(books)

        assert first.difference is not None

    def test_its_invoice_cannot_be_voided(self, books: Books) -> None:
        with writing(books.engine) as tx:
            january, february = invoices.finalised(tx, books.workspace.id)
            with pytest.raises(UsageDropped, match="before 1 February 2026"):
                void_invoice(tx, books.workspace.id, january.id, on=MARCH, now=NOW)
            void_invoice(tx, books.workspace.id, february.id, on=MARCH, now=NOW)

    @pytest.mark.parametrize("frequency", ["MONTHLY", "QUARTERLY"])
    def test_no_schedule_starts_that_would_bill_it(
        self, books: Books, seller: dict[str, str], frequency: str
    ) -> None:
        price = books.price(linear("3"), seller["calls"], frequency=frequency)
        other = books.schedule(books.customer("Other"), price, start=JANUARY)
        books.write()

        with writing(books.engine) as tx, pytest.raises(UsageDropped, match="January"):
            bill_schedule(
                tx, books.usage, books.workspace, other, as_of=MARCH, now=NOW, new_id=ids.new_id
            )

    def verdicts(self, books: Books):
        with reading(books.engine) as tx:
            return list(verify_invoices(tx, books.usage, books.workspace))


def test_a_run_says_of_whom_it_could_not_bill_what_was_dropped(
    books: Books, seller: dict[str, str]
) -> None:
    with writing(books.engine) as tx:  # as no drop would do
        kept_usage.keep_since(tx, books.workspace.id, datetime(2026, 2, 1, tzinfo=UTC))

    [failure] = bill(books).failures

    assert failure.code == "usage_dropped"
    assert failure.reason.startswith("Usage of before 1 February 2026 was dropped")
