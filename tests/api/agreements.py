"""What the tests of schedules agree on, and with whom."""

from typing import Any

from fastapi.testclient import TestClient

from tests.api.catalogue import made, price_body, product

ADDRESS = {"line1": "1 Quay St", "town": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
CONTACT = {"name": "Ada Poe", "email": "ap@northwind.test", "billingPreference": "PRIMARY"}


def customer(client: TestClient, name: str = "Northwind", **more: Any) -> str:
    body = {
        "legalName": name,
        "address": ADDRESS,
        "taxStatus": "TAXED",
        "contacts": [CONTACT],
        **more,
    }
    return str(made(client.post("/customers", json=body))["id"])


def price(client: TestClient, structure: dict[str, Any] | None = None, **more: Any) -> str:
    return str(
        made(client.post("/prices", json=price_body(product(client), structure, **more)))["id"]
    )


def priced(client: TestClient, price_id: str) -> dict[str, Any]:
    """A price as a schedule shows it: without the schedules that have it."""
    found = made(client.get(f"/prices/{price_id}"))
    found.pop("usedBy", None)
    return found


def linear(metric_id: str) -> dict[str, Any]:
    return {
        "pricingType": "LINEAR",
        "pricePerUnit": "2",
        "usageMetricId": metric_id,
        "isPricePercentage": False,
    }


def phase(
    *prices: str, start: str = "2026-01-01", end: str | None = "2026-12-31", **more: Any
) -> dict[str, Any]:
    return {"startDate": start, "endDate": end, "priceIds": list(prices), **more}


def body_of(customer_id: str, *phases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "customerId": customer_id,
        "startDate": phases[0]["startDate"],
        "endDate": phases[-1]["endDate"],
        "taxRates": [],
        "autoIssueInvoices": False,
        "isDraft": True,
        "rollUpBilling": False,
        "phases": list(phases),
        **more,
    }


def update_of(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    kept = {
        k: v
        for k, v in body.items()
        if k not in {"customerId", "isDraft", "label", "reference", "paymentProvider", "autoCharge"}
    }
    return {**kept, **more}


def create(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    return made(client.post("/billing-schedules", json=body))
