"""Invoices: the heads.

``billing_period`` is half-open here as everywhere inside: ``billing_period_end`` holds the first
day after. An invoice is live until it is voided.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Row,
    Select,
    Subquery,
    delete,
    func,
    select,
    union,
    update,
)

from catchment.core.values.money import Money, Taxed
from catchment.core.values.period import Period
from catchment.store.chunks import chunks
from catchment.store.rows import named
from catchment.store.schema import (
    customers,
    invoices,
    line_items,
    payment_settings,
)


class Status(StrEnum):
    """The life of an invoice, as far as this version takes it."""

    DRAFT = "DRAFT"
    FINAL = "FINAL"
    SENT = "SENT"
    VOIDED = "VOIDED"


ISSUED = (Status.FINAL, Status.SENT)
"""What has a number and is in force."""


class Invoice(Taxed, msgspec.Struct, frozen=True, gc=False):
    """The head of an invoice: everything but its lines and its usage breakdown.

    ``schedule_id`` and ``due_on`` say which day of which schedule it bills, ``ordinal`` which
    invoice of that day it is, ``run_id`` which billing run drafted it. A draft with ``auto_issue``
    is issued by the next run that balances. ``merchant`` is the seller as printed
    (InvoiceMerchantDetails), kept from the moment the invoice has a number. For so many of its
    lines as ``undecided_taxes`` says a tax rate was looked for in vain. With its forty fields it is
    made, changed and compared many times as fast as a class of Python would be.
    """

    id: str
    workspace_id: str
    customer_id: str
    schedule_id: str | None
    due_on: date | None
    status: Status
    currency: str
    net: Money
    tax: Money
    customer_emails: tuple[str, ...]
    customer_legal_name: str
    customer_billing_address: Mapping[str, Any]
    customer_tax_status: str
    accounting_date: date
    created_at: datetime
    updated_at: datetime
    calculated_at: datetime | None = None
    billing_period: Period | None = None
    payment_status: str = "UNPAID"
    number: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    due_date_source: str = "CALCULATED"
    payment_term_days: int | None = None
    purchase_order_number: str | None = None
    reference: str | None = None
    memo: str | None = None
    metadata: tuple[Mapping[str, str], ...] = ()
    merchant: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    ordinal: int = 0
    run_id: str | None = None
    auto_issue: bool = False
    customer_tax_id: str | None = None
    undecided_taxes: int = 0
    customer_archived: bool = False


def heads(workspace_id: str) -> Select[Any]:
    """Every invoice of a workspace with what ``of_row`` reads; more conditions may be added."""
    joined = invoices.join(customers, customers.c.id == invoices.c.customer_id)
    archived = customers.c.archived_at.is_not(None).label("customer_archived")
    return (
        select(invoices, archived)
        .select_from(joined)
        .where(invoices.c.workspace_id == workspace_id)
    )


def billing_of(workspace_id: str, schedule_ids: Collection[str]) -> Subquery:
    """The invoices of schedules, and those with lines of theirs that another pays for, void too.

    Rows of (schedule_id, invoice_id).
    """
    c, line = invoices.c, line_items.c
    own = select(c.billing_schedule_id.label("schedule_id"), c.id.label("invoice_id"))
    lines = select(line.schedule_id, line.invoice_id)
    return union(
        own.where(c.workspace_id == workspace_id, c.billing_schedule_id.in_(schedule_ids)),
        lines.where(line.workspace_id == workspace_id, line.schedule_id.in_(schedule_ids)),
    ).subquery()


def billing(tx: Connection, workspace_id: str, schedule_ids: Collection[str]) -> set[str]:
    """The ids of those invoices."""
    return {
        id
        for part in chunks(sorted(set(schedule_ids)))
        for id in tx.execute(select(billing_of(workspace_id, part).c.invoice_id)).scalars()
    }


def find(
    tx: Connection, workspace_id: str, invoice_id: str, *, for_change: bool = False
) -> Invoice | None:
    """One invoice, or None; ``for_change`` makes others who would change it wait."""
    query = heads(workspace_id).where(invoices.c.id == invoice_id)
    if for_change:
        query = query.with_for_update(of=invoices)
    row = tx.execute(query).one_or_none()
    return None if row is None else of_row(row)


def drafts(tx: Connection, workspace_id: str, schedule_ids: Collection[str]) -> list[Invoice]:
    """The drafts that bill these schedules, oldest due day first, those of who pays for them too.

    They stay drafts until ``tx`` ends.
    """
    ids: set[str] = set()
    for part in chunks(sorted(set(schedule_ids))):
        billing = billing_of(workspace_id, part)
        query = select(billing.c.invoice_id).join(invoices, invoices.c.id == billing.c.invoice_id)
        drafted = tx.execute(query.where(invoices.c.status == Status.DRAFT))
        ids.update(row.invoice_id for row in drafted)
    found = held_drafts(tx, workspace_id, ids)
    return sorted(found, key=lambda one: (one.due_on or date.min, one.id))


def live(tx: Connection, workspace_id: str, schedule_ids: Collection[str]) -> list[Invoice]:
    """The invoices that bill these schedules and are not void, oldest due day first."""
    found: dict[str, Invoice] = {}
    for part in chunks(sorted(set(schedule_ids))):
        ids = select(billing_of(workspace_id, part).c.invoice_id)
        query = heads(workspace_id).where(invoices.c.live_key == "", invoices.c.id.in_(ids))
        rows = tx.execute(query)
        found.update((row.id, of_row(row)) for row in rows)
    return sorted(found.values(), key=lambda one: (one.due_on or date.min, one.id))


def finalised(tx: Connection, workspace_id: str, number: str | None = None) -> list[Invoice]:
    """What was issued and is in force, in the order of issue; or only the one of that number."""
    c = invoices.c
    query = heads(workspace_id).where(
        c.status.in_((Status.FINAL, Status.SENT)),
        *([] if number is None else [c.invoice_number == number]),
    )
    return [
        of_row(row)
        for row in tx.execute(query.order_by(func.length(c.invoice_number), c.invoice_number))
    ]


def numbers(tx: Connection, workspace_id: str) -> list[str]:
    """Every number ever given to an invoice, void ones' too."""
    c = invoices.c
    query = select(c.invoice_number).where(
        c.workspace_id == workspace_id, c.invoice_number.is_not(None)
    )
    return list(tx.execute(query).scalars())


