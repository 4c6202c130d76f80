"""Statements as the API shows them; the figures are the customer's, never the invoice's."""

from datetime import date
from typing import Any

from catchment.api.edge.wire import Pagination, Wire, after_key
from catchment.api.invoices.date_ranges import DateRange, InclusiveDateRange
from catchment.core.shares.allocation import Method
from catchment.core.values.money import decimal_text, money_text
from catchment.flows.invoices.branch_parts import Part
from catchment.flows.invoices.show_statement import LineSum, Statement, StatementHead, UsageSum


class StatementOut(Wire):
    """A customer's share of an invoice, or with `includeDescendants` that of its whole branch."""

    customer_id: str
    customer_name: str
    include_descendants: bool
    invoice_id: str
    invoice_number: str | None = None
    payer_id: str
    payer_name: str
    currency: str
    billing_period: InclusiveDateRange | None = None
    accounting_date: date
    issue_date: date | None = None
    method: Method
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def head(cls, found: StatementHead) -> dict[str, Any]:
        invoice = found.invoice
        period = invoice.billing_period
        return {
            "customer_id": found.customer,
            "customer_name": found.name,
            "include_descendants": found.descendants,
            "invoice_id": invoice.id,
            "invoice_number": invoice.number,
            "payer_id": invoice.customer_id,
            "payer_name": invoice.customer_legal_name,
            "currency": invoice.currency,
            "billing_period": InclusiveDateRange.of(period) if period else None,
            "accounting_date": invoice.accounting_date,
            "issue_date": invoice.issue_date,
            "method": found.method,
            "net_total": money_text(found.net),
            "total_tax": money_text(found.tax),
            "gross_total": money_text(found.gross),
        }


class StatementPage(Wire):
    items: list[StatementOut]
    pagination: Pagination


class StatementUsage(Wire):
    """What was used of one metric; without `value` where the members' figures do not add up."""

    usage_metric_id: str
    title: str
    value: str | None = None
    unit: str | None = None

    @classmethod
    def of(cls, used: UsageSum) -> "StatementUsage":
        return cls(
            usage_metric_id=used.metric_id,
            title=used.title,
            value=None if used.value is None else decimal_text(used.value),
            unit=used.unit,
        )


class StatementLine(Wire):
    """The share of a line, and what was used of it; without `quantity` where the members' figures
    do not add up, or an adjusted fee is an amount alone.
    """

    line_item_id: str
    title: str
    quantity: str | None = None
    unit: str | None = None
    service_period: DateRange | None = None
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def of(cls, share: LineSum) -> "StatementLine":
        line = share.line
        return cls(
            line_item_id=line.id,
            title=line.title,
            quantity=None if share.quantity is None else decimal_text(share.quantity),
            unit=line.unit,
            service_period=DateRange.of(line.service) if line.service else None,
            net_total=money_text(share.net),
            total_tax=money_text(share.tax),
            gross_total=money_text(share.gross),
        )


class StatementMember(Wire):
    """A member of the branch; `path` leads to it from the customer whose statement it is."""

    customer_id: str
    name: str
    depth: int
    path: list[str]
    path_names: list[str]
    usage: list[StatementUsage]
    lines: list[StatementLine]
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def of(cls, part: Part) -> "StatementMember":
        return cls(
            customer_id=part.customer,
            name=part.name,
            depth=len(part.path) - 1,
            path=[id for id, _ in part.path],
            path_names=[name for _, name in part.path],
            usage=[
                StatementUsage.of(UsageSum(one.metric_id, one.title, one.value, one.unit))
                for one in part.usage
            ],
            lines=[
                StatementLine.of(LineSum(one.line, one.quantity, one.net, one.tax))
                for one in part.shares
            ],
            net_total=money_text(part.net),
            total_tax=money_text(part.tax),
            gross_total=money_text(part.net + part.tax),
        )


class MemberPage(Wire):
    items: list[StatementMember]
    pagination: Pagination


class StatementDetail(StatementOut):
    """A statement with the usage and the share of each line; `members` has those of a branch."""

    usage: list[StatementUsage]
    lines: list[StatementLine]
    members: MemberPage | None = None

    @classmethod
    def of(cls, found: Statement, limit: int, after: str | None) -> "StatementDetail":
        """The wire form, with up to ``limit`` members after a cursor. Raises Invalid."""
        return cls(
            **cls.head(found.head),
            usage=[StatementUsage.of(one) for one in found.usage],
            lines=[StatementLine.of(one) for one in found.lines],
            members=_members(found, limit, after) if found.head.descendants else None,
        )


def _members(found: Statement, limit: int, after: str | None) -> MemberPage:
    start = after_key([one.customer for one in found.members], after)
    shown = found.members[start : start + limit]
    more = start + limit < len(found.members)
    return MemberPage(
        items=[StatementMember.of(one) for one in shown],
        pagination=Pagination(
            after=shown[-1].customer if shown and more else None,
            total_result_size=len(found.members),
        ),
    )
