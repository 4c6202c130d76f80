"""How many events the lines of single events bill, by the day: adjustments included."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, func, select, tuple_

from catchment.core.terms.single_events import EventPart
from catchment.store.chunks import chunks
from catchment.store.schema import line_items

EventDay = tuple[str, str, date]
"""Schedule, price and day of events that are billed one by one."""

_AT_ONCE = 1_000


def events_billed(
    tx: Connection, workspace_id: str, days: Collection[EventDay]
) -> dict[EventDay, list[tuple[int, int]]]:
    """For each of ``days`` up to which place lines in force counted events, and how many they have.

    Of one place there is one number. What only takes back others has read nothing: place 0.
    """
    c = line_items.c
    day = (c.schedule_id, c.price_id, c.service_start)
    read = func.coalesce(c.last_seq, 0)
    found: dict[EventDay, list[tuple[int, int]]] = {}
    for part in chunks(sorted(days), _AT_ONCE):
        query = (
            select(*day, read, func.sum(c.event_count))
            .where(
                c.workspace_id == workspace_id,
                c.live_key == "",
                c.part.startswith(EventPart.of(""), autoescape=True),
                tuple_(*day).in_(part),
                c.event_count.is_not(None),
            )
            .group_by(*day, read)
        )
        for schedule, price, on, place, count in tx.execute(query):
            found.setdefault((schedule, price, on), []).append((place, int(count)))
    return found
