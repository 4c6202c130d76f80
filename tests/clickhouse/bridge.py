"""A ClickHouse server for tests: its HTTP interface in front of chDB.

Run as ``python -m tests.clickhouse.bridge PORT FOLDER``; several processes may then use the one engine through
the ordinary client, ``clickhouse_connect.get_client(host="127.0.0.1", port=PORT)``. PORT may be ``fd:N``, a
listening socket that outlives this process: who connects while none runs waits for the next.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pyarrow as pa
import uvicorn

from tests.clickhouse.engine import Answer, HttpEngine, Refused
from tests.programs import listening

_Send = Callable[[dict[str, Any]], Awaitable[None]]
_Receive = Callable[[], Awaitable[dict[str, Any]]]


class Bridge:
    """The ASGI application."""

    def __init__(self, engine: HttpEngine) -> None:
        self._engine = engine

    async def __call__(self, scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        body = await _body(receive)
        if scope["path"] == "/ping":
            await _answer(send, 200, b"Ok.\n", {})
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        params = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        try:
            found = await asyncio.to_thread(self._ask, params, headers, body)
        except Refused as refused:
            code = {"x-clickhouse-exception-code": str(refused.code)}
            await _answer(send, refused.status, f"{refused}\n".encode(), code)
            return
        told = {
            "x-clickhouse-summary": found.summary,
            "x-clickhouse-query-id": params.get("query_id", ""),
            "x-clickhouse-timezone": "UTC",
        }
        if found.format is not None:
            told["x-clickhouse-format"] = found.format
        await _answer(send, 200, found.body, told)

    def _ask(self, params: dict[str, str], headers: Mapping[str, str], body: bytes) -> Answer:
        content = headers.get("content-type", "")
        if content.startswith("multipart/form-data"):
            return self._engine.ask(params | _fields(content, body), b"")
        return self._engine.ask(params, _unpacked(body, headers.get("content-encoding")))


async def _body(receive: _Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _answer(send: _Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    told = headers | {
        "content-length": str(len(body)),
        "x-clickhouse-server-display-name": "bridge",
    }
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _unpacked(body: bytes, encoding: str | None) -> bytes:
    if encoding in (None, "identity"):
        return body
    if encoding not in ("gzip", "lz4", "zstd"):
        raise Refused(
            f"Code: 36. DB::Exception: Unknown content encoding {encoding}. (BAD_ARGUMENTS)"
        )
    with pa.CompressedInputStream(pa.py_buffer(body), encoding) as stream:
        return bytes(stream.read())


def _fields(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form: a client puts long parameters there instead of into the address."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    found = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() is not None:
            raise Refused(
                "Code: 48. DB::Exception: The bridge has no external tables. (NOT_IMPLEMENTED)"
            )
        found[str(name)] = part.get_payload(decode=True).decode()
    return found


def main(port: str, folder: str) -> None:
    """Serve until killed."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    bridge = Bridge(HttpEngine(Path(folder)))
    config = uvicorn.Config(bridge, log_level="warning", ws="none", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening(port)])


if __name__ == "__main__":
    main(*sys.argv[1:])
