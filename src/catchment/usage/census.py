"""Every event of a metric, once, by who claims it: the question that billing never asks.

Billing looks from a pool to its events, this from the events to whoever has them. So what nobody
has, or two have, is seen.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from catchment.core.control import Census, Twice
from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Metric
from catchment.core.period import Period, Span
from catchment.store.chunks import chunks
from catchment.usage import duck, queries
from catchment.usage.events import micros

NAMED = 100
"""How many aliases, customers or pairs of claims a census names at most."""

_ROWS_AT_ONCE = 100_000
_NAMES = pa.schema([("alias", pa.string()), ("customer", pa.string())])
_CLAIMS = pa.schema(
    [
        ("schedule", pa.string()),
        ("owner", pa.string()),
        ("from_at", pa.int64()),
        ("to_at", pa.int64()),
    ]
)
_STRETCHES = pa.schema(
    [
        ("whose", pa.string()),
        ("stretch", pa.int32()),
        ("starts", pa.int64()),
        ("ends", pa.int64()),
    ]
)
_TALLY = (
    "SELECT stretch, schedule, CASE WHEN schedule IS NULL THEN customer END AS unpriced,"
    " CASE WHEN customer IS NULL THEN alias END AS unmapped, count(*) AS events FROM owned"
    " LEFT JOIN stretches ON whose = schedule AND event_at >= starts AND event_at < ends"
    " GROUP BY stretch, schedule, unpriced, unmapped"
)
_BY_STRETCH = "SELECT stretch, events FROM tally WHERE stretch IS NOT NULL"
_SUMS = (
    "SELECT "
    + ", ".join(
        f"coalesce(sum(events) FILTER ({which}), 0)::BIGINT"
        for which in (
            "true",
            "schedule IS NOT NULL AND stretch IS NULL",
            "unpriced IS NOT NULL",
            "unmapped IS NOT NULL",
        )
    )
    + " FROM tally"
)
_TWICE = (
    "SELECT customer, first, last, count(*) AS events FROM (SELECT any_value(customer) AS customer,"
    " min(schedule) AS first, max(schedule) AS last FROM owned GROUP BY seq HAVING count(*) > 1)"
    " GROUP BY customer, first, last ORDER BY events DESC, customer"
)


class Claimed(NamedTuple):
    """The usage of ``customer`` during ``spans`` is the schedule's."""

    schedule_id: str
    customer: CustomerId
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class CensusQuery:
    """Whose each event of ``metric`` within ``window`` is, and how many lie in each service.

    ``claimed`` makes all claims there are on the metric anew each time it is called: a reading
    that is taken again needs them again.
    """

    metric: Metric
    window: Span
    claimed: Callable[[], Iterable[Claimed]]
    services: Mapping[tuple[str, Period], Span]


def define_names(
    cursor: duckdb.DuckDBPyConnection, names: Iterable[tuple[str, CustomerId]]
) -> None:
    """Make ``names`` mean whose each alias is."""
    _define(cursor, "names", _NAMES, names)


def take(cursor: duckdb.DuckDBPyConnection, asked: CensusQuery) -> Census:
    """The answer to ``asked``; whose each alias is has been defined."""
    claims = (
        (schedule, customer, micros(span.start), micros(span.end))
        for schedule, customer, spans in asked.claimed()
        for span in spans
    )
    _define(cursor, "claims", _CLAIMS, claims)
    stretches = _stretches(asked.services)
    rows = (
        (schedule, number, micros(span.start), micros(span.end))
        for number, (schedule, span) in enumerate(stretches)
    )
    _define(cursor, "stretches", _STRETCHES, rows)
    events = queries.matching(asked.metric)
    parameters = events.parameters | {
        "earliest": micros(asked.window.start),
        "latest": micros(asked.window.end),
    }
    owned = (
        "WITH owned AS (SELECT seq, event_at, alias, customer, schedule FROM"
        f" (SELECT seq, event_at, alias FROM events WHERE {events.text})"
        " LEFT JOIN names USING (alias) LEFT JOIN claims"
        " ON owner = customer AND event_at >= from_at AND event_at < to_at) "
    )
    [(received,)] = duck.rows(
        cursor, f"SELECT count(*) FROM events WHERE {events.text}", parameters
    )
    duck.rows(cursor, f"CREATE OR REPLACE TEMP TABLE tally AS {owned}{_TALLY}", parameters)
    of_schedule: dict[str, list[tuple[Span, int]]] = {}
    for number, found in duck.rows(cursor, _BY_STRETCH, {}):
        schedule, span = stretches[number]
        of_schedule.setdefault(schedule, []).append((span, found))
    [(tallied, other, unpriced, unmapped)] = duck.rows(cursor, _SUMS, {})
    return Census(
        received=received,
        counted={
            (schedule, period): sum(
                found
                for part, found in of_schedule.get(schedule, ())
                if service.start <= part.start < service.end
            )
            for (schedule, period), service in asked.services.items()
        },
        other=other,
        unpriced=unpriced,
        unmapped=unmapped,
        unpriced_customers=_most(cursor, "unpriced"),
        unmapped_aliases=_most(cursor, "unmapped"),
        twice=()
        if tallied == received
        else tuple(
            Twice(customer, (first, last), events)
            for customer, first, last, events in duck.rows(cursor, owned + _TWICE, parameters)
        ),
    )


def _most(cursor: duckdb.DuckDBPyConnection, column: str) -> tuple[tuple[str, int], ...]:
    """Who has the most events of those that are ``column``."""
    found = (
        f"SELECT {column}, events FROM tally WHERE {column} IS NOT NULL"
        f" ORDER BY events DESC, {column} LIMIT {NAMED}"
    )
    return tuple((who, events) for who, events in duck.rows(cursor, found, {}))


def _stretches(services: Mapping[tuple[str, Period], Span]) -> list[tuple[str, Span]]:
    """Each schedule's services, cut where one of them begins or ends: no instant is in two."""
    spans: dict[str, list[Span]] = {}
    for (schedule, _), span in services.items():
        spans.setdefault(schedule, []).append(span)
    return [
        (schedule, Span(start, end))
        for schedule, own in spans.items()
        for start, end in pairwise(sorted({edge for one in own for edge in (one.start, one.end)}))
        if any(one.start <= start < one.end for one in own)
    ]


def _define(
    cursor: duckdb.DuckDBPyConnection,
    name: str,
    schema: pa.Schema,
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Make ``name`` mean ``rows``, which are many and never all in memory as they are."""
    parts = [
        pa.record_batch(
            [
                pa.array(values, kind)
                for values, kind in zip(zip(*part, strict=True), schema.types, strict=True)
            ],
            schema=schema,
        )
        for part in chunks(rows, _ROWS_AT_ONCE)
    ]
    cursor.register(name, pa.Table.from_batches(parts, schema))
