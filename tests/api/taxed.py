"""Tax rates to bill with, and ways to say and to read what an invoice is taxed."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from tests.api.catalogue import made


def rate_body(amount: str = "0.2", country: str = "GB", **more: Any) -> dict[str, Any]:
    return {
        "isPublished": True,
        "name": f"{country} {amount}",
        "invoiceName": f"VAT {country}",
        "invoiceShortName": "VAT",
        "amount": amount,
        "country": country,
        **more,
    }


def rate(client: TestClient, amount: str = "0.2", country: str = "GB", **more: Any) -> str:
    """The id of a new tax rate."""
    return str(made(client.post("/tax-rates", json=rate_body(amount, country, **more)))["id"])


def change(client: TestClient, id: str, amount: str, country: str = "GB") -> dict[str, Any]:
    """The rate with another amount from now on."""
    body = rate_body(amount, country) | {"id": id}
    return made(client.put(f"/tax-rates/{id}", json=body))


def lines(client: TestClient, invoice: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/invoices/{invoice}/line-items").json()["items"]
    return found


def figures(one: dict[str, Any]) -> tuple[str, str, str]:
    """Net, tax and gross."""
    return one["netTotal"], one["totalTax"], one["grossTotal"]
