"""/prices: prices made for schedules. Once made, only their name and status change."""

from typing import Annotated, ClassVar, Literal

from fastapi import Query
from pydantic import ConfigDict, Field

from catchment.api.catalog.integration_wire import IntegrationIdIn
from catchment.api.catalog.price_filter import Wanted
from catchment.api.catalog.price_wire import EXAMPLE, ParameterIn, TermsIn, TermsOut, shown
from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import IdIn, Name, Pagination, Wire
from catchment.flows.schedules import make_price
from catchment.store.catalog import price_uses, prices

routes = router("/prices", "Prices")
Status = Literal["DRAFT", "ACTIVE"]


class PriceIn(TermsIn):
    """A price for schedules. A DRAFT one keeps its schedule from being started."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"example": EXAMPLE})

    integration_ids: Annotated[list[IntegrationIdIn], Field(max_length=20)] | None = None
    custom_metric_parameters: list[ParameterIn] | None = None
    list_price_id: IdIn | None = None
    status: Status | None = None


class PriceUpdateIn(Wire):
    name: Name = Field(examples=["API calls 2027"])
    status: Status | None = None


class PricedScheduleOut(Wire):
    """A billing schedule that has the price."""

    id: str
    customer_id: str
    customer_name: str


class PriceUseOut(Wire):
    """How many billing schedules have the price, and the first few of them, oldest first."""

    schedule_count: int
    schedules: list[PricedScheduleOut]

    @classmethod
    def of(cls, use: price_uses.PriceUse) -> "PriceUseOut":
        """The wire form."""
        schedules = [
            PricedScheduleOut(id=one.schedule_id, customer_id=one.customer, customer_name=one.name)
            for one in use.first
        ]
        return cls(schedule_count=use.schedule_count, schedules=schedules)


class PriceOut(TermsOut):
    """A price. ``usedBy`` is an extension: told where prices are read, of those in use."""

    list_price_id: str | None = None
    status: Status
    used_by: PriceUseOut | None = None

    @classmethod
    def of(cls, price: prices.StoredPrice, use: price_uses.PriceUse | None = None) -> "PriceOut":
        """The price as it is shown."""
        return cls.model_validate(
            {
                "id": price.id,
                "created_at": price.created_at,
                "updated_at": price.updated_at,
                "list_price_id": price.list_price_id,
                "status": price.status,
                "used_by": use and PriceUseOut.of(use),
                **shown(price.terms),
            }
        )


class PricesOut(Wire):
    items: list[PriceOut]
    pagination: Pagination


@routes.post("", status_code=201)
def create_price(body: PriceIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId) -> PriceOut:
    """Make a price. Percentages are fractions: ``"0.05"`` is 5 %."""
    terms = body.terms(body.integration_ids or (), body.custom_metric_parameters or ())
    price = prices.StoredPrice(
        new_id(), terms, body.list_price_id, body.status or "ACTIVE", now, now
    )
    make_price.create(tx, who.workspace.id, price)
    return PriceOut.of(price)


@routes.get("")
def list_prices(
    *,
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    wanted: Wanted,
    name: Annotated[str | None, Query(description="Part of the name.")] = None,
) -> PricesOut:
    """Prices, newest first."""
    page, found = prices.listed(tx, who.workspace.id, paging, wanted, name)
    uses = price_uses.of_prices(tx, who.workspace.id, [price.id for price in found])
    items = [PriceOut.of(price, uses.get(price.id)) for price in found]
    return PricesOut(items=items, pagination=Pagination.of(page))


@routes.get("/{id}")
def show_price(id: PathId, tx: Tx, who: WhoIs) -> PriceOut:
    """One price."""
    price = prices.one(tx, who.workspace.id, id)
    uses = price_uses.of_prices(tx, who.workspace.id, [id])
    return PriceOut.of(price, uses.get(id))


@routes.put("/{id}")
def update_price(id: PathId, body: PriceUpdateIn, tx: Tx, who: WhoIs, now: Now) -> PriceOut:
    """Rename a price, or approve a DRAFT one."""
    return PriceOut.of(
        make_price.change(tx, who.workspace.id, id, name=body.name, status=body.status, now=now)
    )


@routes.delete("/{id}")
def delete_price(id: PathId, tx: Tx, who: WhoIs, now: Now) -> PriceOut:
    """Delete a price that is on no billing schedule."""
    return PriceOut.of(make_price.delete(tx, who.workspace.id, id, now=now))
