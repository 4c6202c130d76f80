"""What a storage does when a workspace's events move to another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import pyarrow as pa
from sqlalchemy import Connection

SLICE_EVENTS = 250_000
"""About how many events are copied at once."""


class Slice(NamedTuple):
    """Events of whole rows of the inbox, in order, and the first and the last place of these.

    Their ``later``, null for none, is part of them: what superseded them may have been dropped.
    """

    events: pa.Table
    places: tuple[int, int]


class Sums(NamedTuple):
    """Of the events of 30 days: what must be the same wherever they are."""

    stretch: int  # days since 1970, by 30
    events: int
    superseded: int
    places: int  # sum of all, as are the others below
    later: int
    instants: int  # of event and receipt, mixed with the place
    letters: int  # of names, types and ids


class Copy(Protocol):
    """The events of a storage, whether or not it is the home of any workspace."""

    def extent(self, tx: Connection, workspace_id: str) -> int:
        """The last place of what the storage has; 0 for nothing."""

    def slices(self, workspace_id: str, after: int, to: int) -> Iterator[Slice]:
        """The events of the places beyond ``after`` up to ``to``, in order."""

    def take(self, workspace_id: str, part: Slice) -> None:
        """Add events that follow those that are there."""

    def sums(self, workspace_id: str, to: int) -> list[Sums]:
        """What the events up to the place ``to`` come to, by stretch."""

    def settle(self, tx: Connection, workspace_id: str) -> None:
        """Become the home of a workspace whose events are all there."""

    def drop(self, workspace_id: str) -> bool:
        """Remove what is there of a workspace whose home is elsewhere; whether there was any."""

    def close(self) -> None:
        """Let go of connections and memory."""
