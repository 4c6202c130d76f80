"""What the phases of a schedule grant: once, or anew with every cycle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, tzinfo
from typing import NamedTuple

from catchment.core.charging import cycles_in
from catchment.core.credits import PhaseGrant, Rollover
from catchment.core.period import NO_END, Period
from catchment.core.schedules import Phase, Schedule


class Refreshed(NamedTuple):
    """A grant of a phase for one of its cycles; it can be used from ``effective`` to ``expiry``,
    both included, None being no end.
    """

    of: PhaseGrant
    effective: date
    expiry: date | None


def refreshed(schedule: Schedule, as_of: date, zone: tzinfo = UTC) -> Iterator[Refreshed]:
    """Everything that has been granted by the day ``as_of``, whole also in a cycle of fewer days.

    ``zone`` says on which day a schedule was archived: nothing is granted after it.
    """
    if schedule.archived_at is not None:
        as_of = min(as_of, schedule.archived_at.astimezone(zone).date())
    for phase in schedule.phases:
        days = schedule.days_of(phase)
        if days is not None:
            for one in phase.credit_grants:
                for cycle in _cycles(schedule, phase, days, one, as_of):
                    yield Refreshed(one, cycle.start, _expiry(schedule, days, cycle, one.rollover))


def _cycles(
    schedule: Schedule, phase: Phase, days: Period, one: PhaseGrant, as_of: date
) -> Iterator[Period]:
    months = one.refresh.months
    if months is None:
        yield from (days,) if days.start <= as_of else ()
        return
    for _, cut in cycles_in(schedule, phase, days, months, as_of):
        yield cut


def _expiry(schedule: Schedule, days: Period, cycle: Period, rollover: Rollover) -> date | None:
    ends = {
        Rollover.NONE: cycle,
        Rollover.ON_GRANT_REFRESH: days,
        Rollover.ON_GRANT_REFRESH_AND_PHASE: schedule.days,
    }
    until = ends[rollover]
    return None if until.end == NO_END else until.last_day
