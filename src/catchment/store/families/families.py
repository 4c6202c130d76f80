"""The tree at one instant, as pages show it: parents, children and their counts, organizations.

Customers archived by that instant are left out of what lies below; their links stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, literal, or_, select

from catchment.core.families.hierarchy import MAX_LEVELS, CustomerId
from catchment.store.chunks import chunks
from catchment.store.families import family_indexes
from catchment.store.families.links import believed, holds
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import customer_links, customer_organizations, customers

MOST_CHILDREN = 100
"""How many children of one node a nested tree shows."""
MOST_NODES = 2_000
"""How many nodes a nested tree shows in all."""
_MANY_CHILDREN = 20_000
FEW_DESCENDANTS = 20_000
"""Up to that many are counted by walking down to them."""

_c = customer_links.c


@dataclass(frozen=True, slots=True)
class View:
    """The tree of a workspace at the instant ``at``, as believed at ``known_at`` (None: now)."""

    workspace: str
    at: datetime
    known_at: datetime | None = None

    def links(self) -> tuple[ColumnElement[bool], ...]:
        """What a link must fulfil to count."""
        return (_c.workspace_id == self.workspace, believed(self.known_at), holds(self.at))

    def alive(self) -> ColumnElement[bool]:
        """What a customer must fulfil to be shown."""
        c = customers.c
        return or_(c.archived_at.is_(None), c.archived_at > self.at)

    def shown(self) -> tuple[ColumnElement[bool], ...]:
        """What a customer must fulfil to be found, also at the top, where no link tells of it."""
        c = customers.c
        known = () if self.known_at is None else (c.created_at <= self.known_at,)
        return (c.workspace_id == self.workspace, self.alive(), *known)


class Named(NamedTuple):
    """A customer by id and legal name."""

    id: CustomerId
    name: str


@dataclass(frozen=True, slots=True)
class Organization:
    """A parent and its children; ``members`` are the first by id, ``member_count`` tells of all."""

    id: str
    owner: Named
    members: tuple[Named, ...]
    member_count: int


@dataclass(slots=True)
class Node:
    """A customer of a nested tree.

    ``children`` is None where the tree was not opened further; ``after`` leads to those that do not
    fit.
    """

    id: CustomerId
    name: str
    label: str | None
    parent: CustomerId | None
    child_count: int = 0
    children: list[Node] | None = None
    after: str | None = None


def parents(
    tx: Connection, view: View, ids: Collection[CustomerId]
) -> dict[CustomerId, CustomerId]:
    """The parent of each of ``ids`` that has one."""
    found: dict[CustomerId, CustomerId] = {}
    for part in chunks(ids):
        rows = tx.execute(
            select(_c.customer_id, _c.parent_id).where(*view.links(), _c.customer_id.in_(part))
        )
        found.update((row.customer_id, row.parent_id) for row in rows if row.parent_id)
    return found


def ancestors(tx: Connection, view: View, customer: CustomerId) -> list[Row[Any]]:
    """The rows of everyone above ``customer``, root first."""
    start = select(literal(customer).label("id"), literal(0).label("level"))
    up = start.cte("up", recursive=True)
    up = up.union_all(
        select(_c.parent_id, up.c.level + 1).where(
            *view.links(),
            _c.customer_id == up.c.id,
            up.c.level < MAX_LEVELS,
        )
    )
    rows = tx.execute(
        select(customers)
        .join(up, up.c.id == customers.c.id)
        .where(up.c.level > 0)
        .order_by(up.c.level.desc())
    )
    return list(rows)


def child_counts(tx: Connection, view: View, ids: Collection[CustomerId]) -> dict[CustomerId, int]:
    """How many children each of ``ids`` has; those without are left out.

    Everybody is counted from an index, then the few who are archived are taken off.
    """
    archived = _archived(view)
    found: dict[CustomerId, int] = {}
    for part in chunks(ids):
        counts = (
            select(_c.parent_id, func.count().label("many"))
            .where(*view.links(), _c.parent_id.in_(part))
            .group_by(_c.parent_id)
        )
        found.update((row.parent_id, row.many) for row in tx.execute(counts))
        for row in tx.execute(counts.where(_c.customer_id.in_(archived))) if found else ():
            found[row.parent_id] -= row.many
    return {parent: many for parent, many in found.items() if many}


def descendant_counts(
    tx: Connection, view: View, ids: Collection[CustomerId], *, few: int = FEW_DESCENDANTS
) -> dict[CustomerId, int]:
    """How many customers are below each of ``ids``; those without are left out.

    The database walks down families that have ``few`` together; more are counted in arrays, which
    hold what is believed now.
    """
    start = select(customers.c.id.label("root"), customers.c.id).where(customers.c.id.in_(ids))
    down = start.cte("down", recursive=True)
    down = down.union_all(
        select(down.c.root, _c.customer_id)
        .join(customers, customers.c.id == _c.customer_id)
        .where(*view.links(), view.alive(), _c.parent_id == down.c.id)
    )
    some = select(down.c.root)
    if view.known_at is None:
        some = some.limit(len(ids) + few + 1)
    walked = some.subquery()
    counts = select(walked.c.root, func.count().label("many")).group_by(walked.c.root)
    found = {row.root: row.many for row in tx.execute(counts)}
    if view.known_at is None and sum(found.values()) > len(ids) + few:
        return _counted(tx, view, ids)
    return {root: many - 1 for root, many in found.items() if many > 1}


def _counted(tx: Connection, view: View, ids: Collection[CustomerId]) -> dict[CustomerId, int]:
    index, at = family_indexes.of(tx, view.workspace), family_indexes.micros(view.at)
    hidden = index.ids.numbers(tx.execute(_archived(view)).scalars())
    counts = {id: sum(map(len, index.levels(id, at, hidden))) for id in ids}
    return {id: many for id, many in counts.items() if many}


def children(tx: Connection, view: View, parent: CustomerId, request: PageRequest) -> Page:
    """A page of the children's rows, by legal name."""
    count = child_counts(tx, view, [parent]).get(parent, 0)
    return _children(tx, view, parent, request, count)


