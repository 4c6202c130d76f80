"""The merchant, the metrics, the products, the price list and the schedules of the demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catchment.demo import seller
from catchment.demo.customers import Customers
from catchment.demo.families import AGREEMENTS, OPENING, Agreement
from catchment.demo.server import Api, Clock
from catchment.demo.tariff import CHARGES, MEASURES, PRODUCTS

_DUE_DAYS = 30


def load_catalogue(api: Api, done: Callable[[], None]) -> list[str]:
    """Make what is missing of seller, metrics, products and prices; the prices' ids, in order."""
    _seller(api)
    metrics = {item["name"]: item["id"] for item in api.every("/usage-metrics")}
    for measure in MEASURES:
        if measure.name not in metrics:
            metrics[measure.name] = api.post("/usage-metrics", measure.body())["id"]
        done()
    products = {item["name"]: item["id"] for item in api.every("/products")}
    for name, label in PRODUCTS.items():
        if name not in products:
            products[name] = api.post("/products", {"name": name, "label": label})["id"]
        done()
    prices = {item["name"]: item["id"] for item in api.every("/list-prices")}
    for charge in CHARGES:
        if charge.name not in prices:
            metric = metrics[charge.measure] if charge.measure else None
            body = charge.body(products[charge.product], metric)
            prices[charge.name] = api.post("/list-prices", body)["id"]
        done()
    return [prices[charge.name] for charge in CHARGES]


def load_schedules(
    api: Api,
    clock: Clock,
    customers: Customers,
    list_prices: list[str],
    done: Callable[[], None],
) -> None:
    """Start every agreement that has no schedule yet.

    The clock stands at the first day, so that starting a schedule drafts nothing: everything is
    charged afterwards, and the billing run finds it all due.
    """
    clock.set(OPENING)
    known = {(item["customerId"], item["startDate"]) for item in api.every("/billing-schedules")}
    for agreement in AGREEMENTS:
        customer = customers[agreement.customer]
        if (customer, agreement.start.isoformat()) not in known:
            api.post("/billing-schedules", _schedule(agreement, customer, list_prices))
        done()


def _seller(api: Api) -> None:
    """Give the workspace its seller's details, where they differ."""
    now = api.get("/merchant-for-sequence-account")
    wanted = seller.details()
    if any(now.get(name) != value for name, value in wanted.items()):
        api.put(f"/merchants/{now['id']}", wanted)


def _schedule(agreement: Agreement, customer: str, list_prices: list[str]) -> dict[str, Any]:
    """The whole price list, pooled over the customer's family, on the first of every month."""
    start = agreement.start.isoformat()
    end = {"endDate": agreement.end.isoformat()} if agreement.end else {}
    phase = {"name": "2013 tariff", "startDate": start, "priceIds": [], "listPriceIds": list_prices}
    return {
        "customerId": customer,
        "startDate": start,
        **end,
        "recurrenceDayOfMonth": 1,
        "taxRates": [],
        "autoIssueInvoices": False,
        "isDraft": False,
        "rollUpBilling": True,  # a carrier's aircraft are its children, a group's carriers too
        "defaultDueDateDays": _DUE_DAYS,
        "label": "Airport use agreement 2013",
        "phases": [phase | end],
    }
