"""What is charged on demand: the usage of one day at a time, and only of days that have some.

Which days those are is a fact that somebody has to look up, so it arrives as a value. Without it
every day could be charged: that is how a charge is found again that stands on an invoice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date

from catchment.core.period import ONE_DAY, Period, day_after
from catchment.core.pricing import CalculationMode, Graduated, Price
from catchment.core.schedules import Charge, PricedItem, Schedule

DaysUsed = Callable[[Schedule, PricedItem], Collection[date]]
"""On which days something was used of what a price of a schedule prices, in no order."""


def only(*days: date) -> DaysUsed:
    """Whatever the price, no other than these days."""
    return lambda _schedule, _item: days


NEVER_USED: DaysUsed = only()


def is_used(schedule: Schedule, charge: Charge, used: DaysUsed) -> bool:
    """Whether something is charged: on demand, only where it was used."""
    item = charge.item
    return not item.on_demand or charge.service.start in used(schedule, item)


def within(days: Period, as_of: date, used: Collection[date] | None = None) -> Iterator[Period]:
    """Each of ``days`` up to ``as_of`` that was used, all of them where None, in order."""
    end = min(days.end, day_after(as_of))
    every: Iterable[date] = (days.start + n * ONE_DAY for n in range((end - days.start).days))
    if used is not None:
        every = sorted(day for day in used if days.start <= day < end)
    return (Period(day, day + ONE_DAY) for day in every)


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
