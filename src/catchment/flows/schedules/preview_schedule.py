"""What a schedule would bill that nobody has written down: it is, looked at, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.values.ids import NewId
from catchment.flows.billing.previews.simulate_schedule import Simulation, simulate_schedule
from catchment.flows.billing.previews.suppose_usage import Given
from catchment.flows.schedules import keep_schedule
from catchment.flows.schedules.schedule_terms import Terms, check_start
from catchment.store.access import Workspace
from catchment.store.schedules.schedule_records import ScheduleRecord
from catchment.usage import UsageStore


def preview_schedule(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    new: ScheduleRecord,
    terms: Terms,
    *,
    start: bool,
    until: date | None,
    given: Mapping[str, Given],
    now: datetime,
    new_id: NewId,
) -> Simulation:
    """The invoices that a schedule would bring; it is refused as creating it would be.

    Nothing of it is there afterwards. Raises what ``keep_schedule.create`` raises, to ``start`` it
    what ``check_start`` raises, and as ``simulate_schedule`` does.
    """
    today = now.astimezone(ZoneInfo(workspace.timezone)).date()
    written = tx.begin_nested()
    try:
        record = keep_schedule.create(
            tx, usage, workspace, new, terms, start=False, today=today, now=now, new_id=new_id
        )
        if start:
            check_start(tx, workspace, record)
        return simulate_schedule(tx, usage, workspace, record.id, until=until, given=given, now=now)
    finally:
        written.rollback()
