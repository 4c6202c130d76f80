"""What happens when a stretch of usage is sent once more: the events given take the place of what
counts there.

What is not among them is cancelled, what differs is superseded, what is the same is left alone, so
sending the same again changes nothing. All of it is one acknowledgement: nobody ever counts a part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.values.errors import FieldError, Invalid
from catchment.store.usage import kept_usage
from catchment.usage import SentEvent, StoredEvent, UsageStore
from catchment.usage.intake import inbox, too_old
from catchment.usage.intake.events import batches, cancellation
from catchment.usage.questions.standing import Window, as_stored

MOST_STANDING = 100_000
"""How many events a backfill may take the place of."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """All events that there are to be within ``window``. Each has a time and an id of its sender's.

    Raises Invalid, pointing at every event that is not of the window.
    """

    window: Window
    events: tuple[SentEvent, ...]

    def __post_init__(self) -> None:
        errors = tuple(_errors(self))
        if errors:
            raise Invalid(errors[0].message, errors=errors)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backfill takes in, cancellations first, and what becomes of how many events.

    ``changed`` are the events that will count no more and those that will: under whose names, and
    when, something changes.
    """

    rows: tuple[SentEvent, ...]
    changed: tuple[StoredEvent, ...]
    added: int
    replaced: int
    cancelled: int
    unchanged: int


def plan(
    tx: Connection, usage: UsageStore, workspace_id: str, asked: Backfill, now: datetime
) -> Plan:
    """What ``asked`` would do by what counts now.

    Raises Invalid where that is too much at once, or of a time that is no longer kept.
    """
    since = kept_usage.since(tx, workspace_id)
    if since is not None and asked.window.span.start < since:
        raise too_old.refusal(since, "/start")
    ids = {one.customer_event_id for one in asked.events if one.customer_event_id}
    most = MOST_STANDING + len(ids)
    standing = {
        one.customer_event_id: one
        for one in usage.standing(workspace_id, ids, asked.window, most + 1)
    }
    if len(standing) > most:
        message = f"More than {MOST_STANDING} events count there; choose a shorter window."
        raise Invalid.field("/end", message)
    given = as_stored(workspace_id, asked.events, now)
    new = [one for one in given if one.customer_event_id not in standing]
    other = [
        one
        for one in given
        if one.customer_event_id in standing and not _same(one, standing[one.customer_event_id])
    ]
    gone = [one for id, one in standing.items() if id not in ids]
    taken = {one.customer_event_id for one in (*new, *other)}
    return Plan(
        (
            *(cancellation(one.customer_event_id) for one in gone),
            *(one for one in asked.events if one.customer_event_id in taken),
        ),
        (*gone, *(standing[one.customer_event_id] for one in other), *new, *other),
        added=len(new),
        replaced=len(other),
        cancelled=len(gone),
        unchanged=len(given) - len(taken),
    )


def backfill(
    tx: Connection, usage: UsageStore, workspace_id: str, asked: Backfill, now: datetime
) -> Plan:
    """Do what ``asked`` says; nothing else is taken in meanwhile. Raises Invalid."""
    inbox.hold(tx, [workspace_id])
    made = plan(tx, usage, workspace_id, asked, now)
    for one in batches(made.rows):
        usage.accept(tx, workspace_id, one, now)
    return made


def _same(one: StoredEvent, other: StoredEvent) -> bool:
    return (one.alias, one.event_type, one.at, one.properties) == (
        other.alias,
        other.event_type,
        other.at,
        other.properties,
    )


def _errors(asked: Backfill) -> Iterator[FieldError]:
    """What is wrong with each event, and with the window where it is of none of them."""
    outside: Counter[str] = Counter()
    seen: set[str] = set()
    for place, one in enumerate(asked.events):
        for field, of_window, message in _outside(one, asked.window):
            outside[of_window] += 1
            yield FieldError(f"/events/{place}/{field}", "invalid", message)
        if one.event_timestamp is None:
            message = "An event of a backfill says when it happened."
            yield FieldError(f"/events/{place}/eventTimestamp", "missing", message)
        if one.customer_event_id is None:
            message = "An event of a backfill has an id of its own, so that it can be sent again."
            yield FieldError(f"/events/{place}/customerEventId", "missing", message)
        elif one.customer_event_id in seen:
            message = "An earlier event of the backfill has this id."
            yield FieldError(f"/events/{place}/customerEventId", "duplicate", message)
        else:
            seen.add(one.customer_event_id)
    for of_window, count in outside.items():
        if count == len(asked.events):
            yield FieldError(f"/{of_window}", "invalid", "None of the events given is of this.")


def _outside(one: SentEvent, window: Window) -> Iterator[tuple[str, str, str]]:
    """In which field an event is not of the window, in which the window not of it, and why."""
    if one.event_type != window.event_type:
        yield "eventType", "eventType", "The backfill is of another type."
    if window.aliases is not None and one.customer_alias not in window.aliases:
        yield "customerAlias", "customerAliases", "The backfill is of other aliases."
    if one.event_timestamp is not None and one.event_timestamp not in window.span:
        message = "The event did not happen within the backfill's window."
        yield "eventTimestamp", "start", message
