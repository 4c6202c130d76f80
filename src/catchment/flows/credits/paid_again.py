"""What credits paid of an issued invoice, worked out again from what the ledger says they gave."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from catchment.core.invoices.drawing import Available, drawn
from catchment.core.terms.credits import EntryKind
from catchment.core.values.ids import NewId
from catchment.flows.credits.credit_lines import credited, payables
from catchment.store.credits import credit_grants, ledger
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem
from catchment.store.schedules import schedule_billing


def paid_again(
    tx: Connection,
    invoice: Invoice,
    contents: Contents,
    stored: Sequence[LineItem],
    new_id: NewId,
) -> Contents:
    """The contents, which nothing pays yet, with what each grant has given to the invoice.

    How that pays charges follows from it; ``stored`` are the lines that there are.
    """
    workspace_id = invoice.workspace_id
    given = {
        entry.grant_id: -entry.amount
        for entry in ledger.of_invoices(tx, workspace_id, [invoice.id]).get(invoice.id, ())
        if entry.kind is EntryKind.APPLIED
    }
    if not given:
        return contents
    known = credit_grants.some(tx, workspace_id, given)
    available = [Available(known[id].grant, amount) for id, amount in given.items()]
    charging = {line.schedule_id for line in contents.lines if line.schedule_id}
    customers = schedule_billing.customers_of(tx, workspace_id, charging)
    draws = drawn(payables(contents.lines, customers), available, invoice.customer_id)
    return credited(contents, draws, new_id, stored)
