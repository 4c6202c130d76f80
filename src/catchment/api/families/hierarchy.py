"""/customers/{id}/…: a customer's family at any instant, as it was believed at any instant."""

from dataclasses import replace
from typing import Annotated, ClassVar

from fastapi import Depends, Query
from pydantic import ConfigDict

from catchment.api.edge.deps import (
    InOrder,
    NewId,
    Now,
    PathId,
    Tx,
    Usage,
    WhoIs,
)
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, IdIn, Pagination, Text, Wire
from catchment.api.families.customer_wire import ListedCustomer
from catchment.api.families.customers import listed
from catchment.core.families.hierarchy import Link
from catchment.core.values.errors import Invalid
from catchment.flows.families.move_customers import NothingToMove, Relocation, move_customers
from catchment.store.families import customers, families, links
from catchment.store.families.families import Node, View
from catchment.store.paging import Page, PageRequest

routes = router("/customers/{id}", "Customer families")
AsOf = Annotated[
    At | None, Query(alias="asOf", description="The tree at this instant; left out: now.")
]
KnownAt = Annotated[
    At | None,
    Query(alias="knownAt", description="As it was believed at this instant; left out: now."),
]


MOST_POSITION = 2**31 - 1


def by_place(
    paging: InOrder,
    position: Annotated[
        int | None,
        Query(ge=0, le=MOST_POSITION, description="The page that so many customers precede."),
    ] = None,
    around: Annotated[
        IdIn | None,
        Query(description="The page on which this customer stands, of those the list falls into."),
    ] = None,
) -> PageRequest:
    """A page of siblings: by a cursor, by its position, or around one of them. Raises Invalid."""
    ways = {
        "after": paging.after,
        "before": paging.before,
        "position": position,
        "around": around,
    }
    given = [way for way, value in ways.items() if value is not None]
    if len(given) > 1 and given != ["after", "before"]:
        message = f"Give either {given[0]} or {given[-1]}."
        raise Invalid.field(f"?{given[-1]}", message, "conflicting_value")
    return replace(paging, position=position, around=around)


ByPlace = Annotated[PageRequest, Depends(by_place)]


