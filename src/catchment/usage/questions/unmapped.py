"""Names under which usage came that no customer has: what would count if they were given one."""

# ruff: noqa: S608 -- conditions of our own are joined; values are parameters

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from catchment.core.values.errors import Invalid
from catchment.store.paging import PageRequest
from catchment.usage.intake.events import instant
from catchment.usage.questions.engine import Cursor


@dataclass(frozen=True, slots=True)
class UnmappedAlias:
    """An alias of no customer, how many events count under it, and when the first and last of them
    happened.
    """

    alias: str
    event_count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class UnmappedPage:
    """Aliases by name, the cursors of the pages beside this one if any, and the count of all."""

    aliases: tuple[UnmappedAlias, ...]
    after: str | None
    before: str | None
    total: int


def define_known(cursor: Cursor, aliases: Iterable[str]) -> None:
    """Make ``known_aliases`` mean the ``aliases`` that customers have."""
    cursor.define("known_aliases", pa.table({"alias": pa.array(aliases, pa.string())}))


def page(cursor: Cursor, known: Collection[str], request: PageRequest) -> UnmappedPage:
    """The page asked for, where customers have the aliases ``known``. Raises Invalid."""
    define_known(cursor, known)
    cursor.keep(
        "unmapped",
        "SELECT alias, count(*) AS event_count, min(event_at) AS first_at,"
        " max(event_at) AS last_at FROM counting"
        " WHERE alias NOT IN (SELECT alias FROM known_aliases) GROUP BY alias",
    )
    backwards = request.before is not None and request.after is None
    place = request.before if backwards else request.after
    upwards = request.ascending != backwards
    where, parameters = "", {}
    if place is not None:
        where = f" WHERE alias {'>' if upwards else '<'} $alias"
        parameters = {"alias": _decode(place, "?before" if backwards else "?after")}
    rows = cursor.rows(
        f"SELECT alias, event_count, first_at, last_at FROM unmapped{where}"
        f" ORDER BY alias {'ASC' if upwards else 'DESC'} LIMIT {request.limit + 1}",
        parameters,
    )
    more = len(rows) > request.limit
    found = [
        UnmappedAlias(alias, event_count, instant(first_at), instant(last_at))
        for alias, event_count, first_at, last_at in rows[: request.limit]
    ]
    if backwards:
        found.reverse()
    has_next = bool(found) and (backwards or more)
    has_previous = bool(found) and (more if backwards else place is not None)
    [(total,)] = cursor.rows("SELECT count(*) FROM unmapped")
    return UnmappedPage(
        tuple(found),
        _encode(found[-1]) if has_next else None,
        _encode(found[0]) if has_previous else None,
        total,
    )


def _encode(one: UnmappedAlias) -> str:
    return base64.urlsafe_b64encode(one.alias.encode()).decode().rstrip("=")


def _decode(cursor: str, pointer: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        message = "This is not a cursor of this list."
        raise Invalid.field(pointer, message, "cursor_invalid") from error
