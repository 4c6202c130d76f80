"""Usage events from acknowledgement to quantity.

Every question is answered from one snapshot: the segments of the manifest and what still waits in
the inbox. So an answer holds all that was acknowledged before it was asked, whether or not anyone
has loaded it, and asking never has to wait for a writer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import duckdb
import pyarrow as pa
from sqlalchemy import Connection, Engine

from catchment.core.control import Census
from catchment.core.hierarchy import CustomerId
from catchment.core.metering import (
    NO_STEPS,
    NO_USAGE,
    VALUING,
    Metric,
    Steps,
    Usage,
    UsageQuery,
    asks_for_steps,
)
from catchment.core.money import EXACT
from catchment.core.period import Span, intersect, union
from catchment.store.engine import reading
from catchment.usage import census, columns, duck, inbox, listing, loader, queries, segments
from catchment.usage.census import CensusQuery
from catchment.usage.event_ids import event_id
from catchment.usage.events import Batch, first_place, instant, last_place, micros
from catchment.usage.listing import EventFilter, EventPage, EventPageRequest
from catchment.usage.segments import Kind, Segment
from catchment.usage.superseding import superseded

_T = TypeVar("_T")
_SPANS = pa.schema(
    [
        ("query", pa.int32()),
        ("member", pa.int32()),
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
        ("part", pa.int32()),
        ("stands", pa.decimal128(38, 12)),
        ("step", pa.int32()),
    ]
)
_PARTS = 4_096
"""Into how many stretches of time a walk through steps is cut."""
_NO_BOUND = Decimal("9" * 26)  # no usage that can be measured is more
_BUCKETS = pa.schema([("bucket", pa.int32()), ("starts", pa.int64())])
_ROWS_WORTH_LOADING = 64
_EVENTS_WORTH_LOADING = 5_000
_READ_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Bucket:
    """Usage of one stretch of a chart."""

    start: datetime
    value: Decimal
    event_count: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Answers, and the place in the order of acknowledgement up to which events were counted."""

    answers: list[Usage]
    last_seq: int


class Names(NamedTuple):
    """Under which names events came, up to the place ``last_seq``; in no particular order."""

    found: list[str]
    last_seq: int


