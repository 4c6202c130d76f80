"""Products are named, renamed, found and archived."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.catalogue import NOBODY, category, made, metric, price_body, product, refusal


def test_a_product_is_created_read_and_replaced(client: TestClient) -> None:
    body = {"name": "API platform", "label": "Platform", "taxCategoryId": category(client)}

    created = client.post("/products", json=body)
    replaced = client.put(f"/products/{created.json()['id']}", json={"name": "API"})

    assert created.status_code == 201
    assert {k: created.json()[k] for k in body} == body
    assert created.json()["createdAt"] == "2026-03-10T09:30:00.000Z"
    shown = client.get(f"/products/{created.json()['id']}").json()
    assert shown == replaced.json()
    assert (shown["name"], "label" in shown, "taxCategoryId" in shown) == ("API", False, False)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 256}, "/name"),
        ({"name": 3}, "/name"),
        ({"name": "a", "label": 1}, "/label"),
        ({"name": "a", "taxCategoryId": ""}, "/taxCategoryId"),
        ({"name": "a", "colour": "red"}, "/colour"),
    ],
)
def test_a_bad_product_is_refused_naming_the_field(
    client: TestClient, body: dict[str, Any], pointer: str
) -> None:
    assert refusal(client.post("/products", json=body)) == (400, "invalid", [pointer])


def test_products_are_listed_newest_first_and_found_by_part_of_a_name(client: TestClient) -> None:
    for name, label in (("Storage", None), ("API", "Calls 100%"), ("Support", None)):
        made(client.post("/products", json={"name": name, "label": label}))

    def names(**query: Any) -> list[str]:
        page = made(client.get("/products", params=query))
        assert page["pagination"]["totalResultSize"] == (
            len(page["items"]) if "limit" not in query else 3
        )
        return [item["name"] for item in page["items"]]

    assert names() == ["Support", "API", "Storage"]
    assert names(sortOrder="ASC") == ["Storage", "API", "Support"]
    assert names(name="sTOR") == ["Storage"]
    assert names(name="0%") == ["API"]
    assert names(name="_") == []
    assert names(limit=2) == ["Support", "API"]


def test_an_archived_product_stays_readable_but_takes_no_new_price(client: TestClient) -> None:
    id = product(client)

    archived = made(client.post(f"/products/{id}/archive"))
    again = made(client.post(f"/products/{id}/archive"))

    assert archived["archivedAt"] == again["archivedAt"] == "2026-03-10T09:30:00.000Z"
    assert made(client.get(f"/products/{id}"))["archivedAt"]
    expected = (409, "product_archived", ["/productId"])
    assert refusal(client.post("/prices", json=price_body(id))) == expected
    assert refusal(client.post("/list-prices", json=price_body(id))) == expected
    assert refusal(client.put(f"/products/{id}", json={"name": "x"})) == (
        409,
        "product_archived",
        [],
    )
    assert [p["id"] for p in made(client.get("/products"))["items"]] == [id]
    assert made(client.get("/products?includeArchived=false"))["items"] == []


def test_another_workspace_sees_none_of_it(client: TestClient, stranger: TestClient) -> None:
    id = product(client)

    assert stranger.get(f"/products/{id}").status_code == 404
    assert stranger.put(f"/products/{id}", json={"name": "mine"}).status_code == 404
    assert stranger.post(f"/products/{id}/archive").status_code == 404
    assert made(stranger.get("/products"))["items"] == []
    assert made(stranger.get("/billing-products"))["items"] == []
    assert client.get("/products/nothing").status_code == 404
    assert client.get(f"/products/{NOBODY}").status_code == 404


def test_billing_products_carry_their_prices_and_how_they_are_recognised(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    usage = {
        "pricingType": "LINEAR",
        "pricePerUnit": "2",
        "usageMetricId": metric(engine, workspace.id),
        "isPricePercentage": False,
    }
    saas = category(client)
    made(client.post("/products", json={"name": "Bare", "taxCategoryId": saas}))
    flat, used, gone = (product(client, name) for name in ("Flat", "Used", "Gone"))
    fee = made(client.post("/prices", json=price_body(flat)))
    calls = made(client.post("/list-prices", json=price_body(used, usage)))
    made(client.post(f"/products/{gone}/archive"))

    def found(**query: str) -> dict[str, tuple[str, list[str], list[str]]]:
        return {
            item["name"]: (
                item["recognitionMethod"],
                [p["id"] for p in item["prices"]],
                [p["id"] for p in item["listPrices"]],
            )
            for item in made(client.get("/billing-products", params=query))["items"]
        }

    everything = {
        "Bare": ("STRAIGHT_LINE", [], []),
        "Flat": ("STRAIGHT_LINE", [fee["id"]], []),
        "Used": ("USAGE", [], [calls["id"]]),
    }
    assert found() == everything
    assert found(name="fLa") == {"Flat": everything["Flat"]}
    assert found(taxCategoryId=saas) == {"Bare": everything["Bare"]}
    assert found(recognitionMethod="USAGE") == {"Used": everything["Used"]}
    assert list(found(recognitionMethod="STRAIGHT_LINE")) == ["Flat", "Bare"]
    assert found(recognitionMethod="MILESTONE") == {}
