"""/invoices: read, finalise, void, recalculate, delete, download."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy import Connection

from catchment.api.edge.deps import (
    Cursor,
    Database,
    InOrder,
    Limit,
    NewestFirst,
    NewId,
    Now,
    PathId,
    Today,
    Tx,
    Usage,
    WhoIs,
    apart,
)
from catchment.api.edge.route import router
from catchment.api.edge.wire import Pagination
from catchment.api.invoices.explanation_wire import ExplanationOut
from catchment.api.invoices.invoice_filter import invoice_filter
from catchment.api.invoices.invoice_wire import InvoiceOut, InvoicePage
from catchment.api.invoices.line_wire import (
    LineItemGroupOut,
    LineItemGroupPage,
    LineItemOut,
    LineItemPage,
)
from catchment.api.invoices.usage_item_wire import UsageItemGroupOut, UsageItemGroupPage
from catchment.core.shares.allocation import Method
from catchment.flows.invoices.delete_invoice import delete_invoice
from catchment.flows.invoices.explain_line import explain_line
from catchment.flows.invoices.finalize_invoice import finalize_invoice, one_invoice, sound_invoice
from catchment.flows.invoices.recalculate_invoice import recalculate_invoice
from catchment.flows.invoices.render_invoice import invoice_pdf
from catchment.flows.invoices.share_invoice import lines_of, members_shares
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.store.credits import ledger
from catchment.store.engine import reading
from catchment.store.invoices import adjustments, invoice_contents, invoice_list, invoices
from catchment.store.invoices.invoice_list import InvoiceFilter
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_rows import group_of_row, line_of_row
from catchment.store.invoices.rows.usage_rows import usage_of_row
from catchment.store.paging import page
from catchment.store.schema import invoices as invoice_table
from catchment.store.schema import line_item_groups, line_items, usage_item_groups

routes = router("/invoices", "Invoices")

SortBy = Annotated[
    Literal[
        "CUSTOMER_LEGAL_COMPANY_NAME", "GROSS_TOTAL", "ACCOUNTING_DATE", "DUE_DATE", "ISSUE_DATE"
    ]
    | None,
    Query(alias="sortBy", description="Without it the newest made come first."),
]
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "The document."}
}


@routes.get("")
def list_invoices(
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    wanted: Annotated[InvoiceFilter, Depends(invoice_filter)],
    sort_by: SortBy = None,
) -> InvoicePage:
    """Invoices, newest first, void ones included."""
    found = page(
        tx,
        invoice_list.query(who.workspace.id, wanted),
        paging,
        id_column=invoice_table.c.id,
        sort=invoice_list.order(sort_by),
    )
    items = _shown(tx, [invoices.of_row(row) for row in found.rows])
    return InvoicePage(items=items, pagination=Pagination.of(found))


@routes.get("/{id}")
def show_invoice(id: PathId, tx: Tx, who: WhoIs) -> InvoiceOut:
    """One invoice."""
    return _shown(tx, [one_invoice(tx, who.workspace.id, id)])[0]


@routes.delete("/{id}")
def remove_invoice(id: PathId, tx: Tx, who: WhoIs, new_id: NewId) -> InvoiceOut:
    """Throw a draft away; the next billing run drafts its period anew. Answers what it was.

    What credits held for it pays other drafts at once.
    """
    return InvoiceOut.of(delete_invoice(tx, who.workspace.id, id, new_id=new_id))


@routes.get("/{id}/line-item-groups")
def list_line_item_groups(
    id: PathId,
    tx: Tx,
    who: WhoIs,
    paging: InOrder,
) -> LineItemGroupPage:
    """The products on an invoice, in the order printed."""
    one_invoice(tx, who.workspace.id, id)
    found = page(
        tx,
        invoice_contents.groups_of(who.workspace.id, id),
        paging,
        id_column=line_item_groups.c.id,
        sort=line_item_groups.c.index,
    )
    items = [LineItemGroupOut.of(group_of_row(row)) for row in found.rows]
    return LineItemGroupPage(items=items, pagination=Pagination.of(found))


@routes.get("/{id}/line-items")
def list_line_items(
    id: PathId,
    tx: Tx,
    who: WhoIs,
    paging: InOrder,
) -> LineItemPage:
    """The charges on an invoice, in the order printed, each with the segments that explain it."""
    one_invoice(tx, who.workspace.id, id)
    found = page(
        tx,
        invoice_contents.lines_of(who.workspace.id, id),
        paging,
        id_column=line_items.c.id,
        sort=line_items.c.index,
    )
    lines = [line_of_row(row) for row in found.rows]
    taken = {id for line in lines if line.deducted for id in line.deducted.line_ids}
    adjusted = adjustments.invoices_of(tx, who.workspace.id, taken)
    items = [LineItemOut.of(line, adjusted) for line in lines]
    return LineItemPage(items=items, pagination=Pagination.of(found))


@routes.get("/{id}/line-items/{lineId}/explanation")
def explain_line_item(
    id: PathId,
    line_id: Annotated[PathId, Path(alias="lineId")],
    tx: Tx,
    who: WhoIs,
    limit: Limit = 20,
    after: Cursor = None,
) -> ExplanationOut:
    """Why a line has its amount: price, segments, rounding, and who used what when.

    ``limit`` and ``after`` page through the members that used something.
    """
    return ExplanationOut.of(explain_line(tx, who.workspace.id, id, line_id), limit, after)


@routes.get("/{id}/usage-item-groups")
def list_usage_item_groups(
    id: PathId,
    tx: Tx,
    who: WhoIs,
    paging: InOrder,
    method: Annotated[
        Method | None, Query(description="Give each member's shares, too, by this method.")
    ] = None,
) -> UsageItemGroupPage:
    """Who used what: members with usage, parents before their children, siblings by name."""
    invoice = one_invoice(tx, who.workspace.id, id)
    found = page(
        tx,
        invoice_contents.usage_of(who.workspace.id, id),
        paging,
        id_column=usage_item_groups.c.id,
        sort=usage_item_groups.c.index,
    )
    members = [usage_of_row(row) for row in found.rows]
    lines = lines_of(tx, invoice) if method is not None else {}
    group_ids = invoice_contents.group_ids(tx, who.workspace.id, id)
    items = [
        UsageItemGroupOut.of(
            member,
            group_ids,
            None if method is None else list(members_shares(member, invoice, lines, method)),
            invoice.currency,
        )
        for member in members
    ]
    return UsageItemGroupPage(
        items=items, pagination=Pagination.of(found), notes=list(invoice.notes)
    )


@routes.post("/{id}/finalize")
def finalize(
    id: PathId, tx: Tx, database: Database, request: Request, who: WhoIs, today: Today, now: Now
) -> InvoiceOut:
    """Number and date a draft; from then on it does not change."""
    with apart(request, tx), reading(database) as snapshot:  # who writes does not wait meanwhile
        sound = sound_invoice(snapshot, who.workspace.id, id)
    final = finalize_invoice(tx, who.workspace.id, id, on=today, now=now, sound=sound)
    return _shown(tx, [final])[0]


@routes.post("/{id}/void")
def void(id: PathId, tx: Tx, who: WhoIs, today: Today, now: Now) -> InvoiceOut:
    """Take an invoice out of force; the next billing run drafts its period anew."""
    return InvoiceOut.of(void_invoice(tx, who.workspace.id, id, on=today, now=now))


@routes.post("/{id}/recalculate")
def recalculate(
    id: PathId, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> InvoiceOut:
    """Make a draft anew from today's prices, usage, names and tree."""
    found = recalculate_invoice(tx, usage, who.workspace, id, now=now, new_id=new_id)
    return _shown(tx, [found])[0]


@routes.get("/{id}/download", response_class=Response, responses=_PDF)
def download(id: PathId, tx: Tx, database: Database, who: WhoIs, now: Now) -> Response:
    """The PDF. What has a number is rendered once and kept; a draft is rendered each time."""
    invoice = one_invoice(tx, who.workspace.id, id)
    pdf = invoice_pdf(tx, database, invoice, now=now)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", invoice.number or "draft") + ".pdf"
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


def _shown(tx: Connection, found: Sequence[Invoice]) -> list[InvoiceOut]:
    """Invoices of one workspace with what credits pay of each."""
    if not found:
        return []
    paid = ledger.paid_by(tx, found[0].workspace_id, [one.id for one in found])
    return [InvoiceOut.of(one, paid.get(one.id, ())) for one in found]
