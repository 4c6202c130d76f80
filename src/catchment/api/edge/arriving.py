"""A body that is read in a thread while it arrives, however large it is."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol, cast

import pyarrow as pa

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Readable(Protocol):
    """Bytes that are asked for."""

    def read(self, size: int, /) -> bytes: ...


class Arriving(io.RawIOBase):
    """The pieces of a body, fetched from the server's loop one after the other.

    Whoever reads waits for the sender, and the sender for whoever reads.
    """

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._loop = asyncio.get_running_loop()
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        target = memoryview(buffer).cast("B")
        while not self._left:
            piece = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    async def _next(self) -> bytes | None:
        return await anext(self._pieces, None)


def unpacking(source: io.RawIOBase | io.BufferedIOBase, encoding: str | None) -> Readable:
    """The content of a file or body that is compressed with ``encoding``, gzip or zstd."""
    if encoding is None:
        return cast("Readable", source)
    return cast("Readable", pa.CompressedInputStream(pa.PythonFile(source, mode="r"), encoding))