class UsageStore:
    """The usage events of all workspaces. One per process; its methods may run in many threads."""

    def __init__(self, engine: Engine, data_dir: Path) -> None:
        self._engine = engine
        self._data_dir = data_dir
        self._duck = duck.Duck(data_dir / "usage" / "spill")
        self._loading = Lock()

    def accept(self, tx: Connection, workspace_id: str, batch: Batch, received_at: datetime) -> int:
        """Keep one request's events; they are acknowledged once ``tx`` is committed.

        Returns the place of the first: the others follow.
        """
        return first_place(inbox.accept(tx, workspace_id, batch, received_at))

    def catch_up(self, workspace_id: str) -> int:
        """Move what waits into segments, for speed only, and return how many events that was.

        Not to be called within a writing transaction: on SQLite it would wait for it.
        """
        return loader.catch_up(self._engine, self._data_dir, workspace_id, self._duck)

    def catch_up_if_worth_it(self, workspace_id: str) -> None:
        """Catch up once enough waits to be worth a file, unless a thread of ours is at it already.

        Several at once would only do the same work, and all but one throw it away.
        """
        if not self._loading.acquire(blocking=False):
            return
        try:
            with reading(self._engine) as tx:
                rows, events = inbox.waiting(tx, workspace_id)
            if rows >= _ROWS_WORTH_LOADING or events >= _EVENTS_WORTH_LOADING:
                self.catch_up(workspace_id)
        finally:
            self._loading.release()

    def close(self) -> None:
        """Let go of memory and threads; they come back when needed."""
        self._duck.close()

    def measure(self, workspace_id: str, asked: Sequence[UsageQuery]) -> list[Usage]:
        """The answers to ``asked``, in its order: what ``core.metering.measure`` would say."""
        return self.reading(workspace_id, asked).answers

    def reading(
        self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
    ) -> Reading:
        """The same, and up to where events were counted.

        Given the ``last_seq`` of an earlier reading, the answers are what they were then, whatever
        has come since. Queries of the same metric are answered together in one pass over its
        events.
        """
        by_metric: dict[Metric, list[int]] = {}
        for index, query in enumerate(asked):
            by_metric.setdefault(query.metric, []).append(index)

        def ask(cursor: duckdb.DuckDBPyConnection) -> list[Usage]:
            answers = [NO_USAGE] * len(asked)
            for metric, indices in by_metric.items():
                _measure(cursor, metric, {index: asked[index] for index in indices}, answers)
            return answers

        return self._read(
            workspace_id,
            lambda cursor, last: Reading(ask(cursor), last),
            last_seq,
            properties=queries.properties(by_metric),
            within=_hull(asked),
        )

    def names(
        self,
        workspace_id: str,
        event_types: Collection[str],
        within: Span,
        last_seq: int | None = None,
    ) -> Names:
        """Every name under which events of these types came, whatever metrics make of them."""

        def ask(cursor: duckdb.DuckDBPyConnection, last: int) -> Names:
            bounds = {"earliest": micros(within.start), "latest": micros(within.end)}
            found = _rows(cursor, queries.names(event_types), bounds)
            return Names([name for (name,) in found], last)

        return self._read(workspace_id, ask, last_seq, within=within)

    def counted(self, workspace_id: str, query: UsageQuery, last_seq: int) -> pa.Table:
        """The places (``seq``) of the events that a reading up to ``last_seq`` counted."""

        def ask(cursor: duckdb.DuckDBPyConnection, _last: int) -> pa.Table:
            bounds = _define_spans(cursor, {0: query})
            if bounds is None:
                return pa.table({"seq": pa.array([], pa.int64())})
            found = _rows(cursor, queries.places(query.metric), bounds)
            return pa.table({"seq": pa.array([seq for (seq,) in found], pa.int64())})

        read = queries.properties([query.metric])
        return self._read(workspace_id, ask, last_seq, properties=read, within=_hull([query]))

    def census(
        self,
        workspace_id: str,
        names: Callable[[], Iterable[tuple[str, CustomerId]]],
        asked: Sequence[CensusQuery],
        last_seq: int,
    ) -> list[Census]:
        """Whose each event is, of those up to ``last_seq``: an answer to each of ``asked``.

        ``names`` tells, each time it is called, whose every alias is.
        """

        def ask(cursor: duckdb.DuckDBPyConnection, _last: int) -> list[Census]:
            census.define_names(cursor, names())
            return [census.take(cursor, one) for one in asked]

        read = queries.properties(one.metric for one in asked)
        return self._read(workspace_id, ask, last_seq, properties=read)

    def id_range(self, workspace_id: str, query: UsageQuery) -> tuple[str, str] | None:
        """The smallest and the largest id among the query's events; None where there are none."""

        def ask(cursor: duckdb.DuckDBPyConnection, _last: int) -> tuple[str, str] | None:
            bounds = _define_spans(cursor, {0: query})
            if bounds is None:
                return None
            [(first_at, first, last_at, last)] = _rows(cursor, queries.ends(query.metric), bounds)
            if first is None:
                return None
            smallest = event_id(workspace_id, instant(first_at), first)
            return smallest, event_id(workspace_id, instant(last_at), last)

        read = queries.properties([query.metric])
        return self._read(workspace_id, ask, properties=read, within=_hull([query]))

    def series(
        self, workspace_id: str, query: UsageQuery, edges: Sequence[datetime]
    ) -> tuple[Bucket, ...]:
        """Pooled usage between each of ``edges`` (ascending) and the next, zeros included."""
        assert len(edges) > 1, edges
        within = Span(edges[0], edges[-1])

        def ask(cursor: duckdb.DuckDBPyConnection, _last: int) -> dict[int, tuple[Decimal, int]]:
            bounds = _define_spans(cursor, {0: query}, within)
            if bounds is None:
                return {}
            # A day that a time zone left out is an empty stretch: the last of equal edges counts.
            starts = {micros(edge): bucket for bucket, edge in enumerate(edges[:-1])}
            columns = [list(starts.values()), list(starts)]
            _register(cursor, "buckets", columns, _BUCKETS)
            found = _rows(cursor, queries.series(query.metric), bounds)
            return {bucket: (value, count) for bucket, value, count in found}

        read = queries.properties([query.metric])
        used = self._read(workspace_id, ask, properties=read, within=within)
        return tuple(
            Bucket(edge, *used.get(bucket, (Decimal(0), 0)))
            for bucket, edge in enumerate(edges[:-1])
        )

    def events(
        self, workspace_id: str, wanted: EventFilter, request: EventPageRequest
    ) -> EventPage:
        """A page of the events themselves, superseded ones included. Raises Invalid (cursor)."""
        return self._read(
            workspace_id, lambda cursor, _: listing.page(cursor, workspace_id, wanted, request)
        )

    def _read(
        self,
        workspace_id: str,
        ask: Callable[[duckdb.DuckDBPyConnection, int], _T],
        last_seq: int | None = None,
        *,
        properties: Collection[str] = (),
        within: Span | None = None,
    ) -> _T:
        """The answer from one snapshot, taken anew where its files were merged away meanwhile.

        ``properties`` are those whose columns are asked for, and events outside ``within`` need not
        be there.
        """
        for _ in range(_READ_ATTEMPTS - 1):
            try:
                return self._read_once(workspace_id, ask, last_seq, properties, within)
            except duck.Missing:
                continue
        return self._read_once(workspace_id, ask, last_seq, properties, within)

    def _read_once(
        self,
        workspace_id: str,
        ask: Callable[[duckdb.DuckDBPyConnection, int], _T],
        last_seq: int | None,
        properties: Collection[str],
        within: Span | None,
    ) -> _T:
        with reading(self._engine) as tx:
            waiting = inbox.first(tx, workspace_id)
            known = segments.manifest(tx, workspace_id)
        newest = max((one.last_seq for one in known if one.kind is Kind.EVENTS), default=0)
        if waiting:
            newest = last_place(waiting[-1].id)
        last = newest if last_seq is None else last_seq
        fresh, marks = columns.NONE, duck.MARKS.empty_table()
        with self._duck.cursor() as cursor:
            if waiting:
                fresh = columns.table(workspace_id, waiting)
                marks = superseded(cursor, fresh, self._data_dir, known).marks
            near = segments.files(self._data_dir, _near(known, within), Kind.EVENTS)
            marked = segments.files(self._data_dir, known, Kind.MARKS)
            duck.define(cursor, "stored", near, fresh)
            duck.define(cursor, "superseded", marked, marks)
            duck.define_events(cursor, properties, last)
            return ask(cursor, last)


