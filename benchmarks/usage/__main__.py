"""python -m benchmarks.usage ingest|inbox|all [--seconds 5]"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.families.measuring import Figures, table
from benchmarks.usage.inbox import inbox
from benchmarks.usage.ingest import CONNECTIONS, ingest, postgresql
from benchmarks.usage.servers import KINDS


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


_TABLES: dict[str, Callable[[float], str]] = {"ingest": _ingest, "inbox": _inbox}

if __name__ == "__main__":
    main()
