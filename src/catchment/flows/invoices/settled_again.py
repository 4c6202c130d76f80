"""How shares of a discount or a minimum came about: what it settles is measured again."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices import settled_shares
from catchment.core.invoices.consolidation import Part
from catchment.core.shares.allocation import Method, Reckoning
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.schedules import Schedule
from catchment.core.values.errors import FigureDiffers
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.metrics_then import as_billed
from catchment.flows.billing.checking.measure_again import Line, Plan, measure_again
from catchment.flows.billing.late.adjusted_again import charged_again
from catchment.store.access import Workspace
from catchment.store.invoices import adjustments
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.evidence import Evidence
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem
from catchment.usage import UsageStore


def settled_again(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    invoice: Invoice,
    line: LineItem,
    kept: Evidence,
    method: Method,
    wanted: Container[CustomerId],
) -> dict[CustomerId, Reckoning]:
    """How the shares of those ``wanted`` in a line that settles others came about.

    Who has none is left out. Where nobody shares it, it is all of the customer's whose schedule it
    is. Raises FigureDiffers where the schedule charges no such thing any more.
    """
    schedule, measured = _measured(tx, usage, workspace, invoice, line, kept)
    made = settled_shares.workings(measured) if schedule.roll_up else {}
    if made:
        return made[method].reckonings(wanted)
    whole = line.net if line.deducted is None else line.net + line.deducted.net
    if not whole.minor or schedule.customer not in wanted:
        return {}
    return {schedule.customer: Reckoning.all_of(line.whole_quantity, whole)}


def _measured(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    invoice: Invoice,
    line: LineItem,
    kept: Evidence,
) -> tuple[Schedule, Measured]:
    """The charge of the line with those beside it. What only takes back others measured nothing."""
    assert line.schedule_id is not None, line
    agreed, _ = agreements.paying(tx, workspace, [line.schedule_id], {})
    agreed = agreements.of_version(tx, agreed, line.schedule_id, kept.terms.version)
    agreed = replace(agreed, known_at=line.known_at)
    schedule, due_on = agreed.schedules[line.schedule_id], invoice.due_on
    if line.deducted is not None:
        taken = adjustments.lines_called(tx, workspace.id, line.deducted.line_ids)
        due_on = max((one.due_on for one in taken), default=due_on)
    charge = None if due_on is None else charged_again(tx, agreed, line, due_on)
    if charge is None:
        raise FigureDiffers(f"What made line item {line.id} is not charged any more.")
    if line.deducted is not None and line.deducted.owes_nothing:
        return schedule, Measured(charge)
    [charge] = as_billed(tx, workspace.id, [charge])
    part = Part(schedule, (schedule.customer,), (charge,))
    plan = Plan(invoice, schedule, agreed, Contents(), {}, [Line(part, charge, line, kept)])
    measure_again(tx, usage, workspace.id, [plan])
    return schedule, plan.answers[0]
