"""What is sent to: Catchment, the same without storing anything, and FastAPI with pydantic.

``python -m benchmarks.usage.servers KIND PORT DATA_DIR`` serves until it is ended.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from benchmarks.usage import usual
from catchment.api.edge.clock import utcnow
from catchment.api.server import serve
from catchment.api.usage.group_commit import GroupCommit, Told
from catchment.api.usage.intake import Intake
from catchment.flows.usage.ingest_usage import Place
from catchment.main import app_of
from catchment.settings import Settings
from catchment.store.access import Key
from catchment.store.idempotency import Stored
from catchment.stores import build
from catchment.usage import Batch
from catchment.usage.intake.pressure import Pressure


class Inbox(Intake):
    """Takes everything in, and leaves the loading to another process."""

    def worth_a_look(self, *_: Any) -> bool:
        return False


class Forgetful(Inbox):
    """Takes everything in, and keeps none of it."""

    async def keep(self, *_: Any) -> Place | Stored:
        return _nowhere()

    def keep_plainly(self, _sender: Key, _batch: Batch, tell: Callable[[Told], None]) -> None:
        tell(_nowhere())


def _nowhere() -> Place:
    return Place("00000000-0000-7000-8000-000000000000", utcnow(), 1 << 20)


def catchment(intake: type[Intake], data_dir: Path) -> FastAPI:
    """Our application with another intake."""
    built = build(Settings(data_dir=data_dir))
    app = app_of(built)
    key, pressure = built.settings.hashing_key(), Pressure(1 << 20)
    commits = GroupCommit(built.engine, utcnow, key, pressure)
    app.state.intake = intake(built.engine, commits, key, pressure)
    return app


def _served(intake: type[Intake], data_dir: Path, port: int) -> None:
    serve(catchment(intake, data_dir), "127.0.0.1", port)


def _usual(data_dir: Path, port: int) -> None:
    uvicorn.run(
        usual.app(data_dir), port=port, log_level="warning", access_log=False, lifespan="off"
    )


KINDS: dict[str, Callable[[Path, int], None]] = {
    "Catchment": partial(_served, Inbox),
    "without storage": partial(_served, Forgetful),
    "FastAPI and pydantic": _usual,
}


if __name__ == "__main__":
    kind, port, folder = sys.argv[1:]
    KINDS[kind](Path(folder), int(port))
