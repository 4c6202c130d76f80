"""The durable inbox: what has been acknowledged and not yet moved into segments.

One row holds one accepted request, or small ones of one sender that came together. It is written
in the transaction that they are answered by, so an answer of
success means that the events are on disk, and the ids of a workspace's rows rise in the order in
which they were acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from catchment.store import bulk, driver
from catchment.store.engine import lock
from catchment.store.schema import usage_inbox
from catchment.usage.intake.events import Batch, InboxRow, pack


class Incoming(NamedTuple):
    """A row to be: its id is reserved, its body is packed."""

    id: int
    workspace_id: str
    event_count: int
    size: int
    body: bytes
    received_at: datetime


class Waiting(NamedTuple):
    """How many rows wait, their events and their bytes, and when the oldest was received."""

    row_count: int
    event_count: int
    size: int
    oldest_at: datetime


def accept(tx: Connection, workspace_id: str, batch: Batch, received_at: datetime) -> int:
    """Keep one request's events, which count as soon as ``tx`` is committed; the row's id."""
    body = pack(batch.json)
    [row_id] = reserve(tx, [workspace_id], 1)
    add(
        tx,
        [Incoming(row_id, workspace_id, batch.event_count, len(batch.json), body, received_at)],
    )
    return row_id


def hold(tx: Connection, workspace_ids: Iterable[str]) -> None:
    """Make others that add rows to these workspaces wait until ``tx`` ends.

    Without that PostgreSQL could commit a later id first, and a loader would take that one for the
    newer.
    """
    for workspace_id in sorted(set(workspace_ids)):
        lock(tx, "usage", workspace_id)


def reserve(tx: Connection, workspace_ids: Iterable[str], count: int) -> list[int]:
    """The ids, ascending, of ``count`` rows that are about to be added to these workspaces."""
    hold(tx, workspace_ids)
    if tx.dialect.name == "postgresql":
        return [id for (id,) in driver.run(tx, _NEXT, (count,))]
    # An explicit id moves the table's sequence along, and nobody else writes meanwhile.
    last = driver.run(tx, _LAST)
    first = last[0][0] + 1 if last else 1
    return list(range(first, first + count))


_NEXT = (
    "SELECT nextval(pg_get_serial_sequence('usage_inbox', 'id')) FROM generate_series(1, ?::int)"
)
_LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'usage_inbox'"


def add(tx: Connection, rows: Sequence[Incoming]) -> None:
    """Add rows whose ids are reserved."""
    bulk.add_together(tx, usage_inbox, Incoming._fields, rows)


def first(
    tx: Connection, workspace_id: str, at_most: int | None = None, *, after: int = 0
) -> list[InboxRow]:
    """The oldest waiting rows beyond the row ``after``, in order.

    All of them, or about ``at_most`` events' worth.
    """
    c = usage_inbox.c
    mine = (c.workspace_id == workspace_id) & (c.id > after)
    query = select(c.id, c.size, c.body, c.received_at).where(mine).order_by(c.id)
    if at_most is None:
        return [InboxRow(*row) for row in tx.execute(query)]
    running = func.sum(c.event_count).over(order_by=c.id).label("running")
    sized = select(c.id, running).where(mine).subquery()
    last = select(func.min(sized.c.id)).where(sized.c.running >= at_most)
    end = tx.execute(last).scalar_one()
    if end is not None:
        query = query.where(c.id <= end)
    return [InboxRow(*row) for row in tx.execute(query)]


def newest(tx: Connection, workspace_id: str) -> int:
    """The id of the newest waiting row; 0 where none waits."""
    c = usage_inbox.c
    query = select(func.coalesce(func.max(c.id), 0)).where(c.workspace_id == workspace_id)
    return int(tx.execute(query).scalar_one())


def event_count(tx: Connection, workspace_id: str, *, after: int) -> int:
    """How many events wait in rows beyond the row ``after``."""
    c = usage_inbox.c
    mine = (c.workspace_id == workspace_id) & (c.id > after)
    query = select(func.coalesce(func.sum(c.event_count), 0)).where(mine)
    return int(tx.execute(query).scalar_one())


def waiting(tx: Connection) -> dict[str, Waiting]:
    """What waits, by workspace."""
    c = usage_inbox.c
    counts = select(
        c.workspace_id, func.count(), func.sum(c.event_count), func.sum(c.size), func.min(c.id)
    ).group_by(c.workspace_id)
    found = {}
    for workspace_id, rows, events, size, oldest in tx.execute(counts):
        at = tx.execute(select(c.received_at).where(c.id == oldest)).scalar_one()
        found[workspace_id] = Waiting(int(rows), int(events), int(size), at)
    return found


def waiting_bytes(tx: Connection) -> int:
    """The size of all that waits, of all workspaces, as it was sent."""
    return int(tx.execute(select(func.coalesce(func.sum(usage_inbox.c.size), 0))).scalar_one())


def remove(tx: Connection, workspace_id: str, rows: Sequence[InboxRow]) -> bool:
    """Delete exactly ``rows``, which follow each other. False where someone else has done so."""
    c = usage_inbox.c
    mine = (c.workspace_id == workspace_id) & c.id.between(rows[0].id, rows[-1].id)
    return tx.execute(delete(usage_inbox).where(mine)).rowcount == len(rows)
