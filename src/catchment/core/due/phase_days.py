"""The days of a phase: those it has, and the cycles that run over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from catchment.core.terms.schedules import Phase, Schedule
from catchment.core.values.period import Cycle, Period, cycles, day_after, months_after

_FEW_DAYS = 4_000


class PhaseDays(NamedTuple):
    """A phase of a schedule, and its ``days`` that lie in the schedule."""

    schedule: Schedule
    phase: Phase
    days: Period

    @property
    def run(self) -> Period:
        """The days over which its cycles run unbroken, phases before and after included.

        They begin at the last reset up to this phase, else with the schedule, and end at the next.
        """
        begin, end = self.schedule.start, self.schedule.days.end
        for other in self.schedule.phases:
            if other.resets and other.start <= self.phase.start:
                begin = max(begin, other.start)
            elif other.resets:
                end = min(end, other.start)
        return Period(begin, end)

    def cycles(
        self, months: int, as_of: date, within: Period | None = None
    ) -> Iterator[tuple[Cycle, Period]]:
        """The cycles of ``months`` that begin by ``as_of``, each with those of its days that are in
        the phase, or ``within`` others; a cycle without any is left out.
        """
        days, run = within or self.days, self.run
        billing_day = self.schedule.billing_day or run.start.day
        for cycle in _cycles(run.start, billing_day, months, min(days.end, day_after(as_of))):
            cut = cycle.period.intersect(days)
            if cut is not None:
                yield cycle, cut

    @property
    def once(self) -> Period:
        """The service of what is charged once: the whole phase.

        Of one without end its first month, unless a milestone ends it.
        """
        if self.phase.end is None and self.schedule.end is None and not self.phase.milestone:
            start = self.days.start
            return Period(start, months_after(start, start.day, 1))
        return self.days


def phases_of(schedule: Schedule) -> Iterator[tuple[int, PhaseDays]]:
    """The phases of a schedule that have any days, each with its place."""
    for place, phase in enumerate(schedule.phases):
        days = schedule.days_of(phase)
        if days is not None:
            yield place, PhaseDays(schedule, phase, days)


def _cycles(start: date, billing_day: int, months: int, until: date) -> Iterable[Cycle]:
    asked = start, billing_day, months, until
    return _few_cycles(*asked) if (until - start).days < _FEW_DAYS else cycles(*asked)


@lru_cache(1_024)
def _few_cycles(start: date, billing_day: int, months: int, until: date) -> tuple[Cycle, ...]:
    """The same days for every schedule and price that has these: most have the same few."""
    return tuple(cycles(start, billing_day, months, until))
