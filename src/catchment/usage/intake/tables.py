"""Inbox rows as a table of their events, a few rows at a time.

Each few are read at once where that is sure to be exact, soonest where all events look alike, and
else one by one; what was read so tells what to expect of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catchment.usage.intake import alike, at_once, one_by_one
from catchment.usage.intake.decoded import Decoded, Named
from catchment.usage.intake.event_ids import event_ids
from catchment.usage.intake.events import InboxRow, first_place, micros, unpack

_BYTES = 1 << 19  # of JSON: so little that it is still in the processor's cache at the end
_PATIENCE = 3  # how often reading at once fails in a row before it is no longer tried
_INSTANT = pa.timestamp("us", "UTC")


def table(workspace_id: str, rows: Iterable[InboxRow]) -> pa.Table:
    """The events of inbox rows, at least one, in the order of their places."""
    named: Named = {}
    failures = dict.fromkeys((alike.read, at_once.read), 0)
    parts: list[pa.Table] = []
    for some in _parts(rows):
        bodies = [unpack(row) for row in some]
        decoded = None
        for read in failures if parts else ():
            if decoded is None and failures[read] < _PATIENCE:
                decoded = read(bodies, named)
                failures[read] = 0 if decoded is not None else failures[read] + 1
        parts.append(_placed(workspace_id, some, decoded or one_by_one.read(bodies, named)))
    return pa.concat_tables(parts, promote_options="default")


def _parts(rows: Iterable[InboxRow]) -> Iterator[list[InboxRow]]:
    part: list[InboxRow] = []
    size = 0
    for row in rows:
        part.append(row)
        size += row.size
        if size >= _BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _placed(workspace_id: str, rows: Sequence[InboxRow], decoded: Decoded) -> pa.Table:
    """Events with their places, and with what they were sent without."""
    firsts = np.array([first_place(row.id) for row in rows])
    counts = np.array(decoded.counts)
    within = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    received = pa.array(np.repeat([micros(row.received_at) for row in rows], counts))
    ids = decoded.customer_event_ids
    if ids.null_count:
        own = pa.array(_own_ids(workspace_id, rows, decoded.counts), pa.string())
        ids = pc.coalesce(ids, own)
    columns = {
        "seq": pa.array(np.repeat(firsts, counts) + within),
        "customer_event_id": ids,
        "alias": decoded.aliases,
        "event_type": decoded.event_types,
        "event_at": pc.coalesce(_instants(decoded.timestamps), received),
        "received_at": received,
    }
    return pa.table(columns | decoded.properties)


def _own_ids(workspace_id: str, rows: Sequence[InboxRow], counts: Sequence[int]) -> Iterator[str]:
    for row, count in zip(rows, counts, strict=True):
        first = first_place(row.id)
        yield from event_ids(workspace_id, row.received_at, range(first, first + count))


def _instants(sent: pa.StringArray) -> pa.Int64Array:
    try:
        at = sent.cast(_INSTANT)
    except pa.ArrowInvalid:  # digits beyond microseconds, which are rounded
        at = [msgspec.convert(text, datetime | None) for text in sent.to_pylist()]
        at = pa.array(at, _INSTANT)
    return at.cast(pa.int64())
