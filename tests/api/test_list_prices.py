"""The catalogue: list prices are made, replaced and archived."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.catalogue import (
    NOBODY,
    TIERS,
    changed,
    made,
    metric,
    price_body,
    product,
    refusal,
)


def graduated(metric_id: str) -> dict[str, Any]:
    return {
        "pricingType": "GRADUATED",
        "usageMetricId": metric_id,
        "usageCalculationMode": "BILLING_PERIOD",
        "tiers": TIERS,
    }


def test_a_list_price_is_made_and_replaced_whole(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    body = price_body(product(client), graduated(metric(engine, workspace.id)))
    created = client.post("/list-prices", json=body)
    url = f"/list-prices/{created.json()['id']}"

    replaced = made(client.put(url, json=price_body(product(client, "Other"), name="Flat")))

    assert created.status_code == 201
    assert created.json()["structure"]["tiers"][0] == TIERS[0]
    assert "status" not in created.json()
    assert replaced == made(client.get(url))
    assert (replaced["name"], replaced["structure"]["pricingType"]) == ("Flat", "FIXED")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/integrationIds", ...),
        ("/customMetricParameters", ...),
        ("/structure/price", "much"),
        ("/billingFrequency", "ONE_TIME"),
        ("/listPriceId", NOBODY),
        ("/status", "ACTIVE"),
    ],
)
def test_a_bad_list_price_is_refused_naming_the_field(
    client: TestClient, path: str, value: Any
) -> None:
    body = price_body(product(client))
    url = f"/list-prices/{made(client.post('/list-prices', json=body))['id']}"
    bad = changed(body, path, value)

    assert refusal(client.post("/list-prices", json=bad)) == (400, "invalid", [path])
    assert refusal(client.put(url, json=bad)) == (400, "invalid", [path])


def test_an_archived_list_price_leaves_the_catalogue(client: TestClient) -> None:
    body = price_body(product(client))
    price = made(client.post("/list-prices", json=body))
    url = f"/list-prices/{price['id']}"

    archived = made(client.post(f"{url}/archive"))

    assert archived == {**price, "archivedAt": "2026-03-10T09:30:00.000Z"}
    assert made(client.post(f"{url}/archive")) == made(client.get(url)) == archived
    assert made(client.get("/list-prices"))["items"] == []
    assert made(client.get("/list-prices?includeArchived=true"))["items"] == [archived]
    assert refusal(client.put(url, json=body)) == (409, "list_price_archived", [])


def test_list_prices_are_filtered(client: TestClient) -> None:
    one, two = product(client), product(client)
    for name, owner, currency, frequency in (
        ("a", one, "USD", "MONTHLY"),
        ("b", one, "EUR", "QUARTERLY"),
        ("c", two, "JPY", "YEARLY"),
    ):
        made(
            client.post(
                "/list-prices",
                json=price_body(owner, name=name, currency=currency, billingFrequency=frequency),
            )
        )

    def names(**query: str) -> str:
        return "".join(p["name"] for p in made(client.get("/list-prices", params=query))["items"])

    assert names() == "cba"
    assert names(currency="JPY,EUR") == "cb"
    assert names(billingFrequency="MONTHLY") == "a"
    assert names(productId=one) == "ba"
    assert names(productId=NOBODY) == ""


def test_another_workspace_sees_none_of_it(client: TestClient, stranger: TestClient) -> None:
    body = price_body(product(client))
    url = f"/list-prices/{made(client.post('/list-prices', json=body))['id']}"

    assert stranger.get(url).status_code == 404
    assert stranger.put(url, json=price_body(product(stranger))).status_code == 404
    assert stranger.post(f"{url}/archive").status_code == 404
    assert made(stranger.get("/list-prices"))["items"] == []
