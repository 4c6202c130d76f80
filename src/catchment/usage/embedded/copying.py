"""What is in segments, for a move from there or to there."""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are numbers and file names

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine

from catchment.store.engine import reading, writing
from catchment.store.usage import kept_usage, usage_homes
from catchment.usage.copying import SLICE_EVENTS, Slice, Sums
from catchment.usage.embedded import duck, loader, segments
from catchment.usage.embedded.segments import Kind, Segment
from catchment.usage.embedded.superseding import fresh, superseded
from catchment.usage.intake.events import PLACES, last_place, micros

_SUMS = (
    "SELECT event_at // 2592000000000 AS stretch, count(*), count(*) FILTER (later <= $to),"
    " sum(seq), coalesce(sum(later) FILTER (later <= $to), 0),"
    " sum((seq % 1000003) * (event_at % 1000033 + received_at % 999983)),"
    " sum(length(alias) + length(event_type) + length(customer_event_id))"
)


class FilesCopy:
    """The segments of all workspaces under ``data_dir``."""

    def __init__(self, engine: Engine, data_dir: Path) -> None:
        self._engine = engine
        self._data_dir = data_dir
        self._duck = duck.Duck(data_dir / "usage" / "spill")

    def extent(self, tx: Connection, workspace_id: str) -> int:
        """The last place of all segments."""
        return max((one.last_seq for one in segments.manifest(tx, workspace_id)), default=0)

    def slices(self, workspace_id: str, after: int, to: int) -> Iterator[Slice]:
        """The events, segment by segment, which are apart by their places."""
        for segment in self._known(workspace_id):
            if segment.kind is Kind.EVENTS and after < segment.last_seq <= to:
                yield from self._slices_of(workspace_id, segment, after)

    def _slices_of(self, workspace_id: str, segment: Segment, after: int) -> Iterator[Slice]:
        near = segments.overlapping(self._known(workspace_id), [segment])
        there = f"FROM {self._marked([segment], near)} WHERE seq >"
        counts = f"SELECT seq // {PLACES} AS row, count(*) AS events {there} {after} GROUP BY row"
        until = f"sum(events) OVER (ORDER BY row) // {SLICE_EVENTS}"
        slices = f"SELECT row, {until} AS slice FROM ({counts})"
        ends = f"SELECT max(row) FROM ({slices}) GROUP BY slice ORDER BY slice"
        with self._duck.cursor() as cursor:
            cuts = [last_place(int(row)) for (row,) in cursor.sql(ends).fetchall()]
            for start, end in pairwise([max(segment.first_seq - 1, after), *cuts]):
                part = f"SELECT * {there} {start} AND seq <= {end} ORDER BY seq"
                yield Slice(cursor.sql(part).to_arrow_table(), (start + 1, end))

    def take(self, workspace_id: str, part: Slice) -> None:
        """Write files as a loader does, and name them at once: they are nobody's home yet."""
        with self._duck.cursor() as cursor:
            known = self._known(workspace_id)
            new = fresh(part.events.drop_columns(["later"]))
            marks = superseded(cursor, new, self._data_dir, known)
        later = part.events["later"]
        here = pc.less_equal(later, part.places[1])
        told = part.events.select(["seq", "later"]).filter(pc.invert(here))
        at = new.events.column_names.index("later")
        events = new.events.set_column(at, "later", pc.if_else(here, later, None))
        whole = loader.ready(replace(new, events=events), part.places)
        marks = pa.concat_tables([marks, told.cast(duck.MARKS)])
        loader.store(self._engine, self._data_dir, workspace_id, whole, marks, lambda _: None)

    def sums(self, workspace_id: str, to: int) -> list[Sums]:
        """What the events come to."""
        with reading(self._engine) as tx:
            known = segments.manifest(tx, workspace_id)
            since = kept_usage.since(tx, workspace_id)
        events = [one for one in known if one.kind is Kind.EVENTS]
        if not events:
            return []
        kept = f" AND event_at >= {micros(since)}" if since else ""
        with self._duck.cursor() as cursor:
            found = cursor.sql(
                f"{_SUMS} FROM {self._marked(events, known)} WHERE seq <= $to{kept}"
                " GROUP BY stretch ORDER BY stretch",
                params={"to": to},
            ).fetchall()
        return [Sums(*map(int, row)) for row in found]

    def _marked(self, events: Sequence[Segment], near: Sequence[Segment]) -> str:
        """The events of some segments, ``later`` filled in from marks ``near`` as well."""
        kept = duck.parquet(segments.files(self._data_dir, events, Kind.EVENTS))
        marks = segments.files(self._data_dir, near, Kind.MARKS)
        if not marks:
            return kept
        return (
            "(SELECT kept.* REPLACE (coalesce(kept.later, mark.later) AS later)"
            f" FROM {kept} AS kept LEFT JOIN {duck.parquet(marks)} AS mark USING (seq))"
        )

    def settle(self, tx: Connection, workspace_id: str) -> None:
        """Become the home."""
        usage_homes.settle(tx, workspace_id, in_clickhouse=False)

    def drop(self, workspace_id: str) -> bool:
        """Name the workspace's files no more, and remove them."""
        with writing(self._engine) as tx:
            usage_homes.hold(tx, workspace_id)
            if not usage_homes.in_clickhouse(tx, workspace_id):
                return False
            known = segments.manifest(tx, workspace_id)
            segments.remove(tx, workspace_id, known)
        segments.discard(self._data_dir, known)
        return bool(known)

    def close(self) -> None:
        """Let go of the engine."""
        self._duck.close()

    def _known(self, workspace_id: str) -> list[Segment]:
        with reading(self._engine) as tx:
            return segments.manifest(tx, workspace_id)
