"""Whether what a billing run has read is still what is agreed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, func, select

from catchment.core.values.period import BEGINNING
from catchment.store.families import links
from catchment.store.schema import billing_schedules, customer_aliases, customer_links

Stamp = tuple[Any, ...]


def of(tx: Connection, workspace_id: str) -> Stamp:
    """A value that changes with every change of the tree and of a schedule."""
    schedule = billing_schedules.c
    agreed = select(
        func.count(),
        func.max(schedule.updated_at),
        func.count(schedule.activated_at),
        func.count(schedule.archived_at),
        func.count(schedule.suspended_at),
    ).where(schedule.workspace_id == workspace_id)
    return (links.stamp(tx, workspace_id), *tx.execute(agreed).one())


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
