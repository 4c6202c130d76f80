"""Dated parent links as ``core.families.hierarchy`` values, and who was above whom.

Every question walks indexed columns from the customers it is about, so a family of a million costs
no more than the way from there to the top. ``known_at`` asks what was believed at that instant;
None is what is believed now.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import starmap
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from catchment.core.families.hierarchy import MAX_LEVELS, CustomerId, Link, Move
from catchment.store.chunks import chunks
from catchment.store.engine import lock
from catchment.store.listed import among
from catchment.store.schema import customer_links, customers, workspaces

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
    """Every link of the workspace that is believed now."""
    query = _links().where(_c.workspace_id == workspace, _c.superseded_at.is_(None))
    return starmap(Link, tx.execute(query))


def history(tx: Connection, workspace: str, customer: CustomerId) -> list[Link]:
    """Every link a customer ever had, superseded ones too, by start and then by recording."""
    query = _links().where(_c.workspace_id == workspace, _c.customer_id == customer)
    return _found(tx, query.order_by(_c.effective_from, _c.recorded_at, _c.id))


def above(
    tx: Connection,
    workspace: str,
    starts: Collection[CustomerId],
    known_at: datetime | None = None,
    known: Collection[Link] = (),
) -> list[Link]:
    """The links of ``starts`` and of everyone who is above one of them at any time.

    Of some of them all links are ``known``.
    """
    links = _links().where(_c.workspace_id == workspace, believed(known_at))
    found = list(known)
    seen = {link.customer for link in known}
    waiting = {*starts, *_parents(known)} - seen
    while waiting:
        seen |= waiting
        own = _found(tx, links.where(among(tx, _c.customer_id, waiting)))
        found += own
        waiting = _parents(own) - seen
    return found


def _parents(links: Iterable[Link]) -> set[CustomerId]:
    return {link.parent for link in links if link.parent is not None}


def of_families(
    tx: Connection,
    workspace: str,
    roots: Collection[CustomerId],
    *,
    most: int,
    known_at: datetime | None = None,
) -> list[Link] | None:
    """All links of ``roots`` and of everyone who is below one of them at any time; None where those
    below are more than ``most``.

    The database stops looking once they are.
    """
    own = (_c.workspace_id == workspace, believed(known_at))
    down = select(customers.c.id).where(among(tx, customers.c.id, roots))
    below = down.cte("down", recursive=True)
    below = below.union(select(_c.customer_id).where(_c.parent_id == below.c.id, *own))
    everyone = select(below.c.id).limit(most + len(roots) + 1)
    found = _found(tx, _links().where(_c.customer_id.in_(everyone), *own))
    return None if len({link.customer for link in found}.difference(roots)) > most else found


def ever_below(
    tx: Connection,
    workspace: str,
    roots: Collection[CustomerId],
    *,
    most: int,
    known_at: datetime | None = None,
) -> dict[CustomerId, list[CustomerId]] | None:
    """Everyone who is below each of ``roots`` at any time; None where they are more than ``most``.

    The database stops looking once they are.
    """
    found: dict[CustomerId, list[CustomerId]] = {root: [] for root in roots}
    for part in chunks(roots):
        down = _roots(part).cte("down", recursive=True)
        down = down.union(
            select(down.c.root, _c.customer_id).where(
                _c.parent_id == down.c.id, _c.workspace_id == workspace, believed(known_at)
            )
        )
        rows = tx.execute(select(down.c.root, down.c.id).limit(most + len(part) + 1)).all()
        most -= len(rows) - len(part)
        if most < 0:
            return None
        for root, below in rows:
            if below != root:
                found[root].append(below)
    return found


def ever_above(tx: Connection, workspace: str, customer: CustomerId) -> set[CustomerId]:
    """A customer and everyone who was above it at any time, by whatever was ever believed."""
    up = select(literal(customer).label("id")).cte("up", recursive=True)
    up = up.union(
        select(_c.parent_id).where(
            _c.customer_id == up.c.id, _c.workspace_id == workspace, _c.parent_id.is_not(None)
        )
    )
    return set(tx.execute(select(up.c.id)).scalars())


def _roots(ids: Collection[CustomerId]) -> Select[tuple[str, str]]:
    return select(customers.c.id.label("root"), customers.c.id).where(customers.c.id.in_(ids))


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
    query = _links().where(_c.parent_id.in_(select(down.c.id)), *_child_since(workspace, since))
    return _found(tx, query)


def child_links(tx: Connection, workspace: str, parent: CustomerId, since: datetime) -> list[Link]:
    """The links that make living customers children of ``parent`` from ``since`` on, by start."""
    query = (
        _links()
        .join(customers, customers.c.id == _c.customer_id)
        .where(
            *_child_since(workspace, since),
            _c.parent_id == parent,
            customers.c.archived_at.is_(None),
        )
        .order_by(_c.effective_from, _c.id)
    )
    return _found(tx, query)


def save(tx: Connection, workspace: str, moves: Collection[Move]) -> None:
    """Write moves down."""
    renew_stamp(tx, workspace)
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


def stamp(tx: Connection, workspace: str) -> str:
    """A text that is another one after every change of the tree, and never an earlier one again."""
    c = workspaces.c
    found: str = tx.execute(select(c.tree_stamp).where(c.id == workspace)).scalar_one()
    return found


def renew_stamp(tx: Connection, workspace: str) -> None:
    """To be called with every change of the tree.

    Not a number: one that is rolled back would be given again, to another tree.
    """
    token = secrets.token_hex(16)
    tx.execute(update(workspaces).where(workspaces.c.id == workspace).values(tree_stamp=token))


def _child_since(workspace: str, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _c.workspace_id == workspace,
        _c.superseded_at.is_(None),
        or_(_c.effective_to.is_(None), _c.effective_to > since),
    )


_LINK = (
    _c.id, _c.customer_id, _c.parent_id, _c.effective_from, _c.effective_to, _c.recorded_at,
    _c.reason, _c.superseded_at,
)  # fmt: skip


def _links() -> Select[Any]:
    return select(*_LINK)


def _found(tx: Connection, links: Select[Any]) -> list[Link]:
    return list(starmap(Link, tx.execute(links).all()))


def link_of(row: Row[Any]) -> Link:
    """The link that a whole row of ``customer_links`` tells of."""
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
