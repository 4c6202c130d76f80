"""python -m benchmarks.usage ingest|processor|inbox|sustained|all [--seconds 5] [--runs 3]"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.families.measuring import Figures, table
from benchmarks.usage import sustained
from benchmarks.usage.inbox import inbox
from benchmarks.usage.ingest import CONNECTIONS, ingest, postgresql
from benchmarks.usage.processor import processor
from benchmarks.usage.servers import KINDS

RATES = (100_000, 300_000, 0)
"""Events a second to send; 0 is as many as are taken. Someone asks at the first."""


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usage", description=__doc__)
    parser.add_argument("what", choices=[*_TABLES, "all"])
    parser.add_argument("--seconds", type=float, default=5.0, help="of sending, each time")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is shown")
    asked = parser.parse_args()
    for name, make in _TABLES.items():
        if asked.what in {name, "all"}:
            print(make(asked.seconds, asked.runs), flush=True)


def _ingest(seconds: float, runs: int) -> str:
    rows: list[tuple[str, Figures]] = []
    for events in CONNECTIONS:
        for kind in KINDS:
            measured = partial(ingest, kind=kind, events=events, seconds=seconds)
            rows.append((f"{events:,} a request: {kind}", _median(measured, runs)))
    copied = partial(postgresql, seconds=seconds)
    rows.append(("1,000 a transaction: PostgreSQL, without HTTP", _median(copied, runs)))
    return table(f"Events over HTTP, the sender on the same machine, {_machine()}", rows)


def _median(measured: Callable[[Path], Figures], runs: int) -> Figures:
    """The run that is in the middle by events a second."""
    found = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measured(Path(folder)))
    return sorted(found, key=lambda one: one["events a second"])[runs // 2]


def _machine() -> str:
    with tempfile.TemporaryDirectory() as folder:
        syncs = sustained.syncs(Path(folder))["syncs/s"]
    waiting = os.getloadavg()[0]
    return f"which syncs {syncs:,.0f} times a second and had a load of {waiting:.1f}"


def _inbox(_seconds: float, _runs: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return table("Making events durable", list(inbox(Path(folder)).items()))


def _processor(_seconds: float, _runs: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return table("Processor time of a request", list(processor(Path(folder)).items()))


def _sustained(seconds: float, _runs: int) -> str:
    rows: list[tuple[str, Figures]] = []
    for rate in RATES:
        with tempfile.TemporaryDirectory() as folder:
            name = f"{rate:,} events/s sent" if rate else "sent as fast as they are taken"
            asked = rate == RATES[0]
            rows.append((name, sustained.sustained(Path(folder), rate, seconds, asked=asked)))
    with tempfile.TemporaryDirectory() as folder:
        rows.append(("PostgreSQL, without HTTP", sustained.postgresql(Path(folder), seconds)))
    with tempfile.TemporaryDirectory() as folder:
        rows.append(("this disk", sustained.syncs(Path(folder))))
    return table("From sent to stored, everything on one machine", rows)


_TABLES: dict[str, Callable[[float, int], str]] = {
    "ingest": _ingest,
    "processor": _processor,
    "inbox": _inbox,
    "sustained": _sustained,
}

if __name__ == "__main__":
    main()
