"""What waits in the inbox, in batches as large as are worth storing at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import NamedTuple, TypeVar

import pyarrow as pa
from sqlalchemy import Engine

from catchment.store.engine import reading
from catchment.usage.intake import inbox, tables
from catchment.usage.intake.events import InboxRow, first_place, last_place

_T = TypeVar("_T")

BATCH_EVENTS = 250_000
"""About how many events are loaded at once."""


class Lost(Exception):
    """Another process did the same work first."""


class Batch(NamedTuple):
    """Rows of the inbox, and their events as columns."""

    rows: list[InboxRow]
    events: pa.Table

    @property
    def places(self) -> tuple[int, int]:
        """The first and the last place of the rows."""
        return first_place(self.rows[0].id), last_place(self.rows[-1].id)


def batches(engine: Engine, workspace_id: str, *, whole: bool = False) -> Iterator[Batch]:
    """What waits, in order.

    What comes meanwhile too, but only while it is enough for another ``whole`` batch, as all is if
    only those are wanted.
    """
    with reading(engine) as tx:
        newest = 0 if whole else inbox.newest(tx, workspace_id)
    after = 0
    while (batch := _next(engine, workspace_id, after, newest)) is not None:
        yield batch
        after = batch.rows[-1].id


def ahead(thread: Executor, coming: Iterator[_T]) -> Iterator[_T]:
    """What is ``coming``; the next is made in ``thread`` while there is still to do with one."""
    made = thread.submit(next, coming, None)
    while (one := made.result()) is not None:
        made = thread.submit(next, coming, None)
        yield one


def _next(engine: Engine, workspace_id: str, after: int, newest: int) -> Batch | None:
    with reading(engine) as tx:
        if after >= newest and inbox.event_count(tx, workspace_id, after=after) < BATCH_EVENTS:
            return None
        rows = inbox.first(tx, workspace_id, BATCH_EVENTS, after=after)
    return Batch(rows, tables.table(workspace_id, rows)) if rows else None
