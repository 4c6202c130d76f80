"""python -m benchmarks.usage.dataset FOLDER [--events 10000000]: a month of usage, kept for good.

Makes a data directory whose one workspace has so many events (``benchmarks.usage.month``), written
as segments of four million like those that the loader's merges leave; what was begun is gone on
with, and what is there is left as it is. ``dataset.json`` in it tells the workspace and what the
events sum up to.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import text

from benchmarks.families.seller import seller
from benchmarks.usage import month
from catchment.store.engine import connect, writing
from catchment.usage.embedded import keys, layout, loader, segments
from catchment.usage.embedded.segments import Kind, Segment
from catchment.usage.embedded.superseding import fresh
from catchment.usage.intake.events import instant, last_place

_AT_ONCE = 40  # parts


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a data directory has: of ``events`` those ``distinct`` count."""

    workspace_id: str
    events: int = 0
    distinct: int = 0
    thousandths: Sequence[int] = (0,) * month.TYPES
    """What counts of ``value``, by type, in thousandths."""


def dataset(folder: Path, count: int) -> Dataset:
    """At least ``count`` events, rounded down to whole parts, in ``folder``."""
    found = _begun(folder)
    if found.events >= count // month.PART * month.PART:
        return found
    engine = connect(f"sqlite:///{folder / 'catchment.db'}")
    for first in range(found.events // month.PART, count // month.PART, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, count // month.PART))
        parts = [month.part(number) for number in numbers]
        first_row, last_row = (one * month.PART // month.REQUEST for one in (first, numbers.stop))
        rows = range(first_row + 1, last_row + 1, month.PART // month.REQUEST)
        tables = [part.table(row) for part, row in zip(parts, rows, strict=True)]
        written = _written(folder, found.workspace_id, pa.concat_tables(tables), last_row)
        with writing(engine) as tx:
            segments.add(tx, found.workspace_id, written)
            tx.execute(_PAST, {"row": last_row})
        found = Dataset(
            found.workspace_id,
            found.events + len(parts) * month.PART,
            found.distinct + sum(sum(part.new) for part in parts),
            [
                sum(own)
                for own in zip(found.thousandths, *(one.thousandths for one in parts), strict=True)
            ],
        )
        _told(folder).write_text(json.dumps(asdict(found)))
        print(f"{time.strftime('%X')} {found.events:,} events", flush=True)
    engine.dispose()
    return found


def _written(folder: Path, workspace_id: str, events: pa.Table, last_row: int) -> list[Segment]:
    """Events and their keys in files of their own; nothing was sent again from one to another."""
    first, last = events["seq"][0].as_py(), last_place(last_row)
    part = loader.ready(fresh(events), (first, last))
    ats = pc.min_max(events["event_at"]).as_py()
    writers = {
        Kind.EVENTS: partial(layout.write, schema=part.schema, tables=[part.ordered]),
        Kind.KEYS: partial(keys.write, part.fresh.keys),
    }
    made = []
    for kind, write in writers.items():
        path = segments.new_file(folder, workspace_id, kind, write)
        span = (instant(ats["min"]), instant(ats["max"])) if kind is Kind.EVENTS else (None, None)
        made.append(
            Segment(Path(path).stem, kind, path, len(events), first, last, month.MONTH.end, *span)
        )
    return made


_PAST = text(
    "INSERT OR REPLACE INTO sqlite_sequence (rowid, name, seq) VALUES"
    " ((SELECT rowid FROM sqlite_sequence WHERE name = 'usage_inbox'), 'usage_inbox', :row)"
)
"""What is sent later comes later."""


def _told(folder: Path) -> Path:
    return folder / "dataset.json"


def _begun(folder: Path) -> Dataset:
    told = _told(folder)
    if told.exists():
        return Dataset(**json.loads(told.read_text()))
    home = seller(folder)
    home.close()
    found = Dataset(home.workspace.id)
    told.write_text(json.dumps(asdict(found)))
    return found


def main() -> None:
    """Make it, and say what it has."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usage.dataset", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=10_000_000)
    asked = parser.parse_args()
    print(dataset(asked.folder, asked.events))


if __name__ == "__main__":
    main()
