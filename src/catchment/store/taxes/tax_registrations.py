"""What tax authorities call the seller and its customers, by country and state."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from catchment.core.terms.taxes import Identity
from catchment.core.values.errors import NotFound
from catchment.store.chunks import chunks
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import tax_registrations

_c = tax_registrations.c


@dataclass(frozen=True, slots=True)
class Registration:
    """One tax id; without a customer it is the seller's."""

    id: str
    tax_identifier: str
    customer_id: str | None
    country: str
    state: str | None
    created_at: datetime
    updated_at: datetime


def add(tx: Connection, workspace: str, new: Registration) -> None:
    """Keep a new registration."""
    values = {"id": new.id, "workspace_id": workspace, "created_at": new.created_at}
    tx.execute(insert(tax_registrations).values(**values, **_facts(new)))


def save(tx: Connection, changed: Registration) -> None:
    """Replace what is kept of a registration."""
    tx.execute(update(tax_registrations).where(_c.id == changed.id).values(**_facts(changed)))


def remove(tx: Connection, id: str) -> None:
    """Forget a registration."""
    tx.execute(delete(tax_registrations).where(_c.id == id))


def one(tx: Connection, workspace: str, id: str, *, to_change: bool = False) -> Registration:
    """The registration, locked until ``tx`` ends if ``to_change``. Raises NotFound."""
    query = select(tax_registrations).where(_c.workspace_id == workspace, _c.id == id)
    row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no tax registration {id}.")
    return of_row(row)


def listed(tx: Connection, workspace: str, request: PageRequest) -> Page:
    """A page of all registrations, for ``of_row``."""
    query = select(tax_registrations).where(_c.workspace_id == workspace)
    return page(tx, query, request, id_column=_c.id)


def listed_of(
    tx: Connection, workspace: str, customer_id: str | None, request: PageRequest
) -> Page:
    """A page of a customer's registrations, or for None of the seller's."""
    query = select(tax_registrations).where(
        _c.workspace_id == workspace, _c.customer_id.is_not_distinct_from(customer_id)
    )
    return page(tx, query, request, id_column=_c.id)


def of_customers(
    tx: Connection, workspace: str, customer_ids: Collection[str]
) -> dict[str, list[Identity]]:
    """The tax ids of customers, oldest first; who has none is left out."""
    found: dict[str, list[Identity]] = {}
    query = select(tax_registrations).where(_c.workspace_id == workspace).order_by(_c.id)
    for part in chunks(sorted(set(customer_ids))):
        for row in tx.execute(query.where(_c.customer_id.in_(part))):
            found.setdefault(row.customer_id, []).append(_identity(row))
    return found


def of_seller(tx: Connection, workspace: str) -> list[Identity]:
    """The seller's own tax ids, oldest first."""
    query = select(tax_registrations).where(_c.workspace_id == workspace, _c.customer_id.is_(None))
    return [_identity(row) for row in tx.execute(query.order_by(_c.id))]


def of_row(row: Row[Any]) -> Registration:
    """The value of a row."""
    return Registration(
        row.id,
        row.tax_identifier,
        row.customer_id,
        row.country,
        row.state,
        row.created_at,
        row.updated_at,
    )


def _identity(row: Row[Any]) -> Identity:
    return Identity(row.tax_identifier, row.country, row.state)


def _facts(one: Registration) -> dict[str, Any]:
    return {
        "tax_identifier": one.tax_identifier,
        "customer_id": one.customer_id,
        "country": one.country,
        "state": one.state,
        "updated_at": one.updated_at,
    }
