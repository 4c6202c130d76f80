"""Whether what a billing run has read is still what is agreed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from catchment.core.period import BEGINNING
from catchment.store.schema import billing_schedules, customer_aliases, customer_links

Stamp = tuple[Any, ...]


def of(tx: Connection, workspace_id: str) -> Stamp:
    """A value that changes with every change of the tree and of a schedule.

    A link is only ever added or superseded, and an index holds both figures.
    """
    link, schedule = customer_links.c, billing_schedules.c
    tree = select(func.count(), func.max(link.superseded_at)).where(
        link.workspace_id == workspace_id
    )
    agreed = select(
        func.count(),
        func.max(schedule.updated_at),
        func.count(schedule.activated_at),
        func.count(schedule.archived_at),
        func.count(schedule.suspended_at),
    ).where(schedule.workspace_id == workspace_id)
    return (*tx.execute(tree).one(), *tx.execute(agreed).one())


def known_at(tx: Connection, workspace_id: str) -> datetime:
    """When the tree and the aliases were last changed: as known then is as they are now."""
    link, alias = customer_links.c, customer_aliases.c
    tree = select(func.max(link.recorded_at), func.max(link.superseded_at)).where(
        link.workspace_id == workspace_id
    )
    names = select(func.max(alias.created_at), func.max(alias.deleted_at)).where(
        alias.workspace_id == workspace_id
    )
    written = (*tx.execute(tree).one(), *tx.execute(names).one())
    return max((at for at in written if at is not None), default=BEGINNING)
