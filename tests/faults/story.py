"""Two senders whose requests are kept, loaded and merged, and sent again until they are answered.

What a sender sends later replaces some of what it sent before, so both a loss and an event that counts
twice change its sum. One of them sends an Idempotency-Key: nothing of it may ever be kept twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from catchment.api.usage.group_commit import GroupCommit
from catchment.flows.usage.ingest_usage import Arrival, Place, Retry
from catchment.store.idempotency import Stored
from catchment.usage import Batch, SentEvent, UsageStore, batch
from catchment.usage.intake.pressure import Pressure

SENDERS = ("keyed", "plain")
REQUESTS = 5
START = datetime(2026, 3, 1, tzinfo=UTC)
WORLD_FAILED = (OSError, DBAPIError, duckdb.Error, pa.ArrowException)
_TRIES = 200

Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Request:
    """What a sender sends at once: (its own id, value), in order."""

    sender: str
    number: int
    events: tuple[tuple[str, int], ...]

    def batch(self) -> Batch:
        return batch(
            [
                SentEvent(
                    self.sender,
                    "call",
                    START + timedelta(minutes=place),
                    id,
                    msgspec.Raw(msgspec.json.encode({"r": str(self.number), "v": str(value)})),
                )
                for place, (id, value) in enumerate(self.events)
            ]
        )

    def arrival(self, workspace_id: str) -> Arrival:
        retry = Retry(str(self.number), "/faults", "same", lambda _: Stored(201, b"kept"))
        return Arrival(workspace_id, self.batch(), retry if self.sender == "keyed" else None)


def requests(seed: int) -> dict[str, list[Request]]:
    """All that is sent in the life of that seed."""
    chance = random.Random(seed)
    return {
        sender: [
            Request(
                sender,
                number,
                tuple(
                    (f"{sender}-{chance.randrange(9)}", chance.randrange(1, 10_000))
                    for _ in range(chance.randrange(1, 6))
                ),
            )
            for number in range(REQUESTS)
        ]
        for sender in SENDERS
    }


@contextmanager
def intake(engine: Engine) -> Iterator[Callable[[str, Request], None]]:
    """Keeps a request, as the API does, or raises what went wrong."""
    commits = GroupCommit(engine, lambda: START, b"for tests only", Pressure(1000))

    def keep(workspace_id: str, request: Request) -> None:
        kept = asyncio.run(commits.keep(request.arrival(workspace_id)))
        assert isinstance(kept, Place | Stored), kept

    yield keep


def live(engine: Engine, usage: UsageStore, workspace_id: str, seed: int, say: Say) -> None:
    """Send everything; in between each sender has it loaded, and sometimes merged.

    Every other life does so without a lease, as where it was lost: then senders load the same at once.
    """
    loading = usage if seed % 2 else usage._storage
    with intake(engine) as keep, ThreadPoolExecutor(len(SENDERS)) as threads:

        def send(mine: list[Request]) -> None:
            chance = random.Random(f"{seed} {mine[0].sender}")
            for request in mine:
                deliver(keep, workspace_id, request, say)
                with suppress(*WORLD_FAILED):
                    loading.catch_up(workspace_id)
                    if chance.random() < 0.3:
                        loading.compact(workspace_id)

        for done in threads.map(send, requests(seed).values()):
            assert done is None


def deliver(
    keep: Callable[[str, Request], None], workspace_id: str, request: Request, say: Say
) -> None:
    """Send ``request`` until it is answered."""
    about = {"sender": request.sender, "request": request.number}
    failed: Exception | None = None
    for _ in range(_TRIES):
        try:
            say({"did": "send", **about})
            keep(workspace_id, request)
        except WORLD_FAILED as error:
            failed = error
        else:
            say({"did": "answer", **about})
            return
    raise AssertionError(f"never answered: {about}") from failed
