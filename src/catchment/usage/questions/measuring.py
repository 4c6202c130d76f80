"""How much it was: questions about usage put to the engine, its figures made into answers.

The engine counts, adds, compares and sorts. What may be rounded, and every expression, is worked
out here by the functions that ``core.metering`` uses itself.
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
    Aggregation,
    Member,
    Metric,
    SingleEvent,
    Steps,
    Usage,
    UsageQuery,
    asks_for_steps,
    worth,
)
from catchment.core.money import EXACT
from catchment.core.period import Span, intersect, union
from catchment.core.properties import FRACTION_DIGITS
from catchment.core.quantities import mean, value_hours
from catchment.usage.intake.events import instant, micros
from catchment.usage.questions import queries
from catchment.usage.questions.engine import Cursor

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
_NUMBER = pa.decimal128(38, 12)
_PARTS = 4_096
"""Into how many stretches of time a walk through steps is cut at most."""
_EVENTS_OF_PART = 64
"""How many events of a query a stretch should have: to walk a few is faster than to skip them."""
_NOTHING = Decimal(0)
_NO_BOUND = Decimal("9" * 26)  # no usage that can be measured is more
_ALWAYS = -(2**63)
_EVENTS_AT_ONCE = 50_000
_Bounds = dict[str, Any]


class Figure(NamedTuple):
    """What a member used in a query or in a stretch of a chart; without a member, the pool."""

    place: int
    member: int | None
    quantity: Decimal
    event_count: int


def measure(cursor: Cursor, metric: Metric, asked: Mapping[int, UsageQuery]) -> dict[int, Usage]:
    """The answers to those of ``asked``, all of one shape, in which anybody used something."""
    bounds = define_spans(cursor, asked)
    if bounds is None:
        return {}
    pooled: dict[int, tuple[Decimal, int]] = {}
    members: dict[int, dict[str, Decimal]] = {}
    counts: dict[int, dict[str, int]] = {}
    whole = _is_whole(cursor, asked)
    for index, member, value, count in figures_of(cursor, metric, bounds, whole=whole):
        if member is None:
            pooled[index] = (value, count)
        else:
            customer = asked[index].members[member].customer
            members.setdefault(index, {})[customer] = value
            counts.setdefault(index, {})[customer] = count
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
    return {
        one.place: (one.quantity, one.event_count)
        for one in figures_of(cursor, metric, bounds, by_bucket=True)
        if one.member is None
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


def figures_of(
    cursor: Cursor,
    metric: Metric,
    bounds: Mapping[str, Any],
    *,
    by_bucket: bool = False,
    whole: bool = False,
) -> Iterator[Figure]:
    """The figure of each pool that has one, and, unless it is by bucket, of its members.

    ``spans`` are defined, and ``bounds`` are theirs; ``whole`` as in ``queries.totals``.
    """
    if metric.aggregation is Aggregation.CUSTOM:
        _evaluate(cursor, metric, bounds)
    found = rows(cursor, queries.totals(metric, by_bucket=by_bucket, whole=whole), bounds)
    if metric.aggregation is Aggregation.TIME_WEIGHTED_SUM:
        always = {**bounds, "earliest": _ALWAYS}
        stood = rows(cursor, queries.stood(metric, by_bucket=by_bucket), always)
        yield from _time_weighted(found, stood)
        return
    for place, member, count, *figures in found:
        quantity = mean(*figures) if metric.aggregation is Aggregation.AVERAGE else figures[0]
        yield Figure(place, member, quantity, count)


def _time_weighted(
    counted: Iterable[tuple[Any, ...]], stood: Iterable[tuple[Any, ...]]
) -> Iterator[Figure]:
    """From how many events there were, and what stood: whole values and decimals, by time."""
    counts = {(place, member): count for place, member, count, _ in counted}
    quantities = {
        (place, member): value_hours(
            EXACT.add(Decimal(whole), EXACT.scaleb(Decimal(decimals), -FRACTION_DIGITS))
        )
        for place, member, whole, decimals in stood
    }
    pooled: dict[int, Decimal] = {}
    for place, member in counts.keys() | quantities.keys():
        if member is not None:
            own = quantities.get((place, member), Decimal(0))
            pooled[place] = EXACT.add(pooled.get(place, Decimal(0)), own)
            yield Figure(place, member, own, counts.get((place, member), 0))
        else:
            pooled.setdefault(place, Decimal(0))
    for place, quantity in pooled.items():
        yield Figure(place, None, quantity, counts.get((place, None), 0))


def _evaluate(cursor: Cursor, metric: Metric, bounds: Mapping[str, Any]) -> None:
    """Make ``evaluated`` mean what the expression makes of each combination of numbers there is.

    In Python, because no engine multiplies and divides decimals of this size without rounding. It
    takes a pass over the events and as many evaluations as there are combinations, at worst one for
    each event.
    """
    operands = len(metric.operands())
    schema = pa.schema([(queries.operand(n), _NUMBER) for n in range(operands)])
    schema = schema.append(pa.field("number", _NUMBER))
    batches = []
    asked = queries.combinations(metric)
    for part in cursor.batches(asked.text, {**asked.parameters, **bounds}, _EVENTS_AT_ONCE):
        evaluated = [(*numbers, worth(metric, numbers)) for numbers in part]
        columns = [pa.array(column, _NUMBER) for column in zip(*evaluated, strict=True)]
        batches.append(pa.record_batch(columns, schema=schema))
    cursor.define("evaluated", pa.Table.from_batches(batches, schema))


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
    in_parts = stretches > 1
    if in_parts:
        placed = _placed(rows(cursor, queries.parts_of_time(metric), bounds), asked)
    else:
        count = len(stepping)
        placed = [list(stepping), [0] * count, [_NOTHING] * count, [None] * count]
    register(cursor, "placed", placed, _PLACED)
    found = rows(cursor, queries.walked(metric, in_parts=in_parts), bounds)
    for index, member, step, part in found:
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


def rows(cursor: Cursor, sql: queries.Sql, bounds: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return cursor.rows(sql.text, {**sql.parameters, **bounds})
