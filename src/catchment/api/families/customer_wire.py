"""Customers on the wire, in both shapes the public API has had: with contacts, and flat."""

from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from catchment.api.catalog.integration_wire import IntegrationIdIn, IntegrationIdOut
from catchment.api.edge.wire import At, Email, IdIn, Name, Text, Wire
from catchment.api.families.address_wire import Address, AddressOut
from catchment.core.values.errors import FieldError, Invalid, NotSupportedYet
from catchment.core.values.places import STATES
from catchment.flows.families.save_customer import KEEP, ContactFacts, CustomerRequest
from catchment.store.families.contacts import Contact
from catchment.store.families.customers import Customer
from catchment.store.families.families import Organization

BillingPreference = Literal["PRIMARY", "STANDARD", "NONE"]
TaxStatus = Literal["TAXED", "TAX_EXEMPT", "REVERSE_CHARGED"]
CustomerStatus = Literal["DRAFT", "ACTIVE"]


def _url(value: str) -> str:
    value = value.strip()
    if value and host(value) is None:
        raise ValueError("A web address is expected, such as https://acme.example.")
    return value


def host(url: str) -> str | None:
    """The host of a web address, which may lack its scheme; None when there is none in it."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or any(character.isspace() for character in url):
        return None
    bare = not parts.scheme and "." not in name  # such as javascript:1
    return None if bare or parts.scheme not in {"", "http", "https"} else name


def _property_key(value: str) -> str:
    if '"' in value or "\\" in value:
        raise ValueError("The name of a property must hold neither quotes nor backslashes.")
    return value


Url = Annotated[Text, AfterValidator(_url)]
PropertyKey = Annotated[Name, StringConstraints(max_length=100), AfterValidator(_property_key)]


class ContactIn(Wire):
    """PRIMARY and STANDARD contacts receive invoices."""

    name: Name = Field(examples=["Ada Poe"])
    email: Email = Field(examples=["ap@northwind.example"])
    billing_preference: BillingPreference

    def facts(self) -> ContactFacts:
        return ContactFacts(self.name, self.email, self.billing_preference)


class CustomerIn(Wire):
    """A customer to create, or to put in the place of one.

    Left out on update, `parentId`, `customerAliases`, `customProperties` and `status` stay as they
    are; `parentId: null` detaches the customer from now on. The older flat shape (`contactName`,
    `email`, `billingEmails`) is read when `contacts` is left out.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "legalName": "Northwind Ltd",
                    "address": {
                        "line1": "1 Quay St",
                        "town": "Leeds",
                        "postcode": "LS1 1AA",
                        "country": "GB",
                    },
                    "taxStatus": "TAXED",
                    "contacts": [
                        {
                            "name": "Ada Poe",
                            "email": "ap@northwind.example",
                            "billingPreference": "PRIMARY",
                        }
                    ],
                    "customerAliases": ["nw-eu"],
                }
            ]
        }
    )

    legal_name: Name
    address: Address
    url: Url | None = None
    label: Text | None = None
    tax_status: TaxStatus | None = None
    contacts: list[ContactIn] | None = Field(None, max_length=200)
    customer_aliases: list[Name] | None = Field(None, max_length=1000)
    integration_ids: list[IntegrationIdIn] | None = Field(None, max_length=50)
    parent_id: IdIn | None = None
    push_to_integrations: list[Literal["Xero"]] | None = None
    status: CustomerStatus | None = None
    custom_properties: dict[PropertyKey, Text] | None = Field(None, max_length=50)
    contact_name: Name | None = Field(None, description="Older shape: the primary contact's name.")
    email: Email | None = Field(None, description="Older shape: the primary contact's address.")
    billing_emails: list[Email] | None = Field(
        None, max_length=200, description="Older shape: who else receives invoices."
    )
    telephone: Text | None = None
    payment_reference: Text | None = None

    def request(self) -> CustomerRequest:
        """What is asked for. Raises Invalid, NotSupportedYet."""
        if self.push_to_integrations:
            raise NotSupportedYet.field(
                "/pushToIntegrations", "Customers cannot be pushed to integrations yet."
            )
        flat = self.contacts is None and any((self.contact_name, self.email, self.billing_emails))
        errors = [*self._address_errors(flat=flat), *self._shape_errors(flat=flat)]
        if errors:
            raise Invalid(f"{errors[0].pointer}: {errors[0].message}", errors=tuple(errors))
        given = self.model_fields_set
        return CustomerRequest(
            legal_name=self.legal_name,
            address={
                name: value
                for name, value in self.address.model_dump(by_alias=True).items()
                if value or name == "postcode"
            },
            url=self.url or None,
            label=self.label or None,
            tax_status=self.tax_status or "TAXED",
            contacts=self._flat_contacts() if flat else self._contacts(),
            integration_ids=tuple(one.model_dump() for one in self.integration_ids or ()),
            status=self.status or KEEP,
            custom_properties=KEEP if self.custom_properties is None else self.custom_properties,
            telephone=self.telephone or None if "telephone" in given else KEEP,
            payment_reference=self.payment_reference or None
            if "payment_reference" in given
            else KEEP,
            aliases=KEEP if self.customer_aliases is None else tuple(self.customer_aliases),
            parent=self.parent_id if "parent_id" in given else KEEP,
        )

    def _address_errors(self, *, flat: bool) -> list[FieldError]:
        states = STATES.get(self.address.country)
        state, pointer = self.address.state, "/address/state"
        if not state:
            if states is None or flat:
                return []
            message = f"An address in {self.address.country} needs its state."
            return [FieldError(pointer, "missing", message)]
        if states is None:
            return [FieldError(pointer, "invalid", "Only addresses in the US and CA name a state.")]
        if state not in states:
            message = f"{self.address.country} has no state {state[:20]!r}."
            return [FieldError(pointer, "invalid", message)]
        return []

    def _shape_errors(self, *, flat: bool) -> list[FieldError]:
        missing = "This field is required."
        if flat:
            return [] if self.email else [FieldError("/email", "missing", missing)]
        errors = []
        older = {
            "/contactName": self.contact_name,
            "/email": self.email,
            "/billingEmails": self.billing_emails,
        }
        for pointer, value in older.items():
            if value:
                message = "Give either contacts or the older contactName, email and billingEmails."
                errors.append(FieldError(pointer, "invalid", message))
        if self.tax_status is None:
            errors.append(FieldError("/taxStatus", "missing", missing))
        if self.contacts is None:
            errors.append(FieldError("/contacts", "missing", missing))
        elif not any(one.billing_preference == "PRIMARY" for one in self.contacts):
            message = "At least one contact must be PRIMARY."
            errors.append(FieldError("/contacts", "primary_contact_needed", message))
        return errors

    def _contacts(self) -> tuple[ContactFacts, ...]:
        return tuple(one.facts() for one in self.contacts or ())

    def _flat_contacts(self) -> tuple[ContactFacts, ...]:
        assert self.email is not None
        primary = ContactFacts(self.contact_name or self.legal_name, self.email, "PRIMARY")
        others = dict.fromkeys(self.billing_emails or ())
        others.pop(self.email, None)
        return (primary, *(ContactFacts(email, email, "STANDARD") for email in others))


