"""From the inbox into segments, exactly once.

A loader writes files first and then, in one transaction, deletes exactly the inbox rows they hold
and names the files in the manifest. That commit is the only moment at which anything changes:
before it a crash leaves the rows to be loaded again, after it the files count. Any process may load
at any time; of two that load the same rows, the second finds them gone and throws its files away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine

from catchment.store.engine import lock, reading, writing
from catchment.usage import duck, inbox, segments
from catchment.usage.events import instant, table
from catchment.usage.segments import Kind, Segment

BATCH_EVENTS = 250_000
"""About how many events are loaded at once."""

FAN_IN = 8
"""How many segments of one size are merged into one of the next."""

LARGEST_MERGE = 2_000_000
"""Segments of more rows are left alone."""

_ATTEMPTS = 50


class _Lost(Exception):
    """Another process did the same work first."""


def catch_up(engine: Engine, data_dir: Path, workspace_id: str, db: duck.Duck) -> int:
    """Load all that waits, merge what has become many, and return how many events were loaded."""
    loaded = 0
    for _ in range(_ATTEMPTS):
        try:
            batch = _load(engine, data_dir, workspace_id, db)
            if batch == 0:
                break
            loaded += batch
        except (_Lost, duck.Missing):
            continue
    _tidy(engine, data_dir, workspace_id, db)
    return loaded


def _load(engine: Engine, data_dir: Path, workspace_id: str, db: duck.Duck) -> int:
    with reading(engine) as tx:
        rows = inbox.first(tx, workspace_id, BATCH_EVENTS)
        known = segments.manifest(tx, workspace_id) if rows else []
    if not rows:
        return 0
    events = table(workspace_id, rows)
    fresh = _write_batch(data_dir, workspace_id, db, events, known, rows[-1].received_at)
    try:
        with writing(engine) as tx:
            lock(tx, "usage-load", workspace_id)
            if not inbox.remove(tx, workspace_id, rows):
                raise _Lost  # noqa: TRY301 -- leaving the block is what rolls it back
            segments.add(tx, workspace_id, fresh)
    except _Lost:
        segments.discard(data_dir, fresh)
        raise
    return len(events)


def _write_batch(
    data_dir: Path,
    workspace_id: str,
    db: duck.Duck,
    events: pa.Table,
    known: Sequence[Segment],
    created_at: datetime,
) -> list[Segment]:
    """Files for ``events`` and for the places they supersede, named nowhere yet."""
    ats = pc.min_max(events["event_at"]).as_py()
    with db.cursor() as cursor:
        marks = duck.superseded_by(
            cursor, events, files(data_dir, known, Kind.EVENTS), files(data_dir, known, Kind.MARKS)
        )
        cursor.register("events_to_write", events)
        path = segments.new_file(
            data_dir, workspace_id, partial(duck.write_events, cursor, "events_to_write")
        )
        seqs = events["seq"]
        fresh = [
            Segment(
                Path(path).stem,
                Kind.EVENTS,
                path,
                len(events),
                seqs[0].as_py(),
                seqs[-1].as_py(),
                created_at,
                instant(ats["min"]),
                instant(ats["max"]),
            )
        ]
        if len(marks):
            cursor.register("marks_to_write", marks)
            path = segments.new_file(
                data_dir, workspace_id, partial(duck.write_marks, cursor, "marks_to_write")
            )
            ends = pc.min_max(marks["seq"]).as_py()
            fresh.append(
                Segment(
                    Path(path).stem,
                    Kind.MARKS,
                    path,
                    _row_count(data_dir, path),
                    ends["min"],
                    ends["max"],
                    created_at,
                )
            )
    return fresh


def _tidy(engine: Engine, data_dir: Path, workspace_id: str, db: duck.Duck) -> None:
    """Merge until few segments are left, then sweep away files that nobody needs."""
    for _ in range(_ATTEMPTS):
        with reading(engine) as tx:
            crowd = _crowd(segments.manifest(tx, workspace_id))
        if not crowd:
            break
        try:
            _merge(engine, data_dir, workspace_id, db, crowd)
        except (_Lost, duck.Missing):
            continue
    old = segments.old_files(data_dir, workspace_id)
    if old:
        with reading(engine) as tx:
            named = {one.path for one in segments.manifest(tx, workspace_id)}
        for path in set(old) - named:
            (data_dir / path).unlink(missing_ok=True)


def _crowd(known: Iterable[Segment]) -> list[Segment]:
    """Segments of one kind and about one size, at least FAN_IN of them; none if all is well."""
    alike: dict[tuple[Kind, int], list[Segment]] = {}
    for one in known:
        if one.row_count < LARGEST_MERGE:
            alike.setdefault((one.kind, one.row_count.bit_length() // 3), []).append(one)
    return next((group for group in alike.values() if len(group) >= FAN_IN), [])


def _merge(
    engine: Engine, data_dir: Path, workspace_id: str, db: duck.Duck, crowd: Sequence[Segment]
) -> None:
    """Put one segment in the place of several. Which of them holds an event never matters."""
    kind = crowd[0].kind
    source = duck.parquet(files(data_dir, crowd, kind))
    write = duck.write_events if kind is Kind.EVENTS else duck.write_marks
    with db.cursor() as cursor:
        path = segments.new_file(data_dir, workspace_id, partial(write, cursor, source))
    merged = Segment(
        Path(path).stem,
        kind,
        path,
        _row_count(data_dir, path),
        min(one.first_seq for one in crowd),
        max(one.last_seq for one in crowd),
        max(one.created_at for one in crowd),
        min((one.first_event_at for one in crowd if one.first_event_at), default=None),
        max((one.last_event_at for one in crowd if one.last_event_at), default=None),
    )
    try:
        with writing(engine) as tx:
            lock(tx, "usage-load", workspace_id)
            if not segments.remove(tx, workspace_id, crowd):
                raise _Lost  # noqa: TRY301 -- leaving the block is what rolls it back
            segments.add(tx, workspace_id, [merged])
    except _Lost:
        segments.discard(data_dir, [merged])
        raise
    segments.retire(data_dir, crowd)


def files(data_dir: Path, known: Iterable[Segment], kind: Kind) -> list[Path]:
    """The files of one kind."""
    return [data_dir / one.path for one in known if one.kind is kind]


def _row_count(data_dir: Path, path: str) -> int:
    count: int = pq.read_metadata(data_dir / path).num_rows
    return count