def _hull(asked: Iterable[UsageQuery]) -> Span | None:
    """A stretch of time with all spans in it; None where there are none."""
    spans = {span for query in asked for member in query.members for span in member.spans}
    if not spans:
        return None
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def _near(known: Sequence[Segment], within: Span | None) -> Sequence[Segment]:
    """The segments that may have events of that time."""
    if within is None:
        return known
    return [
        one
        for one in known
        if one.first_event_at is None
        or one.last_event_at is None
        or (one.first_event_at < within.end and one.last_event_at >= within.start)
    ]


def _measure(
    cursor: duckdb.DuckDBPyConnection,
    metric: Metric,
    asked: dict[int, UsageQuery],
    answers: list[Usage],
) -> None:
    """Put the answers to ``asked``, all of one metric, into their places in ``answers``."""
    bounds = _define_spans(cursor, asked)
    if bounds is None:
        return
    pooled: dict[int, tuple[Decimal, int]] = {}
    members: dict[int, dict[str, Decimal]] = {}
    counts: dict[int, dict[str, int]] = {}
    for index, member, value, count in _rows(cursor, queries.totals(metric), bounds):
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
        bounds |= {"wanting": wanting}
        for index, member, value, count in _rows(cursor, queries.distribution(metric), bounds):
            customer = asked[index].members[member].customer
            of_pool = values.setdefault(index, {})
            of_pool[value] = of_pool.get(value, 0) + count
            own_values.setdefault(index, {}).setdefault(customer, []).append((value, count))
    stepping = {
        index: members[index]
        for index, (value, _) in pooled.items()
        if asks_for_steps(asked[index], value, len(members[index]))
    }
    steps = _walk(cursor, metric, asked, stepping, bounds) if stepping else {}
    for index, (value, count) in pooled.items():
        answers[index] = Usage(
            value,
            members[index],
            count,
            counts[index],
            tuple(values.get(index, {}).items()),
            {customer: tuple(own) for customer, own in own_values.get(index, {}).items()},
            steps.get(index, NO_STEPS),
        )


