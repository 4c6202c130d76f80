"""What happens when the milestone of a phase is reached: it ends, and the next one starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict, Invalid, NotFound
from catchment.core.values.ids import NewId
from catchment.core.values.period import ONE_DAY
from catchment.flows.billing.run_billing import hold
from catchment.flows.schedules.keep_schedule import refuse_ended, rewrite
from catchment.flows.schedules.stop_schedule import one_started
from catchment.store.access import Workspace
from catchment.store.schedules.schedule_records import ScheduleRecord
from catchment.usage import UsageStore


class NoMilestone(Conflict):
    """The phase has no milestone to reach, or waits for one before it."""

    code = "no_milestone"


def reach_milestone(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    phase_id: str,
    on: date,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """End a phase with the day ``on`` on which its milestone is reached, which may be past or to
    come; the next phase starts the day after, and without one the schedule ends.

    Another day later takes the place of an earlier one. Raises Invalid, NotFound, NoMilestone,
    ScheduleArchived, ScheduleCompleted, ScheduleNotStarted, and as ``rewrite`` does.
    """
    hold(tx, workspace)
    before = one_started(tx, workspace, id)
    refuse_ended(before, today)
    record = replace(_reached(before, phase_id, on), updated_at=now)
    return rewrite(tx, usage, workspace, before, record, today=today, now=now, new_id=new_id)


def _reached(record: ScheduleRecord, phase_id: str, on: date) -> ScheduleRecord:
    phases = list(record.phases)
    place = next((place for place, one in enumerate(phases) if one.id == phase_id), None)
    if place is None:
        raise NotFound(f"There is no phase {phase_id} of billing schedule {record.id}.")
    phase = phases[place]
    if phase.milestone is None or phase.start is None:
        raise NoMilestone(f"The phase {phase_id} has no milestone, or waits for one before it.")
    if on < phase.start:
        raise Invalid.field("/date", f"The phase starts on {phase.start}.")
    phases[place] = replace(phase, end=on)
    following = phases[place + 1] if place + 1 < len(phases) else None
    if following is None:
        if record.end is not None and on > record.end:
            raise Invalid.field("/date", f"The schedule ends on {record.end} already.")
        return replace(record, end=on, phases=tuple(phases))
    if following.end is not None and on >= following.end:
        raise Invalid.field("/date", f"The next phase ends on {following.end} already.")
    phases[place + 1] = replace(following, start=on + ONE_DAY)
    return replace(record, phases=tuple(phases))
