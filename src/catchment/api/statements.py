"""/customers/{id}/statements: a customer's own share of the invoices of its family."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from catchment.api.allocations import ByMethod
from catchment.api.deps import NewestFirst, PathId, Tx, WhoIs
from catchment.api.invoice_models import DateRange, InclusiveDateRange
from catchment.api.route import router
from catchment.api.wire import Day, Pagination, Wire
from catchment.core.allocation import Method
from catchment.core.money import decimal_text, money_text
from catchment.flows.share_invoice import Allocation
from catchment.flows.show_statement import Statement, statement, statement_of, statement_pdf
from catchment.store import customers, invoices, statements
from catchment.store.paging import page
from catchment.store.schema import invoices as invoice_table

routes = router("/customers/{id}/statements", "Customers")

_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "The document."}
}


class StatementOut(Wire):
    """A customer's share of an invoice; the figures are its own, never the invoice's."""

    customer_id: str
    customer_name: str
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
    def head(cls, found: Statement) -> dict[str, Any]:
        invoice = found.invoice
        period = invoice.billing_period
        return {
            "customer_id": found.customer,
            "customer_name": found.name,
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
    """What the customer itself used of one metric."""

    usage_metric_id: str
    title: str
    value: str
    unit: str | None = None


class StatementLine(Wire):
    """The customer's share of a line, and what it used of it."""

    line_item_id: str
    title: str
    quantity: str
    unit: str | None = None
    service_period: DateRange | None = None
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def of(cls, share: Allocation) -> "StatementLine":
        line = share.line
        return cls(
            line_item_id=line.id,
            title=line.title,
            quantity=decimal_text(share.quantity),
            unit=line.unit,
            service_period=DateRange.of(line.service) if line.service else None,
            net_total=money_text(share.net),
            total_tax=money_text(share.tax),
            gross_total=money_text(share.gross),
        )


class StatementDetail(StatementOut):
    """A statement with the customer's usage and its share of each line."""

    usage: list[StatementUsage]
    lines: list[StatementLine]


@routes.get("")
def list_statements(
    id: PathId,
    *,
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    first: Annotated[
        Day | None, Query(alias="from", description="No accounting date before this day.")
    ] = None,
    last: Annotated[
        Day | None, Query(alias="to", description="No accounting date after this day.")
    ] = None,
    method: ByMethod = Method.PROPORTIONAL,
) -> StatementPage:
    """The customer's own share of each issued invoice that it pays or has used something of."""
    customers.row(tx, who.workspace.id, id)
    found = page(
        tx,
        statements.query(who.workspace.id, id, first=first, last=last),
        paging,
        id_column=invoice_table.c.id,
        sort=invoice_table.c.accounting_date,
    )
    shown = (statement_of(tx, invoices.of_row(row), id, method) for row in found.rows)
    return StatementPage(
        items=[StatementOut(**StatementOut.head(one)) for one in shown],
        pagination=Pagination.of(found),
    )


@routes.get("/{invoiceId}")
def show_statement(
    id: PathId,
    invoiceId: PathId,  # noqa: N803 -- the name in the path
    *,
    tx: Tx,
    who: WhoIs,
    method: ByMethod = Method.PROPORTIONAL,
) -> StatementDetail:
    """The customer's usage and its share of each line of one issued invoice."""
    found = statement(tx, who.workspace.id, id, invoiceId, method)
    return StatementDetail(
        **StatementOut.head(found),
        usage=[
            StatementUsage(
                usage_metric_id=item.metric_id,
                title=item.title,
                value=decimal_text(item.value),
                unit=item.unit,
            )
            for item in found.usage
        ],
        lines=[StatementLine.of(share) for share in found.shares],
    )


@routes.get("/{invoiceId}/download", response_class=Response, responses=_PDF)
def download_statement(
    id: PathId,
    invoiceId: PathId,  # noqa: N803 -- the name in the path
    *,
    tx: Tx,
    who: WhoIs,
    method: ByMethod = Method.PROPORTIONAL,
) -> Response:
    """The statement as a PDF, the same bytes every time."""
    found = statement(tx, who.workspace.id, id, invoiceId, method)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{found.invoice.number}-statement") + ".pdf"
    return Response(
        statement_pdf(tx, found),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
