"""What is kept compressed and only read as a whole."""

from __future__ import annotations

import msgspec
import pyarrow as pa

BROKEN = (OSError, ValueError, LookupError, AssertionError, msgspec.DecodeError)
"""What reading raises where what is stored is not what was written."""

_SIZE = 8  # bytes that say how large it is
_codec = pa.Codec("lz4_raw")
"""Zstandard would make a text of a page a third shorter, and take ten times as long both ways."""


def packed(content: bytes) -> bytes:
    """``content``, compressed."""
    body: bytes = _codec.compress(content, asbytes=True)
    return len(content).to_bytes(_SIZE, "big") + body


def unpacked(body: bytes) -> pa.Buffer:
    """What was ``packed``. Raises one of BROKEN."""
    size = int.from_bytes(body[:_SIZE], "big")
    return _codec.decompress(body[_SIZE:], size)
