"""Customers and their families, made through the API."""

from typing import Any

from fastapi.testclient import TestClient

ADDRESS = {"line1": "1 Quay St", "town": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
ADA = {"name": "Ada Poe", "email": "ap@northwind.example", "billingPreference": "PRIMARY"}
BOB = {"name": "Bob Ray", "email": "bob@northwind.example", "billingPreference": "STANDARD"}
GUIDE = {
    "address": {
        "line1": "Credit Now",
        "line2": "3180 18th St",
        "town": "San Francisco",
        "postCode": "94110",
        "country": "US",
    },
    "legalName": "Sam Lawford",
    "contactName": "Sam Lawford",
    "email": "billing@creditnow.com",
    "telephone": "02010001000",
    "paymentReference": "John halls",
    "label": "First US customer",
}
"""The body of the guide's calls, but for parentId."""
NOBODY = "0198b2c9-5f41-7c3d-8a6b-2f0c1f6f0a11"


def body(name: str = "Northwind Ltd", **more: Any) -> dict[str, Any]:
    """A good request for a customer."""
    return {
        "legalName": name,
        "address": ADDRESS,
        "taxStatus": "TAXED",
        "contacts": [ADA],
        **more,
    }


def create(client: TestClient, name: str = "Northwind Ltd", **more: Any) -> dict[str, Any]:
    """A new customer."""
    answer = client.post("/customers", json=body(name, **more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def create_id(client: TestClient, name: str = "Northwind Ltd", **more: Any) -> str:
    """The id of a new customer."""
    id: str = create(client, name, **more)["id"]
    return id


def move(client: TestClient, id: str, parent: str | None, at: str, **more: Any) -> Any:
    """The answer to a move."""
    request = {"parentId": parent, "effectiveFrom": at, **more}
    return client.post(f"/customers/{id}/moves", json=request)


def names(answer: Any) -> list[str]:
    """The legal names in a list."""
    assert answer.status_code == 200, answer.text
    return [one["legalName"] for one in answer.json()["items"]]


def refusal(answer: Any) -> tuple[int, str, list[str]]:
    """Status, code and the fields named."""
    problem = answer.json()
    return answer.status_code, problem["code"], [one["pointer"] for one in problem["errors"]]
