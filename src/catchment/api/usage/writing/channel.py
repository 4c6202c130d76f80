"""The server's end of the writer's process: requests handed over, answers heard in the loop.

All of it happens in the loop that first handed something over, so nothing here is locked.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from catchment.api.usage.group_commit import Told
from catchment.api.usage.writing import wire
from catchment.api.usage.writing.ring import Ring
from catchment.core.values.errors import Unavailable
from catchment.store.access import Key
from catchment.usage import Batch

Tell = Callable[[Told], None]

_ENOUGH = 32 * 1024
_EACH = 4 * 1024
"""The writer gets what a turn of the loop brings at its end, or once it is so many bytes, where a
request counts as so many more than its events: else it would wait while the last of many requests
are checked, and the server after that for all of them to be written.
"""


class WriterChannel:
    """One process that writes, for as long as it lives.

    Bodies lie in ``room``. What the process did not keep is handed to ``keep_here``.
    """

    def __init__(
        self,
        connected: socket.socket,
        room: memoryview,
        keep_here: Callable[[Key, Batch, Tell], None],
    ) -> None:
        self._socket = connected
        self._keep_here = keep_here
        self._room = room
        self._ring = Ring(len(room))
        self._waiting: deque[tuple[Key, Batch, Tell]] = deque()
        self._unsent = bytearray()
        self._put_off = 0
        self._frames = wire.Frames()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lost = False

    def submit(self, sender: Key, batch: Batch, tell: Tell) -> bool:
        """Hand the events over, and ``tell`` in the running loop what became of them.

        False where nothing was handed over: there is no room, or the process is gone.
        """
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
            self._socket.setblocking(False)
            loop.add_reader(self._socket, self._hear)
        if self._lost or loop is not self._loop:
            return False
        key = wire.key_bytes(sender)
        place = self._ring.take(len(key) + len(batch.json))
        if place is None:
            return False
        self._waiting.append((sender, batch, tell))
        first = not self._unsent
        self._unsent += wire.hand_over(key, batch, self._room, place).frame()
        self._put_off += _EACH + len(batch.json)
        if self._put_off >= _ENOUGH:
            self._send()
        elif first:
            loop.call_soon(self._send)  # with what else this turn of the loop brings
        return True

    def close(self) -> None:
        """Let the process end, or forget it; nothing waits for it any more."""
        with suppress(OSError):  # it is over already
            self._socket.shutdown(socket.SHUT_RDWR)  # a loop may still hold the socket itself
        self._socket.close()

    def _send(self) -> None:
        if self._lost or not self._unsent:
            return
        try:
            sent = self._socket.send(self._unsent)
        except OSError:  # it has much to read: then it answers; or it is gone: then that is heard
            return
        del self._unsent[:sent]
        self._put_off = 0

    def _hear(self) -> None:
        try:
            heard = self._socket.recv(wire.READ)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard:
            self._lose()
            return
        assert self._loop is not None
        for place in self._frames.told(heard):
            sender, batch, tell = self._waiting.popleft()
            self._ring.give_back()
            if place is None:
                self._keep_here(sender, batch, tell)
            else:
                self._loop.call_soon(tell, place)  # so that where one breaks the others hear
        if self._unsent:
            self._send()

    def _lose(self) -> None:
        """Nobody knows what was kept of what waits."""
        assert self._loop is not None
        self._lost = True
        self._loop.remove_reader(self._socket)
        self._socket.close()
        for _, _, tell in self._waiting:
            unknown = Unavailable("Nobody knows whether these events were kept: send them again.")
            self._loop.call_soon(tell, unknown)
        self._waiting.clear()
