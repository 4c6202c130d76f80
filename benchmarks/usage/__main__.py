"""python -m benchmarks.usage ingest|inbox|sustained|all [--seconds 5]"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.families.measuring import Figures, table
from benchmarks.usage import sustained
from benchmarks.usage.inbox import inbox
from benchmarks.usage.ingest import CONNECTIONS, ingest, postgresql
from benchmarks.usage.servers import KINDS

RATES = (100_000, 300_000, 0)
"""Events a second to send; 0 is as many as are taken. Someone asks at the first."""


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usage", description=__doc__)
    parser.add_argument("what", choices=[*_TABLES, "all"])
    parser.add_argument("--seconds", type=float, default=5.0, help="of sending, each time")
    asked = parser.parse_args()
    for name, make in _TABLES.items():
        if asked.what in {name, "all"}:
            print(make(asked.seconds), flush=True)


def _ingest(seconds: float) -> str:
    rows: list[tuple[str, Figures]] = []
    for events in CONNECTIONS:
        for kind in KINDS:
            with tempfile.TemporaryDirectory() as folder:
                rows.append(
                    (f"{events:,} a request: {kind}", ingest(Path(folder), kind, events, seconds))
                )
    with tempfile.TemporaryDirectory() as folder:
        rows.append(("1,000 a transaction: PostgreSQL", postgresql(Path(folder), seconds)))
    return table("Events over HTTP, the sender on the same machine", rows)


def _inbox(_: float) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return table("Making events durable", list(inbox(Path(folder)).items()))


def _sustained(seconds: float) -> str:
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


_TABLES: dict[str, Callable[[float], str]] = {
    "ingest": _ingest,
    "inbox": _inbox,
    "sustained": _sustained,
}

if __name__ == "__main__":
    main()
