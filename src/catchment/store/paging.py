"""Keyset pages: a cursor is the place of a row in the order, so inserts never shift what is to
come.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, Row, Select, func, select, tuple_

from catchment.core.errors import Invalid
from catchment.store.schema import Instant


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Up to ``limit`` rows after or before a cursor; newest (greatest) first unless
    ``ascending``.
    """

    limit: int = 20
    after: str | None = None
    before: str | None = None
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, the cursors of the pages beside this one if there are any, and the count of
    all.
    """

    rows: Sequence[Row[Any]]
    after: str | None
    before: str | None
    total: int


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
    Raises Invalid for a cursor that was not made by this order.
    """
    key = [id_column] if sort is None else [sort, id_column]
    if total is None:
        rows_of_all = query.order_by(None).subquery()
        total = tx.execute(select(func.count()).select_from(rows_of_all)).scalar_one()
    backwards = request.before is not None and request.after is None
    cursor = request.before if backwards else request.after
    upwards = request.ascending != backwards
    if cursor is not None:
        place = _decode(cursor, key, "?before" if backwards else "?after")
        here = tuple_(*key) if len(key) > 1 else key[0]
        bound: Any = tuple_(*place) if len(key) > 1 else place[0]
        query = query.where(here > bound if upwards else here < bound)
    labelled = query.add_columns(*(c.label(f"_key{i}") for i, c in enumerate(key)))
    ordered = labelled.order_by(*(c.asc() if upwards else c.desc() for c in key))
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