def _walk(
    cursor: duckdb.DuckDBPyConnection,
    metric: Metric,
    asked: dict[int, UsageQuery],
    stepping: dict[int, dict[str, Decimal]],
    bounds: dict[str, Any],
) -> dict[int, Steps]:
    """Who used in which step, for the queries ``stepping`` with their members' usage."""
    columns: list[list[Any]] = [[] for _ in _STEPS]
    parts: dict[int, dict[str, list[Decimal]]] = {}
    for index, members in stepping.items():
        ends = asked[index].bounds
        edges = zip((Decimal(0), *ends), (*ends, _NO_BOUND), strict=True)
        for step, (lower, upper) in enumerate(edges):
            for column, value in zip(columns, (index, step, lower, upper), strict=True):
                column.append(value)
        parts[index] = {customer: [Decimal(0)] * (len(ends) + 1) for customer in members}
    _register(cursor, "steps", columns, _STEPS)
    length = (bounds["latest"] - bounds["earliest"]) // _PARTS + 1
    bounds = bounds | {"stepping": list(stepping), "length": length}
    placed = _placed(_rows(cursor, queries.parts_of_time(metric), bounds), asked)
    _register(cursor, "placed", placed, _PLACED)
    found = _rows(cursor, queries.walked(metric), bounds)
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


def _define_spans(
    cursor: duckdb.DuckDBPyConnection, asked: dict[int, UsageQuery], within: Span | None = None
) -> dict[str, Any] | None:
    """Make ``spans`` mean whose events count when; None where nobody's do.

    Returns the parameters that bound them all, for skipping what lies outside.
    """
    columns: list[list[Any]] = [[] for _ in _SPANS]
    for row in _span_rows(asked, within):
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    if not columns[0]:
        return None
    _register(cursor, "spans", columns, _SPANS)
    return {"earliest": min(columns[3]), "latest": max(columns[4])}


def _span_rows(
    asked: dict[int, UsageQuery], within: Span | None
) -> Iterator[tuple[int, int, str, int, int]]:
    known: dict[int, list[tuple[int, int]]] = {}  # by identity: mostly all share one tuple
    for index, query in asked.items():
        for number, member in enumerate(query.members):
            spans = known.get(id(member.spans))
            if spans is None:
                spans = known[id(member.spans)] = _cut(member.spans, within)
            for start, end in spans:
                for alias in set(member.aliases):
                    yield index, number, alias, start, end


def _cut(spans: tuple[Span, ...], within: Span | None) -> list[tuple[int, int]]:
    whole = union(spans)
    parts = whole if within is None else intersect(whole, within)
    return [(micros(part.start), micros(part.end)) for part in parts]


def _register(
    cursor: duckdb.DuckDBPyConnection, name: str, columns: Sequence[list[Any]], schema: pa.Schema
) -> None:
    arrays = [pa.array(values, type) for values, type in zip(columns, schema.types, strict=True)]
    cursor.register(name, pa.table(arrays, schema=schema))


def _rows(
    cursor: duckdb.DuckDBPyConnection, sql: queries.Sql, bounds: dict[str, Any]
) -> list[tuple[Any, ...]]:
    return duck.rows(cursor, sql.text, sql.parameters | bounds)
