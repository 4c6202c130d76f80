"""Days, cycles and when something is due, as a seller would find them on a calendar on the wall."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.oracle.contracts import MONTHS, Phase, Price, Schedule

DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class Service(NamedTuple):
    """Days that are charged for, ``[start, end)``, as far as they lie in a whole cycle.

    ``part`` says which seats, or which event. Tiers that go on count usage from ``since`` on.
    """

    start: date
    end: date
    cycle: tuple[date, date]
    due: date
    part: str = ""
    since: date | None = None

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def cycle_days(self) -> int:
        return (self.cycle[1] - self.cycle[0]).days


@cache
def day_of(at: datetime, zone: str) -> date:
    """Which day it is in ``zone``. A day that has begun is not undone by clocks that go back."""
    here = ZoneInfo(zone)
    now, earlier = at.astimezone(here), (at - 180 * _MINUTE).astimezone(here)
    went_back = now.replace(tzinfo=None) - earlier.replace(tzinfo=None) < 180 * _MINUTE
    passed = (at - n * _MINUTE for n in range(181 if went_back else 1))
    return max(one.astimezone(here).date() for one in passed)


@cache
def beginning(day: date, zone: str) -> datetime:
    """The first minute at which it is ``day``, or later, in ``zone``: looked for by halves."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    before, after = -48 * 60, 48 * 60
    while after - before > 1:
        middle = (before + after) // 2
        if day_of(noon + middle * _MINUTE, zone) >= day:
            after = middle
        else:
            before = middle
    return noon + after * _MINUTE


def billing_day_in(year: int, month: int, billing_day: int) -> date:
    """The billing day of a month; of a month without it, its last day."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(billing_day, monthrange(year, month)[1]))


def services(schedule: Schedule, phase: Phase, price: Price, until: date) -> list[Service]:
    """What a price of a phase is charged for that begins by the day ``until``; some is due later."""
    found = {"ONE_TIME": _once, "ON_DEMAND": _daily, "PER_EVENT": _daily}.get(
        price.frequency, _recurring
    )
    whole = found(schedule, phase, price, until)
    if _has_parts(price):
        return [part for one in whole for part in _parts(schedule, phase, price, one)]
    return [part for one in whole for part in _windows(phase, price, one)]


def _once(_schedule: Schedule, phase: Phase, price: Price, until: date) -> Iterator[Service]:
    """For the whole phase; for the first month of one that has no end, or the first day of one that ends some day.

    What waits for a milestone is not due, but what is used meanwhile is nobody else's.
    """
    if phase.milestone is not None and price.timing == "IN_ADVANCE":
        end = phase.start + DAY
    elif phase.milestone is not None and phase.end is None:
        end = max(until, phase.start) + DAY
    elif phase.end is None:
        start = phase.start
        end = billing_day_in(start.year, start.month + 1, start.day)
    else:
        end = phase.end + DAY
    due = phase.start if price.timing == "IN_ADVANCE" else end
    yield Service(phase.start, end, (phase.start, end), due)


def _recurring(schedule: Schedule, phase: Phase, price: Price, until: date) -> Iterator[Service]:
    begun, stopped = _unbroken(schedule, phase)
    for start, end, cycle in cycles(begun, schedule.billing_day, MONTHS[price.frequency]):
        if start > until or (stopped is not None and start >= stopped):
            return
        first = max(start, phase.start)
        last = end - DAY if phase.end is None else min(end - DAY, phase.end)
        if first > last:
            continue
        over = end if stopped is None else min(end, stopped)
        due = first if price.timing == "IN_ADVANCE" else over
        yield Service(first, last + DAY, cycle, due)


def _daily(_schedule: Schedule, phase: Phase, _price: Price, until: date) -> Iterator[Service]:
    """For every day, as if something were used on each; due the day after."""
    day = phase.start
    while day <= until and (phase.end is None or day <= phase.end):
        after = day + DAY
        yield Service(day, after, (day, after), after)
        day = after


def _windows(phase: Phase, price: Price, whole: Service) -> Iterator[Service]:
    """Cut where the tiers of a price begin anew, which they do counted from the start of the phase."""
    by_phase = price.on_demand and price.model == "GRADUATED" and price.mode == "BILLING_PERIOD"
    if price.mode == "CUMULATIVE" or by_phase:
        yield whole._replace(since=phase.start)
    elif price.mode == "PERIODIC":
        begin, months = phase.start, 0
        while begin < whole.end:
            months += price.window
            end = billing_day_in(phase.start.year, phase.start.month + months, phase.start.day)
            first, last = max(begin, whole.start), min(end, whole.end)
            if first < last:
                yield whole._replace(start=first, end=last, since=begin)
            begin = end
    else:
        yield whole


def _has_parts(price: Price) -> bool:
    """Whether some seats are charged apart from the others."""
    own = price.overages not in {None, "NONE"}
    if price.timing == "IN_ARREARS" and price.overages == price.frequency:
        own = False
    return price.model == "SEAT_BASED" and (own or price.timing == "IN_ADVANCE")


def _parts(schedule: Schedule, phase: Phase, price: Price, whole: Service) -> Iterator[Service]:
    """The committed seats of a cycle, and its overages by their own cycles."""
    yield whole._replace(part="COMMITTED")
    begun, stopped = _unbroken(schedule, phase)
    often = price.frequency if price.overages in {None, "NONE"} else str(price.overages)
    for start, end, _ in cycles(begun, schedule.billing_day, MONTHS[often]):
        if start >= whole.end:
            return
        first, last = max(start, whole.start), min(end, whole.end)
        if first < last:
            over = end if stopped is None else min(end, stopped)
            yield Service(first, last, whole.cycle, over, "OVERAGES")


def _unbroken(schedule: Schedule, phase: Phase) -> tuple[date, date | None]:
    """When the cycles of a phase began, and the day on which they are cut off for good."""
    begun = schedule.start
    stopped = None if schedule.end is None else schedule.end + DAY
    for other in schedule.phases:
        if other.resets and other.start <= phase.start:
            begun = other.start
        if other.resets and other.start > phase.start:
            stopped = other.start
            break
    return begun, stopped


def cycles(
    begun: date, billing_day: int | None, months: int
) -> Iterator[tuple[date, date, tuple[date, date]]]:
    """Cycles from the first billing day on, after a shorter one up to it; each with the uncut one."""
    wanted = billing_day or begun.day
    anchor = begun
    while anchor != billing_day_in(anchor.year, anchor.month, wanted):
        anchor += DAY
    if anchor > begun:
        before = billing_day_in(anchor.year, anchor.month - months, wanted)
        yield begun, anchor, (before, anchor)
    month = anchor.month
    while True:
        start = billing_day_in(anchor.year, month, wanted)
        month += months
        end = billing_day_in(anchor.year, month, wanted)
        yield start, end, (start, end)