class NamedOut(Wire):
    id: str
    name: str


class OrganizationOut(Wire):
    """A parent and its children; `memberCount` tells of all where `members` holds the first."""

    id: str
    owner: NamedOut
    members: list[NamedOut]
    member_count: int

    @classmethod
    def of(cls, one: Organization) -> "OrganizationOut":
        return cls(
            id=one.id,
            owner=NamedOut(id=one.owner.id, name=one.owner.name),
            members=[NamedOut(id=member.id, name=member.name) for member in one.members],
            member_count=one.member_count,
        )


class ContactOut(Wire):
    id: str
    name: str
    email: str
    billing_preference: BillingPreference
    created_at: At
    updated_at: At
    archived_at: At | None = None

    @classmethod
    def of(cls, one: Contact) -> "ContactOut":
        return cls.model_validate(one, from_attributes=True, extra="ignore")


class ListedCustomer(Wire):
    """A customer in a list. `childCount` counts its children of today; none is left out."""

    id: str
    created_at: At
    organizations: list[OrganizationOut]
    legal_name: str
    address: AddressOut
    url: str | None = None
    domain: str | None = None
    label: str | None = None
    integration_ids: list[IntegrationIdOut]
    archived_at: At | None = None
    tax_status: TaxStatus
    custom_properties: dict[str, str]
    parent_id: str | None = None
    child_count: int
    telephone: str | None = None
    payment_reference: str | None = None


class CustomerOut(ListedCustomer):
    """A customer with its contacts."""

    contacts: list[ContactOut]
    status: CustomerStatus


class FlatCustomer(Wire):
    """A customer in the older flat shape."""

    id: str
    created_at: At
    legal_name: str
    contact_name: str | None = None
    address: AddressOut
    email: str
    telephone: str | None = None
    payment_reference: str | None = None
    url: str | None = None
    label: str | None = None
    integration_ids: list[IntegrationIdOut]
    archived_at: At | None = None
    billing_emails: list[str]
    tax_status: TaxStatus
    parent_id: str | None = None

    @classmethod
    def of(cls, one: Customer, contacts: list[Contact], parent: str | None) -> "FlatCustomer":
        """The customer, its first PRIMARY contact, and who else receives its invoices."""
        receiving = [c for c in contacts if c.billing_preference != "NONE"]
        receiving.sort(key=lambda c: c.billing_preference != "PRIMARY")
        first = receiving[0] if receiving else None
        return cls(
            id=one.id,
            created_at=one.created_at,
            legal_name=one.legal_name,
            contact_name=first.name if first else None,
            address=AddressOut.model_validate(one.address),
            email=first.email if first else "",
            telephone=one.telephone,
            payment_reference=one.payment_reference,
            url=one.url,
            label=one.label,
            integration_ids=[IntegrationIdOut.model_validate(i) for i in one.integration_ids],
            archived_at=one.archived_at,
            billing_emails=[c.email for c in receiving[1:]],
            tax_status=one.tax_status,
            parent_id=parent,
        )
