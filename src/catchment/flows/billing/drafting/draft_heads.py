"""The head of an invoice: what its draft comes to, and to whom it is addressed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.consolidation import Due
from catchment.core.invoices.invoicing import Draft
from catchment.core.terms.taxes import TaxStatus, identity, place_of
from catchment.core.values.money import Money
from catchment.core.values.period import Period
from catchment.store import merchants
from catchment.store.families import contacts, customers
from catchment.store.families.customers import Customer
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.invoices.rows.invoice_parts import LineItemGroup
from catchment.store.taxes import tax_registrations

_RECEIVES = frozenset({"PRIMARY", "STANDARD"})


@dataclass(frozen=True, slots=True)
class Payer:
    """Who is invoiced, as of now. ``term_days`` is the seller's default."""

    customer: Customer
    emails: tuple[str, ...]
    term_days: int
    tax_id: str | None = None


def payers(
    tx: Connection, workspace_id: str, ids: Iterable[CustomerId]
) -> Mapping[CustomerId, Payer]:
    """The payers ``ids``."""
    wanted = sorted(set(ids))
    terms = merchants.default_due_days(merchants.get(tx, workspace_id))
    people = contacts.of_customers(tx, workspace_id, wanted)
    known = tax_registrations.of_customers(tx, workspace_id, wanted)
    return {
        id: Payer(
            customer,
            tuple(p.email for p in people.get(id, ()) if p.billing_preference in _RECEIVES),
            terms,
            identity(known.get(id, ()), place_of(customer.address)),
        )
        for id, customer in customers.many(tx, workspace_id, wanted).items()
    }


class Outline(NamedTuple):
    """What the head of an invoice says of its ``Draft``."""

    customer: CustomerId
    currency: str
    due_on: date
    billing_period: Period
    accounting_date: date
    net: Money
    tax: Money
    notes: tuple[str, ...]
    tax_status: TaxStatus
    undecided: int

    @classmethod
    def of(cls, draft: Draft, groups: Sequence[LineItemGroup]) -> Outline:
        """What the draft says, and its ``groups`` come to."""
        return cls(
            draft.customer,
            draft.currency,
            draft.due_on,
            draft.billing_period,
            draft.accounting_date,
            Money(sum([group.net.minor for group in groups]), draft.currency),
            Money(sum([group.tax.minor for group in groups]), draft.currency),
            draft.notes,
            draft.tax_status,
            draft.undecided,
        )


def blank(
    workspace_id: str, id: str, payer: Payer, currency: str, *, on: date, now: datetime
) -> Invoice:
    """A draft with nothing on it that no schedule bills, addressed to a payer as it is now."""
    customer, nothing = payer.customer, Money(0, currency)
    return Invoice(
        id=id,
        workspace_id=workspace_id,
        customer_id=customer.id,
        schedule_id=None,
        due_on=None,
        status=Status.DRAFT,
        currency=currency,
        net=nothing,
        tax=nothing,
        customer_emails=payer.emails,
        customer_legal_name=customer.legal_name,
        customer_billing_address=customer.address,
        customer_tax_status=TaxStatus(customer.tax_status),
        customer_tax_id=payer.tax_id,
        accounting_date=on,
        created_at=now,
        updated_at=now,
        calculated_at=now,
        payment_term_days=payer.term_days,
    )


def head(
    workspace_id: str,
    id: str,
    due: Due,
    draft: Draft | Outline,
    payer: Payer,
    *,
    now: datetime,
    run_id: str | None = None,
) -> Invoice:
    """The head of the draft of ``due``, addressed to its payer as it is now."""
    schedule = due.schedule
    return structs.replace(
        blank(workspace_id, id, payer, draft.currency, on=draft.accounting_date, now=now),
        schedule_id=schedule.id,
        due_on=draft.due_on,
        net=draft.net,
        tax=draft.tax,
        customer_tax_status=draft.tax_status,
        undecided_taxes=draft.undecided,
        billing_period=draft.billing_period,
        payment_term_days=payer.term_days if schedule.due_days is None else schedule.due_days,
        purchase_order_number=schedule.purchase_order,
        reference=schedule.reference,
        memo=schedule.memo,
        notes=draft.notes,
        ordinal=due.ordinal,
        auto_issue=schedule.auto_issue,
        run_id=run_id,
    )


def emptied(invoice: Invoice) -> Invoice:
    """A draft with nothing left to charge."""
    nothing = invoice.net - invoice.net
    return structs.replace(invoice, net=nothing, tax=nothing, undecided_taxes=0, notes=())
