"""/list-prices: the catalogue. A list price put on a schedule is copied into a price of its own."""

from typing import Annotated, ClassVar

from fastapi import Query
from pydantic import ConfigDict, Field

from catchment.api.catalog.integration_wire import IntegrationIdIn
from catchment.api.catalog.price_filter import Wanted
from catchment.api.catalog.price_wire import EXAMPLE, ParameterIn, TermsIn, TermsOut, shown
from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, Pagination, Wire
from catchment.flows.schedules import make_price
from catchment.store.catalog import list_prices

routes = router("/list-prices", "List prices")


class ListPriceIn(TermsIn):
    """A price of the catalogue."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"example": EXAMPLE})

    integration_ids: Annotated[list[IntegrationIdIn], Field(max_length=20)]
    custom_metric_parameters: list[ParameterIn]


class ListPriceOut(TermsOut):
    archived_at: At | None = None

    @classmethod
    def of(cls, price: list_prices.ListPrice) -> "ListPriceOut":
        """The list price as it is shown."""
        return cls.model_validate(
            {
                "id": price.id,
                "created_at": price.created_at,
                "updated_at": price.updated_at,
                "archived_at": price.archived_at,
                **shown(price.terms),
            }
        )


class ListPricesOut(Wire):
    items: list[ListPriceOut]
    pagination: Pagination


@routes.post("", status_code=201)
def create_list_price(
    body: ListPriceIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> ListPriceOut:
    """Add a price to the catalogue. Percentages are fractions: ``"0.05"`` is 5 %."""
    terms = body.terms(body.integration_ids, body.custom_metric_parameters)
    price = list_prices.ListPrice(new_id(), terms, now, now, None)
    make_price.create_list_price(tx, who.workspace.id, price)
    return ListPriceOut.of(price)


@routes.get("")
def list_list_prices(
    *,
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    wanted: Wanted,
    include_archived: Annotated[bool, Query(alias="includeArchived")] = False,
) -> ListPricesOut:
    """List prices, newest first; archived ones only if asked for."""
    page, found = list_prices.listed(
        tx, who.workspace.id, paging, wanted, include_archived=include_archived
    )
    items = [ListPriceOut.of(price) for price in found]
    return ListPricesOut(items=items, pagination=Pagination.of(page))


@routes.get("/{id}")
def show_list_price(id: PathId, tx: Tx, who: WhoIs) -> ListPriceOut:
    """One list price."""
    return ListPriceOut.of(list_prices.one(tx, who.workspace.id, id))


@routes.put("/{id}")
def update_list_price(id: PathId, body: ListPriceIn, tx: Tx, who: WhoIs, now: Now) -> ListPriceOut:
    """Replace a list price. Schedules keep the prices that were copied from it."""
    terms = body.terms(body.integration_ids, body.custom_metric_parameters)
    return ListPriceOut.of(make_price.change_list_price(tx, who.workspace.id, id, terms, now=now))


@routes.post("/{id}/archive")
def archive_list_price(id: PathId, tx: Tx, who: WhoIs, now: Now) -> ListPriceOut:
    """Take a list price out of the catalogue."""
    return ListPriceOut.of(make_price.archive_list_price(tx, who.workspace.id, id, now=now))
