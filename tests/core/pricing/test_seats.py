"""Seat prices by themselves: what is contracted, what comes to it, and how amounts are cut."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction

import pytest

from catchment.core.terms.pricing import (
    SeatBased,
    SeatPart,
    Tier,
    included,
    rate,
    seats_of_part,
    within,
)
from catchment.core.terms.pricing.seats import Proration, cut
from catchment.core.values.errors import PriceInvalid, TiersInvalid
from catchment.core.values.money import exact_sum

THERE = ((D(3), 10), (D(7), 20))
"""Seats over a cycle of thirty days."""

TIERS = (Tier(D(4), D(30), D(2)), Tier(None, D(15)))


def of_part(part: SeatPart, minimum: int = 4, tiers: tuple[Tier, ...] = TIERS) -> SeatBased:
    return SeatBased(D(30), tiers, minimum=minimum, cycle_days=30, part=part)


def test_tiers_of_seats_rise_from_zero_to_an_open_end() -> None:
    with pytest.raises(TiersInvalid):
        SeatBased(D(1), (Tier(D(5), D(1)), Tier(D(5), D(1)), Tier(None, D(1))))


@pytest.mark.parametrize(("minimum", "fits"), [(-1, False), (0, True)])
def test_no_fewer_than_no_seats_are_contracted(minimum: int, fits: bool) -> None:
    if fits:
        assert SeatBased(D(1), minimum=minimum).minimum == minimum
    else:
        with pytest.raises(PriceInvalid) as refusal:
            SeatBased(D(1), minimum=minimum)
        assert [e.pointer for e in refusal.value.errors] == ["/contractedMinimumSeats"]


@pytest.mark.parametrize(
    ("part", "charged"),
    [
        (SeatPart.ALL, [(7, 10), (7, 20)]),
        (SeatPart.COMMITTED, [(4, 10), (4, 20)]),
        (SeatPart.OVERAGES, [(3, 10), (3, 20)]),
    ],
)
def test_the_seats_of_each_part(part: SeatPart, charged: list[tuple[int, int]]) -> None:
    found = seats_of_part(of_part(part), THERE)

    assert found == [(D(seats), days) for seats, days in charged]


@pytest.mark.parametrize(
    ("part", "minimum", "amount"),
    [
        (SeatPart.ALL, 4, "122"),  # four at 30, and the fee of their tier
        (SeatPart.ALL, 5, "137"),
        (SeatPart.ALL, 0, "0"),
        (SeatPart.COMMITTED, 5, "137"),
        (SeatPart.OVERAGES, 5, "0"),
    ],
)
def test_what_the_contracted_minimum_comes_to(part: SeatPart, minimum: int, amount: str) -> None:
    assert included(of_part(part, minimum), THERE) == D(amount)


def test_where_nothing_comes_to_what_is_committed_overages_have_no_segments() -> None:
    assert rate(of_part(SeatPart.OVERAGES, minimum=7), D(0), THERE) == ()


def test_segments_of_seats_name_tiers_only_where_there_are_any() -> None:
    tiered = rate(of_part(SeatPart.ALL), D(0), THERE)
    plain = rate(of_part(SeatPart.ALL, tiers=()), D(0), THERE)

    assert [(one.lower, one.upper) for one in tiered] == [(D(0), D(4)), (D(4), None)]
    assert [(one.lower, one.upper) for one in plain] == [(None, None)]


def test_what_is_cut_off_a_tier_goes_to_the_next() -> None:
    price = SeatBased(D(1), (Tier(D(1), D(1)), Tier(None, D(1))), cycle_days=30)

    found = rate(price, D(0), ((D(2), 20),))  # two thirds in each tier, 4/3 together

    assert [one.amount for one in found] == [D("0.666666666666"), D("0.666666666667")]


def test_no_seats_are_charged_until_some_come() -> None:
    counted = Proration.PRORATE_INCREMENTS
    price = SeatBased(D(30), proration=counted, overages="MONTHLY", cycle_days=30)
    there = ((D(0), 10), (D(2), 15), (D(1), 5))

    assert seats_of_part(price, there) == [(D(0), 10), (D(2), 15), (D(2), 5)]
    first = replace(price, part=SeatPart.COMMITTED)
    assert seats_of_part(first, there) == [(D(0), 10), (D(0), 15), (D(0), 5)]


def test_without_a_cycle_the_service_is_one() -> None:
    price = SeatBased(D(30), minimum=0)

    assert exact_sum(one.amount for one in rate(price, D(0), ((D(2), 10),))) == D(60)
    in_a_month = rate(within(price, 30), D(0), ((D(2), 10),))
    assert exact_sum(one.amount for one in in_a_month) == D(20)


@pytest.mark.parametrize(
    ("exact", "kept"),
    [
        (Fraction(2, 3), "0.666666666666"),
        (Fraction(-2, 3), "-0.666666666666"),
        (Fraction(1, 10**13), "0"),
        (Fraction(0), "0"),
        (Fraction(5, 4), "1.25"),
        (Fraction(-5, 4), "-1.25"),
    ],
)
def test_amounts_are_cut_towards_zero(exact: Fraction, kept: str) -> None:
    assert cut(exact) == D(kept)
