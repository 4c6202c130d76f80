"""How much it was: questions about usage put to the engine, its figures made into answers.

Figures come from ``figures``; whose events count when, and who used what in which step of a price,
is told and walked here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa

from catchment.core.metering import (
    GROWING,
    NO_STEPS,
    VALUING,
    Metric,
    SingleEvent,
    Steps,
    Usage,
    UsageQuery,
    Values,
    asks_for_steps,
    may_ask_for_steps,
)
from catchment.core.money import EXACT
from catchment.usage.intake.events import instant, micros
from catchment.usage.questions import queries
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.figures import (
    NOBODY,
    Figures,
    decimals,
    figures_of,
    integers,
    matched,
)
from catchment.usage.questions.queries import rows
from catchment.usage.questions.spans import Bounds, Spans, register

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
_BUCKETS = pa.schema(
    [
        ("query", pa.int64()),
        ("bucket", pa.int32()),
        ("starts", pa.int64()),
        ("ends", pa.int64()),
    ]
)
_QUERIES = pa.schema([("query", pa.int64())])
_PARTS = 4_096
"""Into how many stretches of time a walk through steps is cut at most."""
_KEPT = 5_000_000
"""So many events are kept in memory to be walked; more are looked for each time."""
_EVENTS_OF_PART = 64
"""How many events of a query a stretch should have: to walk a few is faster than to skip them."""
_FEW = 1_000
"""Figures of fewer members come sooner as rows than as columns."""
_NOTHING = Decimal(0)
_NO_BOUND = Decimal("9" * 26)  # no usage that can be measured is more


def measure(spans: Spans, metric: Metric, given: Mapping[int, UsageQuery]) -> dict[int, Usage]:
    """The answers to those of ``given``, all of one shape, in which anybody used something."""
    told = spans.define(given)
    if told is None:
        return {}
    cursor, asked, bounds = spans.cursor, told.queries, told.bounds
    found = _found(cursor, metric, asked, bounds)
    few = sum(len(query.members) for query in asked.values()) < _FEW
    used = _by_query(figures_of(cursor, metric, bounds, found=found, few=few), asked)
    values = _values(cursor, metric, asked, bounds)
    events = _singled(cursor, metric, asked, bounds)
    stepping = {
        number: one
        for number, one in used.items()
        if asks_for_steps(asked[number], one.pooled, len(one.members))
    }
    steps = _walk(cursor, found, asked, stepping, bounds) if stepping else {}
    return {
        told.places[number]: Usage(
            *one,
            *values.get(number, _NO_VALUES),
            steps.get(number, NO_STEPS),
            tuple(events.get(number, ())),
        )
        for number, one in used.items()
    }


def _found(
    cursor: Cursor, metric: Metric, asked: Mapping[int, UsageQuery], bounds: Bounds
) -> queries.Sql:
    """Matched events: from memory where they may be walked besides and are not many."""
    pools = {id(query.members): query.members for query in asked.values()}
    whole = all(one.spans == (cursor.within,) for pool in pools.values() for one in pool)
    found = matched(cursor, metric, bounds, whole=whole)
    if not any(map(may_ask_for_steps, asked.values())):
        return found
    kept = queries.kept(found, _KEPT + 1)
    cursor.keep("found", kept.text, kept.parameters | bounds)
    [(count,)] = cursor.rows("SELECT count(*) FROM found")
    return found if count > _KEPT else queries.Sql("SELECT * FROM found", {})


class _Used(NamedTuple):
    """What a pool used and by how many events; what its members did, and by how many each."""

    pooled: Decimal
    members: dict[str, Decimal]
    event_count: int
    member_events: dict[str, int]


def _by_query(found: Figures, asked: Mapping[int, UsageQuery]) -> dict[int, _Used]:
    """The figures of each query, members in their order."""
    numbers, members, quantities, counts = found
    pools = {id(query.members): query.members for query in asked.values()}
    customers = {key: [one.customer for one in pool] for key, pool in pools.items()}
    used: dict[int, _Used] = {}
    start = 0
    for place, member in enumerate(members):
        if member == NOBODY:  # the last of a query
            query = asked.get(numbers[place])
            if query is not None:
                everyone = customers[id(query.members)]
                who = [everyone[one] for one in members[start:place]]
                used[numbers[place]] = _Used(
                    quantities[place],
                    dict(zip(who, quantities[start:place], strict=True)),
                    counts[place],
                    dict(zip(who, counts[start:place], strict=True)),
                )
            start = place + 1
    return used


_Values = tuple[Values, dict[str, Values]]
_NO_VALUES: _Values = ((), {})


def _values(
    cursor: Cursor, metric: Metric, asked: Mapping[int, UsageQuery], bounds: Bounds
) -> dict[int, _Values]:
    """Of queries that want values, those of the pool's events and of its members'."""
    wanting = [number for number, query in asked.items() if query.want_values]
    if not wanting or metric.aggregation not in VALUING:
        return {}
    pooled: dict[int, dict[Decimal, int]] = {}
    own: dict[int, dict[str, list[tuple[Decimal, int]]]] = {}
    register(cursor, "wanting", [wanting], _QUERIES)
    for number, member, value, count in rows(cursor, queries.distribution(metric), bounds):
        customer = asked[number].members[member].customer
        of_pool = pooled.setdefault(number, {})
        of_pool[value] = of_pool.get(value, 0) + count
        own.setdefault(number, {}).setdefault(customer, []).append((value, count))
    return {
        number: (tuple(of_pool.items()), {who: tuple(one) for who, one in own[number].items()})
        for number, of_pool in pooled.items()
    }


def series(
    cursor: Cursor,
    metric: Metric,
    edges: Sequence[datetime],
    bounds: Bounds,
) -> dict[int, tuple[Decimal, int]]:
    """(pooled usage, how many events) between ``edges``, by place; those with neither left out.

    ``spans`` are defined, of one query, and ``bounds`` are theirs.
    """
    # A day that a time zone left out is an empty stretch: the last of equal edges counts.
    starts = {micros(edge): bucket for bucket, edge in enumerate(edges[:-1])}
    ends = [*list(starts)[1:], micros(edges[-1])]
    numbers = list(starts.values())
    register(cursor, "buckets", [[0] * len(numbers), numbers, list(starts), ends], _BUCKETS)
    found = figures_of(cursor, metric, bounds, by_bucket=True)
    return {
        place: (quantity, count)
        for place, member, quantity, count in zip(*found, strict=True)
        if member == NOBODY
    }


def _singled(
    cursor: Cursor, metric: Metric, asked: Mapping[int, UsageQuery], bounds: Bounds
) -> dict[int, list[SingleEvent]]:
    """The events of those queries that want each by itself."""
    singling = [index for index, query in asked.items() if query.want_events]
    found: dict[int, list[SingleEvent]] = {}
    if singling and metric.aggregation in GROWING:
        register(cursor, "singling", [singling], _QUERIES)
        for index, id, at, member, value in rows(cursor, queries.singled(metric), bounds):
            customer = asked[index].members[member].customer
            one = SingleEvent(id, instant(at), customer, _NOTHING if value is None else value)
            found.setdefault(index, []).append(one)
    return found


def _walk(
    cursor: Cursor,
    found: queries.Sql,
    asked: Mapping[int, UsageQuery],
    stepping: Mapping[int, _Used],
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
    numbered = queries.numbered(found)
    in_parts = stretches > 1
    if in_parts:
        placed = _placed(rows(cursor, queries.parts_of_time(numbered), bounds), asked)
        register(cursor, "placed", placed, _PLACED)
    walked = queries.walked(numbered, in_parts=in_parts)
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
