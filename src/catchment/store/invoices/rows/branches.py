"""Which members of an invoice a customer has below it, found without reading the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, select

from catchment.core.shares.branches import stretches
from catchment.store.invoices.rows.invoice_parts import UsageItemGroup
from catchment.store.schema import usage_branches

_c = usage_branches.c


COLUMNS = ("customer_id", "invoice_id", "first_index", "last_index", "workspace_id")


def rows_of(
    workspace_id: str, members: Sequence[UsageItemGroup]
) -> Iterator[tuple[str, str, int, int, str]]:
    """The values of COLUMNS for an invoice, given its members in the order shown."""
    invoice_id = members[0].invoice_id
    for one in stretches([id for id, _ in member.path] for member in members):
        yield one.customer, invoice_id, one.first, one.last, workspace_id


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
