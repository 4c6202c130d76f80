"""Request bodies as they arrive: neither endless, nor endlessly slow, nor larger than they seem."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from catchment.core.values.errors import BillingError, Invalid, TooLarge

MIB = 1024 * 1024
ENCODINGS = frozenset({"gzip", "zstd"})
"""What a body may be compressed with, where an operation takes it compressed."""

_PATIENCE = 10  # how many times as long a whole body may take as a pause in it


class BodyTooSlow(BillingError):
    """The request body did not come in time."""

    code = "body_too_slow"
    status = 408


async def pieces(receive: Receive, pause: float) -> AsyncIterator[bytes]:
    """The body as it comes. Raises BodyTooSlow after ``pause`` seconds without any of it, and
    ClientDisconnect.
    """
    more = True
    while more:
        try:
            async with asyncio.timeout(pause):
                message = await receive()
        except TimeoutError:
            raise BodyTooSlow(f"Nothing came for {pause:g} seconds.") from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def whole(receive: Receive, most: int, pause: float) -> bytes:
    """All of the body. Raises TooLarge beyond ``most`` bytes, BodyTooSlow, ClientDisconnect."""
    body = bytearray()
    try:
        async with asyncio.timeout(pause * _PATIENCE):
            async for piece in pieces(receive, pause):
                body += piece
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        message = f"The body was not there after {pause * _PATIENCE:g} seconds."
        raise BodyTooSlow(message) from None
    return bytes(body)


def encoding(scope: Scope) -> str | None:
    """What the body is compressed with. Raises Invalid for what is not known here."""
    for name, value in scope["headers"]:
        if name == b"content-encoding":
            known: str = value.decode("latin-1").strip().lower()
            if known in ENCODINGS:
                return known
            if known not in {"", "identity"}:
                raise Invalid("A body may be compressed with gzip or zstd.")
    return None


async def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """A compressed body as it was before. Raises TooLarge beyond ``most`` bytes, and Invalid."""

    def read() -> bytes:
        try:
            with pa.CompressedInputStream(pa.BufferReader(body), encoding) as stream:
                content: bytes = stream.read(most + 1)
        except OSError as error:
            raise Invalid(f"The body is not {encoding}: {error}.") from error
        return content

    content = await run_in_threadpool(read)
    if len(content) > most:
        raise _too_large(most)
    return content


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"A request body holds at most {most // MIB} MiB.")