class MoveIn(Wire):
    """`parentId: null` moves to the top. What was recorded for later no longer holds."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "parentId": "0198b2c9-5f41-7c3d-8a6b-2f0c1f6f0a11",
                    "effectiveFrom": "2026-04-01T00:00:00Z",
                    "reason": "Sold to Northwind Group",
                }
            ]
        }
    )

    parent_id: IdIn | None
    effective_from: At
    reason: Text | None = None

    def relocation(self, customer: str) -> Relocation:
        """The move of a customer, with the places of its parts in the body."""
        return Relocation(
            customer,
            self.parent_id,
            self.effective_from,
            self.reason or None,
            at_pointer="/effectiveFrom",
        )


class LinkOut(Wire):
    """Whose child a customer is from one instant until (not at) another.

    Without parentId it is at the top. From 1970-01-01T00:00Z means: since always.
    """

    id: str
    customer_id: str
    parent_id: str | None = None
    parent_name: str | None = None
    effective_from: At
    effective_to: At | None = None
    recorded_at: At
    superseded_at: At | None = None
    reason: str | None = None

    @classmethod
    def of(cls, link: Link, names: dict[str, str]) -> "LinkOut":
        return cls(
            id=link.id,
            customer_id=link.customer,
            parent_id=link.parent,
            parent_name=names.get(link.parent) if link.parent else None,
            effective_from=link.start,
            effective_to=link.end,
            recorded_at=link.recorded_at,
            superseded_at=link.superseded_at,
            reason=link.reason,
        )


class Links(Wire):
    items: list[LinkOut]


class Child(ListedCustomer):
    """A direct child, with how many customers are directly and altogether below it."""

    name: str
    descendant_count: int


class ChildPage(Wire):
    """`position`: how many precede the first of them, where they were asked for by place."""

    items: list[Child]
    pagination: Pagination
    position: int | None = None


class Ancestor(ListedCustomer):
    name: str


class Ancestors(Wire):
    items: list[Ancestor]


class NodeOut(Wire):
    """A customer and its children by name.

    `children` is left out where the tree was not opened further; `after` is the cursor that goes on
    after the last one shown, in `GET /customers/{id}/children`.
    """

    id: str
    name: str
    label: str | None = None
    parent_id: str | None = None
    child_count: int
    children: list["NodeOut"] | None = None
    after: str | None = None

    @classmethod
    def of(cls, node: Node) -> "NodeOut":
        return cls(
            id=node.id,
            name=node.name,
            label=node.label,
            parent_id=node.parent,
            child_count=node.child_count,
            children=None if node.children is None else [cls.of(child) for child in node.children],
            after=node.after,
        )


@routes.post("/moves", status_code=201)
def move(
    id: PathId, body: MoveIn, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> LinkOut:
    """Make a customer another's child from an instant on, past or to come.

    Where it is that already and stays so, the answer is the link it has.
    """
    links.hold(tx, who.workspace.id)
    name = customers.row(tx, who.workspace.id, id, lock=True).legal_name
    relocation = body.relocation(id)
    link = move_customers(tx, usage, who.workspace, [relocation], now=now, new_id=new_id)[id]
    if link is None:
        raise NothingToMove.of(name)
    return LinkOut.of(link, _parent_names(tx, who, [link]))


@routes.get("/parent-history")
def show_parent_history(id: PathId, tx: Tx, who: WhoIs) -> Links:
    """Every link of a customer, by start; `supersededAt` marks those no longer believed."""
    customers.row(tx, who.workspace.id, id)
    found = links.history(tx, who.workspace.id, id)
    names = _parent_names(tx, who, found)
    return Links(items=[LinkOut.of(link, names) for link in found])


@routes.get("/children")
def list_children(
    id: PathId,
    tx: Tx,
    who: WhoIs,
    paging: ByPlace,
    now: Now,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ChildPage:
    """A customer's direct children, by legal name; from a cursor, a position, or around one."""
    customers.row(tx, who.workspace.id, id)
    view = View(who.workspace.id, as_of or now, known_at)
    return children_out(tx, view, families.children(tx, view, id, paging))


@routes.get("/ancestors")
def list_ancestors(
    id: PathId, tx: Tx, who: WhoIs, now: Now, as_of: AsOf = None, known_at: KnownAt = None
) -> Ancestors:
    """Everyone above a customer, root first."""
    customers.row(tx, who.workspace.id, id)
    view = View(who.workspace.id, as_of or now, known_at)
    rows = [customers.of(row) for row in families.ancestors(tx, view, id)]
    items = [Ancestor(**dict(one), name=one.legal_name) for one in listed(tx, view, rows)]
    return Ancestors(items=items)


@routes.get("/hierarchy")
def show_hierarchy(
    id: PathId,
    tx: Tx,
    who: WhoIs,
    now: Now,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    depth: Annotated[int, Query(ge=0, le=64, description="How many levels to open.")] = 3,
) -> NodeOut:
    """A customer and everyone below: at most 100 children of each and 2,000 customers in all."""
    root = customers.row(tx, who.workspace.id, id)
    view = View(who.workspace.id, as_of or now, known_at)
    return NodeOut.of(families.tree(tx, view, root, depth))


def children_out(tx: Tx, view: View, found: Page) -> ChildPage:
    """A page of customers' rows with how many are below each."""
    rows = [customers.of(row) for row in found.rows]
    counts = families.descendant_counts(tx, view, [row.id for row in rows])
    items = [
        Child(**dict(one), name=one.legal_name, descendant_count=counts.get(one.id, 0))
        for one in listed(tx, view, rows)
    ]
    return ChildPage(items=items, pagination=Pagination.of(found), position=found.position)


def _parent_names(tx: Tx, who: WhoIs, found: list[Link]) -> dict[str, str]:
    return customers.names(tx, who.workspace.id, {link.parent for link in found if link.parent})