def remove(tx: Connection, invoice_id: str) -> None:
    """Delete a head that has no contents any more, and how it was to be paid."""
    setting = payment_settings.c
    mine = (setting.subject == "INVOICE", setting.subject_id == invoice_id)
    tx.execute(delete(payment_settings).where(*mine))
    tx.execute(delete(invoices).where(invoices.c.id == invoice_id))


def release(tx: Connection, invoice_id: str) -> None:
    """Let the days and charges of a voided invoice be billed again."""
    tx.execute(update(invoices).where(invoices.c.id == invoice_id).values(live_key=invoice_id))
    lines = line_items.c
    tx.execute(update(line_items).where(lines.invoice_id == invoice_id).values(live_key=lines.id))


def held_drafts(tx: Connection, workspace_id: str, ids: Collection[str]) -> list[Invoice]:
    """Those of ``ids`` that are drafts, and stay so until ``tx`` ends."""
    c = invoices.c
    return [
        of_row(row)
        for part in chunks(sorted(set(ids)))
        for row in tx.execute(
            heads(workspace_id)
            .where(c.status == Status.DRAFT, c.id.in_(part))
            .order_by(c.id)
            .with_for_update(of=invoices)
        )
    ]


def of_row(row: Row[Any]) -> Invoice:
    """The value of a row of ``heads``."""
    row = named(row)
    return Invoice(
        id=row.id,
        workspace_id=row.workspace_id,
        customer_id=row.customer_id,
        schedule_id=row.billing_schedule_id,
        due_on=row.due_on,
        ordinal=row.ordinal,
        status=Status(row.status),
        currency=row.currency,
        net=Money(row.net_minor, row.currency),
        tax=Money(row.tax_minor, row.currency),
        customer_emails=tuple(row.customer_emails),
        customer_legal_name=row.customer_legal_name,
        customer_billing_address=row.customer_billing_address,
        customer_tax_status=row.customer_tax_status,
        customer_tax_id=row.customer_tax_id,
        undecided_taxes=row.undecided_taxes,
        accounting_date=row.accounting_date,
        created_at=row.created_at,
        updated_at=row.updated_at,
        calculated_at=row.calculated_at,
        billing_period=(
            Period(row.billing_period_start, row.billing_period_end)
            if row.billing_period_start
            else None
        ),
        payment_status=row.payment_status,
        number=row.invoice_number,
        issue_date=row.issue_date,
        due_date=row.due_date,
        due_date_source=row.due_date_source,
        payment_term_days=row.payment_term_days,
        purchase_order_number=row.purchase_order_number,
        reference=row.reference,
        memo=row.memo,
        metadata=tuple(row.metadata),
        merchant=row.merchant_details,
        notes=tuple(row.notes),
        run_id=row.billing_run_id,
        auto_issue=row.auto_issue,
        customer_archived=bool(row.customer_archived),
    )
