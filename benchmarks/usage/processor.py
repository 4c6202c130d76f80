"""Processor time of a request, without sockets: the least of many rounds, so that it is the same
on a machine that is busy with other work.

A connection's protocol is fed the bytes of requests and answers into nothing. What keeps them is
measured apart, by groups of requests as they come together.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from benchmarks.families.measuring import Figures
from benchmarks.usage import usual
from benchmarks.usage.ingest import CONNECTIONS, made_key
from benchmarks.usage.senders import Load, requests
from benchmarks.usage.servers import Forgetful, catchment
from catchment.api.edge.clock import utcnow
from catchment.api.usage.event_protocol import EventProtocol
from catchment.api.usage.group_commit import GroupCommit
from catchment.flows.usage.ingest_usage import Arrival
from catchment.settings import Settings
from catchment.store.access import Key
from catchment.stores import build
from catchment.usage import Batch
from catchment.usage.intake.pressure import Pressure

_ROUNDS = 40
_READ = 64 * 1024  # about what a server reads at once
_AT_ONCE = {1: 16, 100: 8, 1000: 2}


def processor(data_dir: Path) -> dict[str, Figures]:
    """Microseconds of processor for each request, by how many events it has."""
    key = made_key(data_dir)
    ours, theirs = catchment(Forgetful, data_dir), usual.app(data_dir)
    found = {
        "Catchment, at the connection": uvloop.run(_answered(EventProtocol, ours, key)),
        "Catchment, through its application": uvloop.run(_answered(HttpToolsProtocol, ours, key)),
        "FastAPI and pydantic": uvloop.run(_answered(HttpToolsProtocol, theirs, key)),
    }
    for together in (1, 4, 16):
        found[f"keeping, {together} together"] = _kept(data_dir, key, together)
    return found


async def _answered(
    protocol: Callable[..., HttpToolsProtocol], app: Any, key: tuple[str, str]
) -> Figures:
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    config.load()
    connection = protocol(config, ServerState(), {})
    connection.connection_made(cast("asyncio.Transport", _Nowhere()))

    async def answer(request: bytes) -> None:
        before = connection.cycle
        for start in range(0, len(request), _READ):
            connection.data_received(request[start : start + _READ])
            await asyncio.sleep(0)
        while connection.cycle is before or not connection.cycle.response_complete:  # noqa: ASYNC110 -- nothing to wait for
            await asyncio.sleep(0)

    return {
        _named(events): await _least(answer, _bodies(key, events)[: _AT_ONCE[events]])
        for events in CONNECTIONS
    }


async def _least(answer: Callable[[bytes], Awaitable[None]], sent: list[bytes]) -> float:
    least = float("inf")
    for _ in range(_ROUNDS):
        start = time.thread_time()
        for request in sent:
            await answer(request)
        least = min(least, time.thread_time() - start)
    return least / len(sent) * 1e6


def _kept(data_dir: Path, key: tuple[str, str], together: int) -> Figures:
    built = build(Settings(data_dir=data_dir))
    writer = GroupCommit(built.engine, utcnow, built.settings.hashing_key(), Pressure(1 << 20))
    figures = {}
    for events in CONNECTIONS:
        bodies = [one.split(b"\r\n\r\n", 1)[1] for one in _bodies(key, events)[:together]]
        arrays = [one if events > 1 else b"[%b]" % one for one in bodies]
        arrivals = [Arrival(Key(*key), Batch(events, array)) for array in arrays]
        least = float("inf")
        for _ in range(_ROUNDS):
            start = time.thread_time()
            writer.write(arrivals)
            least = min(least, time.thread_time() - start)
        figures[_named(events)] = least / together * 1e6
    built.engine.dispose()
    return figures


@cache
def _bodies(key: tuple[str, str], events: int) -> list[bytes]:
    path = "/api/usage-events" + ("/batch" if events > 1 else "")
    return requests(Load(0, path, events, 1, 0, key), count=events * max(_AT_ONCE.values()))


def _named(events: int) -> str:
    return f"{events:,} a request, µs"


class _Nowhere:
    """A transport that loses what is written."""

    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, _name: str) -> None:
        return None
