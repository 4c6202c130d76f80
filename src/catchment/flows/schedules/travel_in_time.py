"""Move the time of a schedule, in a sandbox: it and its family are billed as of then.

Time only goes on: what is billed is not taken back. A schedule with a clock of its own is left to
that, by billing runs too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict, Invalid
from catchment.core.values.ids import NewId
from catchment.core.values.period import months_after
from catchment.flows.billing.run_billing import bill_schedules, hold
from catchment.flows.schedules.keep_schedule import one_to_change
from catchment.flows.schedules.stop_schedule import ScheduleNotStarted
from catchment.store.access import Workspace
from catchment.store.families import links
from catchment.store.schedules import schedules, time_travellers
from catchment.store.schedules.time_travellers import TimeTraveller
from catchment.usage import UsageStore

MOST_MONTHS = 36
"""How far one step may lead."""

_MOST_MEMBERS = 100_000


class NotASandbox(Conflict):
    """Time can be moved in a sandbox only."""

    code = "not_a_sandbox"


class TimeTravellerExists(Conflict):
    """The billing schedule has a time traveller already."""

    code = "time_traveller_exists"


class FamilyTooLarge(Conflict):
    """The family is too large to be billed within one request."""

    code = "family_too_large"


def start(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    schedule_id: str,
    to: datetime,
    *,
    now: datetime,
    new_id: NewId,
) -> TimeTraveller:
    """Give a started schedule a clock of its own that stands at ``to``, from ``now`` on.

    Raises NotFound, NotASandbox, ScheduleArchived, ScheduleNotStarted, TimeTravellerExists, and as
    ``advance`` does.
    """
    hold(tx, workspace)
    record = one_to_change(tx, workspace.id, schedule_id)
    if not workspace.sandbox:
        raise NotASandbox(f"The workspace {workspace.name!r} is no sandbox: its time is real.")
    if record.activated_at is None:
        raise ScheduleNotStarted(f"The billing schedule {schedule_id} has not been started.")
    if schedule_id in time_travellers.days(tx, workspace):
        raise TimeTravellerExists(f"The billing schedule {schedule_id} has a time traveller.")
    _check(now, to, workspace)
    made = TimeTraveller(new_id(), schedule_id, to, now, now)
    time_travellers.add(tx, workspace.id, made)
    _bill(tx, usage, workspace, made, new_id)
    return made


def advance(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    to: datetime,
    *,
    now: datetime,
    new_id: NewId,
) -> TimeTraveller:
    """Move a clock on: what falls due meanwhile is drafted, and issued if it issues itself.

    Raises NotFound, Invalid, FamilyTooLarge, OutOfBalance, UsageDropped.
    """
    hold(tx, workspace)
    before = time_travellers.one(tx, workspace.id, id)
    _check(before.frozen_at, to, workspace)
    moved = replace(before, frozen_at=to, updated_at=now)
    time_travellers.save(tx, moved)
    _bill(tx, usage, workspace, moved, new_id)
    return moved


def _check(since: datetime, to: datetime, workspace: Workspace) -> None:
    """Raises Invalid."""
    day = since.astimezone(ZoneInfo(workspace.timezone)).date()
    last = months_after(day, day.day, MOST_MONTHS)
    if to < since or to.astimezone(ZoneInfo(workspace.timezone)).date() > last:
        message = (
            f"Time goes on from {since.isoformat(timespec='seconds')}, at most to {last} at once."
        )
        raise Invalid.field("/frozenTime", message)


def _bill(
    tx: Connection, usage: UsageStore, workspace: Workspace, one: TimeTraveller, new_id: NewId
) -> None:
    """Bill the schedule, and those of its customer's family that have no clock of their own."""
    own = schedules.one(tx, workspace.id, one.schedule_id)
    families = links.ever_below(tx, workspace.id, [own.customer], most=_MOST_MEMBERS)
    if families is None:
        raise FamilyTooLarge(
            f"More than {_MOST_MEMBERS:,} customers belong to the family; bill them by a run."
        )
    members = {own.customer, *families[own.customer]}
    others = time_travellers.days(tx, workspace).keys() - {one.schedule_id}
    bill_schedules(
        tx,
        usage,
        workspace,
        (s for s in schedules.of_customers(tx, workspace.id, members) if s.id not in others),
        as_of=one.frozen_at.astimezone(ZoneInfo(workspace.timezone)).date(),
        now=one.frozen_at,
        new_id=new_id,
    )
