"""What a billing run is to draft: what is due and on no invoice, with what came late."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.due.daily import DaysUsed
from catchment.core.invoices.consolidation import Due, Key, arrange
from catchment.core.terms.schedules import Charge, Schedule
from catchment.core.values.period import days_up_to
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.days_used import days_used, has_on_demand, may_join
from catchment.flows.billing.drafting.price_dues import Failures
from catchment.flows.billing.late.late_usage import late
from catchment.flows.billing.late.place_adjustments import Slot, attached, last_invoices, wanted
from catchment.flows.billing.runs.open_charges import open_charges
from catchment.store import stamps
from catchment.store.access import Workspace
from catchment.store.billing.billing_runs import BillingRun
from catchment.store.invoices import already_billed
from catchment.store.invoices.already_billed import Billed
from catchment.store.schedules import time_travellers
from catchment.store.stamps import Stamp
from catchment.usage import UsageStore


class Planned(NamedTuple):
    """What was agreed, and the ``stamp`` of that."""

    agreed: Agreements
    stamp: Stamp

    def still(self, tx: Connection) -> Agreements | None:
        """The same where nothing has changed since; else None."""
        return self.agreed if stamps.of(tx, self.agreed.workspace.id) == self.stamp else None


class Plan(NamedTuple):
    """The invoices that are not there yet, in the order of the due days, and what was agreed as
    they were planned: the ``stamp`` is of that.
    """

    agreed: Agreements
    stamp: Stamp
    dues: dict[Key, Due]

    @property
    def planned(self) -> Planned:
        """What it was made by."""
        return Planned(self.agreed, self.stamp)

    def of(self, keys: Iterable[Key]) -> list[Due]:
        """The invoices that had these keys; those that are gone are left out."""
        return [self.dues[key] for key in keys if key in self.dues]


def planned(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    run: BillingRun,
    only: Collection[str] | None,
    failures: Failures,
) -> Plan:
    """What a run bills by now, with what it adjusts of earlier invoices.

    Invoices are whole, also where ``only`` some schedules matter.
    """
    stamp = stamps.of(tx, workspace.id)
    agreed = agreements.all_of(tx, workspace)
    return Plan(agreed, stamp, _plan(tx, usage, agreed, run, only, failures))


def used_by(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    found: Iterable[Schedule],
    run: BillingRun,
    billed: Billed,
) -> DaysUsed:
    """When something was used of what ``found`` charge on demand, up to the run."""
    until = days_up_to(run.as_of)
    billing = (one for one in found if one.bills)
    seq = run.last_seq
    return days_used(tx, usage, agreed, billing, until, last_seq=seq, billed=billed)


def concerned_by(due: Due) -> set[str]:
    """The schedules that an invoice bills, or adjusts invoices of."""
    parts = {part.schedule.id for part in due.parts}
    return parts | {one.schedule.id for one in due.adjusting} | {due.schedule.id}


def _plan(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    run: BillingRun,
    only: Collection[str] | None,
    failures: Failures,
) -> dict[Key, Due]:
    """What invoices that are not there yet bill, in the order of the due days.

    With what they adjust of earlier ones. They are whole, also where ``only`` some schedules
    matter.
    """
    failed: Failures = {}
    plan = _whole_plan(tx, usage, agreed, run, failed)
    if only is not None:
        plan = {key: due for key, due in plan.items() if concerned_by(due) & set(only)}
        failed = {id: one for id, one in failed.items() if id in only}
    for id, one in failed.items():
        failures.setdefault(id, one)
    return plan


def _whole_plan(
    tx: Connection, usage: UsageStore, agreed: Agreements, run: BillingRun, failures: Failures
) -> dict[Key, Due]:
    workspace = agreed.workspace
    known = agreed.schedules.values()
    demanding = [one for one in known if one.bills and has_on_demand(one)]
    billed = already_billed.of(tx, workspace.id, [one.id for one in demanding])
    frozen = time_travellers.days(tx, workspace)
    used = used_by(tx, usage, agreed, demanding, run, billed)
    plan = _arranged(tx, agreed, open_charges(tx, agreed, run.as_of, failures, frozen, used))
    found = [one for one in late(tx, usage, agreed, run.last_seq) if wanted(one)]
    if not found:
        return plan
    slots = (Slot(due, due.payer) for due in plan.values())
    dues, waiting = attached(slots, found, agreed.schedules)
    days = already_billed.days(tx, workspace.id, {one.host_id for one in waiting})
    dues += last_invoices(waiting, agreed.schedules, days, run.as_of)
    return {due.key: due for due in sorted(dues, key=lambda due: (due.on, due.schedule.id))}


def _arranged(
    tx: Connection, agreed: Agreements, found: Sequence[tuple[Schedule, Charge]]
) -> dict[Key, Due]:
    """The invoices of charges. Only what may join another's can find one that is there already."""
    schedules = {schedule.id: schedule for schedule, _ in found}
    may = {id for id, schedule in schedules.items() if may_join(schedule)}
    joining = [charge.due_on for schedule, charge in found if schedule.id in may]
    ids = None if joining else ()
    days = already_billed.days(tx, agreed.workspace.id, ids, since=min(joining, default=date.min))
    dues = arrange(found, agreed.payer, days.issued)
    return {due.key: due for due in dues if due.key not in days.days}
