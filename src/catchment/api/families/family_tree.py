"""/customers/…: the families of a workspace side by side, and the days on which they changed."""

from datetime import date
from typing import Annotated

from fastapi import Query

from catchment.api.edge.deps import Limit, NewestFirst, Now, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, IdIn, Pagination, Wire
from catchment.api.families.hierarchy import (
    AsOf,
    ByPlace,
    ChildPage,
    KnownAt,
    LinkOut,
    children_out,
)
from catchment.core.families.hierarchy import CustomerId
from catchment.store.families import customers, families, family_search, moves
from catchment.store.families.families import View
from catchment.store.families.links import link_of

routes = router("/customers", "Customer families")
MOST_DAYS = 1_000
Since = Annotated[
    At | None, Query(alias="from", description="Moves in effect from this instant on.")
]
Until = Annotated[
    At | None, Query(alias="to", description="Moves in effect before this instant, not at it.")
]
FamilyOf = Annotated[
    IdIn | None,
    Query(
        alias="familyOf",
        description="Only moves of this customer and of everyone who was ever below it.",
    ),
]


class PlacedCustomer(Wire):
    id: str
    name: str
    label: str | None = None
    parent_id: str | None = None
    child_count: int


class FoundCustomer(PlacedCustomer):
    """A match and everyone above it, root first."""

    ancestors: list[PlacedCustomer]


class FoundCustomers(Wire):
    """`more`: there are others; they come when more of the text is given."""

    items: list[FoundCustomer]
    more: bool


class MoveOut(LinkOut):
    """A move: where the customer went, and whose child it was until then (left out: at the top)."""

    customer_name: str
    previous_parent_id: str | None = None
    previous_parent_name: str | None = None


class MovePage(Wire):
    items: list[MoveOut]
    pagination: Pagination


class MoveDays(Wire):
    """Days in UTC, in order; `more`: there are later ones."""

    items: list[date]
    more: bool


@routes.get("/roots")
def list_roots(
    tx: Tx,
    who: WhoIs,
    paging: ByPlace,
    now: Now,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ChildPage:
    """The customers at the top, by legal name: the families, and those without any."""
    view = View(who.workspace.id, as_of or now, known_at)
    found = families.roots(tx, view, paging)
    return children_out(tx, view, found)


@routes.get("/search")
def search_tree(
    tx: Tx,
    who: WhoIs,
    now: Now,
    text: Annotated[str, Query(min_length=1, max_length=200)],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: Limit = 20,
) -> FoundCustomers:
    """Customers that have a text somewhere, each with its ancestors.

    First whom it names exactly, by id or alias; then by legal name from A to Z; then those that
    have it in their label, an alias or an e-mail address.
    """
    view = View(who.workspace.id, as_of or now, known_at)
    ids = family_search.found(tx, view, text, limit + 1)
    ways = family_search.ways_up(tx, view, ids[:limit])
    everyone = {one for id, way in ways.items() for one in (*way, id)}
    rows = customers.many(tx, view.workspace, everyone)
    counts = families.child_counts(tx, view, everyone)

    def placed(id: CustomerId, parent: CustomerId | None) -> PlacedCustomer:
        row = rows[id]
        return PlacedCustomer(
            id=id,
            name=row.legal_name,
            label=row.label,
            parent_id=parent,
            child_count=counts.get(id, 0),
        )

    def found(id: CustomerId) -> FoundCustomer:
        way = (*ways[id], id)
        steps = zip((None, *way), way, strict=False)
        *above, own = (placed(one, parent) for parent, one in steps)
        return FoundCustomer(**dict(own), ancestors=above)

    return FoundCustomers(items=[found(id) for id in ids[:limit]], more=len(ids) > limit)


@routes.get("/moves")
def list_moves(
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    since: Since = None,
    until: Until = None,
    known_at: KnownAt = None,
    family_of: FamilyOf = None,
) -> MovePage:
    """Moves by the instant they take effect, the last first unless asked otherwise.

    What holds since always is no move, and what was replaced is not listed.
    """
    workspace = who.workspace.id
    asked = moves.Moves(workspace, since, until, known_at, family_of)
    found = moves.listing(tx, asked, paging)
    links = [link_of(row) for row in found.rows]
    left = moves.left(tx, workspace, links, known_at)
    everyone = {one for link in links for one in (link.customer, link.parent) if one}
    names = customers.names(tx, workspace, everyone | set(left.values()))
    items = [
        MoveOut(
            **dict(LinkOut.of(link, names)),
            customer_name=names[link.customer],
            previous_parent_id=left.get(link.id),
            previous_parent_name=names.get(left[link.id]) if link.id in left else None,
        )
        for link in links
    ]
    return MovePage(items=items, pagination=Pagination.of(found))


@routes.get("/move-days")
def list_move_days(
    tx: Tx,
    who: WhoIs,
    since: Since = None,
    until: Until = None,
    known_at: KnownAt = None,
    family_of: FamilyOf = None,
) -> MoveDays:
    """The days (UTC) on which any move takes effect: at most 1,000, the earliest first."""
    asked = moves.Moves(who.workspace.id, since, until, known_at, family_of)
    found = moves.days(tx, asked, MOST_DAYS + 1)
    return MoveDays(items=found[:MOST_DAYS], more=len(found) > MOST_DAYS)
