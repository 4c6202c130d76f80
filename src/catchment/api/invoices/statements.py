"""/customers/{id}/statements: a customer's own share of the invoices of its family."""

import re
from typing import Annotated, Any

from fastapi import Path, Query, Response

from catchment.api.edge.deps import Cursor, Limit, NewestFirst, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import Day, Pagination
from catchment.api.invoices.allocations import ByMethod
from catchment.api.invoices.share_explanations import Descendants
from catchment.api.invoices.statement_wire import StatementDetail, StatementOut, StatementPage
from catchment.core.shares.allocation import Method
from catchment.flows.invoices.print_statement import statement_pdf
from catchment.flows.invoices.show_statement import head_of, statement
from catchment.store.families import customers
from catchment.store.invoices import invoices, statements
from catchment.store.paging import page
from catchment.store.schema import invoices as invoice_table

routes = router("/customers/{id}/statements", "Customers")

InvoiceId = Annotated[PathId, Path(alias="invoiceId")]
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "The document."}
}


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
    descendants: Descendants = False,
) -> StatementPage:
    """The customer's own share of each issued invoice that it pays or has used something of; or
    with `includeDescendants` that of all its branch.
    """
    customers.row(tx, who.workspace.id, id)
    found = page(
        tx,
        statements.query(who.workspace.id, id, first=first, last=last, descendants=descendants),
        paging,
        id_column=invoice_table.c.id,
        sort=invoice_table.c.accounting_date,
    )
    shown = (
        head_of(tx, invoices.of_row(row), id, method, descendants=descendants) for row in found.rows
    )
    return StatementPage(
        items=[StatementOut(**StatementOut.head(one)) for one in shown],
        pagination=Pagination.of(found),
    )


@routes.get("/{invoiceId}")
def show_statement(
    id: PathId,
    invoice_id: InvoiceId,
    *,
    tx: Tx,
    who: WhoIs,
    method: ByMethod = Method.PROPORTIONAL,
    descendants: Descendants = False,
    limit: Limit = 20,
    after: Cursor = None,
) -> StatementDetail:
    """The customer's usage and its share of each line of one issued invoice.

    With `includeDescendants` these are sums over its branch, and `members` has each of them;
    `limit` and `after` page through it.
    """
    found = statement(tx, who.workspace.id, id, invoice_id, method, descendants=descendants)
    return StatementDetail.of(found, limit, after)


@routes.get("/{invoiceId}/download", response_class=Response, responses=_PDF)
def download_statement(
    id: PathId,
    invoice_id: InvoiceId,
    *,
    tx: Tx,
    who: WhoIs,
    method: ByMethod = Method.PROPORTIONAL,
    descendants: Descendants = False,
) -> Response:
    """The statement as a PDF, the same bytes every time."""
    found = statement(tx, who.workspace.id, id, invoice_id, method, descendants=descendants)
    kind = "branch-statement" if descendants else "statement"
    name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{found.head.invoice.number}-{kind}") + ".pdf"
    return Response(
        statement_pdf(tx, found),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
