"""Bodies that are endless, endlessly slow, or larger than they seem are given up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect

from catchment.api.edge import bodies
from catchment.core.values.errors import TooLarge
from tests.api.test_usage_events import EVENT

Receive = Callable[[], Awaitable[dict[str, Any]]]


def sending(*pieces: bytes | None) -> Receive:
    """A client that sends these pieces, and then no more though there should be; None: it leaves."""
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()
        piece = left.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": piece != b"end"}

    return receive


def test_a_body_is_what_its_pieces_are() -> None:
    assert asyncio.run(bodies.whole(sending(b"a", b"", b"end"), 10, 1)) == b"aend"


def test_a_client_that_stops_sending_is_given_up() -> None:
    with pytest.raises(bodies.BodyTooSlow):
        asyncio.run(bodies.whole(sending(b"a"), 10, 0))


def test_a_client_that_sends_without_end_is_given_up() -> None:
    async def endless() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": True}

    with pytest.raises(bodies.BodyTooSlow):
        asyncio.run(bodies.whole(endless, 10, 0.001))


def test_a_client_that_leaves_is_noticed() -> None:
    with pytest.raises(ClientDisconnect):
        asyncio.run(bodies.whole(sending(b"a", None), 10, 1))


def test_a_body_beyond_its_limit_is_refused_before_it_ends() -> None:
    with pytest.raises(TooLarge):
        asyncio.run(bodies.whole(sending(b"a" * 11), 10, 1))


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_compressed_body_counts_as_what_it_becomes(client: TestClient, encoding: str) -> None:
    codec = pa.Codec(encoding)
    headers = {"Content-Encoding": encoding}
    event = pa.py_buffer(b'{"customerAlias":"a","eventType":"b"}')

    good = client.post(
        "/usage-events", content=codec.compress(event, asbytes=True), headers=headers
    )
    bomb = client.post(
        "/usage-events/batch",
        content=codec.compress(b" " * (11 << 20), asbytes=True),
        headers=headers,
    )
    broken = client.post("/usage-events", content=b"neither", headers=headers)

    assert [one.status_code for one in (good, bomb, broken)] == [201, 413, 400]


def test_an_encoding_that_is_not_known_is_refused(client: TestClient) -> None:
    answer = client.post("/usage-events", json=EVENT, headers={"Content-Encoding": "br"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
