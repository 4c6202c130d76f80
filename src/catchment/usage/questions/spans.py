"""Whose events are asked for when, told to the engine: pools by number, and what is asked of each.

A billing run asks ten metrics of each of a thousand pools. So who is in a pool is told once, and
which types of events are asked for apart from that. What is found for a pool and a type that is
asked of other pools only is no answer to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from catchment.core.usage.metering import Member, UsageQuery
from catchment.core.values.period import Span, intersect, union
from catchment.usage.intake.events import micros
from catchment.usage.questions.engine import Cursor

SPANS = pa.schema(
    [
        ("pool", pa.int64()),
        ("member", pa.int32()),
        ("alias", pa.string()),
        ("from_at", pa.int64()),
        ("to_at", pa.int64()),
    ]
)
"""Whose an alias is from one instant until before another, in microseconds since 1970, UTC."""

KINDS = pa.schema([("kind", pa.int64()), ("event_type", pa.string())])
"""What is asked of pools. The number of a pool and of a kind add up to that of a query."""

Bounds = dict[str, Any]
"""Parameters within which all spans lie, for skipping what lies outside."""


class Asked(NamedTuple):
    """Queries by the number that the engine knows them by, and their places among those given."""

    queries: dict[int, UsageQuery]
    places: dict[int, int]
    bounds: Bounds


class Spans:
    """Tells one engine. What it was told of pools is not told again for the next questions."""

    def __init__(self, cursor: Cursor, within: Span | None = None) -> None:
        self.cursor = cursor
        self._within = within
        self._columns: dict[int, _Columns] = {}  # by identity of members: many queries share them
        self._cut: dict[int, list[tuple[int, int]]] = {}  # by identity as well
        self._told: tuple[list[int], int] | None = None
        self._bounds: Bounds | None = None

    def define(self, asked: Mapping[int, UsageQuery]) -> Asked | None:
        """Make ``spans`` and ``kinds`` mean whose events count when; None where nobody's do."""
        pools: dict[int, int] = {}
        kinds: dict[tuple[str, int], int] = {}
        often: dict[tuple[int, str], int] = {}
        found: list[tuple[int, int]] = []
        for query in asked.values():
            pool = pools.setdefault(id(query.members), len(pools))
            event_type = query.metric.event_type
            # A pool may be asked the same for several metrics.
            nth = often[pool, event_type] = often.get((pool, event_type), -1) + 1
            found.append((pool, kinds.setdefault((event_type, nth), len(kinds))))
        numbers = [pool * len(kinds) + kind for pool, kind in found]
        members = {id(query.members): query.members for query in asked.values()}
        bounds = self._define_pools(members, len(kinds))
        if bounds is None:
            return None
        types = [event_type for event_type, _ in kinds]
        register(self.cursor, "kinds", [list(kinds.values()), types], KINDS)
        return Asked(
            dict(zip(numbers, asked.values(), strict=True)),
            dict(zip(numbers, asked, strict=True)),
            bounds,
        )

    def _define_pools(
        self, pools: Mapping[int, Sequence[Member]], kind_count: int
    ) -> Bounds | None:
        told = list(pools), kind_count
        if told != self._told:
            columns = _Columns([], [], [], [], [])
            for number, (identity, members) in enumerate(pools.items()):
                own = self._columns.get(identity)
                if own is None:
                    own = self._columns[identity] = self._of(members)
                columns.pools.extend([number * kind_count] * len(own.aliases))
                columns.members.extend(own.members)
                columns.aliases.extend(own.aliases)
                columns.starts.extend(own.starts)
                columns.ends.extend(own.ends)
            self._told, self._bounds = told, _bounds(columns)
            if self._bounds is not None:
                register(self.cursor, "spans", columns, SPANS)
        return self._bounds

    def _of(self, members: Sequence[Member]) -> _Columns:
        """The members of a pool by number, whose events count when."""
        found = _Columns([], [], [], [], [])
        for number, member in enumerate(members):
            key = id(member.spans)
            if key not in self._cut:
                self._cut[key] = _cut(member.spans, self._within)
            own = set(member.aliases)
            for start, end in self._cut[key]:
                count = len(own)
                found.members.extend([number] * count)
                found.aliases.extend(own)
                found.starts.extend([start] * count)
                found.ends.extend([end] * count)
        return found


class _Columns(NamedTuple):
    """Those of SPANS."""

    pools: list[int]
    members: list[int]
    aliases: list[str]
    starts: list[int]
    ends: list[int]


def define_spans(cursor: Cursor, query: UsageQuery, within: Span | None = None) -> Bounds | None:
    """Make ``spans`` mean whose events count when for one query, whose number is 0; None where
    nobody's do.
    """
    asked = Spans(cursor, within).define({0: query})
    return None if asked is None else asked.bounds


def register(cursor: Cursor, name: str, columns: Sequence[list[Any]], schema: pa.Schema) -> None:
    """Make ``name`` mean the rows of ``columns``."""
    arrays = [pa.array(values, type) for values, type in zip(columns, schema.types, strict=True)]
    cursor.define(name, pa.table(arrays, schema=schema))


def _bounds(columns: _Columns) -> Bounds | None:
    if not columns.starts:
        return None
    return {
        "earliest": min(columns.starts),
        "latest": max(columns.ends),
        "first_alias": min(columns.aliases),
        "last_alias": max(columns.aliases),
    }


def _cut(spans: tuple[Span, ...], within: Span | None) -> list[tuple[int, int]]:
    whole = union(spans)
    parts = whole if within is None else intersect(whole, within)
    return [(micros(part.start), micros(part.end)) for part in parts]