def _children(
    tx: Connection, view: View, parent: CustomerId, request: PageRequest, count: int
) -> Page:
    """Few children are looked up and sorted.

    Of many, the workspace's customers are read in order until the page is full.
    """
    query: Select[Any]
    if count <= _MANY_CHILDREN:
        query = select(customers).join(customer_links, customers.c.id == _c.customer_id)
        query = query.where(*view.links(), _c.parent_id == parent)
    else:
        link = select(_c.id).where(
            *view.links(), _c.customer_id == customers.c.id, _c.parent_id == parent
        )
        query = select(customers).where(customers.c.workspace_id == view.workspace, link.exists())
    return page(
        tx,
        query.where(view.alive()),
        request,
        id_column=customers.c.id,
        sort=customers.c.legal_name,
        total=count,
    )


def roots(tx: Connection, view: View, request: PageRequest) -> Page:
    """A page of the rows of those at the top, by legal name."""
    return page(
        tx,
        select(customers).where(*view.shown(), at_top(view)),
        request,
        id_column=customers.c.id,
        sort=customers.c.legal_name,
        total=_root_count(tx, view),
    )


def at_top(view: View) -> ColumnElement[bool]:
    """What a customer must fulfil to have no parent."""
    link = select(_c.id).where(*view.links(), _c.customer_id == customers.c.id)
    return ~link.where(_c.parent_id.is_not(None)).exists()


def _root_count(tx: Connection, view: View) -> int:
    """Everybody less who is below somebody: both are counted from an index."""
    shown = select(func.count()).select_from(customers).where(*view.shown())
    # "Not null", said so that SQLite takes the index that has all there is to know.
    below = select(func.count()).where(*view.links(), _c.parent_id > "")
    gone = below.where(_c.customer_id.in_(_archived(view)))
    everybody, below_all, below_gone = (
        tx.execute(query).scalar_one() for query in (shown, below, gone)
    )
    return everybody - below_all + below_gone


def _archived(view: View) -> Select[Any]:
    return select(customers.c.id).where(
        customers.c.workspace_id == view.workspace, customers.c.archived_at <= view.at
    )


