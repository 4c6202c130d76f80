"""Take an invoice out of force. It stays listed, numbered and readable."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.values.errors import InvoiceVoided
from catchment.flows.credits.apply_credits import return_credits
from catchment.flows.invoices.finalize_invoice import numbered, one_invoice
from catchment.store.engine import lock
from catchment.store.invoices import invoice_documents, invoices
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.invoices.rows import invoice_writing
from catchment.store.usage import kept_usage, late_looks, usage_lines
from catchment.store.usage.kept_usage import UsageDropped


def void_invoice(
    tx: Connection, workspace_id: str, invoice_id: str, *, on: date, now: datetime
) -> Invoice:
    """Void an invoice and let the next run draft its days anew.

    A draft gets its number now, so that no document of the series is without one.
    Credits get back what they paid of it. Not where usage would be needed that was dropped.
    Raises NotFound, InvoiceVoided, UsageDropped.
    """
    lock(tx, "billing", workspace_id)
    found = one_invoice(tx, workspace_id, invoice_id, for_change=True)
    if found.status is Status.VOIDED:
        raise InvoiceVoided(f"Invoice {found.number} is void already.")
    kept = kept_usage.first_day(tx, workspace_id)
    if kept is not None and usage_lines.needs_before(tx, [invoice_id], kept):
        raise UsageDropped.before(
            kept, f"what would be drafted instead of {found.number or found.id}"
        )
    voided = structs.replace(found, status=Status.VOIDED, updated_at=now)
    if found.number is None:
        [voided] = numbered(tx, workspace_id, [found], status=Status.VOIDED, on=on, now=now)
    invoice_writing.save(tx, voided)
    return_credits(tx, voided, on=on, now=now)
    invoices.release(tx, invoice_id)
    late_looks.forget(tx, invoice_id)
    invoice_documents.drop(tx, invoice_id)
    return voided
