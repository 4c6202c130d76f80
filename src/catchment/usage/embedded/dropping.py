"""Giving back the room of events that happened before an instant, and of what tells of them.

Who reads leaves such events out already (``store.kept_usage``), so no answer changes here, and
nothing has to happen at once. Each step exchanges one segment: one of earlier events only goes, one
that has later ones too is written again with those, and so are then the keys and marks of which
fewer events are left. The newest segment stays even without events: up to its place answers are
given, and what superseded others counts by its place. What a crash leaves undone is found by
looking again.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from sqlalchemy import Engine

from catchment.store.engine import reading
from catchment.usage.embedded import duck, keys, layout, merging, segments
from catchment.usage.embedded.exchanging import exchange
from catchment.usage.embedded.segments import Kind, Segment
from catchment.usage.intake.events import instant, micros
from catchment.usage.intake.waiting import Lost

_ATTEMPTS = 50
_IDS_AT_ONCE = 250_000


def drop(
    engine: Engine, data_dir: Path, workspace_id: str, db: duck.Duck, before: datetime
) -> None:
    """Drop what happened earlier than ``before``; again, and nothing is left to do."""
    for _ in range(_ATTEMPTS):
        try:
            for kind in (Kind.EVENTS, Kind.KEYS, Kind.MARKS):  # keys and marks by what is left
                _drop(engine, data_dir, workspace_id, db, before, kind)
        except (Lost, duck.Missing):
            continue
        return


def _drop(
    engine: Engine,
    data_dir: Path,
    workspace_id: str,
    db: duck.Duck,
    before: datetime,
    kind: Kind,
) -> None:
    with reading(engine) as tx:
        known = segments.manifest(tx, workspace_id)
    newest = max((one.last_seq for one in known if one.kind is Kind.EVENTS), default=0)
    for one in known:
        if one.kind is kind:
            with db.cursor() as cursor:
                left = _left(cursor, data_dir, known, one, before)
                stays = left > 0 or (kind is Kind.EVENTS and one.last_seq == newest)
                if left < one.row_count:
                    rest = partial(_rest, cursor, data_dir, workspace_id, one, left, before)
                    made = rest if stays else _nothing
                    exchange(engine, data_dir, workspace_id, [one], made)


def _left(
    cursor: duckdb.DuckDBPyConnection,
    data_dir: Path,
    known: Sequence[Segment],
    one: Segment,
    before: datetime,
) -> int:
    """How many of a segment's rows are to stay; ``rest`` is made to mean what is kept of each.

    Of an event that is its instant, of a key the id that it was made of.
    """
    own = duck.parquet([data_dir / one.path])
    near = segments.files(data_dir, segments.overlapping(known, [one]), Kind.EVENTS)
    if one.kind is not Kind.EVENTS and not near:
        return 0
    of_place = f"seq BETWEEN {one.first_seq} AND {one.last_seq}"
    match one.kind:
        case Kind.EVENTS:
            if one.first_event_at is not None and one.first_event_at >= before:
                return one.row_count
            rest = f"SELECT event_at FROM {own} WHERE {_later(before)}"
        case Kind.KEYS:
            rest = f"SELECT customer_event_id FROM {duck.parquet(near)} WHERE {of_place}"
        case Kind.MARKS:
            there = f"(SELECT seq FROM {duck.parquet(near)} WHERE {of_place})"
            rest = f"SELECT seq, later FROM {own} SEMI JOIN {there} USING (seq) ORDER BY seq"
    cursor.execute(f"CREATE TEMP VIEW rest AS {rest}")
    [(count,)] = cursor.execute("SELECT count(*) FROM rest").fetchall()
    return int(count)


def _rest(
    cursor: duckdb.DuckDBPyConnection,
    data_dir: Path,
    workspace_id: str,
    one: Segment,
    count: int,
    before: datetime,
) -> Segment:
    """A segment of the ``rest``."""

    def write(file: Path) -> None:
        match one.kind:
            case Kind.EVENTS:
                merging.rewrite([data_dir / one.path], file, micros(before))
            case Kind.KEYS:
                keys.write(_keys(cursor), file)
            case Kind.MARKS:
                marks = cursor.sql("SELECT * FROM rest").to_arrow_table()
                layout.write(file, schema=duck.MARKS, tables=[marks])

    path = segments.new_file(data_dir, workspace_id, one.kind, write)
    new = replace(one, id=Path(path).stem, path=path, row_count=count)
    if one.kind is not Kind.EVENTS:
        return new
    query = "SELECT min(event_at), max(event_at) FROM rest"
    [(first, last)] = cursor.execute(query).fetchall()
    return replace(
        new,
        first_event_at=None if first is None else instant(first),
        last_event_at=None if last is None else instant(last),
    )


def _nothing() -> None:
    return None


def _later(before: datetime) -> str:
    return f"event_at >= {micros(before)}"


def _keys(cursor: duckdb.DuckDBPyConnection) -> keys.Keys:
    """The keys of what is left, sorted; never all ids in memory at once."""
    ids = cursor.sql("SELECT customer_event_id FROM rest").to_arrow_reader(_IDS_AT_ONCE)
    parts = [keys.of(pa.chunked_array([part.column(0)], pa.string())) for part in ids]
    found = np.concatenate(parts)
    found.sort()
    return found
