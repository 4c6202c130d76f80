"""/invoices/{id}/usage-item-groups/download: who used what and whose share is whose, as a file."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import StreamingResponse
from sqlalchemy import Engine

from catchment.api.edge.deps import Database, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.invoices.allocations import ByMethod
from catchment.core.shares.allocation import Method
from catchment.documents.usage_table import csv_pieces, parquet_pieces
from catchment.flows.invoices.finalize_invoice import one_invoice
from catchment.flows.invoices.tabulate_usage import usage_rows
from catchment.store.engine import reading

routes = router("/invoices/{id}/usage-item-groups", "Invoices")


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


_MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            _MEDIA_TYPES[Format.PARQUET]: {"schema": {"type": "string", "format": "binary"}},
        },
        "description": "The table, in the order of the tree.",
    }
}


@routes.get("/download", response_class=StreamingResponse, responses=_FILE)
def download_usage(
    id: PathId,
    *,
    tx: Tx,
    database: Database,
    who: WhoIs,
    format: Annotated[Format, Query()] = Format.CSV,
    method: ByMethod = Method.PROPORTIONAL,
) -> StreamingResponse:
    """The full usage breakdown: a row for each member and line, with quantity and share.

    The shares of all rows add up to the invoice. What a member used without having a share in it
    has a row without a line.
    """
    invoice = one_invoice(tx, who.workspace.id, id)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{invoice.number or 'draft'}-usage") + f".{format}"
    return StreamingResponse(
        _pieces(database, who.workspace.id, id, method, format),
        media_type=_MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pieces(
    database: Engine, workspace_id: str, id: str, method: Method, format: Format
) -> Iterator[bytes]:
    """The file piece by piece, from a snapshot of its own: the request's has ended by then."""
    written = csv_pieces if format is Format.CSV else parquet_pieces
    with reading(database) as tx:
        invoice = one_invoice(tx, workspace_id, id)
        yield from written(usage_rows(tx, invoice, method), invoice.currency, method)
