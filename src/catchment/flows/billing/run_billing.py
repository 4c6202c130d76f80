"""Bill schedules within the transaction of who starts, changes or resumes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.due.charging import charges, is_over, running
from catchment.core.due.daily import NEVER_USED, DaysUsed
from catchment.core.invoices.consolidation import Key
from catchment.core.terms.schedules import BillTo, Charge, Schedule
from catchment.core.values.ids import NewId
from catchment.core.values.period import days_text, days_up_to
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.days_used import days_used, has_on_demand
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.checking.check_sums import OutOfBalance
from catchment.flows.billing.drafting.drafts import drafted
from catchment.flows.billing.drafting.filled_drafts import keep
from catchment.flows.billing.issue_drafts import issue_drafts
from catchment.flows.billing.late.settlements import settlements
from catchment.flows.billing.place_charges import place
from catchment.store.access import Workspace
from catchment.store.engine import lock
from catchment.store.invoices import already_billed
from catchment.store.invoices.already_billed import Billed
from catchment.store.invoices.invoices import Invoice
from catchment.store.schedules import schedules
from catchment.store.usage import kept_usage
from catchment.store.usage.kept_usage import UsageDropped
from catchment.usage import UsageStore


def bill_schedule(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    schedule_id: str,
    *,
    as_of: date,
    now: datetime,
    new_id: NewId,
) -> list[Invoice]:
    """Bill one activated schedule as ``bill_schedules`` does, and hold the workspace's billing.

    Raises NotFound, OutOfBalance, UsageDropped.
    """
    hold(tx, workspace)
    found = [schedules.one(tx, workspace.id, schedule_id)]
    return bill_schedules(tx, usage, workspace, found, as_of=as_of, now=now, new_id=new_id)


def bill_schedules(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    activated: Iterable[Schedule],
    *,
    as_of: date,
    now: datetime,
    new_id: NewId,
) -> list[Invoice]:
    """Draft every due day of activated schedules within the caller's transaction, and issue the
    drafts of those that do so by themselves, but what gives back more than it charges. The caller
    holds the workspace's billing.

    What bills its parent is on drafts of who pays for it, and is issued as those are. Usage is read
    through a connection of its own: what was acknowledged before counts, and reading waits for no
    writer. A suspended schedule bills nothing. A schedule that cannot be billed fails the request.
    Raises OutOfBalance, UsageDropped.
    """
    zone = ZoneInfo(workspace.timezone)
    billing = [one for one in activated if not one.suspended]
    billed = already_billed.of(tx, workspace.id, [one.id for one in billing])
    since = kept_usage.first_day(tx, workspace.id)
    if since is not None:
        for one in billing:
            idle = NEVER_USED if _has_billed(one, billed) else None
            for charge in unbilled_before(one, since, billed, zone, idle):
                raise UsageDropped.before(since, f"what is charged for {days_text(charge.service)}")
    used = NEVER_USED
    if any(has_on_demand(one) for one in billing):
        agreed = agreements.of_invoices(tx, workspace, [one.id for one in billing])
        until = days_up_to(as_of)
        used = days_used(tx, usage, agreed, billing, until, billed=billed)
    due = ((one, charges(one, as_of, zone, used)) for one in billing)
    wanted = [charge for one, own in due for charge in unbilled(one, own, billed)]
    kept = place(tx, usage, workspace, (), wanted, now=now, new_id=new_id).added
    over = [one for one in billing if one.version and is_over(one, as_of)]
    if over:
        ids = {one.id for one in over}
        agreed = agreements.of_invoices(tx, workspace, ids)
        dues = settlements(tx, usage, agreed, ids, as_of)
        kept += keep(tx, workspace, drafted(tx, usage, agreed, dues), now=now, new_id=new_id)
    payable = [one.id for one in kept if one.net.minor >= 0]
    found, differences = issue_drafts(tx, workspace, payable, now=now)
    if differences:
        raise OutOfBalance.by(differences[0])
    issued = {one.id: one for one in found}
    return [issued.get(one.id, one) for one in kept]


def hold(tx: Connection, workspace: Workspace) -> None:
    """Keep the tree and the drafts of a workspace from others until ``tx`` ends.

    Whoever takes both takes the tree first.
    """
    lock(tx, "hierarchy", workspace.id)
    lock(tx, "billing", workspace.id)


def unbilled(schedule: Schedule, found: Iterable[Charge], billed: Billed) -> tuple[Charge, ...]:
    """The charges of a schedule that no invoice bills yet.

    A day that has an invoice is closed: what an edit adds to it, recalculating its draft brings in.
    Not so for what bills its parent, or comes after: the invoice of its day may be one of several.
    Events that come late are left out where nothing late is adjusted.
    """
    return tuple(
        charge
        for charge in found
        if charge.billed_as not in billed.charges
        and (
            schedule.bill_to is BillTo.PARENT
            or charge.comes_after
            or Key(charge.schedule_id, charge.due_on) not in billed.days
        )
        and not billed.leaves_out(schedule, charge)
    )


def unbilled_before(
    schedule: Schedule, day: date, billed: Billed, zone: ZoneInfo, used: DaysUsed | None
) -> tuple[Charge, ...]:
    """The charges of a schedule for usage of before ``day`` that no invoice has yet.

    Those that fall due only later are among them, and on demand those of the days ``used``.
    """
    if schedule.archived_at is not None:
        return ()
    eve = day - timedelta(days=1)
    return tuple(
        charge
        for charge in (*charges(schedule, eve, zone, used), *running(schedule, eve, used))
        if charge.item.metric is not None
        and not of_seats(charge.item.metric)
        and charge.read.start < day
        and charge.billed_as not in billed.charges
        and (charge.item.on_demand or Key(charge.schedule_id, charge.due_on) not in billed.issued)
        and not billed.leaves_out(schedule, charge)
    )


def _has_billed(schedule: Schedule, billed: Billed) -> bool:
    return any(id == schedule.id for id, *_ in billed.charges)
