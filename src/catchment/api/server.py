"""The server: uvicorn, whose connections take usage events for themselves."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from socket import socket

import uvicorn
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from catchment.api.usage.event_protocol import EventProtocol
from catchment.api.usage.writing.process import writing_apart

_SWITCH = 0.0005
"""Seconds, instead of 5 ms, that the writer of events waits at most for the interpreter."""


def config(app: FastAPI, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Config:
    """How ``app`` is served."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=EventProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
    )


class Server(uvicorn.Server):
    """A server that says when it answers, and not before."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await run_in_threadpool(lambda: None)  # imports what else the first request would wait for
        await super().startup(sockets)
        if self.started:
            self._ready()


def serve(app: FastAPI, host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Answer requests until the process is asked to end; ``ready`` is called once it does."""
    sys.setswitchinterval(_SWITCH)
    gc.collect()
    gc.freeze()  # what there is now stays: looking through it again would hold everybody up
    server = Server(config(app, host, port), ready)
    state = app.state
    with writing_apart(state.intake, state.settings), suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(3)
