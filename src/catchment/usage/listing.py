"""Events as they were sent: filters, order and pages of the list."""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from catchment.core.errors import Invalid
from catchment.usage import duck
from catchment.usage.events import instant, micros
from catchment.usage.queries import CURRENT


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
    """An event as it was accepted. ``counts`` is false once a later one has superseded it."""

    id: str
    customer_event_id: str
    alias: str
    event_type: str
    at: datetime
    properties: str  # JSON object
    counts: bool


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order, the cursors of the pages beside this one if any, and the count of all."""

    events: tuple[StoredEvent, ...]
    after: str | None
    before: str | None
    total: int


_COLUMNS = f"id, customer_event_id, alias, event_type, event_at, properties, {CURRENT}"


def page(
    cursor: duckdb.DuckDBPyConnection, wanted: EventFilter, request: EventPageRequest
) -> EventPage:
    """The page asked for. Raises Invalid for a cursor that was not made by this order."""
    where, parameters = _conditions(cursor, wanted)
    [(total,)] = duck.rows(cursor, f"SELECT count(*) FROM events WHERE {where}", parameters)
    backwards = request.before is not None and request.after is None
    place = request.before if backwards else request.after
    upwards = request.ascending != backwards
    if place is not None:
        known = _decode(place, request, "?before" if backwards else "?after")
        parameters |= known
        where += f" AND {_beyond(request, '>' if upwards else '<')}"
    order = ", ".join(f"{key} {'ASC' if upwards else 'DESC'}" for key in _keys(request))
    # The places first, so that the wide columns are read for one page only.
    found = duck.rows(
        cursor,
        f"SELECT {_COLUMNS} FROM events WHERE seq IN (SELECT seq FROM events WHERE {where}"
        f" ORDER BY {order} LIMIT {request.limit + 1} OFFSET {request.offset}) ORDER BY {order}",
        parameters,
    )
    more = len(found) > request.limit
    events = [
        StoredEvent(id, sent_id, alias, kind, instant(at), properties, counts)
        for id, sent_id, alias, kind, at, properties, counts in found[: request.limit]
    ]
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


def _conditions(
    cursor: duckdb.DuckDBPyConnection, wanted: EventFilter
) -> tuple[str, dict[str, Any]]:
    conditions = ["true"]
    parameters: dict[str, Any] = {}
    if wanted.aliases is not None:
        conditions.append("list_contains($aliases::VARCHAR[], alias)")
        parameters["aliases"] = sorted(wanted.aliases)
    if wanted.unmapped_from is not None:
        known = pa.table({"alias": pa.array(wanted.unmapped_from, pa.string())})
        cursor.register("known_aliases", known)
        conditions.append("alias NOT IN (SELECT alias FROM known_aliases)")
    if wanted.places is not None:
        cursor.register("wanted_places", wanted.places)
        conditions.append("seq IN (SELECT seq FROM wanted_places)")
    if wanted.event_type is not None:
        conditions.append("event_type = $event_type")
        parameters["event_type"] = wanted.event_type
    if wanted.event_id is not None:
        conditions.append("(id = $event_id OR customer_event_id = $event_id)")
        parameters["event_id"] = wanted.event_id
    if wanted.before is not None:
        conditions.append("event_at < $before")
        parameters["before"] = micros(wanted.before)
    if wanted.after is not None:
        conditions.append("event_at > $after")
        parameters["after"] = micros(wanted.after)
    return " AND ".join(conditions), parameters


def _keys(request: EventPageRequest) -> tuple[str, ...]:
    return ("id",) if request.by_id else ("event_at", "id")


def _beyond(request: EventPageRequest, beyond: str) -> str:
    if request.by_id:
        return f"id {beyond} $place_id"
    later = f"event_at {beyond} $place_event_at"
    return f"({later} OR (event_at = $place_event_at AND id {beyond} $place_id))"


def _encode(event: StoredEvent, request: EventPageRequest) -> str:
    values: list[Any] = [event.id] if request.by_id else [micros(event.at), event.id]
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _decode(place: str, request: EventPageRequest, pointer: str) -> dict[str, Any]:
    expected: Any = tuple[str] if request.by_id else tuple[int, str]
    try:
        body = base64.urlsafe_b64decode(place + "=" * (-len(place) % 4))
        values = msgspec.json.decode(body, type=expected)
    except (ValueError, msgspec.DecodeError) as error:
        message = "This is not a cursor of this list in this order."
        raise Invalid.field(pointer, message, "cursor_invalid") from error
    return {f"place_{key}": value for key, value in zip(_keys(request), values, strict=True)}
