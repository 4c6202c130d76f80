"""Which storage a workspace's usage events are in, once they have left the inbox.

They are in ClickHouse where a row says so, and else in segments, or nowhere yet. Whoever reads or
loads looks in the same transaction, so that a process that was started with another setting never
answers from, or adds to, what is only a copy.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, insert, select, update

from catchment.core.errors import Unavailable
from catchment.store.engine import lock
from catchment.store.schema import usage_loaded, usage_segments, workspaces


class UsageElsewhere(Unavailable):
    """The usage events are in another storage than CATCHMENT_USAGE_URL says."""

    code = "usage_elsewhere"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The id of a storage in ClickHouse, and the last place that it has taken over."""

    storage: str
    last_seq: int


def hold(tx: Connection, workspace_id: str) -> None:
    """Make others that load this workspace's events wait until ``tx`` ends."""
    lock(tx, "usage-load", workspace_id)


def loaded(tx: Connection, workspace_id: str) -> Loaded | None:
    """Where in ClickHouse the workspace's events are; None where they are not there."""
    c = usage_loaded.c
    row = tx.execute(
        select(c.storage, c.last_seq).where(c.workspace_id == workspace_id)
    ).one_or_none()
    return None if row is None else Loaded(*row)


def last_seq(tx: Connection, workspace_id: str, storage: str) -> int:
    """The last place that ``storage`` in ClickHouse has taken over; 0 if it is still to begin.

    Raises UsageElsewhere where another one has the workspace's events.
    """
    found = loaded(tx, workspace_id)
    if found is None:
        if _has_segments(tx, workspace_id):
            raise UsageElsewhere(_IN_FILES)
        return 0
    if found.storage != storage:
        raise UsageElsewhere("The events are in another ClickHouse than the one asked.")
    return found.last_seq


def check_files(tx: Connection, workspace_id: str) -> None:
    """Raises UsageElsewhere where the workspace's events are in ClickHouse."""
    if loaded(tx, workspace_id) is not None:
        raise UsageElsewhere(_IN_CLICKHOUSE)


def advance(tx: Connection, workspace_id: str, storage: str, last_seq: int) -> None:
    """Note that ``storage`` in ClickHouse has all events up to ``last_seq``."""
    c = usage_loaded.c
    values = {"storage": storage, "last_seq": last_seq}
    mine = update(usage_loaded).where(c.workspace_id == workspace_id).values(**values)
    if tx.execute(mine).rowcount == 0:
        tx.execute(insert(usage_loaded).values(workspace_id=workspace_id, **values))


def forget(tx: Connection, workspace_id: str) -> None:
    """Note that the workspace's events are not in ClickHouse any more."""
    tx.execute(delete(usage_loaded).where(usage_loaded.c.workspace_id == workspace_id))


def misplaced(tx: Connection, *, in_clickhouse: bool) -> list[str]:
    """Names of workspaces whose events are in ClickHouse though they should not be, or not in it
    though they should.
    """
    c = workspaces.c
    there = exists().where(usage_loaded.c.workspace_id == c.id)
    in_files = exists().where(usage_segments.c.workspace_id == c.id)
    wrong = ~there & in_files if in_clickhouse else there
    return list(tx.execute(select(c.name).where(wrong).order_by(c.name)).scalars())


def _has_segments(tx: Connection, workspace_id: str) -> bool:
    own = usage_segments.c.workspace_id == workspace_id
    return tx.execute(select(usage_segments.c.id).where(own).limit(1)).first() is not None


_IN_FILES = "The events are in files of the data directory: see `catchment usage move`."
_IN_CLICKHOUSE = "The events are in ClickHouse: see `catchment usage move`."
