"""Moving what waits in the inbox without being asked, once it is worth a file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from catchment.core.values.errors import Unavailable
from catchment.store.engine import reading
from catchment.usage.intake import inbox

LEASE = "usage"
"""The lease of whoever moves a workspace's events out of the inbox."""

_log = logging.getLogger("catchment.usage")
_ROWS_WORTH_LOADING = 64
_EVENTS_WORTH_LOADING = 5_000


def worth_loading(rows: int, events: int) -> bool:
    """Whether so many rows of the inbox, with so many events, are worth a file."""
    return rows >= _ROWS_WORTH_LOADING or events >= _EVENTS_WORTH_LOADING


class Loading:
    """What a process does beside its work to keep the inbox short. One per process.

    ``catch_up`` moves what waits of one workspace, unless another process is at it, and returns
    how many events that was.
    """

    def __init__(self, engine: Engine, catch_up: Callable[[str], int]) -> None:
        self._engine = engine
        self._catch_up = catch_up
        self._busy = Lock()
        self.elsewhere = False
        """Whether a process of its own does it."""
        self.failing = False
        """Whether events could not be moved the last time it was tried."""

    def if_worth_it(self, workspace_id: str | None = None) -> int:
        """Catch up where enough waits; in every workspace if none is named.

        Not if another process does so, or a thread of ours is at it already. Returns how many
        events were moved: none where the storage is away or a disk full, which the log tells once.
        """
        if self.elsewhere or not self._busy.acquire(blocking=False):
            return 0
        try:
            with reading(self._engine) as tx:
                waiting = inbox.waiting(tx)
            return sum(
                self._if_possible(home)
                for home, own in waiting.items()
                if workspace_id in {None, home} and worth_loading(own.row_count, own.event_count)
            )
        finally:
            self._busy.release()

    def _if_possible(self, workspace_id: str) -> int:
        try:
            moved = self._catch_up(workspace_id)
        except (Unavailable, OSError, OperationalError) as error:
            if not self.failing:
                _log.warning("usage events stay in the inbox: %s", error)
            self.failing = True
            return 0
        if self.failing:
            _log.warning("usage events are loaded again")
        self.failing = False
        return moved
