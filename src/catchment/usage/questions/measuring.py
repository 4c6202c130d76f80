"""How much it was: questions about usage put to the engine, its figures made into answers.

Figures come from ``figures``; whose events count when is told in ``spans``, and who used what in
which step of a price is found in ``walking``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from catchment.core.usage.metering import (
    GROWING,
    NO_STEPS,
    VALUING,
    Metric,
    SingleEvent,
    Usage,
    UsageQuery,
    Values,
    asks_for_steps,
    may_ask_for_steps,
)
from catchment.usage.intake.events import instant, micros
from catchment.usage.questions import queries
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.figures import (
    NOBODY,
    Figures,
    Used,
    figures_of,
    matched,
)
from catchment.usage.questions.queries import rows
from catchment.usage.questions.spans import Bounds, Spans, register
from catchment.usage.questions.walking import walk

_BUCKETS = pa.schema(
    [
        ("query", pa.int64()),
        ("bucket", pa.int32()),
        ("starts", pa.int64()),
        ("ends", pa.int64()),
    ]
)
_QUERIES = pa.schema([("query", pa.int64())])
_KEPT = 5_000_000
"""So many events are kept in memory to be walked; more are looked for each time."""
_FEW = 1_000
"""Figures of fewer members come sooner as rows than as columns."""
_NOTHING = Decimal(0)


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
    steps = walk(cursor, found, asked, stepping, bounds) if stepping else {}
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


def _by_query(found: Figures, asked: Mapping[int, UsageQuery]) -> dict[int, Used]:
    """The figures of each query, members in their order."""
    numbers, members, quantities, counts = found
    pools = {id(query.members): query.members for query in asked.values()}
    customers = {key: [one.customer for one in pool] for key, pool in pools.items()}
    used: dict[int, Used] = {}
    start = 0
    for place, member in enumerate(members):
        if member == NOBODY:  # the last of a query
            query = asked.get(numbers[place])
            if query is not None:
                everyone = customers[id(query.members)]
                who = [everyone[one] for one in members[start:place]]
                used[numbers[place]] = Used(
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
