"""How much it was: questions about usage put to the engine, its figures made into answers.

Figures come from ``figures``; whose events count when, and who used what in which step of a price,
is told and walked here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa

from catchment.core.metering import (
    GROWING,
    NO_STEPS,
    VALUING,
    Member,
    Metric,
    SingleEvent,
    Steps,
    Usage,
    UsageQuery,
    asks_for_steps,
)
from catchment.core.money import EXACT
from catchment.core.period import Span, intersect, union
from catchment.usage.intake.events import instant, micros
from catchment.usage.questions import queries
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.figures import NOBODY, Figures, decimals, figures_of
from catchment.usage.questions.queries import rows

_SPANS = pa.schema(
    [
        ("query", pa.int32()),
        ("member", pa.int32()),
        ("event_type", pa.string()),
        ("alias", pa.string()),
        ("from_at", pa.int64()),
        ("to_at", pa.int64()),
    ]
)
_STEPS = pa.schema(
    [
        ("query", pa.int32()),
        ("step", pa.int32()),
        ("lower", pa.decimal128(38, 12)),
        ("upper", pa.decimal128(38, 12)),
    ]
)
_PLACED = pa.schema(
    [
        ("query", pa.int32()),
        ("part", pa.int64()),
        ("stands", pa.decimal128(38, 12)),
        ("stays", pa.int32()),
    ]
)
_BUCKETS = pa.schema(
    [
        ("query", pa.int32()),
        ("bucket", pa.int32()),
        ("starts", pa.int64()),
        ("ends", pa.int64()),
    ]
)
_QUERIES = pa.schema([("query", pa.int32())])
_PARTS = 4_096
"""Into how many stretches of time a walk through steps is cut at most."""
_KEPT = 5_000_000
"""So many events are found once and walked from memory; more are looked for each time."""
_EVENTS_OF_PART = 64
"""How many events of a query a stretch should have: to walk a few is faster than to skip them."""
_FEW = 1_000
"""Figures of fewer members come sooner as rows than as columns."""
_NOTHING = Decimal(0)
_NO_BOUND = Decimal("9" * 26)  # no usage that can be measured is more
_Bounds = dict[str, Any]


def measure(cursor: Cursor, metric: Metric, asked: Mapping[int, UsageQuery]) -> dict[int, Usage]:
    """The answers to those of ``asked``, all of one shape, in which anybody used something."""
    bounds = define_spans(cursor, asked)
    if bounds is None:
        return {}
    whole = _is_whole(cursor, asked)
    few = sum(len(query.members) for query in asked.values()) < _FEW
    found = figures_of(cursor, metric, bounds, whole=whole, few=few)
    pooled, members, counts = _by_query(found, asked)
    values: dict[int, dict[Decimal, int]] = {}
    own_values: dict[int, dict[str, list[tuple[Decimal, int]]]] = {}
    wanting = [index for index, query in asked.items() if query.want_values]
    if wanting and metric.aggregation in VALUING:
        register(cursor, "wanting", [wanting], _QUERIES)
        for index, member, value, count in rows(cursor, queries.distribution(metric), bounds):
            customer = asked[index].members[member].customer
            of_pool = values.setdefault(index, {})
            of_pool[value] = of_pool.get(value, 0) + count
            own_values.setdefault(index, {}).setdefault(customer, []).append((value, count))
    events = _singled(cursor, metric, asked, bounds)
    stepping = {
        index: members[index]
        for index, (value, _) in pooled.items()
        if asks_for_steps(asked[index], value, len(members[index]))
    }
    many = sum(pooled[index][1] for index in stepping)
    steps = _walk(cursor, metric, asked, stepping, many, bounds) if stepping else {}
    return {
        index: Usage(
            value,
            members[index],
            count,
            counts[index],
            tuple(values.get(index, {}).items()),
            {customer: tuple(own) for customer, own in own_values.get(index, {}).items()},
            steps.get(index, NO_STEPS),
            tuple(events.get(index, ())),
        )
        for index, (value, count) in pooled.items()
    }


_Pools = dict[int, tuple[Decimal, int]]
_Own = dict[int, dict[str, Decimal]]
_Counts = dict[int, dict[str, int]]


def _by_query(found: Figures, asked: Mapping[int, UsageQuery]) -> tuple[_Pools, _Own, _Counts]:
    """What each pool used and by how many events; what its members did; and by how many."""
    pooled: _Pools = {}
    own: _Own = {place: {} for place in asked}
    counts: _Counts = {place: {} for place in asked}
    of_query = {
        place: ([one.customer for one in query.members], own[place], counts[place])
        for place, query in asked.items()
    }
    for place, member, quantity, count in zip(*found, strict=True):
        if member == NOBODY:
            pooled[place] = quantity, count
        else:
            customers, quantities, events = of_query[place]
            who = customers[member]
            quantities[who] = quantity
            events[who] = count
    return pooled, own, counts


def series(
    cursor: Cursor,
    metric: Metric,
    edges: Sequence[datetime],
    bounds: _Bounds,
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
    cursor: Cursor, metric: Metric, asked: Mapping[int, UsageQuery], bounds: _Bounds
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


def _is_whole(cursor: Cursor, asked: Mapping[int, UsageQuery]) -> bool:
    """Whether all are asked about the one stretch of time in which all events there happened."""
    spans = {id(one.spans): one.spans for query in asked.values() for one in query.members}
    return all(own == (cursor.within,) for own in spans.values())


def _walk(
    cursor: Cursor,
    metric: Metric,
    asked: Mapping[int, UsageQuery],
    stepping: dict[int, dict[str, Decimal]],
    events: int,
    bounds: dict[str, Any],
) -> dict[int, Steps]:
    """Who used in which step, for the queries ``stepping`` with their members' usage.

    They have so many ``events`` together.
    """
    columns: list[list[Any]] = [[] for _ in _STEPS]
    indices, numbers, lowers, uppers = columns
    parts: dict[int, dict[str, list[Decimal]]] = {}
    for index, members in stepping.items():
        ends = asked[index].bounds
        count = len(ends) + 1
        indices.extend([index] * count)
        numbers.extend(range(count))
        lowers.extend((_NOTHING, *ends))
        uppers.extend((*ends, _NO_BOUND))
        parts[index] = {customer: [_NOTHING] * count for customer in members}
    register(cursor, "steps", columns, _STEPS)
    stretches = min(_PARTS, events // (len(stepping) * _EVENTS_OF_PART) + 1)
    length = (bounds["latest"] - bounds["earliest"]) // stretches + 1
    bounds = bounds | {"length": length}
    register(cursor, "stepping", [list(stepping)], _QUERIES)
    numbered = queries.numbered(metric)
    if events <= _KEPT:
        cursor.keep("numbered", numbered.text, numbered.parameters | bounds)
        numbered = queries.Sql("SELECT * FROM numbered", {})
    in_parts = stretches > 1
    if in_parts:
        placed = _placed(rows(cursor, queries.parts_of_time(numbered), bounds), asked)
    else:
        count = len(stepping)
        placed = [list(stepping), [0] * count, [_NOTHING] * count, [None] * count]
    register(cursor, "placed", placed, _PLACED)
    walked = queries.walked(numbered, in_parts=in_parts)
    found = cursor.table(walked.text, walked.parameters | bounds)
    *places, shares = found.columns
    for index, member, step, part in zip(
        *(one.to_pylist() for one in places), decimals(shares), strict=True
    ):
        parts[index][asked[index].members[member].customer][step] = part
    return {
        index: Steps(asked[index].bounds, {who: tuple(own) for who, own in members.items()})
        for index, members in parts.items()
    }


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


def define_spans(
    cursor: Cursor, asked: Mapping[int, UsageQuery], within: Span | None = None
) -> dict[str, Any] | None:
    """Make ``spans`` mean whose events count when; None where nobody's do.

    Returns the parameters that bound them all, for skipping what lies outside.
    """
    columns: list[list[Any]] = [[] for _ in _SPANS]
    for part in _span_columns(asked, within):
        for column, values in zip(columns, part, strict=True):
            column.extend(values)
    *_, aliases, starts, ends = columns
    if not starts:
        return None
    register(cursor, "spans", columns, _SPANS)
    return {
        "earliest": min(starts),
        "latest": max(ends),
        "first_alias": min(aliases),
        "last_alias": max(aliases),
    }


def _span_columns(
    asked: Mapping[int, UsageQuery], within: Span | None
) -> Iterator[tuple[Iterable[Any], ...]]:
    """The columns of ``spans``, a part for the members of each query."""
    cut: dict[int, list[tuple[int, int]]] = {}  # by identity: mostly all share one tuple
    known: dict[int, _Who] = {}  # by identity as well
    for index, query in asked.items():
        who = known.get(id(query.members))
        if who is None:
            who = known[id(query.members)] = _who(query.members, cut, within)
        count = len(who.aliases)
        yield [index] * count, who.numbers, [query.metric.event_type] * count, *who[1:]


class _Who(NamedTuple):
    """Columns of ``spans``: the members of a query by number, whose events count when."""

    numbers: list[int]
    aliases: list[str]
    starts: list[int]
    ends: list[int]


def _who(
    members: Sequence[Member], cut: dict[int, list[tuple[int, int]]], within: Span | None
) -> _Who:
    found = _Who([], [], [], [])
    for number, member in enumerate(members):
        key = id(member.spans)
        if key not in cut:
            cut[key] = _cut(member.spans, within)
        own = set(member.aliases)
        for start, end in cut[key]:
            count = len(own)
            found.numbers.extend([number] * count)
            found.aliases.extend(own)
            found.starts.extend([start] * count)
            found.ends.extend([end] * count)
    return found


def _cut(spans: tuple[Span, ...], within: Span | None) -> list[tuple[int, int]]:
    whole = union(spans)
    parts = whole if within is None else intersect(whole, within)
    return [(micros(part.start), micros(part.end)) for part in parts]


def register(cursor: Cursor, name: str, columns: Sequence[list[Any]], schema: pa.Schema) -> None:
    arrays = [pa.array(values, type) for values, type in zip(columns, schema.types, strict=True)]
    cursor.define(name, pa.table(arrays, schema=schema))
