"""What waits in the inbox, in batches as large as are worth storing at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import NamedTuple

import pyarrow as pa
from sqlalchemy import Engine

from catchment.store.engine import reading
from catchment.usage.intake import columns, inbox
from catchment.usage.intake.events import InboxRow

BATCH_EVENTS = 250_000
"""About how many events are loaded at once."""


class Lost(Exception):
    """Another process did the same work first."""


class Batch(NamedTuple):
    """Rows of the inbox, and their events as columns."""

    rows: list[InboxRow]
    events: pa.Table


def batches(engine: Engine, workspace_id: str, ahead: Executor) -> Iterator[Batch]:
    """What waits, in order; the next is decoded while one is stored."""
    coming = ahead.submit(_next, engine, workspace_id, 0)
    while (batch := coming.result()) is not None:
        coming = ahead.submit(_next, engine, workspace_id, batch.rows[-1].id)
        yield batch


def _next(engine: Engine, workspace_id: str, after: int) -> Batch | None:
    with reading(engine) as tx:
        rows = inbox.first(tx, workspace_id, BATCH_EVENTS, after=after)
    return Batch(rows, columns.table(workspace_id, rows)) if rows else None
