"""Tiers that go on from one period to the next: each costs what it adds to what all of them cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D
from itertools import pairwise
from typing import Any

import pytest

from catchment import ids
from catchment.core.shares.allocation import METHODS, Method
from catchment.core.values.errors import NotFound
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.invoices.explain_share import explain_share
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.flows.usage.drop_usage import drop_usage
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoice_contents import LineItem
from tests.flows.books import GRADUATED, NOW, Books

FIRSTS = [date(2026, month, 1) for month in range(1, 8)]
JANUARY, FEBRUARY, MARCH, APRIL, MAY, *_ = FIRSTS
CUMULATIVE = GRADUATED | {"usageCalculationMode": "CUMULATIVE"}


def periodic(frequency: str, interval: int = 1) -> dict[str, Any]:
    period = {"frequency": frequency, "interval": interval}
    return GRADUATED | {"usageCalculationMode": "PERIODIC", "usageCalculationPeriod": period}


def cost(quantity: int) -> D:
    """By hand: 1 each and 20 up to 100, 0.75 each and 50 beyond."""
    if quantity <= 0:
        return D(0)
    return 20 + min(quantity, 100) + (50 + (quantity - 100) * D("0.75") if quantity > 100 else D(0))


def minor(amount: D) -> int:
    return int(amount * 100)


@dataclass
class Family:
    """A parent who pays for what North and South call, together."""

    books: Books
    parent: str
    north: str
    south: str

    def called(self, *calls: tuple[str, str, int]) -> None:
        """Who, on which day, how often."""
        whose = {"N": self.north, "S": self.south}
        self.books.used(*((whose[who], "calls", f"2026-{on}", str(n)) for who, on, n in calls))

    def billed(self, as_of: date) -> list[LineItem]:
        """The lines of everything that a run drafts, issued; by service."""
        books = self.books
        result = bill_workspace(
            books.engine, books.usage, books.workspace, as_of=as_of, now=NOW, new_id=ids.new_id
        )
        assert (result.failures, result.report.differences) == ((), ())
        with writing(books.engine) as tx:
            lines = []
            for one in result.drafted:
                finalize_invoice(tx, books.workspace.id, one.id, on=NOW.date(), now=NOW)
                lines += invoice_contents.of(tx, books.workspace.id, one.id).lines
        return sorted(lines, key=lambda line: (str(line.service), line.number))

    def shares(self, line: LineItem) -> Mapping[Method, tuple[int | None, ...]]:
        """North's and South's parts of a line, each explained on the way."""
        books, found = self.books, {}
        parts: list[int | None]
        with reading(books.engine) as tx:
            for method in METHODS:
                parts = []
                for who in (self.north, self.south):
                    whose = books.workspace, line.invoice_id, line.id, who, method
                    try:
                        told = explain_share(tx, books.usage, *whose, descendants=False)
                    except NotFound:
                        parts.append(None)
                    else:
                        parts.append(told.net.minor)
                found[method] = tuple(parts)
        return found

    def differences(self) -> list[Any]:
        """What differs where all that is issued is billed again."""
        with reading(self.books.engine) as tx:
            found = list(verify_invoices(tx, self.books.usage, self.books.workspace))
        assert found
        return [one.difference for one in found if one.difference]


def family(
    books: Books, structure: dict[str, Any], frequency: str = "MONTHLY", **terms: Any
) -> Family:
    parent = books.customer("Parent")
    made = Family(books, parent, books.customer("North", parent), books.customer("South", parent))
    price = books.price(structure, books.metric("calls"), frequency=frequency)
    books.schedule(parent, price, roll_up_billing=True, **terms)
    books.write()
    return made


def test_a_month_begins_where_the_one_before_ended(books: Books) -> None:
    made = family(books, CUMULATIVE)
    made.called(("N", "01-05", 40), ("S", "01-06", 20), ("N", "02-05", 30), ("S", "02-06", 35))

    january, february = made.billed(MARCH)

    assert (january.net.minor, february.net.minor) == (80_00, 108_75)
    assert (february.quantity, february.tiers_from) == (65, JANUARY)
    assert [(s.lower, s.upper, s.quantity, s.fee) for s in february.segments] == [
        (60, 100, 40, 0),
        (100, None, 25, 50),
    ]
    assert (january.tiers_from, made.differences()) == (None, [])


def test_who_came_while_the_dear_tier_was_open_pays_it(books: Books) -> None:
    made = family(books, CUMULATIVE)
    made.called(("N", "01-05", 40), ("S", "01-06", 20), ("N", "02-05", 30), ("S", "02-06", 35))
    _, february = made.billed(MARCH)

    # From 60: North's 30 and South's first 10 at 1, then 25 at 0.75 and the fee of 50.
    # Alone North would have gone from 40 to 70, South from 20 to 55: 30 and 35 of 65.
    assert made.shares(february) == {
        Method.PROPORTIONAL: (50_19, 58_56),
        Method.MARGINAL: (30_00, 78_75),
        Method.STANDALONE: (50_19, 58_56),
    }


def test_alone_a_member_goes_on_from_its_own(books: Books) -> None:
    made = family(books, CUMULATIVE)
    made.called(("N", "01-05", 100), ("N", "02-05", 20), ("S", "02-06", 20))
    _, february = made.billed(MARCH)

    # 40 beyond 100: 30 and the fee of 50. Alone North pays 15 + 50, South 20 + 20.
    assert february.net.minor == 80_00
    assert made.shares(february)[Method.STANDALONE] == (49_52, 30_48)


def test_months_cost_together_what_their_whole_usage_costs(books: Books) -> None:
    made = family(books, CUMULATIVE)
    calls = [
        ("NS"[n % 3 % 2], f"{month:02}-{n * 11 % 28 + 1:02}", n * n * 7 % 30 + 1)
        for month in range(1, 5)
        for n in range(month, month + 4)
    ]
    made.called(*calls)

    lines = made.billed(MAY)

    totals = [sum(n for _, on, n in calls if on < f"{m:02}") for m in range(1, 6)]
    assert [line.net.minor for line in lines] == [
        minor(cost(after) - cost(before)) for before, after in pairwise(totals)
    ]
    assert sum(line.net.minor for line in lines) == minor(cost(totals[-1]))
    for line in lines:
        for parts in made.shares(line).values():
            assert sum(part or 0 for part in parts) == line.net.minor
    assert made.differences() == []


@pytest.mark.parametrize("structure", [periodic("MONTHLY"), GRADUATED])
def test_tiers_that_begin_anew_every_period_are_those_of_the_period(
    books: Books, structure: dict[str, Any]
) -> None:
    made = family(books, structure)
    made.called(("N", "01-05", 60), ("S", "01-06", 65), ("N", "02-05", 130), ("S", "03-06", 10))

    lines = made.billed(APRIL)

    assert [line.net.minor for line in lines] == [188_75, 192_50, 30_00]
    assert {line.tiers_from for line in lines} == {None}


@pytest.mark.parametrize("structure", [periodic("QUARTERLY"), periodic("MONTHLY", 3)])
def test_tiers_begin_anew_every_calculation_period(books: Books, structure: dict[str, Any]) -> None:
    made = family(books, structure)
    made.called(*(("N", f"{month:02}-05", 60) for month in range(1, 7)))

    lines = made.billed(FIRSTS[6])

    quarter = [80_00, 105_00, 45_00]  # up to 60, 120 and 180
    assert [line.net.minor for line in lines] == quarter * 2
    assert made.differences() == []


def test_a_period_is_cut_where_its_tiers_begin_anew(books: Books) -> None:
    made = family(books, periodic("MONTHLY"), "QUARTERLY")
    made.called(("N", "01-05", 60), ("S", "02-06", 125), ("N", "03-05", 1))

    lines = made.billed(APRIL)

    assert [(line.service.start, line.net.minor) for line in lines if line.service] == [
        (JANUARY, 80_00),
        (FEBRUARY, 188_75),
        (MARCH, 21_00),
    ]
    assert len({line.invoice_id for line in lines}) == 1
    assert made.differences() == []


def test_calculation_periods_count_from_the_start_of_the_phase(books: Books) -> None:
    made = family(books, periodic("MONTHLY"), start=date(2026, 1, 10), recurrence_day_of_month=1)
    made.called(("N", "01-15", 60), ("N", "02-09", 60), ("N", "02-10", 60))

    lines = made.billed(MARCH)

    assert [(line.service.start.day, line.net.minor) for line in lines if line.service] == [
        (10, 80_00),
        (1, 105_00),  # up to 120 since 10 January
        (10, 80_00),  # and anew
    ]


def test_what_comes_late_moves_the_tiers_of_every_month_after_it(books: Books) -> None:
    made = family(books, CUMULATIVE)
    made.called(("N", "01-05", 60), ("S", "02-06", 30))
    issued = [*made.billed(FEBRUARY), *made.billed(MARCH)]
    made.called(("S", "01-20", 20))

    *adjusting, march = sorted(made.billed(APRIL), key=lambda line: not line.deducted)

    # January goes to 80; February, from 60 to 90 before, goes from 80 to 110 and into the next tier.
    assert [(line.quantity, line.net.minor) for line in issued] == [(60, 80_00), (30, 30_00)]
    assert [(line.quantity, line.net.minor) for line in adjusting] == [(20, 20_00), (0, 47_50)]
    assert march.net.minor == 0
    everything = [*issued, *adjusting, march]
    assert sum(line.net.minor for line in everything) == minor(cost(110))
    assert made.differences() == []


def test_a_tier_that_is_left_again_is_given_back(books: Books) -> None:
    made = family(books, CUMULATIVE)
    made.called(("N", "01-05", 125), ("S", "02-05", 5), ("N", "02-06", -35))

    january, february = made.billed(MARCH)

    assert (january.net.minor, february.net.minor) == (188_75, minor(cost(95)) - 188_75)
    assert made.shares(february)[Method.PROPORTIONAL] == (february.net.minor, None)
    assert made.differences() == []


def test_usage_is_kept_while_tiers_go_on_from_it(books: Books) -> None:
    made = family(books, CUMULATIVE)
    made.called(("N", "01-05", 60))
    made.billed(MARCH)

    found = drop_usage(books.engine, books.usage, books.workspace, MARCH, now=NOW)

    assert found.needed == (
        "The tiers of Graduated of Parent go on from usage since 1 January 2026.",
    )
