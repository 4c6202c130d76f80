"""What happens when a started schedule is suspended, resumed or cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict, Invalid
from catchment.core.values.ids import NewId
from catchment.flows.billing.run_billing import hold
from catchment.flows.schedules import billed_usage
from catchment.flows.schedules.keep_schedule import (
    bill_again,
    one_to_change,
    refuse_ended,
)
from catchment.store.access import Workspace
from catchment.store.schedules import schedule_records
from catchment.store.schedules.schedule_records import ScheduleRecord
from catchment.usage import UsageStore


class ScheduleNotStarted(Conflict):
    """The billing schedule has not been started."""

    code = "schedule_not_started"


def suspend(
    tx: Connection, workspace: Workspace, id: str, *, today: date, now: datetime
) -> ScheduleRecord:
    """Draft nothing more of a schedule until it is resumed; drafts that are there stay.

    It goes on having its customers' usage. Again, nothing changes. Raises NotFound,
    ScheduleArchived, ScheduleCompleted, ScheduleNotStarted.
    """
    hold(tx, workspace)
    record = one_started(tx, workspace, id)
    if record.suspended_at is not None:
        return record
    refuse_ended(record, today)
    suspended = replace(record, suspended_at=now, updated_at=now)
    schedule_records.save_head(tx, workspace.id, suspended)
    return suspended


def resume(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """Go on with a suspended schedule: what fell due meanwhile is drafted at once.

    Of one that is not suspended nothing changes. Raises NotFound, ScheduleArchived,
    ScheduleNotStarted.
    """
    hold(tx, workspace)
    record = one_started(tx, workspace, id)
    if record.suspended_at is None:
        return record
    resumed = replace(record, suspended_at=None, updated_at=now)
    schedule_records.save_head(tx, workspace.id, resumed)
    bill_again(tx, usage, workspace, resumed, [], today=today, now=now, new_id=new_id)
    return resumed


def cancel(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    last_day: date,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """End a schedule earlier than agreed, with ``last_day``: phases that begin later fall away.

    Its last invoice is due the day after, with what recurs prorated. To agree on another last day
    later takes the cancellation back. Raises Invalid, NotFound, ScheduleArchived,
    ScheduleCompleted, ScheduleNotStarted, ScheduleBilled, UsageBilled.
    """
    hold(tx, workspace)
    before = one_started(tx, workspace, id)
    refuse_ended(before, today)
    if last_day < before.start:
        raise Invalid.field(
            "/endDate", f"The schedule starts on {before.start}; archive it instead."
        )
    if before.end is not None and last_day > before.end:
        raise Invalid.field("/endDate", f"The schedule ends on {before.end} already.")
    phases = tuple(
        replace(phase, end=last_day if phase.end is None else min(phase.end, last_day))
        for phase in before.phases
        if phase.start is not None and phase.start <= last_day
    )
    record = replace(before, end=last_day, phases=phases, cancelled_at=now, updated_at=now)
    priced = set(record.price_ids)
    rates = {price: rate for price, rate in before.tax_rates.items() if price in priced}
    record = replace(record, tax_rates=rates)
    watch = billed_usage.watch(tx, workspace, record, before)
    schedule_records.save(tx, workspace.id, record)
    watch.check(tx, now)
    bill_again(tx, usage, workspace, record, watch.rivals, today=today, now=now, new_id=new_id)
    return record


def one_started(tx: Connection, workspace: Workspace, id: str) -> ScheduleRecord:
    """The schedule, locked. Raises NotFound, ScheduleArchived, ScheduleNotStarted."""
    record = one_to_change(tx, workspace.id, id)
    if record.activated_at is None:
        raise ScheduleNotStarted(f"The billing schedule {id} has not been started.")
    return record
