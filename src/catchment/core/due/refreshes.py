"""What the phases of a schedule grant: once, or anew with every cycle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, tzinfo
from typing import NamedTuple

from catchment.core.due.phase_days import PhaseDays, phases_of
from catchment.core.terms.credits import PhaseGrant, Rollover
from catchment.core.terms.schedules import Schedule
from catchment.core.values.period import NO_END, Period


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
    for _, of in phases_of(schedule):
        for one in of.phase.credit_grants:
            for cycle in _cycles(of, one, as_of):
                yield Refreshed(one, cycle.start, _expiry(of, cycle, one.rollover))


def _cycles(of: PhaseDays, one: PhaseGrant, as_of: date) -> Iterator[Period]:
    months = one.refresh.months
    if months is None:
        yield from (of.days,) if of.days.start <= as_of else ()
        return
    for _, days in of.cycles(months, as_of):
        if days.start <= as_of:  # the cycle may have begun in an earlier phase
            yield days


def _expiry(of: PhaseDays, cycle: Period, rollover: Rollover) -> date | None:
    ends = {
        Rollover.NONE: cycle,
        Rollover.ON_GRANT_REFRESH: of.days,
        Rollover.ON_GRANT_REFRESH_AND_PHASE: of.schedule.days,
    }
    until = ends[rollover]
    return None if until.end == NO_END else until.last_day
