"""The durable inbox: what has been acknowledged and not yet moved into segments.

One row holds one accepted request. It is written in the request's transaction, so an answer of
success means that the events are on disk, and the ids of a workspace's rows rise in the order in
which they were acknowledged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from catchment.store.engine import lock
from catchment.store.schema import usage_inbox
from catchment.usage.events import AcceptedEvent, pack


@dataclass(frozen=True, slots=True)
class InboxRow:
    """An accepted request."""

    id: int
    body: bytes
    received_at: datetime


def accept(
    tx: Connection, workspace_id: str, events: Sequence[AcceptedEvent], received_at: datetime
) -> None:
    """Keep one request's events. They count as soon as ``tx`` is committed.

    The lock makes others wait until then: without it PostgreSQL could commit a later id first, and
    a loader would take that one for the newer.
    """
    lock(tx, "usage", workspace_id)
    tx.execute(
        insert(usage_inbox).values(
            workspace_id=workspace_id,
            event_count=len(events),
            body=pack(events),
            received_at=received_at,
        )
    )


def first(tx: Connection, workspace_id: str, at_most: int | None = None) -> list[InboxRow]:
    """The oldest waiting rows, in order: all of them, or about ``at_most`` events' worth."""
    c = usage_inbox.c
    query = select(c.id, c.body, c.received_at).where(c.workspace_id == workspace_id).order_by(c.id)
    if at_most is None:
        return [InboxRow(*row) for row in tx.execute(query)]
    running = func.sum(c.event_count).over(order_by=c.id).label("running")
    sized = select(c.id, running).where(c.workspace_id == workspace_id).subquery()
    last = select(func.min(sized.c.id)).where(sized.c.running >= at_most)
    end = tx.execute(last).scalar_one()
    if end is not None:
        query = query.where(c.id <= end)
    return [InboxRow(*row) for row in tx.execute(query)]


def waiting(tx: Connection, workspace_id: str) -> tuple[int, int]:
    """How many rows wait, and how many events they hold."""
    c = usage_inbox.c
    counts = select(func.count(), func.coalesce(func.sum(c.event_count), 0))
    rows, events = tx.execute(counts.where(c.workspace_id == workspace_id)).one()
    return int(rows), int(events)


def workspaces_waiting(tx: Connection) -> list[str]:
    """The workspaces that have waiting rows."""
    c = usage_inbox.c
    return list(tx.execute(select(c.workspace_id).distinct().order_by(c.workspace_id)).scalars())


def remove(tx: Connection, workspace_id: str, rows: Sequence[InboxRow]) -> bool:
    """Delete exactly ``rows``, which follow each other. False where someone else has done so."""
    c = usage_inbox.c
    mine = (c.workspace_id == workspace_id) & c.id.between(rows[0].id, rows[-1].id)
    return tx.execute(delete(usage_inbox).where(mine)).rowcount == len(rows)
