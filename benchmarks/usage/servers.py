"""What is sent to: Catchment, the same without storing anything, and FastAPI with pydantic.

``python -m benchmarks.usage.servers KIND PORT DATA_DIR`` serves until it is ended.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.types import ASGIApp

from catchment import main
from catchment.api.deps import utcnow
from catchment.api.intake import Intake
from catchment.flows.ingest_usage import Place
from catchment.settings import Settings
from catchment.store.idempotency import Stored
from catchment.usage.intake.pressure import Pressure


class _Inbox(Intake):
    """Takes everything in, and leaves the loading to another process."""

    def worth_a_look(self, *_: Any) -> bool:
        return False


class _Forgetful(_Inbox):
    """Takes everything in, and keeps none of it."""

    async def keep(self, *_: Any) -> Place | Stored:
        return Place("00000000-0000-7000-8000-000000000000", utcnow(), 1 << 20)


def _with(intake: type[Intake], data_dir: Path) -> ASGIApp:
    built = main.build(Settings(data_dir=data_dir))
    app = built.app()
    app.state.intake = intake(built.engine, utcnow, built.settings.hashing_key(), Pressure(1 << 20))
    return app


class _Event(BaseModel):
    customerAlias: Annotated[str, Field(min_length=1, max_length=255)]  # noqa: N815
    eventType: Annotated[str, Field(min_length=1, max_length=255)]  # noqa: N815
    eventTimestamp: datetime | None = None  # noqa: N815
    customerEventId: Annotated[str, Field(min_length=1, max_length=255)] | None = None  # noqa: N815
    eventProperties: dict[str, str | int | float | bool | None] | None = None  # noqa: N815


def _pydantic(_: Path) -> ASGIApp:
    app = FastAPI()

    async def many(events: list[_Event]) -> dict[str, int]:
        return {"accepted": len(events)}

    async def one(event: _Event) -> dict[str, str]:
        return {"customerAlias": event.customerAlias}

    app.post("/api/usage-events/batch")(many)
    app.post("/api/usage-events")(one)
    return app


KINDS: dict[str, Callable[[Path], ASGIApp]] = {
    "Catchment": partial(_with, _Inbox),
    "without storage": partial(_with, _Forgetful),
    "FastAPI and pydantic": _pydantic,
}


if __name__ == "__main__":
    kind, port, folder = sys.argv[1:]
    uvicorn.run(KINDS[kind](Path(folder)), port=int(port), log_level="warning", access_log=False)
