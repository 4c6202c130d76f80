"""Events as they were sent: filters, order and pages of the list."""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from catchment.core.values.errors import Invalid
from catchment.usage.intake import columns
from catchment.usage.intake.event_ids import event_id, millisecond_of, place_of
from catchment.usage.intake.events import instant, micros
from catchment.usage.questions.engine import Cursor, define_rows
from catchment.usage.questions.queries import IN_ORDER
from catchment.usage.questions.unmapped import define_known


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to list; None leaves a question open.

    ``unmapped_from`` keeps events whose alias is none of the given ones. ``event_id`` is our id or
    the sender's. ``before`` and ``after`` leave out the instant itself. ``places`` is a column of
    places (``seq``).
    """

    aliases: Collection[str] | None = None
    unmapped_from: Collection[str] | None = None
    event_type: str | None = None
    event_id: str | None = None
    before: datetime | None = None
    after: datetime | None = None
    places: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class EventPageRequest:
    """Up to ``limit`` events, ``offset`` places after a cursor; greatest first if not ascending."""

    limit: int = 20
    after: str | None = None
    before: str | None = None
    offset: int = 0
    ascending: bool = False
    by_id: bool = False  # otherwise by eventTimestamp, then id


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was accepted, its properties in the order of their names.

    ``counts`` is false once a later one has superseded it, or where it was ``cancelled``.
    """

    id: str
    customer_event_id: str
    alias: str
    event_type: str
    at: datetime
    properties: str  # JSON object
    counts: bool
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order, the cursors of the pages beside this one if any, and the count of all."""

    events: tuple[StoredEvent, ...]
    after: str | None
    before: str | None
    total: int


_KEY = "event_type, alias, event_at, seq"
"""What storages sort events by: whoever knows all of it reads nothing else."""

_KEYS = pa.schema(
    [
        ("event_type", pa.string()),
        ("alias", pa.string()),
        ("event_at", pa.int64()),
        ("seq", pa.int64()),
    ]
)


def page(
    cursor: Cursor,
    workspace_id: str,
    wanted: EventFilter,
    request: EventPageRequest,
) -> EventPage:
    """The page asked for. Raises Invalid for a cursor that was not made by this order."""
    where, parameters = _conditions(cursor, workspace_id, wanted)
    [(total,)] = cursor.rows(f"SELECT count(*) FROM events WHERE {where}", parameters)
    backwards = request.before is not None and request.after is None
    place = request.before if backwards else request.after
    upwards = request.ascending != backwards
    if place is not None:
        known = _decode(workspace_id, place, request, "?before" if backwards else "?after")
        parameters |= known
        where += f" AND {_beyond(request, '>' if upwards else '<')}"
    order = ", ".join(f"{key} {'ASC' if upwards else 'DESC'}" for key in _order(request))
    # The keys first, so that the wide columns are read for one page only.
    found = cursor.rows(
        f"SELECT {_KEY} FROM events WHERE {where}"
        f" ORDER BY {order} LIMIT {request.limit + 1} OFFSET {request.offset}",
        parameters,
    )
    more = len(found) > request.limit
    events = shown(cursor, workspace_id, found[: request.limit])
    if backwards:
        events.reverse()
    beyond = place is not None or request.offset > 0
    has_next = bool(events) and (backwards or more)
    has_previous = bool(events) and (more if backwards else beyond)
    return EventPage(
        tuple(events),
        _encode(events[-1], request) if has_next else None,
        _encode(events[0], request) if has_previous else None,
        total,
    )


def keys(cursor: Cursor, condition: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What ``shown`` must know of the events that count and meet ``condition``, in any order."""
    return cursor.rows(f"SELECT {_KEY} FROM counting WHERE {condition}", parameters)


def shown(cursor: Cursor, workspace_id: str, keys: Sequence[tuple[Any, ...]]) -> list[StoredEvent]:
    """The events of these ``keys``, in their order."""
    if not keys:
        return []
    define_rows(cursor, "wanted", _KEYS, keys)
    these = f"({_KEY}) IN (SELECT {_KEY} FROM wanted)"
    rows = {row["seq"]: row for row in cursor.dicts(f"SELECT * FROM stored WHERE {these}")}
    counting = {seq for (seq,) in cursor.rows(f"SELECT seq FROM counting WHERE {these}")}
    cancelled = _cancelled(cursor) if len(counting) < len(rows) else ()
    return [
        stored(workspace_id, rows[seq], counts=seq in counting, cancelled=seq in cancelled)
        for *_, seq in keys
    ]


