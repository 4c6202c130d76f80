"""What making events durable costs: a row of the inbox, and a log file of our own."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import struct
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.families.measuring import Figures
from benchmarks.usage.senders import event
from catchment.usage.intake.events import pack

_ROUNDS = 3
_TIMES = 200


def inbox(data_dir: Path) -> dict[str, Figures]:
    """Processor and elapsed milliseconds of one transaction, or one sync, by what is in it."""
    chance = random.Random(1)
    large = [
        json.dumps([event(1000 * n + i, chance) for i in range(1000)]).encode() for n in range(8)
    ]
    small = [json.dumps([event(n, chance)]).encode() for n in range(32)]
    groups = {
        "1 of 1,000": large[:1],
        "8 of 1,000": large,
        "1 single": small[:1],
        "32 singles": small,
    }
    writers = {"inbox row": _rows(data_dir), "log file": _log(data_dir)}
    figures = {"fdatasync of 8 KiB": _figures(_sync(data_dir), [b"x" * 8192])}
    for name, group in groups.items():
        for kind, write in writers.items():
            figures[f"{name}, {kind}"] = _figures(write, group)
    return figures


_Write = Callable[[Sequence[bytes]], None]


def _figures(write: _Write, group: Sequence[bytes]) -> Figures:
    rounds = []
    for _ in range(_ROUNDS):
        took = []
        cpu = time.process_time()
        for _ in range(_TIMES):
            start = time.perf_counter()
            write(group)
            took.append(time.perf_counter() - start)
        cpu = (time.process_time() - cpu) / _TIMES
        rounds.append({"CPU ms": cpu * 1000, "median ms": sorted(took)[_TIMES // 2] * 1000})
    return min(rounds, key=lambda one: one["CPU ms"])


def _rows(data_dir: Path) -> _Write:
    db = sqlite3.connect(data_dir / "inbox.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = wal")
    db.execute("PRAGMA synchronous = full")
    db.execute(
        "CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, workspace_id TEXT NOT NULL,"
        " event_count INTEGER, size INTEGER, body BLOB, received_at TEXT)"
    )

    def write(group: Sequence[bytes]) -> None:
        rows = [("w" * 36, 1000, len(body), pack(body), "2026-03-01 00:00:00") for body in group]
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO inbox (workspace_id, event_count, size, body, received_at)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        db.execute("COMMIT")

    return write


def _log(data_dir: Path) -> _Write:
    file = os.open(data_dir / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(group: Sequence[bytes]) -> None:
        packed = [pack(body) for body in group]
        records = [struct.pack("<II", len(one), zlib.crc32(one)) + one for one in packed]
        os.write(file, b"".join(records))
        os.fdatasync(file)

    return write


def _sync(data_dir: Path) -> _Write:
    file = os.open(data_dir / "sync", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(group: Sequence[bytes]) -> None:
        os.write(file, group[0])
        os.fdatasync(file)

    return write
