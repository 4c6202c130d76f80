"""What is charged on demand: days with usage, each invoiced the day after, and no others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.flows.billing.place_charges import place
from catchment.flows.billing.run_billing import bill_schedule
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.flows.usage.drop_usage import drop_usage
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents, invoices
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.invoices.rows.invoice_parts import LineItem
from catchment.store.usage.kept_usage import UsageDropped
from catchment.usage import UsageStore
from tests.flows.books import GRADUATED, NOW, Books, fixed, linear


@dataclass
class Family:
    """A parent who pays on demand for what North and South call."""

    books: Books
    parent: str
    north: str
    south: str
    schedule: str = ""

    def called(self, *calls: tuple[str, str, int]) -> None:
        """Who, on which day, how often."""
        whose = {"N": self.north, "S": self.south, "P": self.parent}
        self.books.used(*((whose[who], "calls", f"2026-{on}", str(n)) for who, on, n in calls))

    def drafted(self, as_of: str) -> list[Invoice]:
        """What a run up to a day drafts; it must balance."""
        books = self.books
        result = bill_workspace(
            books.engine,
            books.usage,
            books.workspace,
            as_of=date.fromisoformat(f"2026-{as_of}"),
            now=NOW,
            new_id=ids.new_id,
        )
        assert (result.failures, result.report.differences) == ((), ())
        return sorted(result.drafted, key=lambda one: (one.due_on or date.max, one.ordinal))

    def issued(self, as_of: str) -> list[tuple[str, int, list[tuple[str, int]]]]:
        """What a run drafts, issued: due on, ordinal, lines as (first day, minor units)."""
        found = self.drafted(as_of)
        for one in found:
            self.issue(one)
        return [self.told(one) for one in found]

    def issue(self, one: Invoice) -> None:
        with writing(self.books.engine) as tx:
            finalize_invoice(tx, self.books.workspace.id, one.id, on=NOW.date(), now=NOW)

    def all(self) -> list[Invoice]:
        with reading(self.books.engine) as tx:
            return invoices.live(tx, self.books.workspace.id, [self.schedule])

    def told(self, one: Invoice) -> tuple[str, int, list[tuple[str, int]]]:
        found = [
            (f"{line.service.start:%m-%d}" + ("*" if line.deducted else ""), line.net.minor)
            for line in self.lines(one)
            if line.service
        ]
        return f"{one.due_on:%m-%d}", one.ordinal, found

    def lines(self, one: Invoice) -> Collection[LineItem]:
        with reading(self.books.engine) as tx:
            return invoice_contents.of(tx, self.books.workspace.id, one.id).lines

    def differences(self) -> list[Any]:
        """What ``verify`` finds."""
        with reading(self.books.engine) as tx:
            found = list(verify_invoices(tx, self.books.usage, self.books.workspace))
        assert found
        return [one.difference for one in found if one.difference]


def family(
    books: Books,
    *others: str,
    structure: dict[str, Any] | None = None,
    frequency: str = "ON_DEMAND",
    **terms: Any,
) -> Family:
    parent = books.customer("Parent")
    made = Family(books, parent, books.customer("North", parent), books.customer("South", parent))
    price = books.price(structure or linear("2"), books.metric("calls"), frequency=frequency)
    made.schedule = books.schedule(parent, price, *others, **{"roll_up_billing": True} | terms)
    books.write()
    return made


def test_a_day_with_usage_is_invoiced_the_day_after_and_no_other(books: Books) -> None:
    made = family(books)
    made.called(("N", "01-05", 3), ("S", "01-05", 4), ("P", "01-07", 1))

    assert made.issued("01-31") == [
        ("01-06", 0, [("01-05", 14_00)]),
        ("01-08", 0, [("01-07", 2_00)]),
    ]
    assert made.issued("01-31") == []
    assert made.differences() == []


def test_a_day_is_billed_only_when_it_is_over(books: Books) -> None:
    made = family(books)
    made.called(("N", "01-05", 3))

    assert made.issued("01-05") == []
    assert made.issued("01-06") == [("01-06", 0, [("01-05", 6_00)])]


def test_tiers_go_on_from_day_to_day_through_the_phase(books: Books) -> None:
    made = family(books, structure=GRADUATED)
    made.called(("N", "01-05", 60), ("S", "01-07", 30), ("N", "02-03", 35))

    assert made.issued("02-28") == [
        ("01-06", 0, [("01-05", 80_00)]),
        ("01-08", 0, [("01-07", 30_00)]),
        ("02-04", 0, [("02-03", 10_00 + 50_00 + 18_75)]),
    ]
    assert made.differences() == []


def test_what_falls_due_with_the_month_shares_its_invoice(books: Books) -> None:
    monthly = books.price(fixed("100"))
    made = family(books, monthly)
    made.called(("N", "01-05", 3), ("N", "01-31", 1))

    assert made.issued("02-10") == [
        ("01-06", 0, [("01-05", 6_00)]),
        ("02-01", 0, [("01-31", 2_00), ("01-01", 100_00)]),
    ]
    assert made.differences() == []


def test_a_month_is_invoiced_although_nothing_was_used_on_its_last_day(books: Books) -> None:
    made = family(books, books.price(fixed("100")))

    assert made.issued("02-10") == [("02-01", 0, [("01-01", 100_00)])]
    assert made.differences() == []


def test_usage_of_a_day_that_was_idle_is_billed_when_it_comes(books: Books) -> None:
    made = family(books, books.price(fixed("100")))
    made.issued("02-10")
    made.called(("N", "01-31", 3), ("N", "02-02", 5))

    # The invoice of 1 February is final: another one of that day takes it.
    assert made.issued("02-10") == [
        ("02-01", 1, [("01-31", 6_00)]),
        ("02-03", 0, [("02-02", 10_00)]),
    ]
    assert made.differences() == []


def test_usage_of_an_idle_day_joins_the_draft_of_that_day(books: Books) -> None:
    made = family(books, books.price(fixed("100")))
    [month] = made.drafted("02-10")
    made.called(("N", "01-31", 3))

    assert made.drafted("02-10") == []

    assert made.told(month) == ("02-01", 0, [("01-31", 6_00), ("01-01", 100_00)])


def test_usage_that_came_after_its_day_was_billed_is_adjusted_on_the_next_invoice(
    books: Books,
) -> None:
    made = family(books, structure=GRADUATED)
    made.called(("N", "01-05", 60), ("S", "01-07", 30))
    made.issued("01-10")
    made.called(("N", "01-05", 20))
    assert made.issued("01-10") == []  # it waits: nothing else is due
    made.called(("S", "01-12", 1))

    # The 5th goes on to 80; the 7th went from 60 to 90, and goes from 80 to 110.
    assert made.issued("01-13") == [
        ("01-13", 0, [("01-12", 75), ("01-05*", 20_00), ("01-07*", 47_50)]),
    ]
    assert made.differences() == []


def test_a_day_whose_events_are_cancelled_is_given_back(books: Books) -> None:
    made = family(books)
    made.called(("N", "01-05", 3))
    made.issued("01-06")
    books.used_again(1, (made.north, "calls", "2026-01-09", "4"))

    assert made.issued("01-10") == [("01-10", 0, [("01-09", 8_00), ("01-05*", -6_00)])]
    assert made.differences() == []


def test_a_nearer_pool_has_its_days_to_itself(books: Books) -> None:
    made = family(books)
    metric = books.metric("other")
    books.schedule(made.north, books.price(linear("1"), metric))
    books.write()
    made.called(("N", "01-05", 3))
    books.used((made.north, "other", "2026-01-07", "1"))

    assert [one[:2] for one in made.issued("01-31")] == [("01-06", 0)]


def test_usage_of_a_child_with_its_own_price_makes_no_day_of_its_parents(books: Books) -> None:
    parent = books.customer("Parent")
    made = Family(books, parent, books.customer("North", parent), books.customer("South", parent))
    metric = books.metric("calls")
    books.schedule(
        parent, books.price(linear("2"), metric, frequency="ON_DEMAND"), roll_up_billing=True
    )
    books.schedule(made.north, books.price(linear("1"), metric, frequency="ON_DEMAND"))
    books.write()
    made.called(("N", "01-05", 3), ("S", "01-07", 4))

    found = made.drafted("01-31")

    assert [(one.customer_id, one.net.minor) for one in found] == [
        (made.north, 3_00),
        (made.parent, 8_00),
    ]


def test_what_bills_its_parent_on_demand_is_on_an_invoice_of_its_parent(books: Books) -> None:
    parent = books.customer("Parent")
    made = Family(books, parent, books.customer("North", parent), books.customer("South", parent))
    metric = books.metric("calls")
    books.schedule(parent, books.price(fixed("100")))
    price = books.price(linear("1"), metric, frequency="ON_DEMAND")
    books.schedule(made.north, price, bill_to="PARENT")
    books.write()
    made.called(("N", "01-05", 3), ("N", "01-31", 4))

    found = made.drafted("02-01")

    assert [(one.customer_id, made.told(one)) for one in found] == [
        (parent, ("01-06", 0, [("01-05", 3_00)])),
        (parent, ("02-01", 0, [("01-01", 100_00), ("01-31", 4_00)])),
    ]
    for one in found:
        made.issue(one)
    made.called(("N", "01-30", 1), ("N", "01-31", 1))
    assert [(one[0], one[2]) for one in made.issued("02-01")] == [
        ("01-31", [("01-30", 1_00), ("01-31*", 1_00)])
    ]
    assert made.differences() == []


@pytest.mark.parametrize("separate", [True, False])
def test_a_percentage_is_taken_off_every_day(books: Books, separate: bool) -> None:
    other = books.price(linear("1"), books.metric("other"), frequency="ON_DEMAND")
    off = {"amount": "0.1", "separate_line_item": separate}
    made = family(books, other, off=[off])
    made.called(("N", "01-05", 30))
    books.used((made.south, "other", "2026-01-07", "10"), (made.south, "other", "2026-01-05", "10"))

    found = made.drafted("01-31")

    assert [one.net.minor for one in found] == [54_00 + 9_00, 9_00]
    for one in found:
        made.issue(one)
    made.called(("S", "01-07", 5), ("S", "01-05", 5))
    assert [one[2] for one in made.issued("01-31")]
    assert made.differences() == []


def test_a_day_is_one_of_the_workspaces_zone(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    books = Books(engine, usage, replace(workspace, timezone="America/New_York"))
    made = family(books)
    books.used((made.north, "calls", "2026-01-06T04:59:59+00:00", "1"))
    books.used((made.north, "calls", "2026-01-06T05:00:00+00:00", "2"))

    assert made.issued("01-07") == [
        ("01-06", 0, [("01-05", 2_00)]),
        ("01-07", 0, [("01-06", 4_00)]),
    ]


def test_a_draft_loses_a_day_whose_usage_is_gone(books: Books) -> None:
    made = family(books, books.price(fixed("100")))
    made.called(("N", "01-31", 3))
    [draft] = made.drafted("02-01")
    books.used_again(1, (made.north, "calls", "2026-02-04", "4"))

    with writing(books.engine) as tx:
        [held] = invoices.held_drafts(tx, books.workspace.id, [draft.id])
        place(tx, books.usage, books.workspace, [held], now=NOW, new_id=ids.new_id)

    assert made.told(draft) == ("02-01", 0, [("01-01", 100_00)])


def test_days_are_held_against_days_and_months_against_months(books: Books) -> None:
    made = family(books, books.price(fixed("2000")), auto_issue_invoices=True)
    for month in ("01", "02"):
        made.called(
            *((who, f"{month}-{day}", 1) for who, day in (("N", "05"), ("S", "06"), ("N", "07")))
        )
    made.drafted("03-01")
    made.called(("N", "03-02", 900))

    [parked] = [one for one in made.drafted("03-09") if one.status is Status.DRAFT]

    assert parked.net.minor == 1_800_00
    assert {one.net.minor for one in made.all() if one.status is not Status.DRAFT} == {
        2_00,
        2_000_00,
    }


def test_days_that_were_used_and_are_not_billed_keep_usage_from_being_dropped(books: Books) -> None:
    made = family(books)
    made.called(("N", "01-05", 3), ("N", "02-07", 1))
    made.issued("01-06")
    made.called(("S", "01-20", 1))

    found = drop_usage(books.engine, books.usage, books.workspace, date(2026, 2, 1), now=NOW)
    assert found.needed == ("Linear of Parent for 20 January 2026 is on no invoice yet.",)

    made.issued("01-31")
    found = drop_usage(books.engine, books.usage, books.workspace, date(2026, 2, 1), now=NOW)
    assert found.needed == ()
    assert [one[0] for one in made.issued("02-28")] == ["02-08"]
    assert made.differences() == []


def test_what_began_before_usage_was_dropped_cannot_start(books: Books) -> None:
    made = family(books)
    made.called(("N", "01-05", 3), ("N", "02-07", 1))
    made.issued("02-28")
    drop_usage(books.engine, books.usage, books.workspace, date(2026, 2, 1), now=NOW)
    price = books.price(linear("1"), books.metric("other"), frequency="ON_DEMAND")
    other = books.schedule(made.north, price)
    books.write()

    def start(id: str) -> list[Invoice]:
        with writing(books.engine) as tx:
            return bill_schedule(
                tx,
                books.usage,
                books.workspace,
                id,
                as_of=date(2026, 3, 1),
                now=NOW,
                new_id=ids.new_id,
            )

    with pytest.raises(UsageDropped):
        start(other)
    assert start(made.schedule) == []
