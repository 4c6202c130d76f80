"""Which storage a workspace's usage events are in, once they have left the inbox.

Their home is ClickHouse where a row says so, and else the segments; what the other one has is a
copy, older or unfinished. Whoever reads or loads looks in the same transaction, so that a process
that was started with another setting never answers from a copy, or adds to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, insert, select, update

from catchment.core.values.errors import Unavailable
from catchment.store.engine import lock
from catchment.store.schema import usage_loaded, usage_segments, workspaces


class UsageElsewhere(Unavailable):
    """The usage events are in another storage than CATCHMENT_USAGE_URL says."""

    code = "usage_elsewhere"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The last place that a storage in ClickHouse has taken over, and whether it is the home."""

    storage: str
    last_seq: int
    home: bool


def hold(tx: Connection, workspace_id: str) -> None:
    """Make others that load this workspace's events wait until ``tx`` ends."""
    lock(tx, "usage-load", workspace_id)


def loaded(tx: Connection, workspace_id: str) -> Loaded | None:
    """What of the workspace's events is in ClickHouse; None for nothing."""
    c = usage_loaded.c
    query = select(c.storage, c.last_seq, c.home).where(c.workspace_id == workspace_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else Loaded(*row)


def last_seq(tx: Connection, workspace_id: str, storage: str) -> int:
    """The last place that ``storage`` in ClickHouse, the home, has taken over; 0 at the beginning.

    Raises UsageElsewhere where it is not the home.
    """
    found = loaded(tx, workspace_id)
    if found is None or not found.home:
        if has_segments(tx, workspace_id):
            raise UsageElsewhere(f"Of this workspace: {_IN_FILES}")
        return 0
    if found.storage != storage:
        raise UsageElsewhere(
            "CATCHMENT_USAGE_URL leads to another ClickHouse than the events are in."
        )
    return found.last_seq


def in_clickhouse(tx: Connection, workspace_id: str) -> bool:
    """Whether the home of the workspace's events is ClickHouse."""
    found = loaded(tx, workspace_id)
    return found is not None and found.home


def check_files(tx: Connection, workspace_id: str) -> None:
    """Raises UsageElsewhere where the home of the workspace's events is ClickHouse."""
    if in_clickhouse(tx, workspace_id):
        raise UsageElsewhere(f"Of this workspace: {_IN_CLICKHOUSE}")


def check_all(tx: Connection, *, in_clickhouse: bool) -> None:
    """Raises UsageElsewhere where any workspace's home is not where all are to be."""
    c = workspaces.c
    there = exists().where(usage_loaded.c.workspace_id == c.id, usage_loaded.c.home)
    in_files = exists().where(usage_segments.c.workspace_id == c.id)
    wrong = ~there & in_files if in_clickhouse else there
    found = tx.execute(select(c.name).where(wrong).order_by(c.name).limit(1)).scalar_one_or_none()
    if found is not None:
        where = _IN_FILES if in_clickhouse else _IN_CLICKHOUSE
        raise UsageElsewhere(f"Workspace {found!r}: {where}")


def advance(
    tx: Connection, workspace_id: str, storage: str, last_seq: int, *, home: bool = True
) -> None:
    """Note that ``storage`` in ClickHouse has all events up to ``last_seq``."""
    c = usage_loaded.c
    values = {"storage": storage, "last_seq": last_seq, "home": home}
    mine = update(usage_loaded).where(c.workspace_id == workspace_id).values(**values)
    if tx.execute(mine).rowcount == 0:
        tx.execute(insert(usage_loaded).values(workspace_id=workspace_id, **values))


def settle(tx: Connection, workspace_id: str, *, in_clickhouse: bool) -> None:
    """Make ClickHouse, where the events are, the home of a workspace; or the segments."""
    c = usage_loaded.c
    mine = update(usage_loaded).where(c.workspace_id == workspace_id)
    tx.execute(mine.values(home=in_clickhouse))


def forget(tx: Connection, workspace_id: str) -> None:
    """Note that nothing of the workspace is in ClickHouse."""
    tx.execute(delete(usage_loaded).where(usage_loaded.c.workspace_id == workspace_id))


def has_segments(tx: Connection, workspace_id: str) -> bool:
    """Whether anything of the workspace is in segments."""
    own = usage_segments.c.workspace_id == workspace_id
    return tx.execute(select(usage_segments.c.id).where(own).limit(1)).first() is not None


ANOTHER = (
    "The events of this workspace are in another ClickHouse than CATCHMENT_USAGE_URL leads to."
)

_IN_FILES = (
    "its usage events are in files, but CATCHMENT_USAGE_URL is set."
    " Move them with `catchment usage move --to clickhouse`, or set it to nothing."
)
_IN_CLICKHOUSE = (
    "its usage events are in ClickHouse, but CATCHMENT_USAGE_URL is not set."
    " Set it; then `catchment usage move --to embedded` moves them, if you wish."
)
