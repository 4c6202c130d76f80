"""/billing-schedules/{id}/phases/{phaseId}/complete: the milestone of a phase is reached."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from catchment.api.edge.deps import NewId, Now, PathId, Today, Tx, Usage, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import Day, Wire
from catchment.api.schedules.schedule_wire import ScheduleId, ScheduleOut
from catchment.api.schedules.shown_schedules import schedule_shown
from catchment.flows.schedules.reach_milestone import reach_milestone

routes = router("/billing-schedules/{billingScheduleId}/phases", "Billing schedules")


class CompleteIn(Wire):
    """The day on which the milestone is reached, the last of the phase; without one it is today."""

    date: Day | None = Field(None, examples=["2026-11-30"])


@routes.post("/{phaseId}/complete")
def complete_phase(
    schedule_id: ScheduleId,
    phase_id: Annotated[PathId, Path(alias="phaseId")],
    body: CompleteIn,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """Say that the milestone of a phase is reached. The next phase starts the day after; without
    one the schedule ends. Another day later takes the place of this one.
    """
    record = reach_milestone(
        tx,
        usage,
        who.workspace,
        schedule_id,
        phase_id,
        body.date or today,
        today=today,
        now=now,
        new_id=new_id,
    )
    return schedule_shown(tx, who.workspace.id, record, today)
