"""Which members of an invoice a customer has below it, found without reading the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from catchment.core.branches import stretches
from catchment.store.schema import usage_branches

_c = usage_branches.c


def add(tx: Connection, workspace_id: str, members: Sequence[Mapping[str, Any]]) -> None:
    """Note the branches of new invoices, given the rows of their members in the order shown."""
    rows = [
        {
            "customer_id": one.customer,
            "invoice_id": invoice_id,
            "first_index": one.first,
            "last_index": one.last,
            "workspace_id": workspace_id,
        }
        for invoice_id, own in groupby(members, key=lambda row: row["invoice_id"])
        for one in stretches([id for id, _ in row["path"]] for row in own)
    ]
    if rows:
        tx.execute(insert(usage_branches), rows)


def of_customer(
    tx: Connection, workspace_id: str, invoice_id: str, customer_id: str
) -> list[tuple[int, int]]:
    """The first and last index of each stretch; none where nobody is below the customer."""
    query = select(_c.first_index, _c.last_index).where(
        _c.customer_id == customer_id,
        _c.invoice_id == invoice_id,
        _c.workspace_id == workspace_id,
    )
    return [(row.first_index, row.last_index) for row in tx.execute(query.order_by(_c.first_index))]


def clear(tx: Connection, invoice_id: str) -> None:
    """Forget the branches of an invoice."""
    tx.execute(delete(usage_branches).where(_c.invoice_id == invoice_id))
