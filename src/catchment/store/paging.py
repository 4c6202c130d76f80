"""Keyset pages: a cursor is the place of a row in the order, so inserts never shift what is to
come. A page may also be asked for by its position, as whoever scrolls a long list does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, Row, Select, func, select, tuple_

from catchment.core.values.errors import Invalid
from catchment.store.schema import Instant


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Up to ``limit`` rows after or before a cursor; newest (greatest) first unless
    ``ascending``.

    Without a cursor those that ``position`` rows precede; or, of the pages of ``limit`` rows that
    the list falls into from its start, the one on which the row of the id ``around`` stands.
    """

    limit: int = 20
    after: str | None = None
    before: str | None = None
    ascending: bool = False
    position: int | None = None
    around: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, the cursors of the pages beside this one if there are any, and the count of
    all. ``position``, where it was asked for: how many rows precede the first.
    """

    rows: Sequence[Row[Any]]
    after: str | None
    before: str | None
    total: int
    position: int | None = None


def page(
    tx: Connection,
    query: Select[Any],
    request: PageRequest,
    *,
    id_column: ColumnElement[str],
    sort: ColumnElement[Any] | None = None,
    total: int | None = None,
) -> Page:
    """The rows of ``query`` that ``request`` asks for, ordered by ``sort`` (never null) then id.

    ``total`` is how many rows there are, where the caller knows.
    Raises Invalid for a cursor that was not made by this order, and for a row to be around that is
    not among them.
    """
    key = [id_column] if sort is None else [sort, id_column]
    if total is None:
        rows_of_all = query.order_by(None).subquery()
        total = tx.execute(select(func.count()).select_from(rows_of_all)).scalar_one()
    position = request.position
    if request.around is not None:
        place = _place(tx, query, key, request.around, ascending=request.ascending)
        position = place // request.limit * request.limit
    if position is not None:
        return _at(tx, query, key, position, total, request)
    backwards = request.before is not None and request.after is None
    cursor = request.before if backwards else request.after
    upwards = request.ascending != backwards
    if cursor is not None:
        bound = _decode(cursor, key, "?before" if backwards else "?after")
        query = query.where(_beyond(key, bound, upwards=upwards))
    ordered = _ordered(query, key, upwards=upwards)
    rows = list(tx.execute(ordered.limit(request.limit + 1)))
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    if backwards:
        rows.reverse()
    has_next = bool(rows) and (backwards or more)
    has_previous = bool(rows) and (more if backwards else cursor is not None)
    return Page(
        rows,
        _encode(rows[-1], len(key)) if has_next else None,
        _encode(rows[0], len(key)) if has_previous else None,
        total,
    )


def _at(
    tx: Connection,
    query: Select[Any],
    key: Sequence[ColumnElement[Any]],
    position: int,
    total: int,
    request: PageRequest,
) -> Page:
    """The page that begins after ``position`` rows, read from whichever end is nearer."""
    size = max(0, min(request.limit, total - position))
    from_end = 2 * position > total
    ordered = _ordered(query, key, upwards=request.ascending != from_end)
    skipped = total - position - size if from_end else position
    rows = list(tx.execute(ordered.limit(size).offset(skipped))) if size else []
    if from_end:
        rows.reverse()
    has_next = bool(rows) and position + size < total
    return Page(
        rows,
        _encode(rows[-1], len(key)) if has_next else None,
        _encode(rows[0], len(key)) if rows and position else None,
        total,
        position,
    )


def _place(
    tx: Connection,
    query: Select[Any],
    key: Sequence[ColumnElement[Any]],
    id: str,
    *,
    ascending: bool,
) -> int:
    """How many rows precede the one with this id. Raises Invalid."""
    own = tx.execute(query.with_only_columns(*key).where(key[-1] == id)).one_or_none()
    if own is None:
        raise Invalid.field("?around", f"{id} is not in this list.", "not_in_list")
    before = query.where(_beyond(key, own, upwards=not ascending)).order_by(None)
    return tx.execute(before.with_only_columns(func.count())).scalar_one()


def _beyond(
    key: Sequence[ColumnElement[Any]], bound: Sequence[Any], *, upwards: bool
) -> ColumnElement[bool]:
    here: Any = tuple_(*key) if len(key) > 1 else key[0]
    there: Any = tuple_(*bound) if len(key) > 1 else bound[0]
    beyond: ColumnElement[bool] = here > there if upwards else here < there
    return beyond


def _ordered(
    query: Select[Any], key: Sequence[ColumnElement[Any]], *, upwards: bool
) -> Select[Any]:
    """``query`` in order, with what a cursor is made of."""
    labelled = query.add_columns(*(c.label(f"_key{i}") for i, c in enumerate(key)))
    return labelled.order_by(*(c.asc() if upwards else c.desc() for c in key))


def _encode(row: Row[Any], width: int) -> str:
    values = [row._mapping[f"_key{i}"] for i in range(width)]  # noqa: SLF001 -- SQLAlchemy's public name
    plain = [v.isoformat() if isinstance(v, date) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decode(cursor: str, key: Sequence[ColumnElement[Any]], pointer: str) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(values, list) or len(values) != len(key):
            raise ValueError(cursor)  # noqa: TRY301 -- one refusal for every kind of damage
        return [_parse(value, column) for value, column in zip(values, key, strict=True)]
    except (ValueError, TypeError) as error:
        message = "This is not a cursor of this list in this order."
        raise Invalid.field(pointer, message, "cursor_invalid") from error


def _parse(value: Any, column: ColumnElement[Any]) -> Any:
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    expected = column.type.python_type
    if type(value) is not expected or (isinstance(value, str) and "\x00" in value):
        raise ValueError(value)
    return value