def _cancelled(cursor: Cursor) -> set[int]:
    """Which of the ``wanted`` events were superseded by a cancellation."""
    found = cursor.rows(
        "SELECT marks.seq FROM marks JOIN stored ON stored.seq = marks.later"
        " WHERE marks.seq IN (SELECT seq FROM wanted) AND stored.event_type = ''"
    )
    return {seq for (seq,) in found}


def stored(
    workspace_id: str, row: Mapping[str, Any], *, counts: bool = True, cancelled: bool = False
) -> StoredEvent:
    """An event from a row of ``stored`` with all columns."""
    return StoredEvent(
        event_id(workspace_id, instant(row["received_at"]), row["seq"]),
        row["customer_event_id"],
        row["alias"],
        row["event_type"],
        instant(row["event_at"]),
        columns.properties_of(row),
        counts,
        cancelled,
    )


def _conditions(
    cursor: Cursor, workspace_id: str, wanted: EventFilter
) -> tuple[str, dict[str, Any]]:
    conditions = ["true"]
    parameters: dict[str, Any] = {}
    if wanted.aliases is not None:
        conditions.append(among(cursor, wanted.aliases))
    if wanted.unmapped_from is not None:
        define_known(cursor, wanted.unmapped_from)
        conditions.append("alias NOT IN (SELECT alias FROM known_aliases)")
    if wanted.places is not None:
        cursor.define("wanted_places", wanted.places)
        conditions.append("seq IN (SELECT seq FROM wanted_places)")
    if wanted.event_type is not None:
        conditions.append("event_type = $event_type")
        parameters["event_type"] = wanted.event_type
    if wanted.event_id is not None:
        conditions.append("(seq = $place OR customer_event_id = $event_id)")
        parameters |= {
            "event_id": wanted.event_id,
            "place": place_of(workspace_id, wanted.event_id),
        }
    if wanted.before is not None:
        conditions.append("event_at < $before")
        parameters["before"] = micros(wanted.before)
    if wanted.after is not None:
        conditions.append("event_at > $after")
        parameters["after"] = micros(wanted.after)
    return " AND ".join(conditions), parameters


def among(cursor: Cursor, aliases: Collection[str]) -> str:
    """Whether an event's alias is one of ``aliases``, however many: a condition."""
    cursor.define("wanted_aliases", pa.table({"alias": pa.array(aliases, pa.string())}))
    return "alias IN (SELECT alias FROM wanted_aliases)"


def _order(request: EventPageRequest) -> tuple[str, ...]:
    """What the list is ordered by: ids are, by their millisecond and then their place."""
    return IN_ORDER if request.by_id else ("event_at", *IN_ORDER)


def _beyond(request: EventPageRequest, beyond: str) -> str:
    order = _order(request)
    return f"({', '.join(order)}) {beyond} ({', '.join(f'$place_{n}' for n in range(len(order)))})"


def _encode(event: StoredEvent, request: EventPageRequest) -> str:
    values: list[Any] = [event.id] if request.by_id else [micros(event.at), event.id]
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _decode(
    workspace_id: str, cursor: str, request: EventPageRequest, pointer: str
) -> dict[str, Any]:
    """The values of ``_order`` where a page ended."""
    expected: Any = tuple[str] if request.by_id else tuple[int, str]
    try:
        body = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        *at, id = msgspec.json.decode(body, type=expected)
    except (ValueError, msgspec.DecodeError) as error:
        raise _no_cursor(pointer) from error
    place = place_of(workspace_id, id)
    if place is None:
        raise _no_cursor(pointer)
    return {f"place_{n}": value for n, value in enumerate([*at, 1000 * millisecond_of(id), place])}


def _no_cursor(pointer: str) -> Invalid:
    message = "This is not a cursor of this list in this order."
    return Invalid.field(pointer, message, "cursor_invalid")
