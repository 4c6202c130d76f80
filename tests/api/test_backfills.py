"""What a backfill may not hold is refused by its place in the body, and then nothing is kept."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catchment.usage.intake.pressure import Pressure
from tests.api.world import BACKFILL

EVENT: dict[str, Any] = BACKFILL["events"][0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"eventType": "other"}, "/events/1/eventType", "invalid"),
        ({"customerAlias": "nw-2"}, "/events/1/customerAlias", "invalid"),
        ({"eventTimestamp": "2026-03-03T00:00:00Z"}, "/events/1/eventTimestamp", "invalid"),
        ({"eventTimestamp": "2026-03-01T23:59:59.999Z"}, "/events/1/eventTimestamp", "invalid"),
        ({"eventTimestamp": None}, "/events/1/eventTimestamp", "missing"),
        ({"customerEventId": None}, "/events/1/customerEventId", "missing"),
        ({"customerEventId": "e1"}, "/events/1/customerEventId", "duplicate"),
        ({"customerAlias": ""}, "/events/1/customerAlias", "invalid"),
        ({"eventProperties": {"n": 10**15}}, "/events/1/eventProperties/n", "number_out_of_bounds"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["", "/preview"])
def test_an_event_that_is_not_of_the_window_is_named(
    client: TestClient, path: str, changes: dict[str, Any], pointer: str, code: str
) -> None:
    other = EVENT | {"customerEventId": "e2"} | changes
    body = BACKFILL | {"events": [EVENT, other]}

    answer = client.post(f"/usage-events/backfills{path}", json=body)

    assert answer.status_code == 400
    told = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert told == [(pointer, code)]
    assert client.get("/usage-events").json()["items"] == []


def test_a_window_ends_after_it_starts(client: TestClient) -> None:
    body = BACKFILL | {"end": BACKFILL["start"]}

    answer = client.post("/usage-events/backfills", json=body)

    assert answer.json()["errors"][0]["pointer"] == "/end"


def test_a_backfill_under_a_key_is_answered_again(client: TestClient) -> None:
    key = {"Idempotency-Key": "k"}
    first = client.post("/usage-events/backfills", json=BACKFILL, headers=key)
    client.delete("/usage-events/by-customer-event-id/e1")

    again = client.post("/usage-events/backfills", json=BACKFILL, headers=key)

    assert first.json() == {"added": 1, "replaced": 0, "cancelled": 0, "unchanged": 0}
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    [event] = client.get("/usage-events").json()["items"]
    assert event["isCancelled"]


@pytest.mark.parametrize(("digits", "unchanged"), [("1.50", 1), ("1.500000000001", 0)])
def test_numbers_are_compared_to_the_last_digit(
    client: TestClient, digits: str, unchanged: int
) -> None:
    client.post("/usage-events", json=EVENT | {"eventProperties": {"n": 1.5}})
    given = BACKFILL | {"events": [EVENT | {"eventProperties": {"n": "N"}}]}
    body = json.dumps(given).replace('"N"', digits)

    answer = client.post("/usage-events/backfills", content=body)

    assert answer.json()["unchanged"] == unchanged


def test_a_preview_of_aliases_that_nobody_has_changes_no_bill(client: TestClient) -> None:
    answer = client.post("/usage-events/backfills/preview", json=BACKFILL)

    counts = {"added": 1, "replaced": 0, "cancelled": 0, "unchanged": 0}
    assert answer.json() == {"events": counts, "payers": [], "adjustments": []}
    assert client.get("/usage-events").json()["items"] == []


def test_a_full_inbox_takes_no_backfill(client: TestClient) -> None:
    client.app.state.intake.pressure = Pressure(limit_mib=0)  # type: ignore[attr-defined]

    answer = client.post("/usage-events/backfills", json=BACKFILL)

    assert (answer.status_code, answer.json()["code"]) == (429, "usage_inbox_full")
