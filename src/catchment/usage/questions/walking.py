"""Who used what in which step of a price: events walked in their order, by the engine.

Of many events whole stretches of time stay in one step. Those are added up; only where usage
passes from one step to another are events walked one by one.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa

from catchment.core.usage.metering import Steps, UsageQuery
from catchment.core.values.money import EXACT
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.figures import Used, decimals, integers
from catchment.usage.questions.queries import NUMBER, Sql, rows
from catchment.usage.questions.spans import Bounds, register

_STEPS = pa.schema(
    [
        ("scale", pa.int64()),
        ("step", pa.int32()),
        ("lower", pa.decimal128(38, 12)),
        ("upper", pa.decimal128(38, 12)),
    ]
)
_STEPPING = pa.schema([("query", pa.int64()), ("scale", pa.int64())])
_PLACED = pa.schema(
    [
        ("query", pa.int64()),
        ("part", pa.int64()),
        ("stands", pa.decimal128(38, 12)),
        ("stays", pa.int32()),
    ]
)
_PARTS = 4_096
"""Into how many stretches of time a walk through steps is cut at most."""
_EVENTS_OF_PART = 64
"""How many events of a query a stretch should have: to walk a few is faster than to skip them."""
_NO_BOUND = Decimal("9" * 26)  # no usage that can be measured is more
_NOTHING = Decimal(0)


def walk(
    cursor: Cursor,
    found: Sql,
    asked: Mapping[int, UsageQuery],
    stepping: Mapping[int, Used],
    bounds: Bounds,
) -> dict[int, Steps]:
    """Who used in which step, of events ``found``, for the queries ``stepping`` with their
    usage.
    """
    scales = {id(asked[number].bounds): asked[number].bounds for number in stepping}
    register(cursor, "steps", _scales(scales), _STEPS)
    own = [id(asked[number].bounds) for number in stepping]
    register(cursor, "stepping", [list(stepping), own], _STEPPING)
    events = sum(used.event_count for used in stepping.values())
    stretches = min(_PARTS, events // (len(stepping) * _EVENTS_OF_PART) + 1)
    length = (bounds["latest"] - bounds["earliest"]) // stretches + 1
    bounds = bounds | {"length": length}
    numbered = _numbered(found)
    in_parts = stretches > 1
    if in_parts:
        placed = _placed(rows(cursor, _parts_of_time(numbered), bounds), asked)
        register(cursor, "placed", placed, _PLACED)
    walked = _walked(numbered, in_parts=in_parts)
    *places, shares = cursor.table(walked.text, walked.parameters | bounds).columns
    parts: dict[int, dict[int, list[Decimal]]] = {number: {} for number in stepping}
    for number, member, step, part in zip(*map(integers, places), decimals(shares), strict=True):
        own_parts = parts[number].get(member)
        if own_parts is None:
            own_parts = parts[number][member] = [_NOTHING] * (len(asked[number].bounds) + 1)
        own_parts[step] = part
    return {
        number: _steps(asked[number], used.members, parts[number])
        for number, used in stepping.items()
    }


def _scales(scales: Mapping[int, Sequence[Decimal]]) -> list[list[Any]]:
    """Columns of ``steps``: from one bound to the next, the first from zero."""
    columns: list[list[Any]] = [[] for _ in _STEPS]
    for scale, ends in scales.items():
        edges = pairwise((_NOTHING, *ends, _NO_BOUND))
        for step, (lower, upper) in enumerate(edges):
            for column, value in zip(columns, (scale, step, lower, upper), strict=True):
                column.append(value)
    return columns


def _steps(
    query: UsageQuery, using: Iterable[str], parts: Mapping[int, Sequence[Decimal]]
) -> Steps:
    """From the parts of members by number; who used something may have none."""
    members = dict.fromkeys(using, (_NOTHING,) * (len(query.bounds) + 1))
    for number, own in parts.items():
        members[query.members[number].customer] = tuple(own)
    return Steps(query.bounds, members)


def _placed(parts: Iterable[tuple[Any, ...]], asked: Mapping[int, UsageQuery]) -> list[list[Any]]:
    """Columns of ``placed``: where usage stood before each part of time, and the step it stays in.

    It stays in a step where it can leave it neither upwards nor downwards; below zero it is in
    none.
    """
    columns: list[list[Any]] = [[] for _ in _PLACED]
    stands: dict[int, Decimal] = {}
    for index, part, adds, lowest, highest in sorted(parts):
        before = stands.get(index, Decimal(0))
        edges = (Decimal(0), *asked[index].bounds, _NO_BOUND)
        low, high = EXACT.add(before, lowest), EXACT.add(before, highest)
        step = bisect_right(edges, low) - 1
        stays = 0 <= step < len(edges) - 1 and high <= edges[step + 1]
        for column, value in zip(
            columns, (index, part, before, step if stays else None), strict=True
        ):
            column.append(value)
        stands[index] = EXACT.add(before, adds)
    return columns


def _numbered(found: Sql) -> Sql:
    """(query, scale, member, event_at, seq, number, part) of events with a number, of queries that
    are ``stepping`` through the scale.

    A part is told by the time since ``earliest`` at which it begins.
    """
    return Sql(
        "SELECT query, scale, member, event_at, seq, number,"
        " event_at - $earliest - (event_at - $earliest) % $length AS part"
        f" FROM ({found.text}) JOIN stepping USING (query) WHERE number IS NOT NULL",
        found.parameters,
    )


def _parts_of_time(found: Sql) -> Sql:
    """(query, part, sum, lowest, highest): what each stretch of time adds, of events ``_numbered``.

    On its way from the first event of the part to the last, usage stands between ``lowest`` and
    ``highest`` above where it stood before, in whichever order the events came.
    """
    return Sql(
        f"SELECT query, part, sum(number)::{NUMBER} AS adds,"
        f" coalesce(sum(number) FILTER (WHERE number < 0), 0)::{NUMBER} AS lowest,"
        f" coalesce(sum(number) FILTER (WHERE number > 0), 0)::{NUMBER} AS highest"
        f" FROM ({found.text}) GROUP BY query, part",
        found.parameters,
    )


def _walked(found: Sql, *, in_parts: bool) -> Sql:
    """(query, member, step, the member's part of it) where a relation ``steps`` asks for it, of
    events ``_numbered``.

    ``steps`` holds (scale, step, lower, upper), every step with an upper end. There may be many
    events: where they are walked ``in_parts``, ``placed`` holds (query, part, stands, stays) for
    every part of time: where usage stood before it, and the step in which it stays meanwhile. Only
    where it stays in none are events walked one by one.
    """
    share = (
        "greatest(lower, least(reached, upper)) - greatest(lower, least(reached - number, upper))"
    )
    stands, which, there = "0", "query", f"({found.text})"
    if in_parts:
        stands, which = "stands", "query, part"
        there += " JOIN placed USING (query, part) WHERE stays IS NULL"
    walked = (
        f"SELECT query, member, step, sum({share})::{NUMBER} AS share FROM ("
        f"SELECT query, scale, member, number, ({stands} + sum(number) OVER"
        f" (PARTITION BY {which} ORDER BY event_at, seq ROWS UNBOUNDED PRECEDING))"
        f"::{NUMBER} AS reached FROM {there})"
        " JOIN steps USING (scale)"
        " WHERE greatest(reached, reached - number) > lower"
        " AND least(reached, reached - number) < upper"
        " GROUP BY query, member, step"
    )
    if in_parts:
        staying = (
            f"SELECT query, member, stays AS step, sum(number)::{NUMBER} AS share"
            f" FROM ({found.text}) JOIN placed USING (query, part) WHERE stays IS NOT NULL"
            " GROUP BY query, member, stays"
        )
        walked = (
            f"SELECT query, member, step, sum(share)::{NUMBER} FROM ({staying} UNION ALL {walked})"
            " GROUP BY query, member, step"
        )
    return Sql(walked, found.parameters)
