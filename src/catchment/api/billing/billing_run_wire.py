"""Billing runs as the API shows them."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from pydantic import ConfigDict

from catchment.api.edge.wire import At, Day, Flag, Pagination, Wire
from catchment.api.invoices.date_ranges import InclusiveDateRange
from catchment.core.control import Difference, Failure, LateBalance, MetricBalance
from catchment.core.values.money import money_text
from catchment.store.billing.billing_runs import BillingRun, Progress, Report, RunTotal

Names = Mapping[str, str]
"""What customers and metrics are called; who is gone keeps its id only."""


class BillingRunIn(Wire):
    """What to bill. ``wait``: the answer comes when the run has ended."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"asOf": "2026-03-01"}}
    )

    as_of: Day
    wait: Flag = False


class RetryIn(Wire):
    """How to try again. ``acceptBounds``: issue what is out of bounds, too."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"acceptBounds": True}}
    )

    accept_bounds: Flag = False
    wait: Flag = False


class RunTotalOut(Wire):
    """What the invoices of one currency come to."""

    currency: str
    invoice_count: int
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def of(cls, one: RunTotal) -> "RunTotalOut":
        return cls(
            currency=one.currency,
            invoice_count=one.invoice_count,
            net_total=money_text(one.net),
            total_tax=money_text(one.tax),
            gross_total=money_text(one.gross),
        )


class ProgressOut(Wire):
    """How many of the planned invoices were gone through, in how many of the planned chunks.

    A chunk is kept whole or not at all.
    """

    invoices_done: int
    invoice_count: int
    chunks_done: int
    chunk_count: int

    @classmethod
    def of(cls, one: Progress) -> "ProgressOut":
        return cls(
            invoices_done=one.done,
            invoice_count=one.planned,
            chunks_done=one.chunks_done,
            chunk_count=one.chunks,
        )


class BillingRunOut(Wire):
    """A run. ``failureCount`` and all that follows it are there once it has ended.

    ``issuedCount`` are the invoices that it issued itself, ``issuedByNowCount`` those it drafted
    and that are issued by now, by whomever. ``failureCount`` counts parked drafts, too.
    ``invoicesWithoutTaxRate`` of those drafted have lines that no tax rate was found for. ``error``
    says why a run is FAILED, ``occasion`` when the clock asked for it.
    """

    id: str
    as_of: date
    status: str
    source: str
    retry_of: str | None = None
    accept_bounds: bool
    occasion: At | None = None
    created_at: At
    finished_at: At | None = None
    error: str | None = None
    progress: ProgressOut
    drafted_count: int
    issued_count: int
    issued_by_now_count: int | None = None
    failure_count: int
    difference_count: int
    invoices_without_tax_rate: int
    totals: list[RunTotalOut]

    @classmethod
    def of(cls, run: BillingRun, issued_by_now: int | None = None) -> "BillingRunOut":
        return cls(
            id=run.id,
            as_of=run.as_of,
            status=run.status,
            source=run.source,
            retry_of=run.retry_of,
            accept_bounds=run.accept_bounds,
            occasion=run.occasion,
            created_at=run.created_at,
            finished_at=run.finished_at,
            error=run.error,
            progress=ProgressOut.of(run.progress),
            drafted_count=run.drafted_count,
            issued_count=run.issued_count,
            issued_by_now_count=issued_by_now,
            failure_count=run.failure_count,
            difference_count=run.difference_count,
            invoices_without_tax_rate=run.undecided_taxes,
            totals=[RunTotalOut.of(one) for one in run.totals],
        )


class BillingRunPage(Wire):
    items: list[BillingRunOut]
    pagination: Pagination


class UnmappedAlias(Wire):
    """An alias without a customer."""

    customer_alias: str
    event_count: int


class UnpricedCustomer(Wire):
    """A customer with events that no schedule prices."""

    customer_id: str
    customer_legal_company_name: str | None = None
    event_count: int


class MetricBalanceOut(Wire):
    """Where the events of a metric went, of all days that the run bills on it.

    Of customers and aliases those with the most events are named.
    """

    usage_metric_id: str
    usage_metric_name: str | None = None
    period: InclusiveDateRange
    received: int
    billed: int
    other: int
    unpriced: int
    unmapped: int
    balanced: bool
    unpriced_customers: list[UnpricedCustomer]
    unmapped_aliases: list[UnmappedAlias]

    @classmethod
    def of(cls, row: MetricBalance, names: Names) -> "MetricBalanceOut":
        return cls(
            usage_metric_id=row.metric_id,
            usage_metric_name=names.get(row.metric_id),
            period=InclusiveDateRange.of(row.days),
            received=row.received,
            billed=row.billed,
            other=row.other,
            unpriced=row.unpriced,
            unmapped=row.unmapped,
            balanced=row.balanced,
            unpriced_customers=[
                UnpricedCustomer(
                    customer_id=who,
                    customer_legal_company_name=names.get(who),
                    event_count=count,
                )
                for who, count in row.unpriced_customers
            ],
            unmapped_aliases=[
                UnmappedAlias(customer_alias=alias, event_count=count)
                for alias, count in row.unmapped_aliases
            ],
        )


class LateBalanceOut(Wire):
    """What came after its invoice was final, by what becomes of it: events beyond those billed.

    ``adjusted`` by invoices of the run, ``waiting`` for a later one, ``turnedOff`` where the
    schedule does not adjust. Corrections can make it fewer.
    """

    usage_metric_id: str
    usage_metric_name: str | None = None
    period: InclusiveDateRange
    received: int
    adjusted: int
    waiting: int
    turned_off: int
    balanced: bool

    @classmethod
    def of(cls, row: LateBalance, names: Names) -> "LateBalanceOut":
        return cls(
            usage_metric_id=row.metric_id,
            usage_metric_name=names.get(row.metric_id),
            period=InclusiveDateRange.of(row.days),
            received=row.received,
            adjusted=row.adjusted,
            waiting=row.waiting,
            turned_off=row.turned_off,
            balanced=row.balanced,
        )


class ControlSheetOut(Wire):
    """The sheet: the events by metric, and how many invoices and lines were added up."""

    invoice_count: int
    line_count: int
    metrics: list[MetricBalanceOut]
    late: list[LateBalanceOut]


class FailureOut(Wire):
    """A schedule that could not be billed; with an ``invoiceId`` that draft is parked: it is out
    of bounds, and not issued by itself.
    """

    customer_id: str
    customer_legal_company_name: str | None = None
    billing_schedule_id: str
    invoice_id: str | None = None
    code: str
    reason: str

    @classmethod
    def of(cls, one: Failure, names: Names) -> "FailureOut":
        return cls(
            customer_id=one.customer,
            customer_legal_company_name=names.get(one.customer),
            billing_schedule_id=one.schedule_id,
            invoice_id=one.invoice_id,
            code=one.code,
            reason=one.reason,
        )


class FailurePage(Wire):
    items: list[FailureOut]
    pagination: Pagination


class DifferenceOut(Wire):
    """A figure that does not add up: what its parts come to, and what is there."""

    customer_id: str | None = None
    customer_legal_company_name: str | None = None
    billing_schedule_id: str | None = None
    invoice_id: str | None = None
    line_item_id: str | None = None
    part: str
    part_id: str
    figure: str
    expected: str
    found: str

    @classmethod
    def of(cls, one: Difference, names: Names) -> "DifferenceOut":
        return cls(
            customer_id=one.customer,
            customer_legal_company_name=names.get(one.customer or ""),
            billing_schedule_id=one.schedule_id,
            invoice_id=one.invoice_id,
            line_item_id=one.id if one.part == "line" else None,
            part=one.part,
            part_id=one.id,
            figure=one.figure,
            expected=one.expected,
            found=one.found,
        )


class BillingRunReportOut(BillingRunOut):
    """A run with its control sheet. The first failures and differences are listed, and all are
    counted.
    """

    control_sheet: ControlSheetOut
    failures: list[FailureOut]
    differences: list[DifferenceOut]

    @classmethod
    def told(
        cls, run: BillingRun, report: Report, names: Names, issued_by_now: int | None = None
    ) -> "BillingRunReportOut":
        """The wire form; ``names`` are of everyone and everything the report mentions."""
        return cls(
            **BillingRunOut.of(run, issued_by_now).model_dump(),
            control_sheet=ControlSheetOut(
                invoice_count=report.invoice_count,
                line_count=report.line_count,
                metrics=[MetricBalanceOut.of(row, names) for row in report.sheet],
                late=[LateBalanceOut.of(row, names) for row in report.late],
            ),
            failures=[FailureOut.of(one, names) for one in report.failures],
            differences=[DifferenceOut.of(one, names) for one in report.differences],
        )
