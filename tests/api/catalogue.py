"""What tests about the catalogue and schedules need to have first."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, insert

from catchment import ids
from catchment.store.engine import writing
from catchment.store.schema import usage_metrics

NOBODY = "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11"
TIERS = [
    {"upperBound": "100", "price": "1", "fee": "20", "isPricePercentage": False},
    {"upperBound": None, "price": "0.75", "fee": "50", "isPricePercentage": False},
]
FIXED = {"pricingType": "FIXED", "price": "49.90"}


def made(response: Response) -> dict[str, Any]:
    """The body of a success."""
    assert response.status_code in {200, 201}, response.text
    body: dict[str, Any] = response.json()
    return body


def refusal(response: Response) -> tuple[int, str, list[str]]:
    """Status, code and pointers of a refusal."""
    body = response.json()
    return response.status_code, body["code"], [e["pointer"] for e in body["errors"]]


def metric(engine: Engine, workspace_id: str, name: str = "calls", kind: str = "SUM") -> str:
    """The id of a new usage metric."""
    id = ids.new_id()
    with writing(engine) as tx:
        tx.execute(
            insert(usage_metrics).values(
                id=id,
                workspace_id=workspace_id,
                name=name,
                metric_type="SIMPLE",
                event_type=name,
                aggregation_type=kind,
                aggregation_property=None if kind == "COUNT" else "n",
                unit="calls",
                property_filters={},
                properties_to_negate=[],
                case_sensitive=True,
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    return id


def product(client: TestClient, name: str = "Platform") -> str:
    """The id of a new product."""
    return str(made(client.post("/products", json={"name": name}))["id"])


def category(client: TestClient, name: str = "Software") -> str:
    """The id of a new tax category."""
    body = {"isPublished": True, "name": name}
    return str(made(client.post("/tax-categories", json=body))["id"])


def price_body(
    product_id: str, structure: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A body for POST /prices or /list-prices."""
    return {
        "productId": product_id,
        "name": "Fee",
        "currency": "USD",
        "billingFrequency": "MONTHLY",
        "billingType": "IN_ARREARS",
        "structure": structure or FIXED,
        "integrationIds": [],
        "customMetricParameters": [],
        **more,
    }


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """``body`` with the value at a JSON pointer replaced; ``...`` takes it out."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    *steps, last = _steps(path)
    place: Any = copy
    for step in steps:
        place = place[step]
    if value is ...:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return copy


def _steps(path: str) -> Iterator[Any]:
    return (int(step) if step.isdigit() else step for step in path.split("/")[1:])
