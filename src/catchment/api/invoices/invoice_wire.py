"""Invoices as the API shows them, without their lines."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from catchment.api.edge.wire import At, Pagination, Wire
from catchment.api.families.address_wire import AddressOut
from catchment.api.invoices.date_ranges import InclusiveDateRange
from catchment.core.terms.taxes import NOTES, TaxStatus
from catchment.core.values.money import money_text
from catchment.store.credits.ledger import PaidBy
from catchment.store.invoices.invoices import Invoice, Status


class RenderSettings(Wire):
    payment_link_display: str = "HIDE_PAYMENT_LINK"


class AppliedCreditGrantOut(Wire):
    """What a grant has paid of an invoice for good, and what that takes off the tax."""

    credit_grant_id: str
    credit_grant_name: str
    amount: str
    tax_amount: str
    status: Literal["APPLIED"] = "APPLIED"


class ProjectedCreditGrantOut(Wire):
    """What a grant pays of a draft."""

    credit_grant_id: str
    credit_grant_name: str
    amount: str


class InvoiceOut(Wire):
    """An invoice without its lines.

    ``taxNote`` and ``linesWithoutTaxRate`` are extensions: what the invoice says where its customer
    is not taxed, and for how many lines a rate was looked for in vain when it was calculated.
    """

    id: str
    sequence_account_id: str
    billing_schedule_id: str | None = None
    billing_run_id: str | None = None
    status: str
    currency: str
    invoice_number: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    due_date_source: str
    payment_term_days: int | None = None
    purchase_order_number: str | None = None
    reference: str | None = None
    memo: str | None = None
    customer_id: str
    customer_legal_company_name: str
    customer_billing_address: AddressOut
    customer_shipping_address: AddressOut
    customer_emails: list[str]
    customer_tax_id: str | None = None
    customer_tax_status: str
    tax_note: str | None = None
    lines_without_tax_rate: int | None = None
    is_customer_archived: bool
    billing_period: InclusiveDateRange | None = None
    accounting_date: date
    net_total: str
    total_tax: str
    gross_total: str
    payment_status: str
    balance: str | None = None
    metadata: list[dict[str, str]]
    merchant_details: dict[str, Any] | None = None
    calculated_at: At | None = None
    created_at: At
    updated_at: At
    credit_note_ids: Annotated[list[str], Field(default_factory=list)]
    linked_services: Annotated[list[Any], Field(default_factory=list)]
    render_settings: RenderSettings = RenderSettings()
    attachment_assets: Annotated[list[Any], Field(default_factory=list)]
    integration_payment_statuses: Annotated[dict[str, str], Field(default_factory=dict)]
    applied_credit_notes: Annotated[list[Any], Field(default_factory=list)]
    applied_credit_grants: list[AppliedCreditGrantOut]
    projected_credit_grants: list[ProjectedCreditGrantOut]
    payment_allocations: Annotated[list[Any], Field(default_factory=list)]

    @classmethod
    def of(cls, invoice: Invoice, paid: Sequence[PaidBy] = ()) -> "InvoiceOut":
        """The wire form, with what credits pay. Only what has been issued has a balance to pay."""
        address = AddressOut.model_validate(dict(invoice.customer_billing_address))
        open_balance = invoice.status in {Status.FINAL, Status.SENT}
        return cls(
            id=invoice.id,
            sequence_account_id=invoice.workspace_id,
            billing_schedule_id=invoice.schedule_id,
            billing_run_id=invoice.run_id,
            status=invoice.status,
            currency=invoice.currency,
            invoice_number=invoice.number,
            issue_date=invoice.issue_date,
            due_date=invoice.due_date,
            due_date_source=invoice.due_date_source,
            payment_term_days=invoice.payment_term_days,
            purchase_order_number=invoice.purchase_order_number,
            reference=invoice.reference,
            memo=invoice.memo,
            customer_id=invoice.customer_id,
            customer_legal_company_name=invoice.customer_legal_name,
            customer_billing_address=address,
            customer_shipping_address=address,
            customer_emails=list(invoice.customer_emails),
            customer_tax_id=invoice.customer_tax_id,
            customer_tax_status=invoice.customer_tax_status,
            tax_note=NOTES.get(TaxStatus(invoice.customer_tax_status)),
            lines_without_tax_rate=invoice.undecided_taxes or None,
            is_customer_archived=invoice.customer_archived,
            billing_period=(
                InclusiveDateRange.of(invoice.billing_period) if invoice.billing_period else None
            ),
            accounting_date=invoice.accounting_date,
            net_total=money_text(invoice.net),
            total_tax=money_text(invoice.tax),
            gross_total=money_text(invoice.gross),
            payment_status=invoice.payment_status,
            balance=money_text(invoice.gross) if open_balance else None,
            metadata=[dict(pair) for pair in invoice.metadata],
            merchant_details=dict(invoice.merchant) if invoice.merchant else None,
            applied_credit_grants=[
                AppliedCreditGrantOut(
                    credit_grant_id=one.grant_id,
                    credit_grant_name=one.name,
                    amount=money_text(one.net),
                    tax_amount=money_text(one.tax),
                )
                for one in (paid if open_balance else ())
            ],
            projected_credit_grants=[
                ProjectedCreditGrantOut(
                    credit_grant_id=one.grant_id,
                    credit_grant_name=one.name,
                    amount=money_text(one.net),
                )
                for one in (paid if invoice.status is Status.DRAFT else ())
            ],
            calculated_at=invoice.calculated_at,
            created_at=invoice.created_at,
            updated_at=invoice.updated_at,
        )


class InvoicePage(Wire):
    items: list[InvoiceOut]
    pagination: Pagination
