"""Whether what a billing run has read is still what is agreed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from catchment.store.schema import billing_schedules, customer_links

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
    ).where(schedule.workspace_id == workspace_id)
    return (*tx.execute(tree).one(), *tx.execute(agreed).one())
