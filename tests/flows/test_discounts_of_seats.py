"""Discounts of seats: of those contracted, of those above them, and of all that a cycle charges."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from catchment.store.invoices.invoices import Invoice
from tests.flows.books import Books, seat
from tests.flows.test_discounts_and_minimums import lines
from tests.flows.test_late_usage import FEBRUARY, MARCH, billed, contents, run, shares, verdicts

JANUARY = date(2026, 1, 1)
HALF = {"amount": "0.5"}


def family(
    books: Books, off: dict[str, Any], timing: str = "IN_ARREARS", **structure: Any
) -> dict[str, str]:
    """A parent whose children have 12 and 4 seats at 10, of which 10 are contracted."""
    made = {"parent": books.customer("Parent")}
    made |= {name: books.customer(name, made["parent"]) for name in ("North", "South")}
    terms = seat(books.seats("user"), "10", contractedMinimumSeats=10, **structure)
    price = books.price(terms, timing=timing)
    books.schedule(made["parent"], price, roll_up_billing=True, off=[off])
    books.write()
    books.seated(
        (made["North"], "user", "2026-01-01", 12), (made["South"], "user", "2026-01-01", 4)
    )
    return made


def nets(books: Books, invoice: Invoice) -> list[int]:
    return [net for _, net in lines(books, invoice)]


@pytest.mark.parametrize(
    ("seats", "taken"),
    [("INCLUDED_SEATS_ONLY", 50_00), ("OVERAGE_SEATS_ONLY", 30_00), ("ALL_SEATS", 80_00)],
)
def test_one_line_is_discounted_for_the_seats_named(books: Books, seats: str, taken: int) -> None:
    family(books, HALF | {"seat_discount_type": seats})

    january = billed(books, FEBRUARY)

    assert lines(books, january) == [("Seat_Based", 160_00), ("Launch", -taken)]
    launch = contents(books, january).lines[1]
    assert shares(books, january, launch) == {"North": -taken * 3 // 4, "South": -taken // 4}
    assert set(verdicts(books).values()) == {None}


@pytest.mark.parametrize(
    ("seats", "first", "then"),
    [
        ("INCLUDED_SEATS_ONLY", [100_00, -50_00], [60_00, 100_00, -50_00]),
        ("OVERAGE_SEATS_ONLY", [100_00], [60_00, -30_00, 100_00]),
        ("ALL_SEATS", [100_00, -50_00], [60_00, -30_00, 100_00, -50_00]),
    ],
)
def test_what_is_charged_apart_is_discounted_apart(
    books: Books, seats: str, first: list[int], then: list[int]
) -> None:
    terms = {"overagesBillingFrequency": "MONTHLY"}
    family(books, HALF | {"seat_discount_type": seats}, "IN_ADVANCE", **terms)

    contracted, february = billed(books, JANUARY), billed(books, FEBRUARY)

    assert (nets(books, contracted), sorted(nets(books, february))) == (first, sorted(then))
    assert set(verdicts(books).values()) == {None}


def test_a_nominal_discount_of_all_seats_is_taken_once_in_a_cycle(books: Books) -> None:
    terms = {"overagesBillingFrequency": "MONTHLY"}
    made = family(books, {"type": "NOMINAL", "amount": "130"}, "IN_ADVANCE", **terms)

    assert nets(books, billed(books, JANUARY)) == [100_00, -100_00]
    assert nets(books, billed(books, FEBRUARY)) == [60_00, -30_00, 100_00, -100_00]
    books.seated((made["South"], "user", "2026-01-01", 0))
    # January comes to 120 in all, of which nothing is left to pay: of 20 for overages 20 is taken.
    march = [net for net in nets(books, billed(books, MARCH)) if net]
    assert march == [20_00, -20_00, 100_00, -100_00, -40_00, 10_00]
    assert set(verdicts(books).values()) == {None}


def test_half_of_what_seats_cost_is_half_of_what_they_give_back(books: Books) -> None:
    made = family(books, HALF, "IN_ADVANCE")

    assert nets(books, billed(books, JANUARY)) == [160_00, -80_00]
    # From 16 January, for 16 of 31 days, there are no more than the contracted 10.
    books.seated((made["North"], "user", "2026-01-16", 2))
    february = nets(books, billed(books, FEBRUARY))
    assert february == [-30_97, 15_49, 100_00, -50_00]
    assert set(verdicts(books).values()) == {None}


@pytest.mark.parametrize("within", [True, False])
def test_monthly_overages_use_up_a_discount_of_the_year(books: Books, within: bool) -> None:
    off = {"type": "NOMINAL", "amount": "9", "separate_line_item": not within}
    made = {"solo": books.customer("Solo")}
    terms = seat(books.seats("user"), "365", overagesBillingFrequency="MONTHLY")
    price = books.price(terms, frequency="YEARLY", timing="IN_ADVANCE")
    books.schedule(made["solo"], price, off=[off | {"seat_discount_type": "OVERAGE_SEATS_ONLY"}])
    books.write()
    books.seated((made["solo"], "user", "2026-01-01", 1))

    [contracted, *months] = run(books, date(2026, 4, 1)).drafted

    assert sum(nets(books, contracted)) == 0
    assert [sum(nets(books, one)) for one in months] == [22_00, 28_00, 31_00]
