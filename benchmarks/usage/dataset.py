"""python -m benchmarks.usage.dataset FOLDER [--events 10000000]: a month of usage, kept for good.

Makes a data directory whose one workspace has so many events (``benchmarks.usage.month``), moved
into segments by the loader as they would be in use; what was begun is gone on with, and what is
there is left as it is. ``dataset.json`` beside it tells the workspace, what the events sum up to,
and what loading took.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.families.measuring import Stopwatch
from benchmarks.families.seller import Seller, seller
from benchmarks.usage import month
from catchment.main import build
from catchment.settings import Settings
from catchment.store.engine import writing
from catchment.usage import Batch

_AT_ONCE = 10  # parts of the month that are acknowledged before they are loaded


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a data directory has."""

    workspace_id: str
    events: int = 0
    distinct: int = 0
    thousandths: Sequence[int] = (0,) * month.TYPES
    """What counts of ``value``, by type, in thousandths."""
    load_seconds: float = 0.0
    load_cpu: float = 0.0
    peak_mib: float = 0.0


def dataset(folder: Path, count: int) -> Dataset:
    """At least ``count`` events, rounded down to whole parts, in ``folder``."""
    found = _begun(folder)
    if found.events >= count // month.PART * month.PART:
        return found
    built = build(Settings(data_dir=folder))
    for first in range(found.events // month.PART, count // month.PART, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, count // month.PART))
        parts = [month.part(number) for number in numbers]
        for part in parts:
            with writing(built.engine) as tx:
                for body in part.bodies:
                    request = Batch(month.REQUEST, body)
                    built.usage.accept(tx, found.workspace_id, request, month.MONTH.end)
        watch = Stopwatch()
        loaded = built.usage.catch_up(found.workspace_id)
        took = watch.stop()
        assert loaded == len(parts) * month.PART, loaded
        found = Dataset(
            found.workspace_id,
            found.events + loaded,
            found.distinct + sum(part.distinct for part in parts),
            [
                sum(own)
                for own in zip(found.thousandths, *(one.thousandths for one in parts), strict=True)
            ],
            found.load_seconds + took["seconds"],
            found.load_cpu + took["cpu"],
            max(found.peak_mib, took["peak MiB"]),
        )
        _told(folder).write_text(json.dumps(asdict(found)))
        print(f"{time.strftime('%X')} {found.events:,} events", flush=True)
    built.usage.close()
    built.engine.dispose()
    return found


def _told(folder: Path) -> Path:
    return folder / "dataset.json"


def _begun(folder: Path) -> Dataset:
    told = _told(folder)
    if told.exists():
        return Dataset(**json.loads(told.read_text()))
    home: Seller = seller(folder)
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
