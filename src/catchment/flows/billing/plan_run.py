"""What a billing run is to draft: what is due and on no invoice, with what came late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from datetime import date
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.charging import charges
from catchment.core.consolidation import Due, Key, arrange
from catchment.core.daily import DaysUsed
from catchment.core.period import days_up_to
from catchment.core.schedules import BillTo, Charge, Schedule
from catchment.flows.billing import agreements
from catchment.flows.billing.agreements import Agreements
from catchment.flows.billing.days_used import days_used
from catchment.flows.billing.late_usage import late
from catchment.flows.billing.place_adjustments import Slot, attached, last_invoices, wanted
from catchment.flows.billing.price_dues import Failures, attempt
from catchment.flows.billing.run_billing import unbilled
from catchment.store import stamps
from catchment.store.access import Workspace
from catchment.store.invoices import invoices
from catchment.store.invoices.billing_runs import BillingRun
from catchment.store.invoices.invoices import Billed
from catchment.store.schedules import time_travellers
from catchment.store.stamps import Stamp
from catchment.usage import UsageStore


class Plan(NamedTuple):
    """The invoices that are not there yet, in the order of the due days, and what was agreed as
    they were planned: the ``stamp`` is of that.
    """

    agreed: Agreements
    stamp: Stamp
    dues: dict[Key, Due]

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
    billed = invoices.billed(tx, agreed.workspace.id)
    frozen = time_travellers.days(tx, agreed.workspace)
    used = used_by(tx, usage, agreed, agreed.schedules.values(), run, billed)
    plan = _charged(agreed, billed, run.as_of, failures, frozen, used)
    found = [one for one in late(tx, usage, agreed, run.last_seq) if wanted(one)]
    if not found:
        return plan
    slots = (Slot(due, due.payer) for due in plan.values())
    dues, waiting = attached(slots, found, agreed.schedules)
    dues += last_invoices(waiting, agreed.schedules, billed, run.as_of)
    return {due.key: due for due in sorted(dues, key=lambda due: (due.on, due.schedule.id))}


def _charged(
    agreed: Agreements,
    billed: Billed,
    as_of: date,
    failures: Failures,
    frozen: Mapping[str, date],
    used: DaysUsed,
) -> dict[Key, Due]:
    """What is due; of schedules whose time is ``frozen``, by that day at most."""
    closed: defaultdict[str, set[date]] = defaultdict(set)
    for key in billed.days:
        closed[key.schedule_id].add(key.due_on)
    found: list[tuple[Schedule, Charge]] = []
    for schedule in agreed.schedules.values():
        if schedule.bills:
            day = min(as_of, frozen.get(schedule.id, as_of))
            shut = closed.get(schedule.id, ()) if schedule.bill_to is BillTo.SELF else ()
            find = partial(_open, schedule, agreed, billed, day, used, shut)
            charged = attempt(schedule, failures, find) or ()
            found += ((schedule, charge) for charge in charged)
    dues = arrange(found, agreed.payer, billed.issued)
    return {due.key: due for due in dues if due.key not in billed.days}


def _open(
    schedule: Schedule,
    agreed: Agreements,
    billed: Billed,
    as_of: date,
    used: DaysUsed,
    closed: Container[date],
) -> tuple[Charge, ...]:
    return unbilled(schedule, charges(schedule, as_of, agreed.zone, used, closed), billed)
