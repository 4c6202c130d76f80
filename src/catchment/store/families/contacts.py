"""Contacts: the people at a customer, and who of them receives its invoices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.errors import NotFound
from catchment.store.chunks import chunks
from catchment.store.schema import contacts

_c = contacts.c


@dataclass(frozen=True, slots=True)
class Contact:
    """A person. ``billing_preference`` is PRIMARY, STANDARD (both receive invoices) or NONE."""

    id: str
    customer: CustomerId
    name: str
    email: str
    billing_preference: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


def of_customers(
    tx: Connection, workspace: str, ids: Collection[CustomerId], *, archived: bool = False
) -> dict[CustomerId, list[Contact]]:
    """The contacts of each customer that has any, oldest first."""
    found: dict[CustomerId, list[Contact]] = {}
    for part in chunks(ids):
        query = select(contacts).where(_c.workspace_id == workspace, _c.customer_id.in_(part))
        if not archived:
            query = query.where(_c.archived_at.is_(None))
        for row in tx.execute(query.order_by(_c.id)):
            found.setdefault(row.customer_id, []).append(_contact(row))
    return found


def one(tx: Connection, workspace: str, customer: CustomerId, id: str) -> Contact:
    """A contact of a customer, archived or not. Raises NotFound."""
    row = tx.execute(
        select(contacts).where(
            _c.id == id, _c.customer_id == customer, _c.workspace_id == workspace
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no contact {id} of customer {customer}.")
    return _contact(row)


def add(tx: Connection, workspace: str, new: Collection[Contact]) -> None:
    """Write new contacts down."""
    if new:
        tx.execute(
            insert(contacts),
            [
                {
                    "id": one.id,
                    "workspace_id": workspace,
                    "customer_id": one.customer,
                    "name": one.name,
                    "email": one.email,
                    "billing_preference": one.billing_preference,
                    "created_at": one.created_at,
                    "updated_at": one.updated_at,
                    "archived_at": one.archived_at,
                }
                for one in new
            ],
        )


def replace(tx: Connection, workspace: str, contact: Contact) -> None:
    """Write everything of a contact anew but its id, customer and creation."""
    tx.execute(
        update(contacts)
        .where(_c.id == contact.id, _c.workspace_id == workspace)
        .values(
            name=contact.name,
            email=contact.email,
            billing_preference=contact.billing_preference,
            updated_at=contact.updated_at,
            archived_at=contact.archived_at,
        )
    )


def _contact(row: Row[Any]) -> Contact:
    return Contact(
        row.id,
        row.customer_id,
        row.name,
        row.email,
        row.billing_preference,
        row.created_at,
        row.updated_at,
        row.archived_at,
    )
