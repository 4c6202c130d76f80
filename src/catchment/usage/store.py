"""Usage events from acknowledgement to quantity.

Every question is answered from one snapshot: what the storage keeps and what still waits in the
inbox. So an answer holds all that was acknowledged before it was asked, whether or not anyone
has loaded it, and asking never has to wait for a writer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

import pyarrow as pa
from sqlalchemy import Connection, Engine

from catchment.core.control import Census
from catchment.core.families.hierarchy import CustomerId
from catchment.core.usage.metering import NO_USAGE, Metric, Usage, UsageQuery
from catchment.core.values.period import BEGINNING, Span
from catchment.store.engine import reading
from catchment.store.lease import held
from catchment.store.paging import PageRequest
from catchment.usage.answers import Bucket, Names, Reading
from catchment.usage.intake import inbox
from catchment.usage.intake.event_ids import event_id
from catchment.usage.intake.events import (
    Batch,
    InboxRow,
    SentEvent,
    first_place,
    instant,
    micros,
    supposed,
)
from catchment.usage.loading import LEASE, Loading
from catchment.usage.questions import (
    census,
    days,
    late,
    listing,
    measuring,
    queries,
    statistics,
    totals,
    unmapped,
)
from catchment.usage.questions.census import CensusQuery
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.late import MeasuredTo
from catchment.usage.questions.listing import EventFilter, EventPage, EventPageRequest, StoredEvent
from catchment.usage.questions.near import Near
from catchment.usage.questions.spans import Spans, define_spans
from catchment.usage.questions.standing import Window, standing
from catchment.usage.questions.statistics import Earlier, UsageStats
from catchment.usage.questions.totals import Totals
from catchment.usage.questions.unmapped import UnmappedPage
from catchment.usage.storage import Storage

_T = TypeVar("_T")
_ANYWHERE = Near()


class UsageStore:
    """The usage events of all workspaces. One per process; its methods may run in many threads."""

    def __init__(self, engine: Engine, storage: Storage) -> None:
        self._engine = engine
        self._storage = storage
        self.loading = Loading(engine, partial(self.catch_up, wait=False))
        self._supposed: Mapping[str, Sequence[InboxRow]] = {}

    def accept(self, tx: Connection, workspace_id: str, batch: Batch, received_at: datetime) -> int:
        """Keep one request's events; they are acknowledged once ``tx`` is committed.

        Returns the place of the first: the others follow.
        """
        return first_place(inbox.accept(tx, workspace_id, batch, received_at))

    def supposing(
        self, workspace_id: str, events: Sequence[SentEvent], received_at: datetime
    ) -> UsageStore:
        """What answers as if ``events`` had been taken in too, after all others."""
        other = copy(self)
        own = {workspace_id: supposed(events, received_at)}
        other._supposed = own  # noqa: SLF001 -- one of us
        return other

    def catch_up(self, workspace_id: str, *, wait: bool = True) -> int:
        """Move what waits into segments, for speed only, and return how many events that was.

        While another process is at it, ``wait`` for that or else leave it to that. Not to be called
        within a writing transaction: on SQLite it would wait for it.
        """
        with held(self._engine, LEASE, workspace_id, wait=wait) as ours:
            return self._storage.catch_up(workspace_id) if ours else 0

    def compact(self, workspace_id: str) -> tuple[int, int]:
        """Merge all that may be merged: how many files there were, and how many there are."""
        with held(self._engine, LEASE, workspace_id, wait=True):
            before = self._storage.kept(workspace_id).files
            self._storage.compact(workspace_id)
            return before, self._storage.kept(workspace_id).files

    def drop_before(self, workspace_id: str, before: datetime) -> int:
        """Give back the room of events that happened earlier; how many bytes of files less it is.

        Nobody may need them any more (``flows.drop_usage``). Files are removed from disk an hour
        later, for whoever reads them still.
        """
        self._storage.catch_up(workspace_id)
        kept = self._storage.kept(workspace_id).bytes
        self._storage.drop_before(workspace_id, before)
        return kept - self._storage.kept(workspace_id).bytes

    def earlier(self, workspace_id: str, before: datetime, aliases: Iterable[str]) -> Earlier:
        """What is kept of events that happened before an instant, customers having ``aliases``."""

        def ask(cursor: Cursor, _last: int) -> Earlier:
            return statistics.earlier(cursor, self._storage.kept(workspace_id), before, aliases)

        return self._read(workspace_id, ask, near=Near(Span(BEGINNING, before)))

    def stats(self, workspace_id: str, aliases: Iterable[str]) -> UsageStats:
        """What is kept, where customers have ``aliases``. Files and inbox may move meanwhile."""
        with reading(self._engine) as tx:
            waiting = inbox.waiting(tx).get(workspace_id)

        def ask(cursor: Cursor, _last: int) -> UsageStats:
            return statistics.stats(cursor, self._storage.kept(workspace_id), waiting, aliases)

        return self._read(workspace_id, ask)

    def close(self) -> None:
        """Let go of memory and threads; they come back when needed."""
        self._storage.close()

    def measure(self, workspace_id: str, asked: Sequence[UsageQuery]) -> list[Usage]:
        """The answers to ``asked``, in its order: what ``core.usage.metering.measure`` says."""
        return self.reading(workspace_id, asked).answers

    def reading(
        self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
    ) -> Reading:
        """The same, and up to where events were counted.

        Given the ``last_seq`` of an earlier reading, the answers are what they were then, whatever
        has come since. Queries of one shape are answered together in one pass over their events.
        """
        metrics = {id(query.metric): query.metric for query in asked}  # many share one
        shapes = {identity: queries.shape(metric) for identity, metric in metrics.items()}
        by_shape: dict[Metric, dict[int, UsageQuery]] = {one: {} for one in shapes.values()}
        places = {identity: by_shape[shape] for identity, shape in shapes.items()}
        for index, query in enumerate(asked):
            places[id(query.metric)][index] = query

        def ask(cursor: Cursor) -> list[Usage]:
            answers = [NO_USAGE] * len(asked)
            spans = Spans(cursor)
            for metric, some in by_shape.items():
                for index, answer in measuring.measure(spans, metric, some).items():
                    answers[index] = answer
            return answers

        return self._read(
            workspace_id,
            lambda cursor, last: Reading(ask(cursor), last),
            last_seq,
            properties=queries.properties(by_shape),
            near=Near.of(asked),
        )

    def totals(
        self,
        workspace_id: str,
        metrics: Sequence[Metric],
        names: pa.Table,
        last_seq: int | None = None,
    ) -> Totals:
        """What each of many used of ``metrics``, as columns.

        ``names`` are columns of ``totals.NAMES``: whose every alias is when. Figures are those of
        the members in an answer to one query of a metric, up to ``last_seq`` as in a reading.
        """
        return self._read(
            workspace_id,
            lambda cursor, last: Totals(totals.totals(cursor, metrics, names), last),
            last_seq,
            properties=queries.properties(metrics),
            near=Near(totals.hull(metrics, names), frozenset(one.event_type for one in metrics)),
        )

    def names(
        self,
        workspace_id: str,
        event_types: Collection[str],
        within: Span,
        last_seq: int | None = None,
    ) -> Names:
        """Every name under which events of these types came, whatever metrics make of them."""

        def ask(cursor: Cursor, last: int) -> Names:
            bounds = {"earliest": micros(within.start), "latest": micros(within.end)}
            found = queries.rows(cursor, queries.names(event_types), bounds)
            return Names([name for (name,) in found], last)

        near = Near.to([within], event_types)
        return self._read(workspace_id, ask, last_seq, near=near)

    def days_used(
        self,
        workspace_id: str,
        asked: Sequence[UsageQuery],
        edges: Sequence[datetime],
        last_seq: int | None = None,
    ) -> list[frozenset[int]]:
        """For each of ``asked`` in which stretches between ``edges`` (ascending) an event counts.

        By place; a first look that measures nothing.
        """
        assert len(edges) > 1, edges
        return self._read(
            workspace_id,
            lambda cursor, _: days.used(cursor, asked, edges),
            last_seq,
            properties=days.properties(asked),
            near=Near.to([Span(edges[0], edges[-1])], (one.metric.event_type for one in asked)),
        )

    def counted(
        self, workspace_id: str, query: UsageQuery, last_seq: int, event: str | None = None
    ) -> pa.Table:
        """The places (``seq``) of the events that a reading up to ``last_seq`` counted; of one
        ``event`` alone, where its sender's id is given.
        """

        def ask(cursor: Cursor, _last: int) -> pa.Table:
            bounds = define_spans(cursor, query)
            if bounds is None:
                return pa.table({"seq": pa.array([], pa.int64())})
            found = queries.rows(cursor, queries.places(query.metric, event), bounds)
            return pa.table({"seq": pa.array([seq for (seq,) in found], pa.int64())})

        read = queries.properties([query.metric])
        return self._read(workspace_id, ask, last_seq, properties=read, near=Near.of([query]))

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

        def ask(cursor: Cursor, _last: int) -> list[Census]:
            census.define_names(cursor, names())
            return list(census.take(cursor, asked))

        read = queries.properties(one.metric for one in asked)
        near = Near.to((one.window for one in asked), (one.metric.event_type for one in asked))
        return self._read(workspace_id, ask, last_seq, properties=read, near=near)

    def late(
        self,
        workspace_id: str,
        measured: Sequence[MeasuredTo],
        renamed: Sequence[tuple[str, datetime]],
        last_seq: int | None = None,
    ) -> list[tuple[int, str]]:
        """(place in ``measured``, name) wherever something may have come after it was measured."""
        return self._read(
            workspace_id,
            lambda cursor, _: late.look(cursor, measured, renamed),
            last_seq,
            near=late.near(measured, renamed),
        )

    def id_range(self, workspace_id: str, query: UsageQuery) -> tuple[str, str] | None:
        """The smallest and the largest id among the query's events; None where there are none."""

        def ask(cursor: Cursor, _last: int) -> tuple[str, str] | None:
            bounds = define_spans(cursor, query)
            if bounds is None:
                return None
            found = queries.rows(cursor, queries.ends(query.metric), bounds)
            [(first_at, first, last_at, last)] = found
            if first is None:
                return None
            smallest = event_id(workspace_id, instant(first_at), first)
            return smallest, event_id(workspace_id, instant(last_at), last)

        read = queries.properties([query.metric])
        return self._read(workspace_id, ask, properties=read, near=Near.of([query]))

    def series(
        self, workspace_id: str, query: UsageQuery, edges: Sequence[datetime]
    ) -> tuple[Bucket, ...]:
        """Pooled usage between each of ``edges`` (ascending) and the next, zeros included."""
        assert len(edges) > 1, edges
        within = Span(edges[0], edges[-1])

        def ask(cursor: Cursor, _last: int) -> dict[int, tuple[Decimal, int]]:
            bounds = define_spans(cursor, query, within)
            if bounds is None:
                return {}
            return measuring.series(cursor, query.metric, edges, bounds)

        read = queries.properties([query.metric])
        used = self._read(workspace_id, ask, properties=read, near=Near.of([query]))
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

    def unmapped(
        self, workspace_id: str, known: Collection[str], request: PageRequest
    ) -> UnmappedPage:
        """A page of the aliases of events that are none of ``known``. Raises Invalid (cursor)."""
        return self._read(workspace_id, lambda cursor, _: unmapped.page(cursor, known, request))

    def standing(
        self,
        workspace_id: str,
        ids: Collection[str],
        window: Window | None = None,
        at_most: int | None = None,
    ) -> list[StoredEvent]:
        """The events that count under these ids of their senders' or within a window, by place."""
        return self._read(
            workspace_id,
            lambda cursor, _: standing(cursor, workspace_id, ids, window, at_most),
        )

    def _read(
        self,
        workspace_id: str,
        ask: Callable[[Cursor, int], _T],
        last_seq: int | None = None,
        *,
        properties: Collection[str] = (),
        near: Near = _ANYWHERE,
    ) -> _T:
        """What the storage answers; see there."""
        own = self._supposed.get(workspace_id, ())
        return self._storage.read(workspace_id, ask, last_seq, own, properties, near)
