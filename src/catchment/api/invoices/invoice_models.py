"""Invoices as the API shows them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from catchment.api.edge.wire import At, Pagination, Wire
from catchment.api.families.address_wire import AddressOut
from catchment.api.invoices.allocations import AllocationOut
from catchment.api.taxes.taxation_wire import TaxationOut
from catchment.core.adjustments import Deducted
from catchment.core.metering import Aggregation
from catchment.core.money import decimal_text, money_text, total
from catchment.core.period import Period
from catchment.core.settling import Step, StepKind
from catchment.core.taxes import NOTES, TaxStatus
from catchment.flows.invoices.share_invoice import Allocation
from catchment.store.credits.ledger import PaidBy
from catchment.store.invoices import invoice_parts
from catchment.store.invoices.invoice_rows import segment_texts
from catchment.store.invoices.invoices import Invoice, Status

Invoiced = Mapping[str, tuple[str, str | None]]
"""The invoice that a line stands on: its id and number."""


class InclusiveDateRange(Wire):
    """Days from the first to the last."""

    start: date
    end_inclusive: date

    @classmethod
    def of(cls, period: Period) -> "InclusiveDateRange":
        return cls(start=period.start, end_inclusive=period.last_day)


class DateRange(Wire):
    """Days from the first to the last, as line items name them."""

    start_date: date
    end_date: date

    @classmethod
    def of(cls, period: Period) -> "DateRange":
        return cls(start_date=period.start, end_date=period.last_day)


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


class LineItemGroupOut(Wire):
    """The lines of one product and what they come to."""

    id: str
    invoice_id: str
    title: str
    description: str | None = None
    index: int
    net_total: str
    total_tax: str
    gross_total: str
    product_id: str | None = None

    @classmethod
    def of(cls, group: invoice_parts.LineItemGroup) -> "LineItemGroupOut":
        return cls(
            id=group.id,
            invoice_id=group.invoice_id,
            title=group.title,
            description=group.description,
            index=group.index,
            net_total=money_text(group.net),
            total_tax=money_text(group.tax),
            gross_total=money_text(group.gross),
            product_id=group.product_id,
        )


class LineItemGroupPage(Wire):
    items: list[LineItemGroupOut]
    pagination: Pagination


class SegmentOut(Wire):
    """A part that explains a line's amount: quantity x rate + fee, above ``from`` up to ``to``."""

    quantity: str
    rate: str
    fee: str
    amount: str
    from_: Annotated[str | None, Field(alias="from")] = None
    to: str | None = None


class AdjustedLineOut(Wire):
    """A line that an adjustment brings up to date, and the invoice that it is on."""

    line_item_id: str
    invoice_id: str
    invoice_number: str | None = None


class AdjustmentOut(Wire):
    """What the charge comes to by all that is known, less what its lines had billed before: the
    difference are the line's figures.

    ``segments`` of the line are those of the whole charge. ``reverses`` where earlier adjustments
    are taken back because the line itself was voided, and is billed whole by another.
    """

    number: int
    quantity: str
    net_total: str
    billed_quantity: str
    billed_net_total: str
    billed_event_count: int
    reverses: bool
    lines: list[AdjustedLineOut]

    @classmethod
    def of(
        cls, line: invoice_parts.LineItem, taken: Deducted, invoices: Invoiced
    ) -> "AdjustmentOut":
        return cls(
            number=taken.number,
            quantity=decimal_text(line.whole_quantity),
            net_total=money_text(line.net + taken.net),
            billed_quantity=decimal_text(taken.quantity),
            billed_net_total=money_text(taken.net),
            billed_event_count=taken.event_count,
            reverses=taken.reverses,
            lines=[
                AdjustedLineOut(line_item_id=id, invoice_id=on[0], invoice_number=on[1])
                for id in taken.line_ids
                for on in [invoices[id]]
            ],
        )


class LineStepOut(Wire):
    """What a discount takes off, a minimum adds or a credit pays: ``amount``, to the ``before``.

    Of a minimum that is what the charges come to that count towards it, net of discounts.
    """

    kind: StepKind
    id: str
    message: str
    before: str
    amount: str

    @classmethod
    def of(cls, step: Step) -> "LineStepOut":
        """The wire form."""
        return cls(
            kind=step.kind,
            id=step.id,
            message=step.message,
            before=money_text(step.before),
            amount=money_text(step.amount),
        )


