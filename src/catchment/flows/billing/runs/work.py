"""What it takes to work on billing runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from catchment.core.values.ids import NewId
from catchment.store.access import Workspace
from catchment.usage import UsageStore

INVOICES_AT_ONCE = 500
Progress = Callable[[int, int], None]
"""Is told how many invoices are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Helpers:
    """How many other processes draft for the one that bills, and what each of them begins with.

    It opens the same stores, and makes ids that no other process makes. All of it can be pickled.
    """

    count: int
    opened: Callable[[], tuple[Engine, UsageStore]]
    new_id: NewId


@dataclass(frozen=True, slots=True)
class Work:
    """The stores, and whose runs are worked on: from ``now`` on, until when ``ends`` will tell.

    ``at_once`` invoices share a transaction. Without ``helpers`` this process drafts all of them.
    """

    engine: Engine
    usage: UsageStore
    workspace: Workspace
    now: datetime
    new_id: NewId
    ends: Callable[[], datetime]
    progress: Progress = lambda _done, _all: None
    at_once: int = INVOICES_AT_ONCE
    helpers: Helpers | None = None
