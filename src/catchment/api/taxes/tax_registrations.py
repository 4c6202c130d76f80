"""/tax-registrations: the tax ids of the seller and of customers, by country and state."""

from datetime import datetime
from typing import ClassVar, Self

from pydantic import ConfigDict, model_validator
from sqlalchemy import Connection

from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import CountryCode, IdIn, Name, Pagination, Text, Wire
from catchment.core.values.errors import FieldError, Invalid, NotFound
from catchment.core.values.places import STATES
from catchment.store.families import customers
from catchment.store.paging import Page
from catchment.store.taxes import tax_registrations
from catchment.store.taxes.tax_registrations import Registration

routes = router("/tax-registrations", "Tax registrations")


class RegistrationIn(Wire):
    """What a tax authority calls a customer, or the seller (``merchantId``): one of the two."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "taxIdentifier": "GB123456789",
                "customerId": "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11",
                "country": "GB",
            }
        }
    )

    tax_identifier: Name
    customer_id: IdIn | None = None
    merchant_id: IdIn | None = None
    country: CountryCode
    state: Text | None = None

    @model_validator(mode="after")
    def _state_of_its_country(self) -> Self:
        states = STATES.get(self.country)
        if self.state and states is not None and self.state not in states:
            raise ValueError(f"{self.state!r} is not the code of a state of {self.country}.")
        return self


class RegistrationOut(Wire):
    id: str
    sequence_account_id: str
    tax_identifier: str
    customer_id: str | None = None
    merchant_id: str | None = None
    country: str
    state: str | None = None

    @classmethod
    def of(cls, workspace: str, one: Registration) -> "RegistrationOut":
        """The registration as it is shown."""
        return cls(
            id=one.id,
            sequence_account_id=workspace,
            tax_identifier=one.tax_identifier,
            customer_id=one.customer_id,
            merchant_id=workspace if one.customer_id is None else None,
            country=one.country,
            state=one.state,
        )


class RegistrationsOut(Wire):
    items: list[RegistrationOut]
    pagination: Pagination


@routes.post("", status_code=201)
def create_tax_registration(
    body: RegistrationIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> RegistrationOut:
    """Note a tax id. Drafts have it once they are calculated again."""
    made = _registration(tx, who.workspace.id, body, new_id(), created_at=now, now=now)
    tax_registrations.add(tx, who.workspace.id, made)
    return RegistrationOut.of(who.workspace.id, made)


@routes.get("")
def list_tax_registrations(tx: Tx, who: WhoIs, paging: NewestFirst) -> RegistrationsOut:
    """The seller's tax ids and those of all customers, newest first."""
    return _shown(who.workspace.id, tax_registrations.listed(tx, who.workspace.id, paging))


@routes.get("/for-customer/{id}")
def list_tax_registrations_of_customer(
    id: PathId, tx: Tx, who: WhoIs, paging: NewestFirst
) -> RegistrationsOut:
    """The tax ids of a customer, newest first."""
    customers.row(tx, who.workspace.id, id)
    page = tax_registrations.listed_of(tx, who.workspace.id, id, paging)
    return _shown(who.workspace.id, page)


@routes.get("/for-merchant/{id}")
def list_tax_registrations_of_merchant(
    id: PathId, tx: Tx, who: WhoIs, paging: NewestFirst
) -> RegistrationsOut:
    """The seller's own tax ids, newest first."""
    _check_merchant(who.workspace.id, id)
    page = tax_registrations.listed_of(tx, who.workspace.id, None, paging)
    return _shown(who.workspace.id, page)


@routes.get("/{id}")
def show_tax_registration(id: PathId, tx: Tx, who: WhoIs) -> RegistrationOut:
    """One tax id."""
    return RegistrationOut.of(who.workspace.id, tax_registrations.one(tx, who.workspace.id, id))


@routes.put("/{id}")
def update_tax_registration(
    id: PathId, body: RegistrationIn, tx: Tx, who: WhoIs, now: Now
) -> RegistrationOut:
    """Replace a tax id. Finalised invoices keep the one they have."""
    before = tax_registrations.one(tx, who.workspace.id, id, to_change=True)
    changed = _registration(tx, who.workspace.id, body, id, created_at=before.created_at, now=now)
    tax_registrations.save(tx, changed)
    return RegistrationOut.of(who.workspace.id, changed)


@routes.delete("/{id}")
def delete_tax_registration(id: PathId, tx: Tx, who: WhoIs) -> RegistrationOut:
    """Take a tax id away."""
    gone = tax_registrations.one(tx, who.workspace.id, id, to_change=True)
    tax_registrations.remove(tx, id)
    return RegistrationOut.of(who.workspace.id, gone)


def _registration(
    tx: Connection,
    workspace: str,
    body: RegistrationIn,
    id: str,
    *,
    created_at: datetime,
    now: datetime,
) -> Registration:
    """The registration asked for. Raises Invalid, NotFound."""
    if (body.customer_id is None) == (body.merchant_id is None):
        message = "Name either a customer or the merchant."
        raise Invalid.field("/customerId", message)
    if body.merchant_id is not None:
        _check_merchant(workspace, body.merchant_id, "/merchantId")
    elif not customers.many(tx, workspace, [body.customer_id or ""]):
        message = f"There is no customer {body.customer_id}."
        raise NotFound.field("/customerId", message)
    return Registration(
        id,
        body.tax_identifier,
        body.customer_id,
        body.country,
        body.state or None,
        created_at,
        now,
    )


def _check_merchant(workspace: str, id: str, pointer: str | None = None) -> None:
    if id != workspace:
        message = f"There is no merchant {id}."
        errors = () if pointer is None else (FieldError(pointer, NotFound.code, message),)
        raise NotFound(message, errors=errors)


def _shown(workspace: str, page: Page) -> RegistrationsOut:
    items = [RegistrationOut.of(workspace, tax_registrations.of_row(row)) for row in page.rows]
    return RegistrationsOut(items=items, pagination=Pagination.of(page))
