"""/billing-schedules/{id}/suspend, /resume and /cancel: a schedule pauses, goes on, or ends."""

from pydantic import Field

from catchment.api.edge.deps import NewId, Now, Today, Tx, Usage, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import Day, Wire
from catchment.api.schedules.schedule_wire import ScheduleId, ScheduleOut
from catchment.api.schedules.shown_schedules import schedule_shown
from catchment.flows.schedules import stop_schedule

routes = router("/billing-schedules/{billingScheduleId}", "Billing schedules")


class CancelIn(Wire):
    """The last day of the schedule; without one it is today."""

    end_date: Day | None = Field(None, examples=["2026-11-30"])


@routes.post("/suspend")
def suspend_schedule(
    schedule_id: ScheduleId,
    *,
    tx: Tx,
    who: WhoIs,
    now: Now,
    today: Today,
) -> ScheduleOut:
    """Draft nothing more until it is resumed. Drafts that are there stay."""
    record = stop_schedule.suspend(tx, who.workspace, schedule_id, today=today, now=now)
    return schedule_shown(tx, who.workspace.id, record, today)


@routes.post("/resume")
def resume_schedule(
    schedule_id: ScheduleId,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """Go on: what fell due meanwhile is drafted at once."""
    record = stop_schedule.resume(
        tx, usage, who.workspace, schedule_id, today=today, now=now, new_id=new_id
    )
    return schedule_shown(tx, who.workspace.id, record, today)


@routes.post("/cancel")
def cancel_schedule(
    schedule_id: ScheduleId,
    body: CancelIn,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """End it earlier than agreed. The last invoice is prorated and due the day after."""
    record = stop_schedule.cancel(
        tx,
        usage,
        who.workspace,
        schedule_id,
        body.end_date or today,
        today=today,
        now=now,
        new_id=new_id,
    )
    return schedule_shown(tx, who.workspace.id, record, today)
