"""On which days anything was used: asked of many pools at once, before any of them is measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from catchment.core.usage.metering import Metric, UsageQuery
from catchment.usage.intake.events import micros
from catchment.usage.questions import queries
from catchment.usage.questions.engine import Cursor, define_rows
from catchment.usage.questions.spans import Spans

_DAYS = pa.schema([("of_type", pa.string()), ("day", pa.int32()), ("starts", pa.int64())])


def used(
    cursor: Cursor, asked: Sequence[UsageQuery], edges: Sequence[datetime]
) -> list[frozenset[int]]:
    """For each query in which of the stretches between ``edges`` (ascending) an event counts.

    By place; of a query only the members and what they count matter. What is asked of events that
    pass the same filters is answered in one pass over them.
    """
    found: list[set[int]] = [set() for _ in asked]
    # A day that a time zone left out is an empty stretch: the last of equal edges counts.
    starts = {micros(edge): day for day, edge in enumerate(edges[:-1])}
    last = micros(edges[-1])
    spans = Spans(cursor)
    for alike in _alike(asked).values():
        told = spans.define(alike)
        if told is None:
            continue
        kinds = {query.metric.event_type for query in alike.values()}
        rows = ((kind, day, start) for kind in sorted(kinds) for start, day in starts.items())
        define_rows(cursor, "days", _DAYS, rows)
        bounds = told.bounds | {
            "earliest": max(told.bounds["earliest"], min(starts)),
            "latest": min(told.bounds["latest"], last),
        }
        [metric, *_] = (query.metric for query in alike.values())
        for number, day in queries.rows(cursor, queries.days(metric), bounds):
            if number in told.places:
                found[told.places[number]].add(day)
    return [frozenset(one) for one in found]


def properties(asked: Sequence[UsageQuery]) -> set[str]:
    """The properties that tell which events count."""
    return {name for query in asked for name, _ in query.metric.filters}


def _alike(asked: Sequence[UsageQuery]) -> Mapping[Hashable, dict[int, UsageQuery]]:
    """The queries by what decides which events they count, of whatever type."""
    groups: defaultdict[Hashable, dict[int, UsageQuery]] = defaultdict(dict)
    for place, query in enumerate(asked):
        groups[_filters(query.metric)][place] = query
    return groups


def _filters(metric: Metric) -> Hashable:
    return metric.filters, metric.negated, metric.case_sensitive
