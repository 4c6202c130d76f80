"""What else is billed to the payers of an invoice by its day, where children bill their parents.

Of several invoices the first takes what came late for a child. So who tells of one must know of
those before it: a parent has one on each day on which its children's charges fall due.
"""

from __future__ import annotations

from itertools import chain

from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.terms.schedules import Charge
from catchment.core.values.period import days_up_to
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.days_used import Looking
from catchment.flows.billing.run_billing import unbilled
from catchment.store.invoices import already_billed
from catchment.store.schedules import joining, schedules


def with_others(
    tx: Connection, around: Agreements, wanted: tuple[Charge, ...], looking: Looking
) -> tuple[Agreements, tuple[Charge, ...]]:
    """The charges ``wanted`` of a schedule, and what else those who pay them are billed by then.

    With what is agreed around the invoices of all of them; it was ``around`` those of the schedule.
    """
    workspace = around.workspace
    if not joining.any_of(tx, workspace.id):
        return around, wanted
    schedule = around.schedule(wanted[0].schedule_id)
    payers = {around.payer(schedule, charge).path[0] for charge in wanted}
    ids = {one.id for one in schedules.of_customers(tx, workspace.id, payers)}
    ids |= joining.below(tx, workspace.id, payers).keys()
    agreed = agreements.of_invoices(tx, workspace, ids | {schedule.id})
    known = (agreed.schedules[id] for id in sorted(ids - {schedule.id}))
    others = [one for one in known if one.bills]
    until = max(charge.due_on for charge in wanted)
    billed = already_billed.of(tx, workspace.id, [one.id for one in others])
    used = looking(agreed, others, days_up_to(until))
    due = (unbilled(one, charges(one, until, agreed.zone, used), billed) for one in others)
    return agreed, (*wanted, *chain.from_iterable(due))
