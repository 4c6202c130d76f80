"""Which charges a discount or a minimum sees together, and over which days."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from catchment.core.due.charging import charges
from catchment.core.terms.discounts import Discount, DiscountType, SeatDiscountType
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.pricing import CalculationMode, Graduated, SeatBased, Window
from catchment.core.terms.pricing.tiers import Tier
from catchment.core.terms.schedules import Charge, Frequency, PricedItem, Timing
from catchment.core.values.period import Period
from tests.core.agreements import CALLS, day, item, phase, schedule

QUARTER = Frequency.QUARTERLY
FEE = item("fee", frequency=QUARTER)


def seats(overages: str | None = "MONTHLY", timing: Timing = Timing.IN_ARREARS) -> PricedItem:
    price = SeatBased(D(1), overages=overages)
    return item("seats", price, QUARTER, timing)


def off(
    kind: DiscountType, *prices: str, seats: SeatDiscountType | None = None, separate: bool = False
) -> Discount:
    return Discount("d", kind, D("0.5"), "Less", separate, frozenset(prices), seats)


def discounted(
    discount: Discount, *items: PricedItem, closed: Container[date] = ()
) -> list[Charge]:
    """What is due by the end of the first quarter."""
    agreed = replace(phase("1-1", None, *items), discounts=(discount,))
    return list(charges(schedule(agreed), day("4-1"), closed=closed))


def beside(found: list[Charge]) -> list[tuple[str, str, int]]:
    """Of every charge the price, the seats, and how many charges settle each other with it."""
    return [(one.item.id, one.part.value, len(one.beside)) for one in found]


def test_an_amount_off_seats_is_one_for_all_their_parts() -> None:
    found = discounted(off(DiscountType.NOMINAL), seats(), FEE)

    assert beside(found) == [
        ("seats", "OVERAGES", 1),
        ("seats", "OVERAGES", 2),
        ("seats", "COMMITTED", 5),
        ("seats", "OVERAGES", 5),
        ("fee", "", 5),
    ]


def test_parts_of_seats_settle_each_other_whatever_days_are_closed() -> None:
    discount = off(DiscountType.NOMINAL)
    every = discounted(discount, seats(), FEE)
    closed = {day("2-1"), day("3-1")}

    left = discounted(discount, seats(), FEE, closed=closed)

    assert left == [one for one in every if one.due_on not in closed]


@pytest.mark.parametrize(
    "discount", [off(DiscountType.PERCENTAGE), off(DiscountType.NOMINAL, "fee")]
)
def test_what_takes_no_amount_off_seats_sees_what_is_due_at_once(discount: Discount) -> None:
    found = discounted(discount, seats(), FEE)

    assert {one.item.id: len(one.beside) for one in found}["fee"] == 3
    assert {len(one.beside) for one in found if one.due_on < day("4-1")} <= {0, 1}


@pytest.mark.parametrize(
    ("overages", "only", "parts"),
    [
        ("MONTHLY", SeatDiscountType.INCLUDED_SEATS_ONLY, {"COMMITTED"}),
        ("MONTHLY", SeatDiscountType.OVERAGE_SEATS_ONLY, {"OVERAGES"}),
        ("MONTHLY", SeatDiscountType.ALL_SEATS, {"COMMITTED", "OVERAGES"}),
        # What is there on the first day may be more than is contracted.
        (None, SeatDiscountType.OVERAGE_SEATS_ONLY, {"COMMITTED", "OVERAGES"}),
    ],
)
def test_a_discount_is_of_the_parts_that_hold_its_seats(
    overages: str | None, only: SeatDiscountType, parts: set[str]
) -> None:
    discount = off(DiscountType.PERCENTAGE, seats=only)

    found = discounted(discount, seats(overages, Timing.IN_ADVANCE))

    assert {one.part.value for one in found if one.discounts} == parts


def test_a_separate_discount_stands_beside_the_charge_as_it_was() -> None:
    charged, less = discounted(off(DiscountType.PERCENTAGE, separate=True), FEE)

    assert (charged.item.id, charged.beside, charged.discounts) == ("fee", (), ())
    assert (less.item.id, less.item.name, less.item.price_id) == ("discount:d:fee", "Less", "fee")
    assert less.beside == (charged,)


def test_a_minimum_is_of_all_the_days_whose_usage_counts_towards_it() -> None:
    tiers = (Tier(None, D(1)),)
    anew = Graduated(tiers, CalculationMode.PERIODIC, Window(1))
    usage = item("calls", anew, metric=CALLS)
    agreed = replace(phase("1-15", None, usage), minimums=(Minimum("m", D(10)),))

    found = charges(schedule(agreed), day("3-1"))

    february = [one for one in found if one.due_on == day("3-1")]
    first, second, least = february
    assert first.service == Period(day("2-1"), day("2-15"))
    assert second.service == Period(day("2-15"), day("3-1"))
    assert least.service == Period(day("2-1"), day("3-1"))
    assert (least.item.id, least.beside, least.tiers_from) == ("minimum:m", (first, second), None)
