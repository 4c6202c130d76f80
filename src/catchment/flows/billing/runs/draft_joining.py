"""What found its invoice there already: its parent's, or the one of its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import DaysUsed
from catchment.core.terms.schedules import Charge, Schedule
from catchment.flows.billing.drafting.price_dues import Failures
from catchment.flows.billing.place_charges import place
from catchment.flows.billing.run_billing import unbilled
from catchment.flows.billing.runs.work import Work
from catchment.store.access import Workspace
from catchment.store.billing.billing_runs import BillingRun
from catchment.store.invoices import already_billed
from catchment.store.schedules import schedules, time_travellers


def draft_joining(
    tx: Connection,
    work: Work,
    joining: Sequence[Schedule],
    run: BillingRun,
    failures: Failures,
    used: DaysUsed,
) -> None:
    """Draft what the schedules ``joining`` others' invoices still have due, less what has failed.

    Such an invoice is made anew, from all events there are.
    """
    wanted = _wanted(tx, work.workspace, joining, run.as_of, failures, used)
    if wanted:
        place(
            tx,
            work.usage,
            work.workspace,
            (),
            wanted,
            now=work.now,
            new_id=work.new_id,
            failures=failures,
            run_id=run.id,
        )


def _wanted(
    tx: Connection,
    workspace: Workspace,
    joining: Sequence[Schedule],
    as_of: date,
    failures: Failures,
    used: DaysUsed,
) -> list[Charge]:
    """What is due of these schedules and on no invoice, less what has failed."""
    known = schedules.some(tx, workspace.id, [one.id for one in joining if one.id not in failures])
    billed = already_billed.of(tx, workspace.id, [one.id for one in known])
    frozen = time_travellers.days(tx, workspace)
    zone = ZoneInfo(workspace.timezone)
    return [
        charge
        for schedule in known
        if schedule.bills
        for day in [min(as_of, frozen.get(schedule.id, as_of))]
        for charge in unbilled(schedule, charges(schedule, day, zone, used), billed)
    ]
