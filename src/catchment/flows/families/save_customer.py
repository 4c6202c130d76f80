"""What happens when a customer is created or updated: itself, its people, names and parent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.errors import Conflict
from catchment.core.values.ids import NewId
from catchment.flows.families.change_aliases import set_aliases
from catchment.flows.families.move_customers import Relocation, move_customers, place_customer
from catchment.store.access import Workspace
from catchment.store.families import aliases, contacts, customers, links
from catchment.store.families.contacts import Contact
from catchment.store.families.customers import Customer
from catchment.usage import UsageStore


class Keep(Enum):
    """What was left out of a request and stays as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


class CustomerArchived(Conflict):
    """The customer is archived."""

    code = "customer_archived"


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A contact as asked for."""

    name: str
    email: str
    billing_preference: str


@dataclass(frozen=True, slots=True)
class CustomerRequest:
    """A customer as asked for. A new customer has the usual defaults for what is kept."""

    legal_name: str
    address: Mapping[str, str]
    url: str | None
    label: str | None
    tax_status: str
    contacts: tuple[ContactFacts, ...]
    integration_ids: tuple[Mapping[str, str], ...]
    status: str | Keep = KEEP
    custom_properties: Mapping[str, str] | Keep = KEEP
    telephone: str | Keep | None = KEEP
    payment_reference: str | Keep | None = KEEP
    aliases: tuple[str, ...] | Keep = KEEP
    parent: CustomerId | Keep | None = KEEP


def create_customer(
    tx: Connection,
    workspace: Workspace,
    request: CustomerRequest,
    *,
    now: datetime,
    new_id: NewId,
) -> CustomerId:
    """Write a new customer down, a child of its parent since always, and return its id.

    Raises AliasTaken and what ``place_customer`` raises.
    """
    id = new_id()
    blank = Customer(id, "", {}, None, None, "", "ACTIVE", {}, (), None, None, now, now)
    parent = None if request.parent is KEEP else request.parent
    if parent is not None:
        links.hold(tx, workspace.id)
    customers.add(tx, workspace.id, _changed(blank, request, now))
    if parent is not None:
        place_customer(tx, workspace, id, parent, now=now, new_id=new_id)
    facts = [_contact(id, one, now, new_id) for one in request.contacts]
    contacts.add(tx, workspace.id, facts)
    if request.aliases is not KEEP and request.aliases:
        set_aliases(tx, workspace.id, id, request.aliases, now=now, new_id=new_id)
    return id


def update_customer(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: CustomerId,
    request: CustomerRequest,
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Write a customer anew; with another parent, it is moved there from now on.

    Contacts are replaced; one with the e-mail address of an old one goes on as that.
    Raises NotFound, CustomerArchived, AliasTaken and what ``move_customers`` raises.
    """
    if request.parent is not KEEP:
        links.hold(tx, workspace.id)
    if request.aliases is not KEEP:
        aliases.hold(tx, workspace.id)
    customer = changeable(tx, workspace.id, id)
    customers.replace(tx, workspace.id, _changed(customer, request, now))
    _set_contacts(tx, workspace.id, id, request.contacts, now, new_id)
    if request.aliases is not KEEP:
        set_aliases(tx, workspace.id, id, request.aliases, now=now, new_id=new_id)
    if request.parent is not KEEP:
        relocation = Relocation(id, request.parent, now)
        move_customers(tx, usage, workspace, [relocation], now=now, new_id=new_id)


def changeable(tx: Connection, workspace: str, id: CustomerId) -> Customer:
    """A customer that nobody else can change until ``tx`` ends.

    Raises NotFound, CustomerArchived.
    """
    customer = customers.one(tx, workspace, id, lock=True)
    if customer.archived_at is not None:
        raise CustomerArchived(f"{customer.legal_name} is archived and can no longer be changed.")
    return customer


def _changed(customer: Customer, request: CustomerRequest, now: datetime) -> Customer:
    return replace(
        customer,
        legal_name=request.legal_name,
        address=request.address,
        url=request.url,
        label=request.label,
        tax_status=request.tax_status,
        integration_ids=request.integration_ids,
        status=customer.status if request.status is KEEP else request.status,
        custom_properties=customer.custom_properties
        if request.custom_properties is KEEP
        else request.custom_properties,
        telephone=customer.telephone if request.telephone is KEEP else request.telephone,
        payment_reference=customer.payment_reference
        if request.payment_reference is KEEP
        else request.payment_reference,
        updated_at=now,
    )


def _set_contacts(
    tx: Connection,
    workspace: str,
    customer: CustomerId,
    wanted: Sequence[ContactFacts],
    now: datetime,
    new_id: NewId,
) -> None:
    left = contacts.of_customers(tx, workspace, [customer]).get(customer, [])
    new: list[Contact] = []
    for facts in wanted:
        same = next((one for one in left if one.email.lower() == facts.email.lower()), None)
        if same is None:
            new.append(_contact(customer, facts, now, new_id))
            continue
        left.remove(same)
        changed = replace(
            same,
            name=facts.name,
            email=facts.email,
            billing_preference=facts.billing_preference,
        )
        if changed != same:
            contacts.replace(tx, workspace, replace(changed, updated_at=now))
    for one in left:
        contacts.replace(tx, workspace, replace(one, archived_at=now, updated_at=now))
    contacts.add(tx, workspace, new)


def _contact(customer: CustomerId, facts: ContactFacts, now: datetime, new_id: NewId) -> Contact:
    return Contact(new_id(), customer, facts.name, facts.email, facts.billing_preference, now, now)
