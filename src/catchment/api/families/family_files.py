"""/customers/import and /customers/export: whole families as CSV."""

from typing import Annotated, Any

from fastapi import Depends, Query, Response

from catchment.api.edge.bodies import MIB
from catchment.api.edge.deps import NewId, Now, Tx, Usage, WhoIs
from catchment.api.edge.route import large_body, raw_body, router
from catchment.api.edge.wire import Wire
from catchment.api.families.hierarchy import AsOf
from catchment.core.families.family_import import COLUMNS
from catchment.flows.families.export_families import export_families
from catchment.flows.families.import_families import ImportRefused, import_families
from catchment.store.families.families import View

routes = router("/customers", "Customer families")
MAX_FILE = 64 * MIB
MEDIA_TYPE = "text/csv"
EXAMPLE = """customer,parent,effectiveFrom,legalName,email,line1,town,postcode,country
nw,,,Northwind Group,ap@northwind.example,1 Quay St,Leeds,LS1 1AA,GB
nw-uk,nw,,Northwind UK,,,,,
nw-fr,nw,2026-04-01,Northwind France,,,,,
"""
_FILE: dict[str, Any] = {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}}


class RefusedOut(Wire):
    """A cell that broke a rule; row 1 is the header. Without column it is the row as a whole."""

    row: int
    column: str
    code: str
    message: str


class ImportOut(Wire):
    """How many customers are new, moved and as before, and how many parent links that takes; the
    first 1,000 refusals, and how many there are.
    """

    created: int
    moved: int
    unchanged: int
    links_added: int
    refused: list[RefusedOut]
    refused_count: int
    dry_run: bool


@routes.post(
    "/import", openapi_extra={"requestBody": {"required": True, "content": _FILE}}, status_code=200
)
@large_body(MAX_FILE)
def import_customers(
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    new_id: NewId,
    file: Annotated[bytes, Depends(raw_body)],
    dry_run: Annotated[
        bool, Query(alias="dryRun", description="Say what would happen, and change nothing.")
    ] = False,
) -> ImportOut:
    """Create and move up to 1,000,000 customers from a CSV file of up to 64 MiB, all or nothing.

    Columns: `customer`, `parent` (ids or aliases; no parent is the top), `effectiveFrom`, and for
    customers that are new `legalName`, `email`, `contactName`, `line1`, `line2`, `town`, `state`,
    `postcode`, `country`, `taxStatus`, `label`; of customers there are already, those cells are
    not read. Where a row is refused, the answer is a 400 that carries the same report.
    """
    report = import_families(
        tx, usage, who.workspace, file, dry_run=dry_run, now=now, new_id=new_id
    )
    if report.refused and not dry_run:
        raise ImportRefused(report)
    return ImportOut.model_validate(report.told(dry_run=dry_run))


@routes.get(
    "/export",
    response_class=Response,
    responses={200: {"content": _FILE, "description": f"Columns: {', '.join(COLUMNS)}."}},
)
def export_customers(tx: Tx, who: WhoIs, now: Now, as_of: AsOf = None) -> Response:
    """Every customer with its parent at an instant, as CSV with the columns of an import."""
    view = View(who.workspace.id, as_of or now)
    content = b"".join(piece.encode() for piece in export_families(tx, view))
    headers = {"Content-Disposition": 'attachment; filename="customers.csv"'}
    return Response(content, headers=headers, media_type=MEDIA_TYPE)
