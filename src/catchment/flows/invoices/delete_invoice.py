"""Throw a draft away; the next run drafts its days anew."""

from __future__ import annotations

from sqlalchemy import Connection

from catchment.flows.invoices.finalize_invoice import one_draft
from catchment.store.invoices import invoice_contents, invoices
from catchment.store.invoices.invoices import Invoice


def delete_invoice(tx: Connection, workspace_id: str, invoice_id: str) -> Invoice:
    """Delete a draft and return it as it was. Raises NotFound, InvoiceNotDraft."""
    draft = one_draft(tx, workspace_id, invoice_id)
    invoice_contents.clear(tx, invoice_id)
    invoices.remove(tx, invoice_id)
    return draft
