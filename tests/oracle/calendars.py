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
    """Days that are charged for, ``[start, end)``; ``full_days`` has the whole cycle they are of."""

    start: date
    end: date
    full_days: int
    due: date


@cache
def day_of(at: datetime, zone: str) -> date:
    """Which day it is in ``zone``. A day that has begun is not undone by clocks that go back."""
    here = ZoneInfo(zone)
    hours = (at - timedelta(hours=back) for back in range(4))
    return max(one.astimezone(here).date() for one in hours)


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
    found = _once if price.frequency == "ONE_TIME" else _recurring
    return list(found(schedule, phase, price, until))


def _once(_schedule: Schedule, phase: Phase, price: Price, _until: date) -> Iterator[Service]:
    """For the whole phase; for the first month of one that has no end."""
    if phase.end is None:
        start = phase.start
        end = billing_day_in(start.year, start.month + 1, start.day)
    else:
        end = phase.end + DAY
    due = phase.start if price.timing == "IN_ADVANCE" else end
    yield Service(phase.start, end, (end - phase.start).days, due)


def _recurring(schedule: Schedule, phase: Phase, price: Price, until: date) -> Iterator[Service]:
    begun, stopped = _unbroken(schedule, phase)
    for start, end, full_days in _cycles(begun, schedule.billing_day, MONTHS[price.frequency]):
        if start > until or (stopped is not None and start >= stopped):
            return
        first = max(start, phase.start)
        last = end - DAY if phase.end is None else min(end - DAY, phase.end)
        if first > last:
            continue
        over = end if stopped is None else min(end, stopped)
        yield Service(first, last + DAY, full_days, first if price.timing == "IN_ADVANCE" else over)


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


def _cycles(begun: date, billing_day: int | None, months: int) -> Iterator[tuple[date, date, int]]:
    """Cycles from the first billing day on, after a shorter one up to it; how long uncut ones are."""
    wanted = billing_day or begun.day
    anchor = begun
    while anchor != billing_day_in(anchor.year, anchor.month, wanted):
        anchor += DAY
    if anchor > begun:
        before = billing_day_in(anchor.year, anchor.month - months, wanted)
        yield begun, anchor, (anchor - before).days
    month = anchor.month
    while True:
        start = billing_day_in(anchor.year, month, wanted)
        month += months
        end = billing_day_in(anchor.year, month, wanted)
        yield start, end, (end - start).days
