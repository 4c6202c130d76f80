"""Customers: who buys. Their place in the tree is in ``links``, not here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.errors import NotFound
from catchment.store.chunks import chunks
from catchment.store.families.families import View, at_top
from catchment.store.listed import among
from catchment.store.paging import Page, PageRequest, page
from catchment.store.rows import named
from catchment.store.schema import (
    billing_schedules,
    contacts,
    customer_aliases,
    customer_links,
    customers,
)
from catchment.store.search import contains

_c = customers.c
NO_PARENT = "none"
"""Asks for the customers at the top."""
FEW_MATCHES = 1_000
"""Up to that many customers with a text are found first, and then looked up."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as agreed today.

    ``address`` has the wire's names; ``status`` is DRAFT or ACTIVE.
    """

    id: CustomerId
    legal_name: str
    address: Mapping[str, str]
    url: str | None
    label: str | None
    tax_status: str
    status: str
    custom_properties: Mapping[str, str]
    integration_ids: tuple[Mapping[str, str], ...]
    telephone: str | None
    payment_reference: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which customers a list holds; None does not ask. Text is found whatever its case."""

    legal_name: str | None = None
    email: str | None = None
    alias: str | None = None
    label: str | None = None
    search: str | None = None
    parent: str | None = None
    billed: bool | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: creation, unless by legal name or a custom property."""

    legal_name: bool = False
    custom_property: str | None = None


def add(tx: Connection, workspace: str, customer: Customer) -> None:
    """Write a new customer down."""
    tx.execute(
        insert(customers).values(
            id=customer.id,
            workspace_id=workspace,
            created_at=customer.created_at,
            archived_at=customer.archived_at,
            **_facts(customer),
        )
    )


def replace(tx: Connection, workspace: str, customer: Customer) -> None:
    """Write everything of a customer anew but its id, creation and archiving."""
    tx.execute(
        update(customers)
        .where(_c.id == customer.id, _c.workspace_id == workspace)
        .values(**_facts(customer))
    )


def archive(tx: Connection, workspace: str, id: CustomerId, at: datetime) -> None:
    """Put a customer away."""
    tx.execute(
        update(customers)
        .where(_c.id == id, _c.workspace_id == workspace)
        .values(archived_at=at, updated_at=at)
    )


def row(tx: Connection, workspace: str, id: CustomerId, *, lock: bool = False) -> Row[Any]:
    """A customer's row, kept from others until the transaction ends if ``lock``.

    Raises NotFound.
    """
    query = select(customers).where(_c.id == id, _c.workspace_id == workspace)
    found = tx.execute(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound(f"There is no customer {id} in this workspace.")
    return found


def one(tx: Connection, workspace: str, id: CustomerId, *, lock: bool = False) -> Customer:
    """A customer, kept from others until the transaction ends if ``lock``. Raises NotFound."""
    return of(row(tx, workspace, id, lock=lock))


def many(tx: Connection, workspace: str, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
    """The customers among ``ids`` that are in the workspace."""
    found: dict[CustomerId, Customer] = {}
    for part in chunks(ids):
        rows = tx.execute(select(customers).where(_c.workspace_id == workspace, _c.id.in_(part)))
        found.update((row.id, of(row)) for row in rows)
    return found


def tax_facts(
    tx: Connection, workspace: str, ids: Collection[CustomerId]
) -> dict[CustomerId, tuple[str, Mapping[str, str]]]:
    """The tax status and the address of those among ``ids`` that are in the workspace."""
    found: dict[CustomerId, tuple[str, Mapping[str, str]]] = {}
    for part in chunks(ids):
        query = select(_c.id, _c.tax_status, _c.address)
        rows = tx.execute(query.where(_c.workspace_id == workspace, _c.id.in_(part)))
        found.update((id, (status, address)) for id, status, address in rows)
    return found


def names(tx: Connection, workspace: str, ids: Collection[CustomerId]) -> dict[CustomerId, str]:
    """The legal names of those among ``ids`` that are in the workspace."""
    query = select(_c.id, _c.legal_name).where(_c.workspace_id == workspace, among(tx, _c.id, ids))
    return {row.id: row.legal_name for row in tx.execute(query).all()}


def no_parents(
    tx: Connection, workspace: str, among: Collection[str] | None = None
) -> list[Customer]:
    """Those ``among`` (a few; None: all) who cannot become a parent: archived, or drafts."""
    unfit = or_(_c.archived_at.is_not(None), _c.status == "DRAFT")
    query = select(customers).where(_c.workspace_id == workspace, unfit)
    return list(map(of, tx.execute(query if among is None else query.where(_c.id.in_(among)))))


def listing(
    tx: Connection, view: View, filters: Filters, order: Order, today: date, request: PageRequest
) -> Page:
    """A page of customers' rows."""
    query = _filtered(select(customers), view, filters, today)
    if filters.search is not None:
        query = query.where(_has_text(tx, view, filters.search))
    sort: ColumnElement[Any] | None = None
    if order.custom_property is not None:
        value = _c.custom_properties[order.custom_property].as_string()
        sort = func.coalesce(value, "")
    elif order.legal_name:
        sort = _c.legal_name
    return page(tx, query, request, id_column=_c.id, sort=sort)


