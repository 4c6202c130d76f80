"""The heads of invoices as rows."""

from __future__ import annotations

from typing import Any

from catchment.store.invoices.invoices import Invoice

COLUMNS = (
    "id",
    "workspace_id",
    "customer_id",
    "billing_schedule_id",
    "due_on",
    "ordinal",
    "status",
    "payment_status",
    "currency",
    "invoice_number",
    "issue_date",
    "due_date",
    "due_date_source",
    "payment_term_days",
    "purchase_order_number",
    "reference",
    "memo",
    "customer_emails",
    "customer_legal_name",
    "customer_billing_address",
    "customer_tax_status",
    "customer_tax_id",
    "undecided_taxes",
    "billing_period_start",
    "billing_period_end",
    "accounting_date",
    "net_minor",
    "tax_minor",
    "gross_minor",
    "metadata",
    "merchant_details",
    "notes",
    "billing_run_id",
    "auto_issue",
    "calculated_at",
    "created_at",
    "updated_at",
)


def row_of(one: Invoice) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    period = one.billing_period
    return (
        one.id,
        one.workspace_id,
        one.customer_id,
        one.schedule_id,
        one.due_on,
        one.ordinal,
        str(one.status),  # a driver looks for what it is where it is no plain text
        one.payment_status,
        one.currency,
        one.number,
        one.issue_date,
        one.due_date,
        one.due_date_source,
        one.payment_term_days,
        one.purchase_order_number,
        one.reference,
        one.memo,
        one.customer_emails,
        one.customer_legal_name,
        one.customer_billing_address,
        str(one.customer_tax_status),
        one.customer_tax_id,
        one.undecided_taxes,
        period.start if period else None,
        period.end if period else None,
        one.accounting_date,
        one.net.minor,
        one.tax.minor,
        one.gross.minor,
        one.metadata,
        one.merchant,
        one.notes,
        one.run_id,
        one.auto_issue,
        one.calculated_at,
        one.created_at,
        one.updated_at,
    )
