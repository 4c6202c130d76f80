"""The server: uvicorn, whose connections take usage events for themselves."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

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


def serve(app: FastAPI, host: str, port: int) -> None:
    """Answer requests until the process is asked to end."""
    sys.setswitchinterval(_SWITCH)
    gc.collect()
    gc.freeze()  # what there is now stays: looking through it again would hold everybody up
    server = uvicorn.Server(config(app, host, port))
    state = app.state
    with writing_apart(state.intake, state.settings), suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(3)
