"""What happens when a price is made: its terms must fit its product, its metric and each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.terms.pricing import Fixed, OneTime, SeatBased, continues, needs_values
from catchment.core.terms.schedules import Frequency, Timing
from catchment.core.usage.metering import GROWING, VALUING
from catchment.core.usage.parameters import Parameter
from catchment.core.values.errors import Conflict, Invalid, NotFound, NotSupportedYet
from catchment.flows.schedules.keep_product import ProductArchived
from catchment.flows.schedules.on_demand_terms import (
    check_metric,
    check_on_demand,
    has_tiers_that_go_on,
)
from catchment.flows.schedules.pool_terms import check_named
from catchment.store.catalog import list_prices, metered, prices, products
from catchment.store.catalog.list_prices import ListPrice
from catchment.store.catalog.price_terms import Terms
from catchment.store.catalog.prices import StoredPrice
from catchment.store.seats import seat_metrics


class PriceInUse(Conflict):
    """The price is on a billing schedule."""

    code = "price_in_use"


class ListPriceArchived(Conflict):
    """The list price is archived."""

    code = "list_price_archived"


def create(tx: Connection, workspace: str, price: StoredPrice) -> None:
    """Keep a new price. Raises Invalid, NotFound, ProductArchived."""
    check(tx, workspace, price.terms)
    if price.list_price_id is not None:
        found = list_prices.some(tx, workspace, [price.list_price_id])
        if not found:
            raise _missing("/listPriceId", f"There is no list price {price.list_price_id}.")
    prices.add(tx, workspace, [price])


def change(
    tx: Connection, workspace: str, id: str, *, name: str, status: str | None, now: datetime
) -> StoredPrice:
    """Rename a price, or approve it. Raises NotFound, PriceInUse."""
    price = prices.one(tx, workspace, id, to_change=True)
    status = status or price.status
    if (price.status, status) == ("ACTIVE", "DRAFT") and prices.on_a_schedule(tx, price):
        message = f"The price {id} is on a billing schedule and cannot become a draft again."
        raise PriceInUse.field("/status", message)
    price = replace(price, terms=replace(price.terms, name=name), status=status, updated_at=now)
    prices.rename(tx, price)
    return price


def delete(tx: Connection, workspace: str, id: str, *, now: datetime) -> StoredPrice:
    """Forget a price that no schedule uses. Raises NotFound, PriceInUse."""
    price = prices.one(tx, workspace, id, to_change=True)
    if prices.on_a_schedule(tx, price):
        raise PriceInUse(f"The price {price.terms.name!r} ({id}) is on a billing schedule.")
    prices.delete(tx, price, now)
    return price


def create_list_price(tx: Connection, workspace: str, price: ListPrice) -> None:
    """Keep a new list price. Raises Invalid, NotFound, ProductArchived."""
    check(tx, workspace, price.terms)
    list_prices.add(tx, workspace, price)


def change_list_price(
    tx: Connection, workspace: str, id: str, terms: Terms, *, now: datetime
) -> ListPrice:
    """Replace a list price; prices copied from it before stay as they are.

    Raises Invalid, NotFound, ProductArchived, ListPriceArchived.
    """
    price = list_prices.one(tx, workspace, id, to_change=True)
    if price.archived_at is not None:
        raise ListPriceArchived(f"The list price {price.terms.name!r} ({id}) is archived.")
    check(tx, workspace, terms)
    price = replace(price, terms=terms, updated_at=now)
    list_prices.save(tx, workspace, price)
    return price


def archive_list_price(tx: Connection, workspace: str, id: str, *, now: datetime) -> ListPrice:
    """Take a list price out of the catalogue; archiving it again changes nothing.

    Raises NotFound.
    """
    price = list_prices.one(tx, workspace, id, to_change=True)
    if price.archived_at is None:
        price = replace(price, archived_at=now, updated_at=now)
        list_prices.save(tx, workspace, price)
    return price


def check(tx: Connection, workspace: str, terms: Terms) -> None:
    """Refuse terms that could not be billed. Raises Invalid, NotFound, ProductArchived."""
    _check_times(terms)
    product = products.some(tx, workspace, [terms.product_id]).get(terms.product_id)
    if product is None:
        raise _missing("/productId", f"There is no product {terms.product_id}.")
    if product.archived_at is not None:
        message = f"The product {product.name!r} is archived and can have no new price."
        raise ProductArchived.field("/productId", message)
    if terms.metric_id is None:
        if terms.restrict_to:
            message = "Only a usage or seat price can be restricted to customers."
            raise Invalid.field("/restrictToCustomers", message)
        _check_parameters(terms, ())
        return
    check_named(tx, workspace, terms.restrict_to, "/restrictToCustomers")
    if terms.of_seats:
        if seat_metrics.in_force(tx, workspace, terms.metric_id) is None:
            message = f"There is no seat metric {terms.metric_id}."
            raise _missing("/structure/seatMetricId", message)
        _check_parameters(terms, ())
        return
    found = metered.in_force(tx, workspace, terms.metric_id)
    if found is None:
        raise _missing("/structure/usageMetricId", f"There is no metric {terms.metric_id}.")
    metric, parameters = found
    _check_parameters(terms, parameters)
    if needs_values(terms.price) and metric.aggregation not in VALUING:
        raise Invalid.field(
            "/structure/usageMetricId",
            "minPrice and maxPrice bound the price of each event, and a"
            f" {metric.aggregation} metric gives events no value.",
        )
    check_metric(terms, metric)
    going_on = continues(terms.price) or has_tiers_that_go_on(terms)
    if going_on and metric.aggregation not in GROWING:
        raise NotSupportedYet.field(
            "/structure/usageMetricId",
            "Tiers go on from earlier usage only where every event adds to it, as COUNT, SUM and"
            f" CUSTOM do; a {metric.aggregation} metric is not supported yet.",
        )


def _check_parameters(terms: Terms, parameters: Iterable[Parameter]) -> None:
    known = {one.id: one for one in parameters}
    for index, (id, value) in enumerate(terms.parameters):
        pointer = f"/customMetricParameters/{index}"
        parameter = known.get(id)
        if parameter is None:
            message = f"What the price measures has no parameter {id}."
            raise _missing(f"{pointer}/parameterId", message)
        if id in (other for other, _ in terms.parameters[:index]):
            raise Invalid.field(f"{pointer}/parameterId", f"{parameter.name!r} is set twice.")
        problem = parameter.problem_with(value)
        if problem is not None:
            raise Invalid.field(f"{pointer}/value", problem)


def _check_overages(terms: Terms) -> None:
    price = terms.price
    if (
        isinstance(price, SeatBased)
        and price.apart
        and Frequency(price.overages or "").months > terms.frequency.months
    ):
        message = "Overages cannot be charged less often than the seats."
        raise Invalid.field("/structure/overagesBillingFrequency", message)


def _check_times(terms: Terms) -> None:
    once = terms.frequency is Frequency.ONE_TIME
    if isinstance(terms.price, OneTime) and not once:
        message = "A ONE_TIME price needs the billing frequency ONE_TIME."
        raise Invalid.field("/billingFrequency", message)
    if isinstance(terms.price, Fixed) and once:
        message = "A FIXED price recurs; use a ONE_TIME price to charge once."
        raise Invalid.field("/billingFrequency", message)
    if terms.of_seats and once:
        message = "A SEAT_BASED price recurs; it cannot be charged once."
        raise Invalid.field("/billingFrequency", message)
    _check_overages(terms)
    check_on_demand(terms)
    if terms.metric_id is not None and terms.timing is Timing.IN_ADVANCE and not terms.of_seats:
        message = "Usage is known only afterwards: a usage price must be IN_ARREARS."
        raise Invalid.field("/billingType", message)


def _missing(pointer: str, message: str) -> NotFound:
    return NotFound.field(pointer, message)
