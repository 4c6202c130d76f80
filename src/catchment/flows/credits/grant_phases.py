"""What phases grant: once a cycle has begun, and taken back where it is agreed no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.due.refreshes import Refreshed, refreshed
from catchment.core.invoices.consolidation import Due
from catchment.core.terms.credits import Entry, EntryKind, Grant, account, rest
from catchment.core.terms.schedules import Schedule
from catchment.core.values.errors import Conflict
from catchment.core.values.ids import NewId
from catchment.store.access import Workspace
from catchment.store.credits import credit_grants, ledger
from catchment.store.credits.credit_grants import GrantRecord


class GrantUsed(Conflict):
    """A credit grant has paid an invoice."""

    code = "credit_grant_used"


def grants(schedule: Schedule) -> bool:
    """Whether a phase of the schedule grants anything."""
    return any(phase.credit_grants for phase in schedule.phases)


def may_pay(tx: Connection, workspace_id: str, dues: Iterable[Due]) -> bool:
    """Whether anybody has credits, or is granted some by the phases of schedules on invoices."""
    granting = any(grants(part.schedule) for due in dues for part in due.parts)
    return granting or credit_grants.exist(tx, workspace_id)


def grant_begun(
    tx: Connection, workspace: Workspace, dues: Iterable[Due], *, now: datetime, new_id: NewId
) -> None:
    """Grant what the phases of the schedules on invoices have granted by the days of those."""
    grant_phases(tx, workspace, _granting(dues), now=now, new_id=new_id)


def to_be_granted(
    tx: Connection, workspace: Workspace, dues: Iterable[Due], *, now: datetime, new_id: NewId
) -> list[Grant]:
    """What ``grant_begun`` would grant; nothing is."""
    granting = _granting(dues)
    known = {
        (record.phase_grant_id, record.grant.effective)
        for record in credit_grants.of_schedules(tx, workspace.id, [one.id for one, _ in granting])
        if not record.closed
    }
    zone = ZoneInfo(workspace.timezone)
    return [
        _made(schedule, one, new_id(), now).grant
        for schedule, day in granting
        for one in refreshed(schedule, day, zone)
        if (one.of.id, one.effective) not in known
    ]


def _granting(dues: Iterable[Due]) -> list[tuple[Schedule, date]]:
    """The schedules on invoices that grant something, and the last of the days of those."""
    found: dict[str, tuple[Schedule, date]] = {}
    for due in dues:
        for schedule in (due.schedule, *(part.schedule for part in due.parts)):
            _, until = found.get(schedule.id, (schedule, due.on))
            found[schedule.id] = schedule, max(until, due.on)
    return [(one, until) for one, until in found.values() if grants(one)]


def grant_phases(
    tx: Connection,
    workspace: Workspace,
    schedules: Iterable[tuple[Schedule, date]],
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Grant what each schedule's phases have granted by a day, and nothing twice.

    What they grant no more is closed, unless something of it is applied. The caller holds the
    workspace's billing.
    """
    until = {one.id: (one, day) for one, day in schedules}
    if not until:
        return
    known: dict[tuple[str | None, date], GrantRecord] = {}
    for record in credit_grants.of_schedules(tx, workspace.id, until):
        if not record.closed:
            known[record.phase_grant_id, record.grant.effective] = record
    zone = ZoneInfo(workspace.timezone)
    entries: list[tuple[Entry, str]] = []
    added: list[GrantRecord] = []
    for schedule, day in until.values():
        for one in refreshed(schedule, day, zone):
            there = known.pop((one.of.id, one.effective), None)
            if there is None:
                made = _made(schedule, one, new_id(), now)
                added.append(made)
                entries.append((Entry(made.grant.id, EntryKind.GRANTED, made.grant.amount), ""))
            elif there.grant.expiry != one.expiry:
                credit_grants.redate(tx, there.grant.id, one.expiry)
    gone = [one for one in known.values() if one.grant.effective <= _day(until, one)]
    credit_grants.add(tx, workspace.id, added)
    today = now.astimezone(zone).date()
    ledger.add(tx, workspace.id, entries, on=today, now=now)
    close(tx, workspace.id, gone, on=today, now=now, unused=True)


def refuse_used(tx: Connection, workspace_id: str, schedule_id: str, kept: set[str]) -> None:
    """Refuse to go on with only the phase grants ``kept`` where another has paid something.

    Raises GrantUsed.
    """
    gone = [
        one
        for one in credit_grants.of_schedules(tx, workspace_id, [schedule_id])
        if one.phase_grant_id not in kept
    ]
    entries = ledger.of_grants(tx, workspace_id, [one.grant.id for one in gone])
    for one in gone:
        own = [recorded.entry for recorded in entries.get(one.grant.id, ())]
        if account(one.grant, own, one.grant.effective).applied:
            message = (
                f"{one.grant.name!r} of {one.grant.effective} has paid a final invoice; void that"
                " first, or keep the grant."
            )
            raise GrantUsed.field("/phases", message)


def close(
    tx: Connection,
    workspace_id: str,
    records: Iterable[GrantRecord],
    *,
    on: date,
    now: datetime,
    unused: bool = False,
) -> None:
    """Take back what is left of grants; of ``unused`` ones only, if that is asked for."""
    closing = list(records)
    known = ledger.of_grants(tx, workspace_id, [one.grant.id for one in closing])
    entries: list[tuple[Entry, str]] = []
    for record in closing:
        left = rest(one.entry for one in known.get(record.grant.id, ()))
        if unused and left != record.grant.amount:
            continue
        credit_grants.close(tx, record.grant.id)
        if left:
            entries.append((Entry(record.grant.id, EntryKind.VOIDED, -left), ""))
    ledger.add(tx, workspace_id, entries, on=on, now=now)


def _day(until: dict[str, tuple[Schedule, date]], one: GrantRecord) -> date:
    assert one.grant.schedule_id is not None, one
    return until[one.grant.schedule_id][1]


def _made(schedule: Schedule, one: Refreshed, id: str, now: datetime) -> GrantRecord:
    terms = one.of
    grant = Grant(
        id=id,
        customer=schedule.customer,
        name=terms.name,
        unit=terms.unit,
        currency=terms.currency,
        metric_id=terms.metric_id,
        amount=terms.amount,
        effective=one.effective,
        expiry=one.expiry,
        created_at=now,
        schedule_id=schedule.id,
        prices=terms.prices,
    )
    return GrantRecord(grant, terms.cost, terms.tax_rate_id, terms.id)
