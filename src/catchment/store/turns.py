"""Turns: the writers of one process get to an SQLite file in the order in which they came.

SQLite itself makes a writer wait by trying again, ever more rarely. Under load whoever comes new
tries often and wins, and who has waited long goes on waiting.
"""

from __future__ import annotations

from collections import deque
from threading import Event, Lock

_PATIENCE = 60.0


class Turns:
    """At most one holder at a time, first come, first served.

    A turn orders the waiting and protects nothing: the database's own lock does. So whoever waits
    longer than ``patience`` seconds goes on without a turn, and the database has the last word.
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._mutex = Lock()
        self._holder: object | None = None
        self._queue: deque[tuple[object, Event]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    def take(self, who: object) -> None:
        """Wait until it is the turn of ``who``. Whose turn it is already goes on at once."""
        with self._mutex:
            if self._holder is None or self._holder is who:
                self._holder = who
                return
            place = (who, Event())
            self._queue.append(place)
        if place[1].wait(self._patience):
            return
        with self._mutex:
            if place in self._queue:
                self._queue.remove(place)

    def give(self, who: object) -> None:
        """End the turn of ``who``; nothing happens if it has none."""
        with self._mutex:
            if self._holder is not who:
                return
            self._holder = None
            if self._queue:
                self._holder, called = self._queue.popleft()
                called.set()
