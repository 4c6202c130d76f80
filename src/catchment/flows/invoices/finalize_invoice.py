"""Turn a draft into the document the customer receives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.values.errors import InvoiceNotDraft, NotFound
from catchment.flows.billing.checking.check_sums import check_sums
from catchment.flows.credits.apply_credits import apply_credits, check_credits
from catchment.flows.invoices.printed_seller import printed_seller
from catchment.store import merchants, sequences
from catchment.store.engine import lock
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.invoices.rows import invoice_writing


def finalize_invoice(
    tx: Connection,
    workspace_id: str,
    invoice_id: str,
    *,
    on: date,
    now: datetime,
    sound: Invoice | None = None,
) -> Invoice:
    """Number a draft and date it ``on``; from then on it does not change.

    One that has not changed since it was found ``sound`` is not read again.
    Raises NotFound, InvoiceNotDraft, OutOfBalance, CreditsOutdated.
    """
    lock(tx, "billing", workspace_id)
    draft = one_draft(tx, workspace_id, invoice_id)
    if draft != sound:
        check_sums(tx, workspace_id, invoice_id)
    check_credits(tx, draft)
    [final] = numbered(tx, workspace_id, [draft], status=Status.FINAL, on=on, now=now)
    invoice_writing.issue(tx, [final])
    apply_credits(tx, workspace_id, [final], on=on, now=now)
    return final


def sound_invoice(tx: Connection, workspace_id: str, invoice_id: str) -> Invoice:
    """The invoice, which adds up. ``tx`` is only read from. Raises NotFound, OutOfBalance."""
    found = one_invoice(tx, workspace_id, invoice_id)
    check_sums(tx, workspace_id, invoice_id)
    return found


def one_invoice(
    tx: Connection, workspace_id: str, invoice_id: str, *, for_change: bool = False
) -> Invoice:
    """The invoice; ``for_change`` keeps others from it until ``tx`` ends. Raises NotFound."""
    found = invoices.find(tx, workspace_id, invoice_id, for_change=for_change)
    if found is None:
        raise NotFound(f"There is no invoice {invoice_id}.")
    return found


def one_draft(tx: Connection, workspace_id: str, invoice_id: str) -> Invoice:
    """A draft that nobody else can change until ``tx`` ends. Raises NotFound, InvoiceNotDraft."""
    found = one_invoice(tx, workspace_id, invoice_id, for_change=True)
    if found.status is not Status.DRAFT:
        name = found.number or found.id
        raise InvoiceNotDraft(f"Invoice {name} is {found.status}; only a draft can be changed.")
    return found


def numbered(
    tx: Connection,
    workspace_id: str,
    unnumbered: Sequence[Invoice],
    *,
    status: Status,
    on: date,
    now: datetime,
) -> list[Invoice]:
    """The invoices with the next numbers in their order, their dates, and the seller as printed.

    Gap-free: the numbers are taken in ``tx`` and given back if that is rolled back.
    """
    seller = merchants.get(tx, workspace_id)
    printed_for = printed_seller(tx, seller)
    prefix = merchants.invoice_prefix(seller)
    numbers = sequences.take(tx, workspace_id, sequences.INVOICE, len(unnumbered))
    found = []
    for invoice, number in zip(unnumbered, numbers, strict=True):
        terms = invoice.payment_term_days
        days = merchants.default_due_days(seller) if terms is None else terms
        found.append(
            structs.replace(
                invoice,
                status=status,
                number=f"{prefix}-{number:05d}",
                issue_date=on,
                due_date=on + timedelta(days=days),
                payment_term_days=days,
                merchant=printed_for(invoice),
                updated_at=now,
            )
        )
    return found
