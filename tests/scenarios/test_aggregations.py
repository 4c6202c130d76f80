"""A family billed by averages, percentiles, time-weighted sums and expressions, and proved afterwards."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.scenarios.seller import Seller, graduated, linear


@pytest.fixture
def seller(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock
) -> Seller:
    clock.set("2026-01-01")
    return Seller(client, engine, usage, workspace, clock)


def metric(seller: Seller, kind: str, **more: Any) -> Any:
    body = {
        "name": kind.lower(),
        "metricType": "CUSTOM" if kind == "CUSTOM" else "SIMPLE",
        "eventType": "call",
        "aggregationType": kind,
        "propertyFilters": {},
        **({} if kind == "CUSTOM" else {"aggregationProperty": "n"}),
    }
    return seller.post("/usage-metrics", body | more)


def bill(seller: Seller, parent: str, *prices: str) -> Any:
    """The one invoice of January; it has been finalised and proves to be right."""
    seller.schedule(parent, *prices, end="2026-01-31", rollUpBilling=True)
    [invoice] = seller.run("2026-02-01")
    seller.post(f"/invoices/{invoice['id']}/finalize")
    with reading(seller.engine) as tx:
        verdicts = list(verify_invoices(tx, seller.usage, seller.workspace))
    assert [(one.invoice.id, one.difference) for one in verdicts] == [(invoice["id"], None)]
    return invoice


def shares(seller: Seller, invoice: Any, method: str) -> list[str]:
    found = seller.get(f"/invoices/{invoice['id']}/allocations", method=method, limit=100)["items"]
    return sorted(one["netTotal"] for one in found)


def notes(seller: Seller, invoice: Any) -> list[str]:
    found: list[str] = seller.get(f"/invoices/{invoice['id']}/usage-item-groups")["notes"]
    return found


def explained(seller: Seller, invoice: Any) -> Any:
    [line] = seller.lines(invoice)
    return seller.get(f"/invoices/{invoice['id']}/line-items/{line['id']}/explanation")["usage"]


@pytest.fixture
def family(seller: Seller) -> tuple[str, str, str]:
    parent = seller.customer("Parent")
    return parent, seller.customer("A", parent), seller.customer("B", parent)


def test_gigabytes_are_billed_for_as_long_as_they_were_stored(
    seller: Seller, family: tuple[str, str, str]
) -> None:
    parent, a, b = family
    joined = seller.customer("Joined")
    move = {"parentId": parent, "effectiveFrom": "2026-01-31T00:00:00Z"}
    seller.post(f"/customers/{joined}/moves", move)
    seller.used(
        (a, "2025-11-05", "10"), (a, "2026-01-11T00:00:00Z", "0"), (b, "2026-01-31T12:00:00Z", "100"),
        (joined, "2025-12-24", "5"),
    )  # fmt: skip
    stored = metric(seller, "TIME_WEIGHTED_SUM", unit="GB hours")

    invoice = bill(seller, parent, seller.price(linear(stored["id"], "0.01")))

    assert seller.breakdown(invoice) == {"A": ["2400"], "B": ["1200"], "Joined": ["120"]}
    assert (invoice["netTotal"], notes(seller, invoice)) == ("37.20", [])
    for method in ("PROPORTIONAL", "MARGINAL", "STANDALONE"):
        assert shares(seller, invoice, method) == ["1.20", "12.00", "24.00"]
    usage = explained(seller, invoice)
    told = {one["name"]: one["eventCount"] for one in usage["members"]["items"]}
    assert told == {"A": 1, "B": 1, "Joined": 0}


def test_an_average_and_a_percentile_are_of_the_pool_and_say_so(
    seller: Seller, family: tuple[str, str, str]
) -> None:
    parent, a, b = family
    seller.used(*((a, "2026-01-10", n) for n in ("10", "20", "30")), (b, "2026-01-10", "90"))
    average = metric(seller, "AVERAGE")
    highest = metric(seller, "PERCENTILE", percentile="0.75")

    invoice = bill(
        seller, parent, seller.price(linear(average["id"])), seller.price(linear(highest["id"]))
    )

    assert invoice["netTotal"] == "67.50"
    assert seller.breakdown(invoice) == {"A": ["20", "30"], "B": ["90", "90"]}
    assert notes(seller, invoice) == [
        (
            "average: the average over the events of all customers together is billed, which is 37.5;"
            " the customers' own averages add up to 110."
        ),
        (
            "percentile: the percentile of all customers together is billed, which is 30;"
            " the customers' own percentiles add up to 120."
        ),
    ]
    assert shares(seller, invoice, "PROPORTIONAL") == ["22.50", "30.68", "6.82", "7.50"]


def test_a_price_measures_with_its_own_parameters(
    seller: Seller, family: tuple[str, str, str]
) -> None:
    parent, a, b = family
    weighted = metric(
        seller,
        "CUSTOM",
        expression="n * weight",
        parameters=[{"name": "weight", "type": "NUMBER", "defaultValue": "7"}],
    )
    [weight] = weighted["parameters"]
    half = [{"parameterId": weight["id"], "value": "0.5"}]
    seller.used((a, "2026-01-10", "200"), (b, "2026-01-11", "100"))

    invoice = bill(
        seller, parent, seller.price(graduated(weighted["id"]), customMetricParameters=half)
    )

    assert invoice["netTotal"] == "207.50"
    assert seller.breakdown(invoice) == {"A": ["100"], "B": ["50"]}
    assert shares(seller, invoice, "PROPORTIONAL") == ["138.33", "69.17"]
    assert shares(seller, invoice, "MARGINAL") == ["120.00", "87.50"]
    assert explained(seller, invoice)["metric"]["parameters"] == [
        {"name": "weight", "value": "0.5"}
    ]


def test_two_prices_of_one_pool_set_parameters_alike(
    seller: Seller, family: tuple[str, str, str]
) -> None:
    weighted = metric(
        seller,
        "CUSTOM",
        expression="n * weight",
        parameters=[{"name": "weight", "type": "NUMBER", "defaultValue": "7"}],
    )
    half = [{"parameterId": weighted["parameters"][0]["id"], "value": "0.5"}]
    prices = [
        seller.price(linear(weighted["id"])),
        seller.price(linear(weighted["id"]), customMetricParameters=half),
    ]
    body = {
        "customerId": family[0],
        "startDate": "2026-01-01",
        "taxRates": [],
        "autoIssueInvoices": False,
        "isDraft": False,
        "rollUpBilling": True,
        "phases": [{"startDate": "2026-01-01", "priceIds": prices}],
    }

    answer = seller.client.post("/billing-schedules", json=body)

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("/phases/0/priceIds/1", "parameters_differ")
    ]
