"""Every text under which a customer's usage arrives."""

from __future__ import annotations

from sqlalchemy import Connection, select

from catchment.store.schema import customer_aliases, customers


def every(tx: Connection, workspace: str) -> list[str]:
    """The ids and aliases of all customers of the workspace, in no particular order."""
    c = customer_aliases.c
    ids = select(customers.c.id).where(customers.c.workspace_id == workspace)
    aliases = select(c.value).where(c.workspace_id == workspace, c.deleted_at.is_(None))
    return [*tx.execute(ids).scalars(), *tx.execute(aliases).scalars()]
