"""/customers/{customer}/contacts: the people at a customer."""

from typing import Annotated

from fastapi import Query

from catchment.api.edge.deps import NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import Wire
from catchment.api.families.customer_wire import ContactIn, ContactOut
from catchment.flows.families.change_contacts import add_contact, archive_contact, update_contact
from catchment.store.families import contacts, customers
from catchment.store.families.contacts import Contact

routes = router("/customers/{customer}/contacts", "Contacts")


class Contacts(Wire):
    items: list[ContactOut]


@routes.get("")
def list_contacts(
    customer: PathId,
    tx: Tx,
    who: WhoIs,
    include_archived: Annotated[bool, Query(alias="includeArchived")] = False,
) -> Contacts:
    """A customer's contacts, oldest first."""
    customers.row(tx, who.workspace.id, customer)
    found = contacts.of_customers(tx, who.workspace.id, [customer], archived=include_archived)
    return Contacts(items=[ContactOut.of(one) for one in found.get(customer, [])])


@routes.post("", status_code=201)
def create_contact(
    customer: PathId, body: ContactIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> ContactOut:
    """Add a contact. When anybody receives invoices, one contact must be PRIMARY."""
    contact = Contact(new_id(), customer, body.name, body.email, body.billing_preference, now, now)
    add_contact(tx, who.workspace.id, contact)
    return ContactOut.of(contact)


@routes.put("/{id}")
def replace_contact(
    customer: PathId, id: PathId, body: ContactIn, tx: Tx, who: WhoIs, now: Now
) -> ContactOut:
    """Replace a contact."""
    return ContactOut.of(update_contact(tx, who.workspace.id, customer, id, body.facts(), now=now))


@routes.post("/{id}/archive")
def put_contact_away(customer: PathId, id: PathId, tx: Tx, who: WhoIs, now: Now) -> ContactOut:
    """Archive a contact; it receives nothing any more."""
    return ContactOut.of(archive_contact(tx, who.workspace.id, customer, id, now=now))
