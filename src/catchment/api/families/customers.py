"""/customers: who buys, and whose child each of them is."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Query
from sqlalchemy import Connection

from catchment.api.catalog.integration_wire import IntegrationIdOut
from catchment.api.edge.deps import (
    NewestFirst,
    NewId,
    Now,
    PathId,
    Today,
    Tx,
    Usage,
    WhoIs,
)
from catchment.api.edge.route import router
from catchment.api.edge.wire import Pagination, Wire
from catchment.api.families.address_wire import AddressOut
from catchment.api.families.customer_wire import (
    ContactOut,
    CustomerIn,
    CustomerOut,
    FlatCustomer,
    ListedCustomer,
    OrganizationOut,
    host,
)
from catchment.core.values.errors import Invalid, NotFound
from catchment.flows.families.archive_customer import Children, archive_customer
from catchment.flows.families.save_customer import create_customer, update_customer
from catchment.store.families import aliases, contacts, customers, families
from catchment.store.families.customers import Customer, Filters, Order
from catchment.store.families.families import View

routes = router("", "Customers")
_MEMBERS_SHOWN = 1_000
_MEMBERS_LISTED = 20
_PROPERTY = "customProperties."
Substring = Annotated[str | None, Query(max_length=200)]


class CustomerPage(Wire):
    items: list[ListedCustomer]
    pagination: Pagination


class PropertyKeys(Wire):
    items: list[str]


@routes.get("/customers/by-alias/{alias:path}")
def show_customer_by_alias(alias: str, tx: Tx, who: WhoIs, now: Now) -> FlatCustomer:
    """The customer that an alias or a customer id names, in the older flat shape."""
    workspace = who.workspace.id
    id = aliases.owners(tx, workspace, [alias]).get(alias)
    if id is None:
        raise NotFound(f"No customer has the alias {alias[:200]!r}.")
    customer = customers.one(tx, workspace, id)
    people = contacts.of_customers(tx, workspace, [id]).get(id, [])
    parent = families.parents(tx, View(workspace, now), [id]).get(id)
    return FlatCustomer.of(customer, people, parent)


@routes.get("/customer-custom-property-keys")
def list_custom_property_keys(tx: Tx, who: WhoIs) -> PropertyKeys:
    """The names of all custom properties in use."""
    return PropertyKeys(items=customers.property_keys(tx, who.workspace.id))


@routes.post("/customers", status_code=201)
def create(body: CustomerIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId) -> CustomerOut:
    """Create a customer. With a `parentId` it is that customer's child, and always was."""
    id = create_customer(tx, who.workspace, body.request(), now=now, new_id=new_id)
    return shown(tx, View(who.workspace.id, now), id)


@routes.get("/customers")
def list_customers(  # noqa: PLR0917 -- one parameter for each filter of the wire
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    now: Now,
    today: Today,
    legal_name: Annotated[Substring, Query(alias="legalName")] = None,
    email: Substring = None,
    alias: Annotated[str | None, Query(description="Exactly an alias or a customer id.")] = None,
    label: Substring = None,
    search: Annotated[Substring, Query(description="In name, label, e-mail or alias.")] = None,
    parent_id: Annotated[
        str | None,
        Query(alias="parentId", description="Children of this customer; `none`: those at the top."),
    ] = None,
    billing_status: Annotated[
        Literal["ACTIVE", "INACTIVE"] | None, Query(alias="billingStatus")
    ] = None,
    include_archived: Annotated[bool, Query(alias="includeArchived")] = False,
    sort_by: Annotated[
        str,
        Query(
            alias="sortBy",
            max_length=200,
            description="`createdAt`, `legalName` or `customProperties.<key>`.",
        ),
    ] = "createdAt",
) -> CustomerPage:
    """Customers, newest first unless asked otherwise. Text is found in parts and in any case."""
    view = View(who.workspace.id, now)
    filters = Filters(
        legal_name=legal_name,
        email=email,
        alias=alias,
        label=label,
        search=search,
        parent=parent_id.lower() if parent_id else None,
        billed=None if billing_status is None else billing_status == "ACTIVE",
        archived=include_archived,
    )
    found = customers.listing(tx, view, filters, _order(sort_by), today, paging)
    rows = [customers.of(row) for row in found.rows]
    return CustomerPage(items=listed(tx, view, rows), pagination=Pagination.of(found))


