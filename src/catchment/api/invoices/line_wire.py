"""The lines of an invoice and their groups as the API shows them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from catchment.api.edge.wire import Pagination, Wire
from catchment.api.invoices.date_ranges import DateRange
from catchment.api.taxes.taxation_wire import TaxationOut
from catchment.core.invoices.adjustments import Deducted
from catchment.core.invoices.settling import Step, StepKind
from catchment.core.usage.metering import Aggregation
from catchment.core.values.money import decimal_text, money_text
from catchment.store.invoices.rows import invoice_parts
from catchment.store.invoices.rows.invoice_rows import segment_texts

Invoiced = Mapping[str, tuple[str, str | None]]
"""The invoice that a line stands on: its id and number."""


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
    ``customerEventId``, ``adjusts``, ``taxation``, ``settles`` and ``steps`` are extensions. A line
    that ``settles`` others is itself a discount, what is missing to a minimum or what a credit
    pays; ``steps`` are what those made of it. The ``customerEventId`` is of the one event that a
    price billed PER_EVENT charges.
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
    customer_event_id: str | None = None
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
            customer_event_id=line.event,
            adjusts=AdjustmentOut.of(line, line.deducted, adjusted) if line.deducted else None,
            taxation=TaxationOut.of(line.taxation) if line.taxation else None,
        )


class LineItemPage(Wire):
    items: list[LineItemOut]
    pagination: Pagination
