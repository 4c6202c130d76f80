"""What keeps the events that have left the inbox, whichever way: the part that a storage plays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from catchment.core.values.errors import Unavailable
from catchment.usage.intake.events import InboxRow
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.near import Near
from catchment.usage.questions.statistics import Kept

_T = TypeVar("_T")


class UsageUnavailable(Unavailable):
    """The store of usage events cannot be used now; what was sent is kept all the same."""

    code = "usage_unavailable"


class Storage(Protocol):
    """Where events are moved from the inbox, and asked for from there and from the inbox at once.

    The inbox decides what was acknowledged and in which order; a storage may lose nothing that it
    has taken over and count nothing twice, whatever fails and however many processes load at once.
    """

    def catch_up(self, workspace_id: str) -> int:
        """Take over what waits, and return how many events that was."""

    def compact(self, workspace_id: str) -> None:
        """Put what is kept into as few pieces as there may be."""

    def drop_before(self, workspace_id: str, before: datetime) -> None:
        """Give back the room of events that happened earlier, which nobody may read any more.

        Whatever ends it half-way, calling it again goes on.
        """

    def kept(self, workspace_id: str) -> Kept:
        """How much is kept."""

    def close(self) -> None:
        """Let go of memory, threads and connections; they come back when needed."""

    def read(
        self,
        workspace_id: str,
        ask: Callable[[Cursor, int], _T],
        last_seq: int | None,
        supposed: Sequence[InboxRow],
        properties: Collection[str],
        near: Near,
    ) -> _T:
        """What ``ask`` says of one snapshot: all that is kept, all that waits, then ``supposed``.

        It is given the place up to which events are there: ``last_seq``, or else the newest.
        ``properties`` are those whose columns are asked for. Only events ``near`` need be there,
        and none that happened at another time is. ``ask`` may be called more than once.
        """
