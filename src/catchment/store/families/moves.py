"""Moves of a whole workspace in the order in which they take effect: when its families changed.

A move is a link that began at some instant. One that holds since always is no move: nothing came
before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_, select

from catchment.core.families.hierarchy import CustomerId, Link
from catchment.core.values.period import BEGINNING, ONE_DAY
from catchment.store.chunks import chunks
from catchment.store.families.links import believed, link_of
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import customer_links

_c = customer_links.c


@dataclass(frozen=True, slots=True)
class Moves:
    """The moves of a workspace that take effect from ``since`` on and before ``until``, as believed
    at ``known_at``; None is no bound, and what is believed now.

    With ``family`` only those of that customer and of everyone who was ever below it.
    """

    workspace: str
    since: datetime | None = None
    until: datetime | None = None
    known_at: datetime | None = None
    family: CustomerId | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What a link must fulfil to be one of them."""
        yield from self._believed()
        # One bound from below: of two, SQLite would seek to the lower.
        since = BEGINNING if self.since is None else self.since
        yield _c.effective_from >= since if since > BEGINNING else _c.effective_from > since
        if self.until is not None:
            yield _c.effective_from < self.until
        if self.family is not None:
            below = select(literal(self.family).label("id")).cte("below", recursive=True)
            step = select(_c.customer_id).where(*self._believed(), _c.parent_id == below.c.id)
            yield _c.customer_id.in_(select(below.union(step).c.id))

    def _believed(self) -> tuple[ColumnElement[bool], ...]:
        return (_c.workspace_id == self.workspace, believed(self.known_at))


def listing(tx: Connection, moves: Moves, request: PageRequest) -> Page:
    """A page of moves as rows of links, by the instant they take effect."""
    query = select(customer_links).where(*moves.conditions())
    return page(tx, query, request, id_column=_c.id, sort=_c.effective_from)


def left(
    tx: Connection, workspace: str, moves: Collection[Link], known_at: datetime | None
) -> dict[str, CustomerId]:
    """Whose child the customer was until each move, by the move's id; left out: at the top."""
    found: dict[str, CustomerId] = {}
    for part in chunks(moves, 200):
        ends = {(one.customer, one.start): one.id for one in part}
        ended = or_(*(and_(_c.customer_id == who, _c.effective_to == when) for who, when in ends))
        rows = tx.execute(
            select(customer_links).where(_c.workspace_id == workspace, believed(known_at), ended)
        )
        for link in map(link_of, rows):
            if link.parent is not None and link.end is not None:
                found[ends[link.customer, link.end]] = link.parent
    return found


def days(tx: Connection, moves: Moves, most: int) -> list[date]:
    """The first ``most`` days (UTC) on which a move takes effect, in order.

    From day to day by the index, so that a day with a million moves costs no more than another.
    """
    found: list[date] = []
    while len(found) < most:
        first = select(func.min(_c.effective_from)).where(*moves.conditions())
        at = tx.execute(first).scalar_one()
        if at is None:
            break
        found.append(at.astimezone(UTC).date())
        moves = replace(moves, since=datetime.combine(found[-1] + ONE_DAY, time(), UTC))
    return found
