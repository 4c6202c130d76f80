"""Connections on which much has come, read one at a time in the order in which they were heard of.

Checking a thousand events takes half a millisecond, and while the loop does that for all that have
come it hears of nothing else. So it does one, looks around, and does the next: small requests and
answers are let through between two, and a body that comes in pieces is whole by the time it is
read, instead of waiting once more for all others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

LARGE = 32 * 1024
"""Bytes at once that are much."""


class LargeReads:
    """What is still to be read in the one loop of a server."""

    def __init__(self) -> None:
        self._queue: deque[Callable[[], None]] = deque()

    def add(self, loop: asyncio.AbstractEventLoop, read: Callable[[], None]) -> None:
        """Have ``read`` called in ``loop`` when it is its turn."""
        if not self._queue:
            loop.call_soon(self._next, loop)
        self._queue.append(read)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._queue[0]()
        finally:
            self._queue.popleft()
            if self._queue:
                loop.call_soon(self._next, loop)