class LineItemOut(Wire):
    """One charge. ``segments``, ``unit``, ``usageMetricId``, ``seatMetricId``, ``eventCount``,
    ``adjusts``, ``taxation``, ``settles`` and ``steps`` are extensions. A line that ``settles``
    others is itself a discount, what is missing to a minimum or what a credit pays; ``steps`` are
    what those made of it.
    """

    id: str
    invoice_id: str
    group_id: str | None = None
    title: str
    description: str | None = None
    quantity: str
    rate: str
    rate_display: str
    tax_rate: str
    service_period: DateRange | None = None
    service_period_start: date | None = None
    service_period_end: date | None = None
    index: int
    net_total: str
    total_tax: str
    gross_total: str
    price_id: str | None = None
    product_id: str | None = None
    external_ids: Annotated[list[Any], Field(default_factory=list)]
    segments: list[SegmentOut]
    unit: str | None = None
    usage_metric_id: str | None = None
    seat_metric_id: str | None = None
    event_count: int | None = None
    adjusts: AdjustmentOut | None = None
    taxation: TaxationOut | None = None
    settles: StepKind | None = None
    steps: list[LineStepOut] | None = None
    credit_grant_id: str | None = None

    @classmethod
    def of(cls, line: invoice_parts.LineItem, adjusted: Invoiced) -> "LineItemOut":
        """The wire form; ``adjusted`` has the invoice of every line that it adjusts."""
        service = line.service
        of_seats = line.aggregation == Aggregation.SEATS
        return cls(
            id=line.id,
            invoice_id=line.invoice_id,
            group_id=line.group_id,
            title=line.title,
            description=line.description,
            quantity=decimal_text(line.quantity),
            rate=decimal_text(line.rate),
            rate_display=line.rate_display,
            tax_rate=decimal_text(line.tax_rate),
            service_period=DateRange.of(service) if service else None,
            service_period_start=service.start if service else None,
            service_period_end=service.last_day if service else None,
            index=line.index,
            net_total=money_text(line.net),
            total_tax=money_text(line.tax),
            gross_total=money_text(line.gross),
            price_id=line.shown_price_id,
            product_id=line.product_id,
            segments=[SegmentOut.model_validate(segment_texts(s)) for s in line.segments],
            settles=line.settles,
            credit_grant_id=line.credit_grant_id,
            steps=[LineStepOut.of(step) for step in line.steps] or None,
            unit=line.unit,
            usage_metric_id=None if of_seats else line.usage_metric_id,
            seat_metric_id=line.usage_metric_id if of_seats else None,
            event_count=line.event_count,
            adjusts=AdjustmentOut.of(line, line.deducted, adjusted) if line.deducted else None,
            taxation=TaxationOut.of(line.taxation) if line.taxation else None,
        )


class LineItemPage(Wire):
    items: list[LineItemOut]
    pagination: Pagination


class UsageItemOut(Wire):
    """What a member used of one metric."""

    id: str
    invoice_id: str
    title: str
    value: str
    unit: str | None = None
    grouped_values: Annotated[list[Any], Field(default_factory=list)]
    line_item_group_id: str | None = None
    usage_item_group_id: str
    usage_metric_id: str


class UsageItemGroupOut(Wire):
    """A member of the pool. ``path`` leads from the payer to the member itself.

    ``shares`` and their sum, ``netTotal``, come where a ``method`` is asked for.
    """

    id: str
    invoice_id: str
    title: str
    customer_id: str
    depth: int
    path: list[str]
    path_names: list[str]
    items: list[UsageItemOut]
    shares: list[AllocationOut] | None = None
    net_total: str | None = None

    @classmethod
    def of(
        cls, group: invoice_parts.UsageItemGroup, shares: Sequence[Allocation] | None, currency: str
    ) -> "UsageItemGroupOut":
        items = [
            UsageItemOut(
                id=group.id_of(item),
                invoice_id=group.invoice_id,
                title=item.title,
                value=decimal_text(item.value),
                unit=item.unit,
                line_item_group_id=item.group_id,
                usage_item_group_id=group.id,
                usage_metric_id=item.metric_id,
            )
            for item in group.items
        ]
        return cls(
            id=group.id,
            invoice_id=group.invoice_id,
            title=group.title,
            customer_id=group.customer_id,
            depth=group.depth,
            path=[id for id, _ in group.path],
            path_names=[name for _, name in group.path],
            items=items,
            shares=None if shares is None else [AllocationOut.of(one) for one in shares],
            net_total=(
                None if shares is None else money_text(total((one.net for one in shares), currency))
            ),
        )


class UsageItemGroupPage(Wire):
    """``notes`` says, metric by metric, where the members' figures do not add up to the pool's."""

    items: list[UsageItemGroupOut]
    pagination: Pagination
    notes: list[str]
