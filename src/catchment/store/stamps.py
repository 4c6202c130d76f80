"""Whether what a billing run has read is still what is agreed."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Column, Connection, select, update

from catchment.core.values.period import BEGINNING
from catchment.store.schema import customer_aliases, customer_links, workspaces

Stamp = tuple[str, ...]


def of(tx: Connection, workspace_id: str) -> Stamp:
    """A value that changes with every change of the tree and of a started schedule."""
    c = workspaces.c
    query = select(c.tree_stamp, c.schedules_stamp).where(c.id == workspace_id)
    return tuple(tx.execute(query).one())


def renew(tx: Connection, workspace_id: str) -> None:
    """To be called with every change of a started schedule, by who holds the tree.

    Not a time: what was asked for first may be written last.
    """
    here = workspaces.c.id == workspace_id
    tx.execute(update(workspaces).where(here).values(schedules_stamp=secrets.token_hex(16)))


def known_at(tx: Connection, workspace_id: str) -> datetime:
    """When the tree and the aliases were last changed: as known then is as they are now."""
    found = (_last(tx, column, workspace_id) for column in _CHANGES)
    return max((at for at in found if at is not None), default=BEGINNING)


_CHANGES = (
    customer_links.c.recorded_at,
    customer_links.c.superseded_at,
    customer_aliases.c.created_at,
    customer_aliases.c.deleted_at,
)


def _last(tx: Connection, column: Column[datetime], workspace_id: str) -> datetime | None:
    """The latest instant in a column, from the end of its index: nobody looks at all rows."""
    of_workspace = column.table.c.workspace_id == workspace_id
    query = select(column).where(of_workspace, column.is_not(None))
    return tx.execute(query.order_by(column.desc()).limit(1)).scalar_one_or_none()
