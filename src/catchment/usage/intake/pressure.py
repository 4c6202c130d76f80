"""When so much waits to be loaded that more must be sent later."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection

from catchment.core.values.errors import TooManyRequests
from catchment.usage.intake import inbox

_MIB = 1024 * 1024
_LOOK = timedelta(seconds=1)


class UsageInboxFull(TooManyRequests):
    """Too many usage events wait to be loaded; send them again later."""

    code = "usage_inbox_full"


class Pressure:
    """Knows whether more than ``limit_mib`` waits, of all workspaces, without asking every time.

    Asking means reading the whole inbox. So it is asked again once what came since could have
    filled an eighth of it, or while it is full, but then no more than once a second.
    """

    def __init__(self, limit_mib: int) -> None:
        self._limit = limit_mib * _MIB
        self._mutex = Lock()
        self._come = self._limit  # since it was asked, and what asked
        self._asked_at: datetime | None = None
        self._full = False

    def is_full(self, tx: Connection, size: int, now: datetime) -> bool:
        """Whether ``size`` bytes more should be refused."""
        with self._mutex:
            self._come += size
            if self._full:
                due = self._asked_at is None or now - self._asked_at >= _LOOK
            else:
                due = self._come >= self._limit // 8
            if due:
                self._full = inbox.waiting_bytes(tx) >= self._limit
                self._come, self._asked_at = size, now
            return self._full
