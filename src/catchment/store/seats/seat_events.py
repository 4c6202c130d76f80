"""Seat events: how many seats of a type an alias has from an instant on.

They are only ever added. A later one with the same ``customer_event_id`` takes the place of the
earlier one, whatever their instants are; what was read up to a place can be read again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    Select,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from catchment.core.usage.seat_balances import SeatTotal
from catchment.core.values.errors import NotFound
from catchment.store import sequences
from catchment.store.chunks import chunks
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import seat_events

_c = seat_events.c


@dataclass(frozen=True, slots=True)
class SeatEvent:
    """So many seats from ``at`` on. ``superseded`` says that a later event took its place."""

    id: str
    customer_event_id: str
    alias: str
    seat_type: str
    at: datetime
    total: int
    superseded: bool = False


class SeatChange(NamedTuple):
    """An event of seats from ``at`` on, which came or was superseded at the place ``last``."""

    seat_type: str
    alias: str
    at: datetime
    last: int


@dataclass(frozen=True, slots=True)
class SeatEventFilter:
    """Which events a list keeps; None and empty ones keep everything, but no ``places`` nothing."""

    aliases: Collection[str] | None = None
    seat_types: Collection[str] = ()
    customer_event_id: str | None = None
    before: datetime | None = None
    after: datetime | None = None
    places: Collection[int] | None = None


def add(tx: Connection, workspace: str, event: SeatEvent, now: datetime) -> None:
    """Keep an event. Others wait until ``tx`` ends, so places are in the order of commits."""
    [place] = sequences.take(tx, workspace, sequences.SEAT_EVENT)
    same = (
        _c.workspace_id == workspace,
        _c.customer_event_id == event.customer_event_id,
        _c.superseded_by.is_(None),
    )
    tx.execute(update(seat_events).where(*same).values(superseded_by=place))
    tx.execute(
        insert(seat_events).values(
            id=event.id,
            workspace_id=workspace,
            place=place,
            customer_event_id=event.customer_event_id,
            customer_alias=event.alias,
            seat_type=event.seat_type,
            event_at=event.at,
            total=event.total,
            created_at=now,
        )
    )


def one(tx: Connection, workspace: str, id: str) -> SeatEvent:
    """The event. Raises NotFound."""
    row = tx.execute(_events(workspace).where(_c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no seat event {id}.")
    return of(row)


def listed(
    tx: Connection,
    workspace: str,
    wanted: SeatEventFilter,
    request: PageRequest,
    *,
    by_instant: bool,
) -> Page:
    """A page of events in the order in which they came, or of their instants."""
    query = _events(workspace)
    if wanted.aliases is not None:
        query = query.where(_c.customer_alias.in_(sorted(wanted.aliases)))
    if wanted.seat_types:
        query = query.where(_c.seat_type.in_(sorted(wanted.seat_types)))
    if wanted.customer_event_id is not None:
        query = query.where(_c.customer_event_id == wanted.customer_event_id)
    if wanted.before is not None:
        query = query.where(_c.event_at < wanted.before)
    if wanted.after is not None:
        query = query.where(_c.event_at > wanted.after)
    if wanted.places is not None:
        # Written into the statement: a database takes only so many parameters.
        these: BindParameter[Sequence[int]] = bindparam(
            "places", sorted(wanted.places), expanding=True, literal_execute=True
        )
        query = query.where(_c.place.in_(these))
    sort = _c.event_at if by_instant else None
    return page(tx, query, request, id_column=_c.id, sort=sort)


def last_place(tx: Connection, workspace: str) -> int:
    """The place of the last event; 0 without any."""
    return sequences.last(tx, workspace, sequences.SEAT_EVENT)


def totals(
    tx: Connection,
    workspace: str,
    seat_type: str,
    aliases: Collection[str],
    *,
    before: datetime,
    up_to: int,
) -> dict[str, list[SeatTotal]]:
    """By alias what counts of a seat type before an instant, as known at the place ``up_to``."""
    known = (_c.place <= up_to, or_(_c.superseded_by.is_(None), _c.superseded_by > up_to))
    found: dict[str, list[SeatTotal]] = {}
    for part in chunks(sorted(set(aliases))):
        query = select(_c.customer_alias, _c.event_at, _c.place, _c.total).where(
            _c.workspace_id == workspace,
            _c.seat_type == seat_type,
            _c.customer_alias.in_(part),
            _c.event_at < before,
            *known,
        )
        for alias, at, place, total in tx.execute(query):
            found.setdefault(alias, []).append(SeatTotal(at, place, total))
    return found


def changed(
    tx: Connection, workspace: str, names: Collection[str], *, before: datetime, after: int
) -> list[SeatChange]:
    """What of before an instant came, or ceased to count, since the place ``after``; and of
    ``names`` all that they have.
    """
    last = func.coalesce(_c.superseded_by, _c.place)
    query = select(_c.seat_type, _c.customer_alias, _c.event_at, last).where(
        _c.workspace_id == workspace, _c.event_at < before
    )
    found = [query.where(or_(_c.place > after, _c.superseded_by > after))]
    found += [query.where(_c.customer_alias.in_(part)) for part in chunks(sorted(names))]
    return [SeatChange(*row) for one in found for row in tx.execute(one)]


def aliases_of(tx: Connection, workspace: str, seat_types: Collection[str]) -> set[str]:
    """The aliases under which seat events of these types ever came."""
    query = select(_c.customer_alias).where(
        _c.workspace_id == workspace, _c.seat_type.in_(sorted(seat_types))
    )
    return set(tx.execute(query.distinct()).scalars())


def of(row: Row[Any]) -> SeatEvent:
    """The value of a row."""
    return SeatEvent(
        row.id,
        row.customer_event_id,
        row.customer_alias,
        row.seat_type,
        row.event_at,
        row.total,
        row.superseded_by is not None,
    )


def _events(workspace: str) -> Select[Any]:
    return select(seat_events).where(_c.workspace_id == workspace)
