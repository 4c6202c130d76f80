"""Dated parent links as ``core.hierarchy`` values, and who was above whom.

Every question walks indexed columns from the customers it is about, so a family of a million costs
no more than the way from there to the top. ``known_at`` asks what was believed at that instant;
None is what is believed now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from catchment.core.hierarchy import MAX_LEVELS, CustomerId, Link, Move
from catchment.store.chunks import chunks
from catchment.store.engine import lock
from catchment.store.schema import customer_links, customers

_c = customer_links.c


def hold(tx: Connection, workspace: str) -> None:
    """Be the only one to change the tree until the transaction ends.

    To be called before reading it.
    """
    lock(tx, "hierarchy", workspace)


def believed(known_at: datetime | None, links: FromClause = customer_links) -> ColumnElement[bool]:
    """The links taken to be true at ``known_at``."""
    c = links.c
    if known_at is None:
        return c.superseded_at.is_(None)
    return and_(
        c.recorded_at <= known_at, or_(c.superseded_at.is_(None), c.superseded_at > known_at)
    )


def holds(at: datetime, links: FromClause = customer_links) -> ColumnElement[bool]:
    """The links in force at ``at``."""
    c = links.c
    return and_(c.effective_from <= at, or_(c.effective_to.is_(None), c.effective_to > at))


def everything(tx: Connection, workspace: str) -> Iterator[Link]:
    """Every link of the workspace that is believed now: what a ``Forest`` is made of."""
    rows = tx.execute(
        select(customer_links).where(_c.workspace_id == workspace, _c.superseded_at.is_(None))
    )
    return (_link(row) for row in rows)


def ever(tx: Connection, workspace: str) -> list[Link]:
    """Every link of the workspace that was ever believed."""
    rows = tx.execute(select(customer_links).where(_c.workspace_id == workspace))
    return [_link(row) for row in rows]


def history(tx: Connection, workspace: str, customer: CustomerId) -> list[Link]:
    """Every link a customer ever had, superseded ones too, by start and then by recording."""
    rows = tx.execute(
        select(customer_links)
        .where(_c.workspace_id == workspace, _c.customer_id == customer)
        .order_by(_c.effective_from, _c.recorded_at, _c.id)
    )
    return [_link(row) for row in rows]


def above(tx: Connection, workspace: str, starts: Collection[CustomerId]) -> list[Link]:
    """The links of ``starts`` and of everyone who is above one of them at any time."""
    found: dict[str, Link] = {}
    for part in chunks(starts):
        up = select(customers.c.id).where(customers.c.id.in_(part)).cte("up", recursive=True)
        step = select(_c.parent_id).where(
            _c.customer_id == up.c.id,
            _c.workspace_id == workspace,
            _c.superseded_at.is_(None),
        )
        up = up.union(step)
        rows = tx.execute(
            select(customer_links).where(
                _c.customer_id.in_(select(up.c.id)),
                _c.workspace_id == workspace,
                _c.superseded_at.is_(None),
            )
        )
        found.update((row.id, _link(row)) for row in rows)
    return list(found.values())


def ever_above(tx: Connection, workspace: str, customer: CustomerId) -> set[CustomerId]:
    """A customer and everyone who was above it at any time, by whatever was ever believed."""
    up = select(literal(customer).label("id")).cte("up", recursive=True)
    up = up.union(
        select(_c.parent_id).where(
            _c.customer_id == up.c.id, _c.workspace_id == workspace, _c.parent_id.is_not(None)
        )
    )
    return set(tx.execute(select(up.c.id)).scalars())


def levels_below(tx: Connection, workspace: str, customer: CustomerId, since: datetime) -> int:
    """At most how many levels ``customer`` has below it from ``since`` on; 0 without children.

    A bound, not the truth: it takes links together that hold at different times.
    """
    start = select(literal(customer).label("id"), literal(0).label("level"))
    down = start.cte("down", recursive=True)
    down = down.union(
        select(_c.customer_id, down.c.level + 1).where(
            *_child_since(workspace, since), _c.parent_id == down.c.id, down.c.level < MAX_LEVELS
        )
    )
    return tx.execute(select(func.max(down.c.level))).scalar_one() or 0


def below(tx: Connection, workspace: str, customer: CustomerId, since: datetime) -> list[Link]:
    """The links of everyone who is below ``customer`` at any time from ``since`` on."""
    down = select(literal(customer).label("id")).cte("down", recursive=True)
    down = down.union(
        select(_c.customer_id).where(*_child_since(workspace, since), _c.parent_id == down.c.id)
    )
    rows = tx.execute(
        select(customer_links).where(
            _c.parent_id.in_(select(down.c.id)), *_child_since(workspace, since)
        )
    )
    return [_link(row) for row in rows]


def child_links(tx: Connection, workspace: str, parent: CustomerId, since: datetime) -> list[Link]:
    """The links that make living customers children of ``parent`` from ``since`` on, by start."""
    rows = tx.execute(
        select(customer_links)
        .join(customers, customers.c.id == _c.customer_id)
        .where(
            *_child_since(workspace, since),
            _c.parent_id == parent,
            customers.c.archived_at.is_(None),
        )
        .order_by(_c.effective_from, _c.id)
    )
    return [_link(row) for row in rows]


def save(tx: Connection, workspace: str, moves: Collection[Move]) -> None:
    """Write moves down."""
    superseded = [link for move in moves for link in move.superseded]
    added = [link for move in moves for link in move.added]
    if superseded:
        tx.execute(
            update(customer_links)
            .where(_c.id == bindparam("link"), _c.workspace_id == workspace)
            .values(superseded_at=bindparam("learnt")),
            [{"link": link.id, "learnt": link.superseded_at} for link in superseded],
        )
    if added:
        tx.execute(
            insert(customer_links),
            [
                {
                    "id": link.id,
                    "workspace_id": workspace,
                    "customer_id": link.customer,
                    "parent_id": link.parent,
                    "effective_from": link.start,
                    "effective_to": link.end,
                    "recorded_at": link.recorded_at,
                    "superseded_at": link.superseded_at,
                    "reason": link.reason,
                }
                for link in added
            ],
        )


def _child_since(workspace: str, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _c.workspace_id == workspace,
        _c.superseded_at.is_(None),
        or_(_c.effective_to.is_(None), _c.effective_to > since),
    )


def _link(row: Row[Any]) -> Link:
    return Link(
        row.id,
        row.customer_id,
        row.parent_id,
        row.effective_from,
        row.effective_to,
        row.recorded_at,
        row.reason,
        row.superseded_at,
    )
