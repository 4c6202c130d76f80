"""Which invoices sell grants: by the line that names the grant and settles nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from catchment.store.chunks import chunks
from catchment.store.invoices.rows.invoice_parts import LineItem
from catchment.store.schema import line_items

_line = line_items.c


def grant_sold(lines: Iterable[LineItem]) -> str:
    """The grant that an invoice with these lines sells."""
    [grant_id] = (one.credit_grant_id for one in lines if one.settles is None)
    assert grant_id is not None, lines
    return grant_id


def invoices_of(tx: Connection, workspace_id: str, grant_ids: Collection[str]) -> dict[str, str]:
    """The invoice that sells each of these grants, by grant; of none that is void or deleted."""
    return {
        row.credit_grant_id: row.invoice_id
        for part in chunks(sorted(set(grant_ids)))
        for row in tx.execute(
            select(_line.credit_grant_id, _line.invoice_id).where(
                _line.workspace_id == workspace_id,
                _line.credit_grant_id.in_(part),
                _line.settles.is_(None),
                _line.live_key == "",
            )
        )
    }
