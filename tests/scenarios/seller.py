"""A seller who does everything through the public API, on days that the story names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment import ids
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.conftest import Clock

ADDRESS = {"line1": "1 Quay St", "town": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
TIERS = [
    {"upperBound": "100", "price": "1", "fee": "20", "isPricePercentage": False},
    {"price": "0.75", "fee": "50", "isPricePercentage": False},
]


@dataclass
class Seller:
    client: TestClient
    engine: Engine
    usage: UsageStore
    workspace: Workspace
    clock: Clock
    _names: Any = field(default_factory=count)

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code in {200, 201}, (path, answer.text)
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def customer(self, name: str, parent: str | None = None) -> str:
        contact = {"name": "Ada", "email": "ap@buyer.test", "billingPreference": "PRIMARY"}
        body = {"legalName": name, "address": ADDRESS, "taxStatus": "TAXED", "contacts": [contact]}
        body |= {"parentId": parent} if parent else {}
        return str(self.post("/customers", body)["id"])

    def metric(self, kind: str = "SUM", event: str = "call") -> str:
        body = {
            "name": f"{event} {kind} {next(self._names)}",
            "metricType": "SIMPLE",
            "eventType": event,
            "aggregationType": kind,
            **({} if kind == "COUNT" else {"aggregationProperty": "n"}),
            "propertyFilters": {},
        }
        return str(self.post("/usage-metrics", body)["id"])

    def product(self, name: str = "Platform") -> str:
        return str(self.post("/products", {"name": name})["id"])

    def price(self, structure: dict[str, Any], **more: Any) -> str:
        body = {
            "productId": more.pop("product", None) or self.product(),
            "name": structure["pricingType"].title(),
            "currency": "USD",
            "billingFrequency": "ONE_TIME" if structure["pricingType"] == "ONE_TIME" else "MONTHLY",
            "billingType": "IN_ARREARS",
            "structure": structure,
            "integrationIds": [],
            "customMetricParameters": [],
        }
        return str(self.post("/prices", body | more)["id"])

    def schedule(
        self,
        customer: str,
        *prices: str,
        start: str = "2026-01-01",
        end: str | None = None,
        **more: Any,
    ) -> str:
        ends = {"endDate": end} if end else {}
        body = {
            "customerId": customer,
            "startDate": start,
            **ends,
            "taxRates": [],
            "autoIssueInvoices": False,
            "isDraft": False,
            "rollUpBilling": False,
            "phases": [{"startDate": start, **ends, "priceIds": list(prices)}],
        }
        return str(self.post("/billing-schedules", body | more)["id"])

    def used(self, *events: tuple[str, str, str], kind: str = "call") -> None:
        """(customer, day or instant, value of n)"""
        batch = [
            {
                "customerAlias": customer,
                "eventType": kind,
                "eventTimestamp": at if "T" in at else f"{at}T12:00:00Z",
                "eventProperties": {"n": n},
            }
            for customer, at, n in events
        ]
        told = self.post("/usage-events/batch", batch)
        assert told["refused"] == 0, told

    def run(self, day: str) -> list[Any]:
        """The billing run of a day: what it drafted, oldest due day first."""
        self.clock.set(day)
        result = bill_workspace(
            self.engine,
            self.usage,
            self.workspace,
            as_of=date.fromisoformat(day),
            now=self.clock(),
            new_id=ids.new_id,
        )
        assert result.failures == ()
        return [self.get(f"/invoices/{invoice.id}") for invoice in result.drafted]

    def lines(self, invoice: Any) -> list[Any]:
        found: list[Any] = self.get(f"/invoices/{invoice['id']}/line-items", limit=100)["items"]
        return found

    def breakdown(self, invoice: Any) -> dict[str, list[str]]:
        page = self.get(f"/invoices/{invoice['id']}/usage-item-groups", limit=100)
        return {
            group["title"]: [item["value"] for item in group["items"]] for group in page["items"]
        }


MakeSeller = Callable[[], Seller]


def graduated(metric: str) -> dict[str, Any]:
    return {
        "pricingType": "GRADUATED",
        "usageMetricId": metric,
        "usageCalculationMode": "BILLING_PERIOD",
        "tiers": TIERS,
    }


def linear(metric: str, price: str = "1", *, percentage: bool = False) -> dict[str, Any]:
    return {
        "pricingType": "LINEAR",
        "usageMetricId": metric,
        "pricePerUnit": price,
        "isPricePercentage": percentage,
    }


def volume(metric: str, tiers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"pricingType": "VOLUME", "usageMetricId": metric, "tiers": tiers}


def package(metric: str) -> dict[str, Any]:
    return {
        "pricingType": "PACKAGE",
        "usageMetricId": metric,
        "packageSize": "250",
        "pricePerPackage": "10",
    }


def fixed(price: str) -> dict[str, Any]:
    return {"pricingType": "FIXED", "price": price}
