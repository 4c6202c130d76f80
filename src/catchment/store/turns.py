"""Turns: whoever writes to an SQLite file does so alone, and moves its log alone.

SQLite lets one connection write at a time, but while that begins the log anew another may move it
into the database, and until 3.51.2 such a move could, very rarely, count pages as moved that were
not (https://www.sqlite.org/wal.html#walresetbug). It also makes a writer wait by trying again, ever
more rarely, so that under load whoever has waited long goes on waiting.

So a connection has a turn from before it begins to write until it has committed, and moved the log
where that had become long. Within a process it is first come, first served; between processes it is
a locked file, which wakes whoever waits, and which the operating system unlocks if they die.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from pathlib import Path
from threading import Event, Lock

_PATIENCE = 60.0


class Turns:
    """At most one holder at a time among all that lock the file at ``path``, which is made."""

    def __init__(self, path: Path, patience: float = _PATIENCE) -> None:
        self._path = path
        self.patience = patience
        self._mutex = Lock()
        self._holder: object | None = None
        self._queue: deque[tuple[object, Event]] = deque()
        self._locked: int | None = None

    @property
    def waiting(self) -> int:
        """How many of this process wait for others of it."""
        return len(self._queue)

    def take(self, who: object) -> None:
        """Wait until it is the turn of ``who``, who has none yet.

        Raises TimeoutError after ``patience`` seconds behind others of this process. Who is first
        here waits for other processes as long as their transactions take.
        """
        self._take_here(who)
        try:
            self._locked = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o644)
            fcntl.flock(self._locked, fcntl.LOCK_EX)
        except BaseException:
            self.give(who)
            raise

    def _take_here(self, who: object) -> None:
        with self._mutex:
            assert self._holder is not who, who
            if self._holder is None:
                self._holder = who
                return
            place = (who, Event())
            self._queue.append(place)
        if place[1].wait(self.patience):
            return
        with self._mutex:
            if place in self._queue:
                self._queue.remove(place)
                raise TimeoutError("The database is locked by others of this process.")

    def give(self, who: object) -> None:
        """End the turn of ``who``; nothing happens if it has none."""
        with self._mutex:
            if self._holder is not who:
                return
            if self._locked is not None:
                os.close(self._locked)
                self._locked = None
            self._holder = None
            if self._queue:
                self._holder, called = self._queue.popleft()
                called.set()
