"""Which events count, by the ids of their senders' or within a window: what may be taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import pyarrow as pa

from catchment.core.values.period import Span
from catchment.usage.intake import tables
from catchment.usage.intake.events import SentEvent, micros, supposed
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.listing import StoredEvent, among, keys, shown, stored


@dataclass(frozen=True, slots=True)
class Window:
    """Events of one type that happened within ``span``; None: whatever their alias."""

    event_type: str
    span: Span
    aliases: frozenset[str] | None = None


def standing(
    cursor: Cursor,
    workspace_id: str,
    ids: Collection[str],
    window: Window | None = None,
    at_most: int | None = None,
) -> list[StoredEvent]:
    """The events that count under one of these ids or within the window, by place."""
    cursor.define("wanted_ids", pa.table({"id": pa.array(ids, pa.string())}))
    wanted = "customer_event_id IN (SELECT id FROM wanted_ids)"
    parameters: dict[str, Any] = {}
    if window is not None:
        within = "event_type = $event_type AND event_at >= $earliest AND event_at < $latest"
        if window.aliases is not None:
            within += f" AND {among(cursor, window.aliases)}"
        wanted += f" OR ({within})"
        parameters = {
            "event_type": window.event_type,
            "earliest": micros(window.span.start),
            "latest": micros(window.span.end),
        }
    limit = "" if at_most is None else f" LIMIT {at_most}"
    found = keys(cursor, f"({wanted}){limit}", parameters)
    return shown(cursor, workspace_id, sorted(found, key=itemgetter(-1)))


def as_stored(
    workspace_id: str, events: Sequence[SentEvent], received_at: datetime
) -> list[StoredEvent]:
    """Events that nobody has taken in yet, as they would be read."""
    rows = supposed(events, received_at)
    found = tables.table(workspace_id, rows).to_pylist() if rows else []
    return [stored(workspace_id, row) for row in found]
