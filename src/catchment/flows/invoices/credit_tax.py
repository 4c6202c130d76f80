"""Why the line of a credit has its tax: the tax on what is left to pay of a charge falls by that.

It is no rate of the line's net: what an invoice gives back at another tax rate leaves its charges
with more or less tax to pay than their own rates come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from sqlalchemy import Connection

from catchment.core.invoices.drawing import owed
from catchment.core.invoices.settling import StepKind
from catchment.core.values.errors import FigureDiffers
from catchment.core.values.money import Amount
from catchment.flows.credits.credit_lines import paid_lines, payables
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import LineItem
from catchment.store.schedules import schedule_billing


def left_to_pay(tx: Connection, invoice: Invoice, credit: LineItem) -> tuple[Amount, Amount]:
    """What was left to pay of the charge before the line of a credit, and what is left after it.

    Raises FigureDiffers where the invoice has nothing that the line pays.
    """
    lines = invoice_contents.lines(tx, invoice.workspace_id, invoice.id)
    charging = {line.schedule_id for line in lines if line.schedule_id}
    customers = schedule_billing.customers_of(tx, invoice.workspace_id, charging)
    charges = owed(payables(lines, customers))
    place = _paid_by(lines, credit)
    if place is None or place not in charges:
        raise FigureDiffers(f"The invoice has nothing that line item {credit.id} pays.")
    earlier = [
        line
        for line in lines
        if line.index < credit.index
        and line.settles is StepKind.CREDIT
        and _paid_by(lines, line) == place
    ]
    before = reduce(Amount.plus, earlier, charges[place])  # lines of credits are below zero
    return before, before.plus(credit)


def _paid_by(lines: Sequence[LineItem], credit: LineItem) -> int | None:
    """The place of the first line of what the line of a credit pays."""
    paid = paid_lines(lines, credit)
    return paid[0].index if paid else None
