"""What a move does to bills: drafts follow the tree, finalised invoices are never changed."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.kin import body, create_id, move, refusal
from tests.conftest import Clock


class Seller:
    """A workspace that bills calls at 1.00 each, monthly in arrears."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        product = self.made("/products", {"name": "Calls", "label": "Calls"})["id"]
        metric = {
            "name": "Calls",
            "metricType": "SIMPLE",
            "eventType": "call",
            "aggregationType": "COUNT",
            "propertyFilters": {},
        }
        structure = {
            "pricingType": "LINEAR",
            "pricePerUnit": "1",
            "usageMetricId": self.made("/usage-metrics", metric)["id"],
            "isPricePercentage": False,
        }
        price = {
            "productId": product,
            "name": "Calls",
            "currency": "USD",
            "billingFrequency": "MONTHLY",
            "billingType": "IN_ARREARS",
            "structure": structure,
            "integrationIds": [],
            "customMetricParameters": [],
        }
        self.price = self.made("/prices", price)["id"]

    def made(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.post(path, json=request)
        assert answer.status_code == 201, answer.text
        thing: dict[str, Any] = answer.json()
        return thing

    def bill(self, customer: str, *, pooled: bool) -> str:
        """Start a schedule of 2026, which drafts every month that has ended."""
        request = {
            "customerId": customer,
            "startDate": "2026-01-01",
            "recurrenceDayOfMonth": 1,
            "taxRates": [],
            "autoIssueInvoices": False,
            "isDraft": False,
            "rollUpBilling": pooled,
            "phases": [{"startDate": "2026-01-01", "priceIds": [self.price]}],
        }
        id: str = self.made("/billing-schedules", request)["id"]
        return id

    def call(self, customer: str, *days: str) -> None:
        """A call on each of the days."""
        for day in days:
            event = {
                "customerAlias": customer,
                "eventType": "call",
                "eventTimestamp": f"{day}T12:00:00Z",
                "eventProperties": {},
            }
            assert self.client.post("/usage-events", json=event).is_success

    def totals(self, payer: str) -> list[str]:
        """The net totals of a payer's invoices, month by month."""
        query = {"customerId": payer, "sortOrder": "ASC"}
        items = self.client.get("/invoices", params=query).json()["items"]
        items.sort(key=lambda one: one["billingPeriod"]["start"])
        return [one["netTotal"] for one in items]

    def finalise(self, payer: str, month: str) -> dict[str, Any]:
        """Finalise the invoice of a month of a payer."""
        items = self.client.get("/invoices", params={"customerId": payer}).json()["items"]
        (id,) = [one["id"] for one in items if one["billingPeriod"]["start"].startswith(month)]
        final = self.client.post(f"/invoices/{id}/finalize")
        assert final.status_code == 200, final.text
        document: dict[str, Any] = final.json()
        return document


@pytest.fixture
def seller(client: TestClient) -> Seller:
    return Seller(client)


@pytest.fixture
def group(client: TestClient, seller: Seller) -> dict[str, str]:
    """Two payers that pool, one with a child that calls in January, February and March."""
    old, new = create_id(client, "Old"), create_id(client, "New")
    child = create_id(client, "Child", parentId=old)
    create_id(client, "Other", parentId=new)
    seller.call(child, "2026-01-10", "2026-01-20", "2026-02-10", "2026-02-20", "2026-03-05")
    seller.bill(old, pooled=True)
    seller.bill(new, pooled=True)
    return {"old": old, "new": new, "child": child}


def test_drafts_follow_a_backdated_move(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    before = seller.totals(group["old"]), seller.totals(group["new"])

    moved = move(client, group["child"], group["new"], "2026-02-15T00:00:00Z")

    assert moved.status_code == 201
    assert before == (["2.00", "2.00"], ["0.00", "0.00"])
    assert seller.totals(group["old"]) == ["2.00", "1.00"]
    assert seller.totals(group["new"]) == ["0.00", "1.00"]


def test_a_move_that_would_change_a_finalised_invoice_is_refused(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    number = seller.finalise(group["old"], "2026-01")["invoiceNumber"]

    refused = move(client, group["child"], group["new"], "2026-01-31T23:59:59Z")
    allowed = move(client, group["child"], group["new"], "2026-02-01T00:00:00Z")

    assert refusal(refused) == (409, "move_before_finalised", ["/effectiveFrom"])
    assert number in refused.json()["detail"]
    assert "2026-02-01T00:00:00+00:00 or later" in refused.json()["detail"]
    assert allowed.status_code == 201
    assert seller.totals(group["old"]) == ["2.00", "0.00"]
    assert seller.totals(group["new"]) == ["0.00", "2.00"]


def test_the_invoices_of_the_new_payer_count_as_well(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    number = seller.finalise(group["new"], "2026-02")["invoiceNumber"]

    refused = move(client, group["child"], group["new"], "2026-02-15T00:00:00Z")
    detached = move(client, group["child"], None, "2026-02-15T00:00:00Z")

    assert refusal(refused)[:2] == (409, "move_before_finalised")
    assert number in refused.json()["detail"]
    assert detached.status_code == 201


def test_a_voided_invoice_is_not_in_the_way(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    id = seller.finalise(group["old"], "2026-01")["id"]
    client.post(f"/invoices/{id}/void")

    moved = move(client, group["child"], group["new"], "2026-01-15T00:00:00Z")

    assert moved.status_code == 201


def test_an_update_moves_at_an_instant_no_invoice_has_counted(
    client: TestClient, seller: Seller, group: dict[str, str], clock: Clock
) -> None:
    for payer in ("old", "new"):
        for month in ("2026-01", "2026-02"):
            seller.finalise(group[payer], month)
    clock.set("2026-03-01")

    updated = client.put(f"/customers/{group['child']}", json=body("Child", parentId=group["new"]))

    assert updated.status_code == 200
    assert seller.totals(group["old"]) == ["2.00", "2.00"]


def test_a_move_within_what_one_payer_pools_changes_none_of_its_invoices(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    between = create_id(client, "Between", parentId=group["old"])
    seller.finalise(group["old"], "2026-01")

    moved = move(client, group["child"], between, "2026-01-15T00:00:00Z")

    assert moved.status_code == 201
    assert seller.totals(group["old"]) == ["2.00", "2.00"]


def test_a_nearer_pool_in_between_changes_what_the_payer_above_bills(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    between = create_id(client, "Between", parentId=group["old"])
    create_id(client, "Below", parentId=between)
    seller.bill(between, pooled=True)
    seller.finalise(group["old"], "2026-01")

    refused = move(client, group["child"], between, "2026-01-15T00:00:00Z")
    allowed = move(client, group["child"], between, "2026-02-15T00:00:00Z")

    assert refusal(refused)[:2] == (409, "move_before_finalised")
    assert allowed.status_code == 201
    assert seller.totals(group["old"]) == ["2.00", "1.00"]
    assert seller.totals(between) == ["0.00", "1.00"]


def test_a_new_customer_may_join_after_invoices_are_final(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    seller.finalise(group["old"], "2026-01")

    answer = client.post("/customers", json=body("New child", parentId=group["old"]))

    assert answer.status_code == 201


def test_drafts_follow_when_a_parent_is_archived(
    client: TestClient, seller: Seller, group: dict[str, str], clock: Clock
) -> None:
    between = create_id(client, "Between", parentId=group["old"])
    move(client, group["child"], between, "1970-01-01T00:00:00Z")
    clock.set("2026-02-15")

    archived = client.post(f"/customers/{between}/archive", params={"children": "detach"})

    assert archived.status_code == 200
    assert seller.totals(group["old"]) == ["2.00", "1.00"]


def test_drafts_follow_when_members_are_replaced(
    client: TestClient, seller: Seller, group: dict[str, str], clock: Clock
) -> None:
    organization = client.get(f"/customers/{group['old']}").json()["organizations"][0]["id"]
    clock.set("2026-02-15")

    emptied = client.put(
        f"/customer-organizations/{organization}/members", json={"customerIds": []}
    )

    assert emptied.status_code == 200
    assert seller.totals(group["old"]) == ["2.00", "1.00"]
