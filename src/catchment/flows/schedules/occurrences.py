"""The billing periods of terms that are no schedule yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from catchment.core.due.charging import charges
from catchment.core.terms.pricing import Fixed
from catchment.core.terms.schedules import (
    Frequency,
    Phase,
    PricedItem,
    Schedule,
    Timing,
)
from catchment.core.values.period import Period, day_after

Cadence = tuple[Frequency, Timing]
MONTHLY: Cadence = (Frequency.MONTHLY, Timing.IN_ARREARS)


def occurrences(
    start: date, end: date, billing_day: int | None, cadences: Iterable[Cadence]
) -> list[Period]:
    """Every period that prices of these ``cadences`` are charged for between two days, both
    included, by start, the shorter first; without a cadence they are months. What is charged on
    demand has no periods.
    """
    known = sorted({one for one in cadences if not one[0].on_demand})
    items = tuple(_item(*cadence) for cadence in known or [MONTHLY])
    phase = Phase("", start, end, items)
    schedule = Schedule("", "", start, end, billing_day, roll_up=False, phases=(phase,))
    return sorted({one.service for one in charges(schedule, day_after(end))})


def _item(frequency: Frequency, timing: Timing) -> PricedItem:
    """A price of nothing."""
    return PricedItem(
        id=f"{frequency} {timing}",
        product_id="",
        product_title="",
        name="",
        currency="",
        price=Fixed(Decimal(0)),
        frequency=frequency,
        timing=timing,
    )
