"""What is kept of a workspace's usage events: how many, in how many files and bytes, what waits."""

# ruff: noqa: S608 -- conditions of our own are joined

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from catchment.usage.intake.events import micros
from catchment.usage.intake.inbox import Waiting
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.unmapped import define_known


class Kept(NamedTuple):
    """What a storage keeps of a workspace, whatever still waits: files or parts, bytes, events."""

    files: int
    bytes: int
    events: int


@dataclass(frozen=True, slots=True)
class UsageStats:
    """``events`` are all that were acknowledged, ``bytes`` those of files; the inbox is apart.

    ``superseded_events`` are those that count no more, corrected or cancelled. What waits and what
    is in files includes cancellations.
    """

    events: int
    superseded_events: int
    unmapped_aliases: int
    files: int
    bytes: int
    events_in_files: int
    waiting_events: int
    waiting_bytes: int
    oldest_waiting_at: datetime | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """Events that happened before an instant, and how many of them no customer's name has.

    ``bytes`` is their part of what is kept, taken as if all events were of one size.
    """

    events: int
    unmapped_events: int
    bytes: int


def stats(
    cursor: Cursor,
    kept: Kept,
    waiting: Waiting | None,
    aliases: Iterable[str],
) -> UsageStats:
    """The statistics of ``events``, given what customers' ``aliases`` are."""
    define_known(cursor, aliases)
    [(events, counting, unmapped)] = cursor.rows(_COUNTS)
    return UsageStats(
        events,
        events - counting,
        unmapped,
        kept.files,
        kept.bytes,
        kept.events,
        waiting.event_count if waiting else 0,
        waiting.size if waiting else 0,
        waiting.oldest_at if waiting else None,
    )


def earlier(cursor: Cursor, kept: Kept, before: datetime, aliases: Iterable[str]) -> Earlier:
    """What happened before an instant, given what customers' ``aliases`` are."""
    define_known(cursor, aliases)
    [(events, unmapped)] = cursor.rows(
        "SELECT (SELECT count(*) FROM events WHERE event_at < $before),"
        f" (SELECT count(*) FROM counting WHERE event_at < $before AND {_UNMAPPED})",
        {"before": micros(before)},
    )
    return Earlier(events, unmapped, kept.bytes * min(events, kept.events) // (kept.events or 1))


_UNMAPPED = "alias NOT IN (SELECT alias FROM known_aliases)"
_COUNTS = (
    "SELECT count(*), (SELECT count(*) FROM counting), count(DISTINCT alias)"
    f" FILTER (WHERE {_UNMAPPED}) FROM events"
)
