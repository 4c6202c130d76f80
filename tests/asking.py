"""A client that has the application answer in the thread that asks.

Starlette's own hands a request to an event loop in another thread, to and fro eight times, and what is
synchronous in the application goes on from there to the threads of a pool: more work than most requests
of the tests are themselves. A real server stands in tests/browser and tests/faults.
"""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import httpx2
from anyio import to_thread
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message


class Client(TestClient):
    """Asks from any thread; paths are relative to /api. Errors of the server are answers."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, base_url="http://testserver/api", raise_server_exceptions=False)
        self._transport = _Transport(app)


class _Loop(asyncio.SelectorEventLoop):
    """Does itself what others hand to threads."""


class _Transport(httpx2.BaseTransport):
    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._idle: list[_Loop] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            loop = self._idle.pop()
        except IndexError:  # at first, and for each thread more that asks at once
            loop = _Loop()
        try:
            return loop.run_until_complete(_answer(self._app, request))
        finally:
            self._idle.append(loop)

    def close(self) -> None:
        for loop in self._idle:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
        self._idle.clear()


async def _answer(app: FastAPI, request: httpx2.Request) -> httpx2.Response:
    sent: list[Message] = []
    over = asyncio.Event()
    body: bytes | None = request.read()

    async def receive() -> Message:
        nonlocal body
        if body is None:
            await over.wait()
            return {"type": "http.disconnect"}
        whole, body = body, None
        return {"type": "http.request", "body": whole, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            over.set()

    try:
        await app(_scope(request), receive, send)
    except Exception:
        if not sent:  # else the application has answered that it failed
            raise
    start, *rest = sent
    content = b"" if request.method == "HEAD" else b"".join(one.get("body", b"") for one in rest)
    headers = [(name.decode(), value.decode()) for name, value in start["headers"]]
    return httpx2.Response(
        start["status"], headers=headers, stream=httpx2.ByteStream(content), request=request
    )


def _scope(request: httpx2.Request) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.split(b"?", 1)[0],
        "root_path": "",
        "query_string": url.query,
        "headers": [
            (key.lower().encode(), value.encode()) for key, value in request.headers.multi_items()
        ],
        "client": ("testclient", 50_000),
        "server": (url.host, url.port or 80),
        "state": {},
    }


_in_a_thread = to_thread.run_sync


async def _here(func: Callable[..., Any], *args: Any, **more: Any) -> Any:
    if isinstance(asyncio.get_running_loop(), _Loop):
        return contextvars.copy_context().run(func, *args)
    return await _in_a_thread(func, *args, **more)


# Starlette and FastAPI look it up at every call; none of the three lets a loop say where to wait.
to_thread.run_sync = _here
