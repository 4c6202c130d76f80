"""What came late for invoices is previewed where the next run will bill it, whoever's invoice it was on."""

from datetime import UTC, date, datetime, time

import pytest

from catchment import ids
from catchment.flows.billing.previews.next_invoice import NothingToBill, next_invoice
from catchment.flows.billing.previews.simulate_schedule import simulate_schedule
from catchment.flows.invoices.recalculate_invoice import recalculate_invoice
from catchment.store.engine import reading, writing
from catchment.store.invoices.invoices import Invoice
from tests.flows.books import NOW, Books, linear
from tests.flows.test_late_usage import FEBRUARY, MARCH, adjustments, billed, issue, run

Figures = tuple[str | None, date | None, int, list[int]]


def told(books: Books, schedule: str, today: date) -> Figures:
    """What is told of the next invoice of a schedule: whose, when due, its net and adjustments."""
    with reading(books.engine) as tx:
        found = next_invoice(
            tx, books.usage, books.workspace, schedule, method=None, now=morning(today)
        )
    late = [line.net.minor for line in found.contents(0, 0).lines if line.deducted]
    return found.invoice.schedule_id, found.invoice.due_on, found.invoice.net.minor, late


def simulated(books: Books, schedule: str, today: date) -> list[Figures]:
    with reading(books.engine) as tx:
        found = simulate_schedule(
            tx, books.usage, books.workspace, schedule, until=None, given={}, now=morning(today)
        )
    return [
        (
            one.invoice.schedule_id,
            one.invoice.due_on,
            one.invoice.net.minor,
            [line.net.minor for line in one.contents.lines if line.deducted],
        )
        for one in found.invoices
    ]


def drafted(books: Books, invoice: Invoice) -> Figures:
    late = [net for _, _, net in adjustments(books, invoice)]
    return invoice.schedule_id, invoice.due_on, invoice.net.minor, late


def morning(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


class TestAChildBilledApart:
    """The parent's January was issued before its child's schedule began: that has an invoice of its own."""

    @pytest.fixture
    def made(self, books: Books) -> dict[str, str]:
        made = {"parent": books.customer("Parent"), "metric": books.metric("calls")}
        made["North"] = books.customer("North", made["parent"])
        price = books.price(linear("1"), made["metric"])
        made["schedule"] = books.schedule(made["parent"], price)
        books.write()
        billed(books, FEBRUARY)
        price = books.price(linear("2"), made["metric"])
        made["child"] = books.schedule(made["North"], price, bill_to="PARENT")
        books.write()
        books.used((made["North"], "calls", "2026-01-05", "10"))
        apart = billed(books, FEBRUARY)
        assert (apart.schedule_id, apart.customer_id) == (made["child"], made["parent"])
        books.used((made["North"], "calls", "2026-01-06", "3"))
        return made

    @pytest.mark.parametrize("schedule", ["schedule", "child"])
    def test_is_adjusted_on_its_parents_next_invoice(
        self, books: Books, made: dict[str, str], schedule: str
    ) -> None:
        found = told(books, made[schedule], date(2026, 2, 10))
        ahead = simulated(books, made[schedule], date(2026, 2, 10))
        [february] = run(books, MARCH).drafted

        assert found == drafted(books, february)
        assert ahead[0][-1] == [6_00]
        assert found == (made["schedule"], MARCH, 6_00, [6_00])

    def test_is_adjusted_on_the_first_of_several_that_its_parent_gets(
        self, books: Books, made: dict[str, str]
    ) -> None:
        south = books.customer("South", made["parent"])
        price = books.price(linear("2"), made["metric"])
        start = date(2026, 2, 1)
        terms = {"start": start, "recurrence_day_of_month": 15, "bill_to": "PARENT"}
        books.schedule(south, price, **terms)
        books.write()

        found = told(books, made["schedule"], date(2026, 2, 10))
        first, second = run(books, MARCH).drafted

        assert drafted(books, first) == (made["schedule"], date(2026, 2, 15), 6_00, [6_00])
        assert found == drafted(books, second) == (made["schedule"], MARCH, 0, [])

    def test_stays_adjusted_on_a_draft_that_is_recalculated(
        self, books: Books, made: dict[str, str]
    ) -> None:
        [february] = run(books, MARCH).drafted

        with writing(books.engine) as tx:
            again = recalculate_invoice(
                tx, books.usage, books.workspace, february.id, now=NOW, new_id=ids.new_id
            )

        assert drafted(books, again) == (made["schedule"], MARCH, 6_00, [6_00])


class TestASchedule:
    """A schedule that is over, and one whose child's is: nothing of either is charged any more."""

    @pytest.fixture
    def made(self, books: Books) -> dict[str, str]:
        made = {"parent": books.customer("Parent")}
        made["North"] = books.customer("North", made["parent"])
        calls = books.metric("calls")
        over = {"end": date(2026, 1, 31)}
        price = books.price(linear("1"), calls)
        made["schedule"] = books.schedule(made["parent"], price)
        price = books.price(linear("2"), calls)
        made["child"] = books.schedule(made["North"], price, bill_to="PARENT", **over)
        made["loner"] = books.customer("Loner")
        made["alone"] = books.schedule(made["loner"], price, **over)
        books.write()
        books.used((made["North"], "calls", "2026-01-05", "10"))
        issue(books, *run(books, FEBRUARY).drafted)
        return made

    def test_that_is_over_is_adjusted_on_a_last_invoice(
        self, books: Books, made: dict[str, str]
    ) -> None:
        day = date(2026, 2, 10)
        with pytest.raises(NothingToBill):
            told(books, made["alone"], day)
        books.used((made["loner"], "calls", "2026-01-06", "3"))

        found = told(books, made["alone"], day)
        ahead = simulated(books, made["alone"], day)
        [last] = run(books, day).drafted

        assert found == drafted(books, last) == (made["alone"], day, 6_00, [6_00])
        assert ahead == [found]

    def test_that_is_over_and_billed_its_parent_is_adjusted_on_the_parents_next(
        self, books: Books, made: dict[str, str]
    ) -> None:
        day = date(2026, 2, 10)
        with pytest.raises(NothingToBill):
            told(books, made["child"], day)
        books.used((made["North"], "calls", "2026-01-06", "3"))

        found = told(books, made["child"], day)
        [february] = run(books, MARCH).drafted

        assert found == drafted(books, february) == (made["schedule"], MARCH, 6_00, [6_00])
