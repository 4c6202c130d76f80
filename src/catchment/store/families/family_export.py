"""Everybody at one instant, with parent, address and first contact: what an export is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, select

from catchment.core.families.hierarchy import CustomerId
from catchment.store.families.families import View
from catchment.store.schema import contacts, customer_aliases, customer_links, customers

_AT_ONCE = 10_000


class Exported(NamedTuple):
    """``parent`` is None at the top; ``since`` where the customer has no recorded place."""

    id: CustomerId
    parent: CustomerId | None
    since: datetime | None
    legal_name: str
    address: dict[str, Any]
    tax_status: str
    label: str | None


def everybody(tx: Connection, view: View) -> Iterator[Exported]:
    """The customers that are not archived at the view's instant, oldest first."""
    c, link = customers.c, customer_links.c
    query = (
        select(
            c.id,
            link.parent_id,
            link.effective_from,
            c.legal_name,
            c.address,
            c.tax_status,
            c.label,
        )
        .join_from(
            customers, customer_links, and_(link.customer_id == c.id, *view.links()), isouter=True
        )
        .where(c.workspace_id == view.workspace, view.alive())
        .order_by(c.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    return (Exported(*row) for row in tx.execute(query))


def names(tx: Connection, workspace: str) -> dict[CustomerId, str]:
    """The oldest alias of each customer that has one."""
    c = customer_aliases.c
    query = select(c.customer_id, c.value).where(
        c.workspace_id == workspace, c.deleted_at.is_(None)
    )
    # Of one customer, the last in this order stays in the mapping.
    return {row.customer_id: row.value for row in tx.execute(query.order_by(c.id.desc()))}


def first_contacts(tx: Connection, workspace: str) -> dict[CustomerId, tuple[str, str]]:
    """E-mail address and name of the oldest PRIMARY contact of each customer that has one."""
    c = contacts.c
    query = select(c.customer_id, c.email, c.name).where(
        c.workspace_id == workspace,
        c.archived_at.is_(None),
        c.billing_preference == "PRIMARY",
    )
    rows = tx.execute(query.order_by(c.id.desc()))
    return {row.customer_id: (row.email, row.name) for row in rows}
