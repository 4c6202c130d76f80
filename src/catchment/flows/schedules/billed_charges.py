"""What a schedule's own issued invoices charge, and what of it may be agreed anew.

What is charged in advance may: the invoice stays as it is, and a later one gives back what is not
owed any more, or charges what came to it. What is charged in arrears was owed when it was invoiced,
and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import Use, only
from catchment.core.terms.discounts import Discount
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.schedules import Charge, ChargeId, Schedule, Timing
from catchment.core.values.errors import Conflict
from catchment.core.values.period import ONE_DAY, Period
from catchment.store.access import Workspace
from catchment.store.schedules import changed_charges, schedule_versions


class ScheduleBilled(Conflict):
    """The change would alter a period that is invoiced for good, and was charged in arrears."""

    code = "schedule_billed"


_What = tuple[Period, Period, Period, date, Discount | Minimum | None, tuple[Discount, ...]]


def agree_anew(
    tx: Connection,
    workspace: Workspace,
    before: Schedule,
    after: Schedule,
    issued_days: Mapping[date, str],
    now: datetime,
) -> None:
    """Note which charges on issued invoices are other ones ``after`` a change, and what the
    schedule was ``before`` it. ``issued_days`` are the due days of those invoices, with their
    numbers. Raises ScheduleBilled.
    """
    changed = _changed(workspace, before, after, issued_days)
    for one in changed:
        if not _in_advance(one):
            raise ScheduleBilled(
                f"Invoice {issued_days[one.due_on]} of {one.due_on} would charge something else;"
                " void it first, or change only what comes after it."
            )
    _note(tx, workspace, before, changed, now)


def end_today(
    tx: Connection,
    workspace: Workspace,
    before: Schedule,
    issued_days: Mapping[date, str],
    now: datetime,
) -> None:
    """Note which charges on issued invoices were made in advance for days after today: the schedule
    is about to be archived.
    """
    after = replace(before, archived_at=now)
    found = _changed(workspace, before, after, issued_days)
    _note(tx, workspace, before, [one for one in found if _in_advance(one)], now)


def _changed(
    workspace: Workspace, before: Schedule, after: Schedule, issued_days: Mapping[date, str]
) -> list[Charge]:
    """What falls due on those days and is another charge ``after`` the change, as it was before,
    else as it is; by due day.
    """
    if not issued_days:
        return []
    zone = ZoneInfo(workspace.timezone)
    old, new = (_on_days(schedule, issued_days, zone) for schedule in (before, after))
    found = (new | old).items()
    changed = [one for id, one in found if _what(old.get(id)) != _what(new.get(id))]
    return sorted(changed, key=lambda one: (one.due_on, one.billed_as))


def _note(
    tx: Connection, workspace: Workspace, before: Schedule, changed: list[Charge], now: datetime
) -> None:
    if changed:
        schedule_versions.replaced(tx, workspace.id, before, now)
        changed_charges.note(tx, workspace.id, [one.billed_as for one in changed])


def _on_days(schedule: Schedule, due: Mapping[date, str], zone: ZoneInfo) -> dict[ChargeId, Charge]:
    """What is charged on the days ``due``, and may be on demand."""
    used = only(*(Use(day - ONE_DAY) for day in due))
    found = charges(schedule, max(due), zone, used)
    return {one.billed_as: one for one in found if one.due_on in due}


def _what(charge: Charge | None) -> _What | None:
    """All of a charge that an invoice goes by, but its id."""
    if charge is None:
        return None
    days = charge.service, charge.full, charge.read, charge.due_on
    return *days, charge.item.settles, charge.discounts


def _in_advance(charge: Charge) -> bool:
    return charge.timing is Timing.IN_ADVANCE
