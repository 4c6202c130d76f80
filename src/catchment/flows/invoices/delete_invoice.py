"""Throw a draft away; the next run drafts its days anew."""

from __future__ import annotations

from sqlalchemy import Connection

from catchment.core.values.ids import NewId
from catchment.flows.credits.project_credits import project_again
from catchment.flows.invoices.finalize_invoice import one_draft
from catchment.store.credits import ledger
from catchment.store.engine import lock
from catchment.store.invoices import invoice_contents, invoice_customers, invoices
from catchment.store.invoices.invoices import Invoice


def delete_invoice(tx: Connection, workspace_id: str, invoice_id: str, *, new_id: NewId) -> Invoice:
    """Delete a draft and return it as it was. What credits held for it pays other drafts.

    Raises NotFound, InvoiceNotDraft.
    """
    lock(tx, "billing", workspace_id)
    draft = one_draft(tx, workspace_id, invoice_id)
    drawn = ledger.drawn_by(tx, workspace_id, [invoice_id])
    concerned = invoice_customers.customers_on(tx, workspace_id, list(drawn))
    invoice_contents.clear(tx, invoice_id)
    invoices.remove(tx, invoice_id)
    for customer in sorted(concerned.get(invoice_id, ())):
        project_again(tx, workspace_id, customer, new_id)
    return draft
