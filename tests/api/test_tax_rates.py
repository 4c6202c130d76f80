"""Tax rates, tax categories and tax registrations over the API."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import agreements
from tests.api.catalogue import NOBODY, category, made, refusal
from tests.api.taxed import change, rate, rate_body


def test_a_rate_is_shown_with_its_version(client: TestClient) -> None:
    kind = category(client)
    body = rate_body("0.0725", "US", region="NY", taxCategoryId=kind, description="of the state")

    shown = made(client.post("/tax-rates", json=body))

    assert shown.items() >= body.items()
    assert (shown["version"], shown["isArchived"]) == (1, False)
    assert made(client.get(f"/tax-rates/{shown['id']}")) == shown
    assert shown["versionId"] != shown["id"]


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("amount", "20", "/amount"),
        ("amount", "1.01", "/amount"),
        ("amount", "-0.1", "/amount"),
        ("amount", 0.1, "/amount"),
        ("country", "UK", "/country"),
        ("name", " ", "/name"),
        ("surprise", 1, "/surprise"),
    ],
)
def test_a_rate_is_a_fraction_of_a_place(
    client: TestClient, field: str, value: Any, pointer: str
) -> None:
    if value == 0.1:  # a number is as good as its digits
        assert made(client.post("/tax-rates", json=rate_body() | {field: value}))["amount"] == "0.1"
        return
    answer = client.post("/tax-rates", json=rate_body() | {field: value})

    assert refusal(answer) == (400, "invalid", [pointer])


def test_a_region_of_the_united_states_is_a_state(client: TestClient) -> None:
    assert client.post("/tax-rates", json=rate_body("0", "US", region="York")).status_code == 400
    assert client.post("/tax-rates", json=rate_body("0", "US", region="NY")).status_code == 201


def test_a_rate_needs_a_category_that_there_is(client: TestClient) -> None:
    answer = client.post("/tax-rates", json=rate_body(taxCategoryId=NOBODY))

    assert refusal(answer) == (404, "not_found", ["/taxCategoryId"])


def test_changing_what_is_published_makes_a_version(client: TestClient) -> None:
    id = rate(client, "0.2")

    changed = change(client, id, "0.175")

    assert (changed["version"], changed["amount"]) == (2, "0.175")
    found = client.get(f"/tax-rates/{id}/versions").json()
    assert [(v["version"], v["amount"]) for v in found["items"]] == [(2, "0.175"), (1, "0.2")]
    assert made(client.get(f"/tax-rates/{id}/versions/1"))["amount"] == "0.2"
    assert client.get(f"/tax-rates/{id}/versions/3").status_code == 404
    assert client.get(f"/tax-rates/{id}/versions/x").status_code == 404


def test_a_draft_version_is_changed_in_place_until_it_is_published(client: TestClient) -> None:
    id = rate(client, "0.2")
    draft = rate_body("0.3") | {"isPublished": False}
    path = f"/tax-rates/{id}/versions"

    assert made(client.post(path, json=draft))["version"] == 2
    body = draft | {"id": id, "amount": "0.25"}
    assert made(client.put(f"/tax-rates/{id}", json=body))["version"] == 2
    published = client.put(f"{path}/2", json=rate_body("0.25"))
    assert made(published)["isPublished"]
    again = client.put(f"{path}/2", json=rate_body("0.26"))
    assert refusal(again)[:2] == (409, "version_published")
    assert refusal(client.delete(f"{path}/2"))[:2] == (409, "version_published")


def test_a_draft_version_can_be_taken_away_unless_it_is_the_only_one(client: TestClient) -> None:
    draft = rate_body() | {"isPublished": False}
    id = made(client.post("/tax-rates", json=draft))["id"]

    assert refusal(client.delete(f"/tax-rates/{id}/versions/1"))[:2] == (409, "tax_in_use")
    client.post(f"/tax-rates/{id}/versions", json=draft)
    assert made(client.delete(f"/tax-rates/{id}/versions/2"))["version"] == 2
    assert made(client.get(f"/tax-rates/{id}"))["version"] == 1


def test_the_body_of_an_update_names_the_rate_of_the_path(client: TestClient) -> None:
    answer = client.put(f"/tax-rates/{rate(client)}", json=rate_body() | {"id": NOBODY})

    assert refusal(answer) == (400, "invalid", ["/id"])


def test_an_archived_rate_is_listed_unless_left_out_and_cannot_change(client: TestClient) -> None:
    kept, id = rate(client), rate(client, "0.1", "FR")

    assert made(client.post(f"/tax-rates/{id}/archive"))["isArchived"]
    assert made(client.post(f"/tax-rates/{id}/archive"))["isArchived"]

    def ids(**query: str) -> list[str]:
        return [one["id"] for one in client.get("/tax-rates", params=query).json()["items"]]

    assert ids() == [id, kept]
    assert ids(includeArchived="false") == [kept]
    assert ids(country="FR") == [id]
    assert ids(taxCategoryId=NOBODY) == []
    answer = client.put(f"/tax-rates/{id}", json=rate_body() | {"id": id})
    assert refusal(answer)[:2] == (409, "tax_archived")


def test_a_rate_that_a_schedule_names_is_not_deleted(client: TestClient) -> None:
    named, free = rate(client), rate(client, "0.1")
    price = agreements.price(client)
    body = agreements.body_of(
        agreements.customer(client),
        agreements.phase(price),
        taxRates=[{"priceId": price, "taxRateId": named}],
    )
    agreements.create(client, body)

    assert refusal(client.delete(f"/tax-rates/{named}"))[:2] == (409, "tax_in_use")
    assert made(client.delete(f"/tax-rates/{free}"))["id"] == free
    assert client.get(f"/tax-rates/{free}").status_code == 404
    assert client.delete(f"/tax-rates/{free}").status_code == 404


def test_a_category_has_versions_and_stays_while_it_is_used(client: TestClient) -> None:
    id = category(client, "Software")
    body = {"isPublished": True, "name": "Services", "description": "as a service"}

    assert made(client.put(f"/tax-categories/{id}", json=body))["version"] == 2
    names = [v["name"] for v in client.get(f"/tax-categories/{id}/versions").json()["items"]]
    assert names == ["Services", "Software"]
    assert made(client.get(f"/tax-categories/{id}/versions/1"))["description"] == ""
    rated = rate(client, taxCategoryId=id)
    assert refusal(client.delete(f"/tax-categories/{id}"))[:2] == (409, "tax_in_use")
    client.post(f"/tax-rates/{rated}/archive")
    sold = made(client.post("/products", json={"name": "Seats", "taxCategoryId": id}))
    assert sold["taxCategoryId"] == id
    assert refusal(client.delete(f"/tax-categories/{id}"))[:2] == (409, "tax_in_use")
    client.put(f"/products/{sold['id']}", json={"name": "Seats"})
    assert made(client.delete(f"/tax-categories/{id}"))["id"] == id
    assert client.get("/tax-categories").json()["items"] == []


def test_a_product_needs_a_category_that_there_is(client: TestClient) -> None:
    answer = client.post("/products", json={"name": "Seats", "taxCategoryId": NOBODY})

    assert refusal(answer) == (404, "not_found", ["/taxCategoryId"])


def test_tax_ids_are_a_customers_or_the_sellers(client: TestClient) -> None:
    customer = agreements.customer(client)
    merchant = client.get("/merchant-for-sequence-account").json()["id"]
    body = {"taxIdentifier": "GB1", "country": "GB"}

    theirs = made(client.post("/tax-registrations", json=body | {"customerId": customer}))
    ours = made(client.post("/tax-registrations", json=body | {"merchantId": merchant}))

    assert (theirs["customerId"], "merchantId" in theirs) == (customer, False)
    assert (ours["merchantId"], "customerId" in ours) == (merchant, False)
    for path, found in (
        ("", [ours, theirs]),
        (f"/for-customer/{customer}", [theirs]),
        (f"/for-merchant/{merchant}", [ours]),
    ):
        assert client.get(f"/tax-registrations{path}").json()["items"] == found
    assert client.get(f"/tax-registrations/for-merchant/{customer}").status_code == 404
    assert client.get(f"/tax-registrations/for-customer/{merchant}").status_code == 404
    path = f"/tax-registrations/{theirs['id']}"
    changed = made(client.put(path, json=body | {"customerId": customer, "taxIdentifier": "GB2"}))
    assert made(client.get(path)) == changed
    assert changed["taxIdentifier"] == "GB2"
    assert made(client.delete(path)) == changed
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, (400, "invalid", ["/customerId"])),
        ({"customerId": NOBODY, "merchantId": NOBODY}, (400, "invalid", ["/customerId"])),
        ({"customerId": NOBODY}, (404, "not_found", ["/customerId"])),
        ({"merchantId": NOBODY}, (404, "not_found", ["/merchantId"])),
    ],
)
def test_a_tax_id_is_somebodys(
    client: TestClient, more: dict[str, str], told: tuple[int, str, list[str]]
) -> None:
    body = {"taxIdentifier": "GB1", "country": "GB"} | more

    assert refusal(client.post("/tax-registrations", json=body)) == told