@routes.get("/customers/{id}")
def show(id: PathId, tx: Tx, who: WhoIs, now: Now) -> CustomerOut:
    """A customer."""
    return shown(tx, View(who.workspace.id, now), id)


@routes.put("/customers/{id}")
def update(
    id: PathId, body: CustomerIn, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> CustomerOut:
    """Replace a customer. Another `parentId` moves it there from now on."""
    update_customer(tx, usage, who.workspace, id, body.request(), now=now, new_id=new_id)
    return shown(tx, View(who.workspace.id, now), id)


@routes.post("/customers/{id}/archive")
def archive(
    id: PathId,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    new_id: NewId,
    children: Annotated[
        Children | None,
        Query(description="What becomes of children: to the top, or to the customer's own parent."),
    ] = None,
) -> CustomerOut:
    """Archive a customer. It stays readable; one with children needs `children`."""
    archive_customer(tx, usage, who.workspace, id, children, now=now, new_id=new_id)
    return shown(tx, View(who.workspace.id, now), id)


def shown(tx: Connection, view: View, id: str) -> CustomerOut:
    """A customer as it is answered. Raises NotFound."""
    customer = customers.one(tx, view.workspace, id)
    people = contacts.of_customers(tx, view.workspace, [id]).get(id, [])
    (facts,) = _facts(tx, view, [customer], _MEMBERS_SHOWN)
    return CustomerOut(
        **facts, status=customer.status, contacts=[ContactOut.of(one) for one in people]
    )


def listed(tx: Connection, view: View, rows: Sequence[Customer]) -> list[ListedCustomer]:
    """Customers as lists hold them."""
    return [ListedCustomer(**facts) for facts in _facts(tx, view, rows, _MEMBERS_LISTED)]


def _order(sort_by: str) -> Order:
    if sort_by == "createdAt":
        return Order()
    if sort_by == "legalName":
        return Order(legal_name=True)
    key = sort_by.removeprefix(_PROPERTY)
    if key == sort_by or not key or '"' in key or "\\" in key:
        raise Invalid.field(
            "?sortBy", "Sort by createdAt, legalName or customProperties.<key>.", "sort_invalid"
        )
    return Order(custom_property=key)


def _facts(tx: Connection, view: View, rows: Sequence[Customer], most: int) -> list[dict[str, Any]]:
    """What every answer tells of a customer; the organizations are its own and its parent's."""
    ids = [row.id for row in rows]
    parents = families.parents(tx, view, ids)
    counts = families.child_counts(tx, view, ids)
    organizations = families.organizations(tx, view, {*ids, *parents.values()}, most)

    def facts(row: Customer) -> dict[str, Any]:
        parent = parents.get(row.id)
        own = [organizations[one] for one in (row.id, parent) if one in organizations]
        return {
            "id": row.id,
            "created_at": row.created_at,
            "organizations": [OrganizationOut.of(one) for one in own],
            "legal_name": row.legal_name,
            "address": AddressOut.model_validate(row.address),
            "url": row.url,
            "domain": host(row.url) if row.url else None,
            "label": row.label,
            "integration_ids": [IntegrationIdOut.model_validate(i) for i in row.integration_ids],
            "archived_at": row.archived_at,
            "tax_status": row.tax_status,
            "custom_properties": dict(row.custom_properties),
            "parent_id": parent,
            "child_count": counts.get(row.id, 0),
            "telephone": row.telephone,
            "payment_reference": row.payment_reference,
        }

    return [facts(row) for row in rows]
