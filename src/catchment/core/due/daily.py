"""What is charged on demand: the usage of one day at a time, and only of days that have some, or of
one event at a time.

Which days and events those are is a fact that somebody has to look up, so it arrives as a value.
Without it every day could be charged: that is how a charge is found again that stands on an
invoice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from catchment.core.terms.pricing import CalculationMode, Graduated, Price, SeatPart
from catchment.core.terms.schedules import Charge, ChargePart, Frequency, PricedItem, Schedule
from catchment.core.values.period import ONE_DAY, Period, day_after


class Use(NamedTuple):
    """A day on which something was used; of a price per event, one event of the day.

    Without an event it stands, for a price per event too, for all that was used on the day.
    """

    day: date
    part: ChargePart = SeatPart.ALL

    @property
    def period(self) -> Period:
        """The day, as the days from it to the next."""
        return Period(self.day, self.day + ONE_DAY)


DaysUsed = Callable[[Schedule, PricedItem], Collection[Use]]
"""When something was used of what a price of a schedule prices: the days, in no order, or the
events, those of one day in their order.
"""


def only(*uses: Use) -> DaysUsed:
    """Whatever the price, no other than these."""
    return lambda _schedule, _item: uses


NEVER_USED: DaysUsed = only()


def either(*known: DaysUsed) -> DaysUsed:
    """What is known by any of these."""

    def all_of(schedule: Schedule, item: PricedItem) -> Collection[Use]:
        return dict.fromkeys(use for one in known for use in one(schedule, item))

    return all_of


def is_used(schedule: Schedule, charge: Charge, used: DaysUsed) -> bool:
    """Whether something is charged: on demand, only what was used."""
    item = charge.item
    return not item.on_demand or Use(charge.service.start, charge.part) in used(schedule, item)


def within(
    item: PricedItem, days: Period, as_of: date, used: Collection[Use] | None = None
) -> Iterator[Use]:
    """What an item is charged for of ``days`` up to ``as_of``, by day: what was used of them, all
    days where that is None.
    """
    end = min(days.end, day_after(as_of))
    if used is None:
        yield from (Use(days.start + n * ONE_DAY) for n in range((end - days.start).days))
        return
    found = (use for use in used if days.start <= use.day < end)
    if item.frequency is not Frequency.PER_EVENT:
        found = (Use(use.day) for use in found)
    yield from sorted(dict.fromkeys(found), key=lambda use: use.day)


def by_the_day(item: PricedItem) -> PricedItem:
    """The item as it prices a day: tiers begin with its phase, not with every day.

    Unless they begin anew with a calculation period.
    """
    price = item.price
    return replace(item, price=_going_on(price)) if isinstance(price, Graduated) else item


def _going_on(price: Graduated) -> Price:
    if price.mode is CalculationMode.BILLING_PERIOD:
        return replace(price, mode=CalculationMode.CUMULATIVE)
    return price
