"""The PDFs of invoices, kept from when they are first made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from catchment.store.invoices.invoices import Invoice
from catchment.store.schema import invoice_documents


def kept(tx: Connection, invoice_id: str) -> bytes | None:
    """The PDF kept for an invoice."""
    c = invoice_documents.c
    return tx.execute(select(c.pdf).where(c.invoice_id == invoice_id)).scalar_one_or_none()


def keep(tx: Connection, invoice: Invoice, pdf: bytes, *, sha256: str, now: datetime) -> None:
    """Keep an invoice's PDF for good."""
    tx.execute(
        insert(invoice_documents).values(
            invoice_id=invoice.id,
            workspace_id=invoice.workspace_id,
            pdf=pdf,
            sha256=sha256,
            created_at=now,
        )
    )


def drop(tx: Connection, invoice_id: str) -> None:
    """Forget the PDF of an invoice that is void from now on: it must say so."""
    tx.execute(delete(invoice_documents).where(invoice_documents.c.invoice_id == invoice_id))
