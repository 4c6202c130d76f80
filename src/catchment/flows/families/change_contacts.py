"""What happens when the people at a customer change.

As long as anybody receives its invoices, somebody is the first to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict
from catchment.flows.families.save_customer import ContactFacts, changeable
from catchment.store.families import contacts
from catchment.store.families.contacts import Contact


class PrimaryContactNeeded(Conflict):
    """When anybody receives a customer's invoices, one contact must be PRIMARY."""

    code = "primary_contact_needed"


class ContactArchived(Conflict):
    """The contact is archived and can no longer be changed."""

    code = "contact_archived"


def add_contact(tx: Connection, workspace: str, contact: Contact) -> None:
    """Write a new contact down. Raises NotFound, CustomerArchived, PrimaryContactNeeded."""
    changeable(tx, workspace, contact.customer)
    _check_primary(_others(tx, workspace, contact), contact, "/billingPreference")
    contacts.add(tx, workspace, [contact])


def update_contact(
    tx: Connection, workspace: str, customer: str, id: str, facts: ContactFacts, *, now: datetime
) -> Contact:
    """Change a contact.

    Raises NotFound, CustomerArchived, ContactArchived, PrimaryContactNeeded.
    """
    changeable(tx, workspace, customer)
    present = contacts.one(tx, workspace, customer, id)
    if present.archived_at is not None:
        raise ContactArchived(f"{present.name} is archived and can no longer be changed.")
    changed = replace(
        present,
        name=facts.name,
        email=facts.email,
        billing_preference=facts.billing_preference,
        updated_at=now,
    )
    _check_primary(_others(tx, workspace, changed), changed, "/billingPreference")
    contacts.replace(tx, workspace, changed)
    return changed


def archive_contact(
    tx: Connection, workspace: str, customer: str, id: str, *, now: datetime
) -> Contact:
    """Put a contact away; once more changes nothing.

    Raises NotFound, CustomerArchived, PrimaryContactNeeded.
    """
    changeable(tx, workspace, customer)
    present = contacts.one(tx, workspace, customer, id)
    if present.archived_at is not None:
        return present
    archived = replace(present, archived_at=now, updated_at=now)
    _check_primary(_others(tx, workspace, archived), archived, "")
    contacts.replace(tx, workspace, archived)
    return archived


def _others(tx: Connection, workspace: str, contact: Contact) -> list[Contact]:
    present = contacts.of_customers(tx, workspace, [contact.customer])
    return [one for one in present.get(contact.customer, []) if one.id != contact.id]


def _check_primary(others: Iterable[Contact], changed: Contact, pointer: str) -> None:
    after = [*others, *([changed] if changed.archived_at is None else [])]
    preferences = {one.billing_preference for one in after}
    if "STANDARD" in preferences and "PRIMARY" not in preferences:
        message = "Someone receives the invoices, so one contact must be PRIMARY."
        raise PrimaryContactNeeded.field(pointer, message)
