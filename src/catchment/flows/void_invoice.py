"""Take an invoice out of force. It stays listed, numbered and readable."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from catchment.core.errors import InvoiceVoided
from catchment.flows.finalize_invoice import numbered, one_invoice
from catchment.store import invoices
from catchment.store.invoices import Invoice, Status


def void_invoice(
    tx: Connection, workspace_id: str, invoice_id: str, *, on: date, now: datetime
) -> Invoice:
    """Void an invoice and let the next run draft its days anew.

    A draft gets its number now, so that no document of the series is without one.
    Raises NotFound, InvoiceVoided.
    """
    found = one_invoice(tx, workspace_id, invoice_id, for_change=True)
    if found.status is Status.VOIDED:
        raise InvoiceVoided(f"Invoice {found.number} is void already.")
    voided = replace(found, status=Status.VOIDED, updated_at=now)
    if found.number is None:
        [voided] = numbered(tx, workspace_id, [found], status=Status.VOIDED, on=on, now=now)
    invoices.save(tx, voided)
    invoices.release(tx, invoice_id)
    invoices.drop_document(tx, invoice_id)
    return voided