def tree(tx: Connection, view: View, root: Row[Any], depth: int) -> Node:
    """``root`` and what is below it, ``depth`` levels deep at most, siblings by legal name."""
    top = Node(root.id, root.legal_name, root.label, parents(tx, view, [root.id]).get(root.id))
    level, room = [top], MOST_NODES
    for left in range(depth, -1, -1):
        counts = child_counts(tx, view, [node.id for node in level])
        opened: list[Node] = []
        for node in level:
            node.child_count = counts.get(node.id, 0)
            shown = min(node.child_count, MOST_CHILDREN)
            if left and shown <= room:
                node.children = []
                room -= shown
                opened.append(node)
        level = _open(tx, view, opened)
    return top


def _open(tx: Connection, view: View, nodes: Iterable[Node]) -> list[Node]:
    """Give the nodes their children, and return those."""
    small = {node.id: node for node in nodes if 0 < node.child_count <= MOST_CHILDREN}
    below: list[Node] = []

    def add(parent: Node, row: Row[Any]) -> None:
        assert parent.children is not None
        child = Node(row.id, row.legal_name, row.label, parent.id)
        parent.children.append(child)
        below.append(child)

    for part in chunks(small):
        rows = tx.execute(
            select(customers, _c.parent_id)
            .join(customer_links, customers.c.id == _c.customer_id)
            .where(*view.links(), view.alive(), _c.parent_id.in_(part))
            .order_by(customers.c.legal_name, customers.c.id)
        )
        for row in rows:
            add(small[row.parent_id], row)
    for node in nodes:
        if node.child_count > MOST_CHILDREN:
            request = PageRequest(MOST_CHILDREN, ascending=True)
            found = _children(tx, view, node.id, request, node.child_count)
            node.after = found.after
            for row in found.rows:
                add(node, row)
    return below


def ensure_organizations(
    tx: Connection, workspace: str, owners: Mapping[CustomerId, str], at: datetime
) -> None:
    """Give each owner that has none an organization, under the id named for it."""
    c = customer_organizations.c
    known = set()
    for part in chunks(owners):
        rows = tx.execute(
            select(c.owner_id).where(c.workspace_id == workspace, c.owner_id.in_(part))
        )
        known |= set(rows.scalars())
    new = [
        {"id": id, "workspace_id": workspace, "owner_id": owner, "created_at": at}
        for owner, id in owners.items()
        if owner not in known
    ]
    if new:
        tx.execute(insert(customer_organizations), new)


def owner_of(tx: Connection, workspace: str, organization: str) -> CustomerId | None:
    """Who owns an organization; None when there is none of this id."""
    c = customer_organizations.c
    return tx.execute(
        select(c.owner_id).where(c.workspace_id == workspace, c.id == organization)
    ).scalar_one_or_none()


def organizations(
    tx: Connection, view: View, owners: Collection[CustomerId], most: int
) -> dict[CustomerId, Organization]:
    """The organization of each of ``owners`` that has one, with ``most`` members at most."""
    c = customer_organizations.c
    rows = [
        row
        for part in chunks(owners)
        for row in tx.execute(
            select(c.id, c.owner_id, customers.c.legal_name)
            .join(customers, customers.c.id == c.owner_id)
            .where(c.workspace_id == view.workspace, c.owner_id.in_(part))
        )
    ]
    members = {row.owner_id: _members(tx, view, row.owner_id, most + 1) for row in rows}
    more = [owner for owner, first in members.items() if len(first) > most]
    counts = child_counts(tx, view, more)
    return {
        row.owner_id: Organization(
            row.id,
            Named(row.owner_id, row.legal_name),
            tuple(members[row.owner_id][:most]),
            counts.get(row.owner_id, len(members[row.owner_id])),
        )
        for row in rows
    }


def _members(tx: Connection, view: View, owner: CustomerId, most: int) -> list[Named]:
    """The first members by id; asked owner by owner, so that no large family is read whole."""
    rows = tx.execute(
        select(customers.c.id, customers.c.legal_name)
        .join(customer_links, customers.c.id == _c.customer_id)
        .where(*view.links(), view.alive(), _c.parent_id == owner)
        .order_by(_c.customer_id)
        .limit(most)
    )
    return [Named(row.id, row.legal_name) for row in rows]