def property_keys(tx: Connection, workspace: str) -> list[str]:
    """Every key of custom properties in use, in order."""
    properties = _c.custom_properties
    key: Any
    if tx.dialect.name == "postgresql":
        key = func.json_object_keys(properties).column_valued("key", joins_implicitly=True)
    else:
        key = func.json_each(properties).table_valued("key", joins_implicitly=True).c.key
    query = select(key).select_from(customers).where(_c.workspace_id == workspace)
    return sorted(tx.execute(query.distinct()).scalars())


def _filtered(query: Select[Any], view: View, filters: Filters, today: date) -> Select[Any]:
    query = query.where(_c.workspace_id == view.workspace)
    if not filters.archived:
        query = query.where(_c.archived_at.is_(None))
    if filters.legal_name is not None:
        query = query.where(contains(_c.legal_name, filters.legal_name))
    if filters.label is not None:
        query = query.where(contains(_c.label, filters.label))
    if filters.email is not None:
        query = query.where(_has_email(view, filters.email))
    if filters.alias is not None:
        named = _has_alias(view, customer_aliases.c.value == filters.alias)
        query = query.where(or_(_c.id == filters.alias, named))
    if filters.parent is not None:
        query = query.where(_has_parent(view, filters.parent))
    if filters.billed is not None:
        billed = _has_schedule(today)
        query = query.where(billed if filters.billed else ~billed)
    return query


def _has_text(
    tx: Connection, view: View, text: str, *, few: int = FEW_MATCHES
) -> ColumnElement[bool]:
    """Has ``text`` somewhere.

    Each place is looked through by itself, in its index. Where more than ``few`` have it, a page is
    soon full, and all places are asked of one customer after the other.
    """
    conditions = (
        contains(_c.legal_name, text),
        and_(_c.label.is_not(None), contains(_c.label, text)),
        _c.id == text.lower(),
        _has_email(view, text),
        _has_alias(view, contains(customer_aliases.c.value, text)),
    )
    own = select(_c.id).where(_c.workspace_id == view.workspace)
    places = union_all(*(own.where(condition) for condition in conditions))
    found = tx.execute(places.limit(few + 1)).scalars().all()
    return _c.id.in_(set(found)) if len(found) <= few else or_(*conditions)


def _has_email(view: View, text: str) -> ColumnElement[bool]:
    c = contacts.c
    living = (c.workspace_id == view.workspace, c.archived_at.is_(None))
    return _c.id.in_(select(c.customer_id).where(*living, contains(c.email, text)))


def _has_alias(view: View, named: ColumnElement[bool]) -> ColumnElement[bool]:
    c = customer_aliases.c
    living = (c.workspace_id == view.workspace, c.deleted_at.is_(None))
    return _c.id.in_(select(c.customer_id).where(*living, named))


def _has_parent(view: View, parent: str) -> ColumnElement[bool]:
    if parent == NO_PARENT:
        return at_top(view)
    c = customer_links.c
    return _c.id.in_(select(c.customer_id).where(*view.links(), c.parent_id == parent))


def _has_schedule(today: date) -> ColumnElement[bool]:
    """Has a billing schedule that is running today."""
    c = billing_schedules.c
    running = and_(
        c.activated_at.is_not(None),
        c.archived_at.is_(None),
        c.start_date <= today,
        or_(c.end_date.is_(None), c.end_date >= today),
    )
    return select(c.id).where(c.customer_id == _c.id, running).exists()


def _facts(customer: Customer) -> dict[str, Any]:
    return {
        "legal_name": customer.legal_name,
        "address": dict(customer.address),
        "url": customer.url,
        "label": customer.label,
        "tax_status": customer.tax_status,
        "status": customer.status,
        "custom_properties": dict(customer.custom_properties),
        "integration_ids": [dict(one) for one in customer.integration_ids],
        "telephone": customer.telephone,
        "payment_reference": customer.payment_reference,
        "updated_at": customer.updated_at,
    }


def of(row: Row[Any]) -> Customer:
    """The customer that a row tells of."""
    row = named(row)
    return Customer(
        row.id,
        row.legal_name,
        row.address,
        row.url,
        row.label,
        row.tax_status,
        row.status,
        row.custom_properties,
        tuple(row.integration_ids),
        row.telephone,
        row.payment_reference,
        row.created_at,
        row.updated_at,
        row.archived_at,
    )
