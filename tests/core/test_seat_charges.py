"""When the seats of a price are charged: at once, or what is committed and then what comes to it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from catchment.core.due.charging import charges, running
from catchment.core.terms.pricing import SeatBased, SeatPart
from catchment.core.terms.schedules import Charge, Frequency, Timing
from tests.core.agreements import day, item, phase, schedule

ADVANCE, ARREARS = Timing.IN_ADVANCE, Timing.IN_ARREARS
YEARLY, QUARTERLY, MONTHLY = Frequency.YEARLY, Frequency.QUARTERLY, Frequency.MONTHLY


def told(
    timing: Timing,
    frequency: Frequency,
    overages: str | None,
    as_of: str,
    first: str = "1-1",
    **agreed: int,
) -> list[str]:
    """Each charge as ``part first-day..last-day of full-days @ due``."""
    price = SeatBased(Decimal(1), overages=overages)
    priced = item(price=price, timing=timing, frequency=frequency)
    found = charges(schedule(phase(first, None, priced), **agreed), day(as_of))
    return [line(one) for one in found]


def line(one: Charge) -> str:
    part = one.part.value.lower() or "all"
    days = f"{one.service.start:%-m-%-d}..{one.service.last_day:%-m-%-d}"
    return f"{part} {days} of {one.full.days} @ {one.due_on:%-m-%-d}"


@pytest.mark.parametrize("overages", [None, "NONE", "MONTHLY"])
def test_seats_in_arrears_are_one_charge(overages: str | None) -> None:
    assert told(ARREARS, MONTHLY, overages, "2-1") == ["all 1-1..1-31 of 31 @ 2-1"]


@pytest.mark.parametrize("overages", [None, "NONE", "MONTHLY"])
def test_seats_in_advance_are_charged_at_both_ends(overages: str | None) -> None:
    assert sorted(told(ADVANCE, MONTHLY, overages, "2-1")) == [
        "committed 1-1..1-31 of 31 @ 1-1",
        "committed 2-1..2-28 of 28 @ 2-1",
        "overages 1-1..1-31 of 31 @ 2-1",
    ]


def test_overages_have_their_own_cycles_within_that_of_the_price() -> None:
    assert told(ARREARS, QUARTERLY, "MONTHLY", "4-1") == [
        "overages 1-1..1-31 of 90 @ 2-1",
        "overages 2-1..2-28 of 90 @ 3-1",
        "committed 1-1..3-31 of 90 @ 4-1",
        "overages 3-1..3-31 of 90 @ 4-1",
    ]


def test_a_shortened_cycle_is_one_of_overages_too() -> None:
    assert told(ADVANCE, YEARLY, "QUARTERLY", "4-20", first="1-20", billing_day=15) == [
        "committed 1-20..2-14 of 365 @ 1-20",
        "overages 1-20..2-14 of 365 @ 2-15",
        "committed 2-15..2-14 of 365 @ 2-15",
    ]


def test_every_day_has_its_overages_once() -> None:
    price = SeatBased(Decimal(1), overages="MONTHLY")
    priced = item(price=price, timing=ADVANCE, frequency=YEARLY)
    agreed = schedule(phase("1-31", "11-10", priced), billing_day=31)

    found = charges(agreed, day("2027-12-31"))

    [whole] = [one.service for one in found if one.part is SeatPart.COMMITTED]
    parts = [one.service for one in found if one.part is SeatPart.OVERAGES]
    assert sum(one.days for one in parts) == whole.days
    assert [one.start for one in parts[1:]] == [one.end for one in parts[:-1]]
    assert len({one.key for one in found}) == len(found)


def test_overages_that_have_begun_are_running() -> None:
    price = SeatBased(Decimal(1))
    agreed = schedule(phase("1-1", None, item(price=price, timing=ADVANCE)))

    assert [line(one) for one in running(agreed, day("1-1") + timedelta(days=3))] == [
        "overages 1-1..1-31 of 31 @ 2-1"
    ]
