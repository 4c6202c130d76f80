"""From the inbox into segments, exactly once.

A loader writes files first and then, in one transaction, deletes exactly the inbox rows they hold
and names the files in the manifest. That commit is the only moment at which anything changes:
before it a crash leaves the rows to be loaded again, after it the files count. Any process may load
at any time; of two that load the same rows, the second finds them gone and throws its files away.
That is rare, for a lease lets one process load at a time, but it is what correctness rests on.

A batch is stored while the next is put in order, the one after that decoded, and earlier ones
merged, in a thread each.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine

from catchment.store.engine import reading, writing
from catchment.store.usage import usage_homes
from catchment.usage.embedded import duck, keys, layout, merges, merging, segments
from catchment.usage.embedded.exchanging import named_or_gone
from catchment.usage.embedded.segments import Kind, Segment
from catchment.usage.embedded.superseding import Fresh, fresh, superseded
from catchment.usage.intake import inbox, waiting
from catchment.usage.intake.events import InboxRow, instant
from catchment.usage.intake.waiting import Batch, Lost, ahead, batches

_ATTEMPTS = 50
_LOOK_SECONDS = 0.25
_log = logging.getLogger("catchment.usage")


def catch_up(engine: Engine, data_dir: Path, workspace_id: str, db: duck.Duck) -> int:
    """Load all that waits, merge what has become many, and return how many events were loaded.

    While more than a batch waits, only large crowds are merged. Whole batches that come while it
    merges are loaded beside that.
    """
    merge_all = partial(merges.merge_all, engine, data_dir, workspace_id, db)
    with (
        ThreadPoolExecutor(1, "usage decoder") as decoder,
        ThreadPoolExecutor(1, "usage order") as orderer,
        ThreadPoolExecutor(1, "usage merges") as beside,
    ):
        merger = merges.Merger(beside, merge_all)
        threads = decoder, orderer
        load_all = partial(_load_all, engine, data_dir, workspace_id, db, threads, merger)
        loaded = load_all(whole=False)
        merger.begin(merging.crowd)
        while merger.is_at_it(_LOOK_SECONDS):
            loaded += load_all(whole=True)
    _sweep(engine, data_dir, workspace_id)
    return loaded


class Ready(NamedTuple):
    """Events as a file will have them: ``ordered``, and read by ``schema``.

    ``places`` are the first and the last of the rows of the inbox that they came in.
    """

    fresh: Fresh
    places: tuple[int, int]
    ordered: pa.Table
    schema: pa.Schema


def ready(fresh: Fresh, places: tuple[int, int]) -> Ready:
    """Events as a file will have them."""
    narrow = layout.narrow(fresh.events)
    return Ready(fresh, places, layout.ordered(narrow), narrow.schema)


def compact(engine: Engine, data_dir: Path, workspace_id: str, db: duck.Duck) -> None:
    """Merge into as few segments as there may be."""
    merges.merge_all(engine, data_dir, workspace_id, db, merging.packed)
    _sweep(engine, data_dir, workspace_id)


def _load_all(
    engine: Engine,
    data_dir: Path,
    workspace_id: str,
    db: duck.Duck,
    threads: tuple[Executor, Executor],
    merger: merges.Merger,
    *,
    whole: bool,
) -> int:
    """Load what waits, or of that ``whole`` batches only; how many events that was."""
    decoder, orderer = threads
    loaded = 0
    for _ in range(_ATTEMPTS):
        try:
            decoded = ahead(decoder, batches(engine, workspace_id, whole=whole))
            for rows, part in ahead(orderer, map(_in_order, decoded)):
                _load(engine, data_dir, workspace_id, db, rows, part)
                loaded += len(part.fresh.events)
                merger.begin(merging.too_many)
            break
        except (Lost, duck.Missing):
            _log.info("another process has loaded or merged the same: %s", workspace_id)
    return loaded


def _in_order(batch: Batch) -> tuple[Sequence[InboxRow], Ready]:
    return batch.rows, ready(fresh(batch.events), batch.places)


def _load(
    engine: Engine,
    data_dir: Path,
    workspace_id: str,
    db: duck.Duck,
    rows: Sequence[InboxRow],
    part: Ready,
) -> None:
    """Put one batch into segments. All earlier ones are there: whose are not finds rows gone."""
    with reading(engine) as tx:
        known = segments.manifest(tx, workspace_id)
    with db.cursor() as cursor:
        marks = superseded(cursor, part.fresh, data_dir, known)

    def taken(tx: Connection) -> None:
        usage_homes.check_files(tx, workspace_id)
        if not inbox.remove(tx, workspace_id, rows):
            raise Lost

    store(engine, data_dir, workspace_id, part, marks, taken)


def store(
    engine: Engine,
    data_dir: Path,
    workspace_id: str,
    part: Ready,
    marks: pa.Table,
    taken: Callable[[Connection], None],
) -> None:
    """Put events into segments, which count from the end of a transaction that ``taken`` is in.

    ``marks`` are for those stored before that they supersede.
    """
    with named_or_gone(engine, data_dir, workspace_id) as named:
        for one in _written(data_dir, workspace_id, part, marks):
            named.append(one)
        with writing(engine) as tx:
            usage_homes.hold(tx, workspace_id)
            taken(tx)
            segments.add(tx, workspace_id, named)


def _written(data_dir: Path, workspace_id: str, part: Ready, marks: pa.Table) -> Iterator[Segment]:
    """Files for events, their keys and the marks they make, named nowhere yet."""
    events, places = part.fresh.events, part.places
    ats = pc.min_max(events["event_at"]).as_py()
    received_at = instant(events["received_at"][-1].as_py())

    def made(
        kind: Kind, count: int, ends: tuple[int, int], write: Callable[[Path], None]
    ) -> Segment:
        path = segments.new_file(data_dir, workspace_id, kind, write)
        return Segment(Path(path).stem, kind, path, count, *ends, received_at)

    briefly = len(events) >= waiting.BATCH_EVENTS  # one of many that are merged together
    write = partial(layout.write, schema=part.schema, tables=[part.ordered], briefly=briefly)
    yield replace(
        made(Kind.EVENTS, len(events), places, write),
        first_event_at=instant(ats["min"]),
        last_event_at=instant(ats["max"]),
    )
    yield made(Kind.KEYS, len(events), places, partial(keys.write, part.fresh.keys))
    if len(marks):
        marks = marks.sort_by("seq")
        ends = marks["seq"][0].as_py(), marks["seq"][-1].as_py()
        write = partial(layout.write, schema=duck.MARKS, tables=[marks])
        yield made(Kind.MARKS, len(marks), ends, write)


def _sweep(engine: Engine, data_dir: Path, workspace_id: str) -> None:
    """Remove old files that nobody needs."""
    old = segments.old_files(data_dir, workspace_id)
    if old:
        with reading(engine) as tx:
            named = {one.path for one in segments.manifest(tx, workspace_id)}
        for path in set(old) - named:
            (data_dir / path).unlink(missing_ok=True)
