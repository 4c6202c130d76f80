"""A real server on the loopback address whose clock stands where the story is, and a client of it.

The demo tells 2013 through the public API. The API dates what it does by its own clock: when a move
was learnt, on which day an invoice is issued. So the server that the demo builds with has a clock
that the demo sets; nothing else about it differs from ``catchment serve``.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from threading import Thread
from typing import Any

import httpx2 as httpx
import uvicorn
from fastapi import FastAPI

from catchment.api.server import config

_PATIENCE = httpx.Timeout(300)
_MOST = 100


class Failed(Exception):
    """The API refused what the demo asked for."""


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, on: date) -> None:
        self.set(on)

    def set(self, on: date) -> None:
        """Stand at midnight UTC of ``on``."""
        self._at = datetime.combine(on, time(), UTC)

    def __call__(self) -> datetime:
        return self._at


class Api:
    """The public API under /api, as a program of the seller's would use it."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """One answer. Raises Failed."""
        return self._answer(self._client.get(path, params=params)).json()

    def every(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        asked = {**(params or {}), "limit": _MOST}
        while True:
            page = self.get(path, asked)
            yield from page["items"]
            after = page["pagination"].get("after")
            if after is None:
                return
            asked["after"] = after

    def post(self, path: str, body: Any = None) -> Any:
        """What was made. Raises Failed."""
        return self._answer(self._client.post(path, json=body)).json()

    def upload(self, path: str, content: bytes, media_type: str) -> Any:
        """What became of a file. Raises Failed."""
        headers = {"Content-Type": media_type}
        return self._answer(self._client.post(path, content=content, headers=headers)).json()

    def put(self, path: str, body: Any) -> Any:
        """What it became. Raises Failed."""
        return self._answer(self._client.put(path, json=body)).json()

    def download(self, path: str) -> bytes:
        """A file. Raises Failed."""
        return self._answer(self._client.get(path)).content

    def _answer(self, response: httpx.Response) -> httpx.Response:
        if not response.is_success:
            request = response.request
            raise Failed(f"{request.method} {request.url.path}: {response.text[:2000]}")
        return response


@contextmanager
def serving(app: FastAPI, key: tuple[str, str]) -> Iterator[Api]:
    """``app`` on a free port of the loopback address for as long as the block lasts."""
    listener = socket.create_server(("127.0.0.1", 0))  # callers wait here until it runs
    # Without it, which what is accepted here inherits, every answer waits 40 ms for a whole packet.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    port = listener.getsockname()[1]
    server = uvicorn.Server(config(app))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="demo-server")
    thread.start()
    try:
        base = f"http://127.0.0.1:{port}/api"
        with httpx.Client(base_url=base, auth=key, timeout=_PATIENCE, trust_env=False) as client:
            yield Api(client)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
