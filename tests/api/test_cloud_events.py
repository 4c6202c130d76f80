"""CloudEvents 1.0 are usage events: structured, in batches, and in headers."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.test_usage_events import listed

ONE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "7",
    "source": "//gateway/eu",
    "type": "api_call",
    "subject": "nw-eu",
    "time": "2026-03-02T12:00:00+02:00",
    "datacontenttype": "application/json",
    "traceparent": "00-a",
    "data": {"tokens": 1.50, "region": "eu"},
}
SINGLE = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def test_a_cloud_event_is_kept_as_a_usage_event(client: TestClient) -> None:
    answer = client.post("/usage-events", json=ONE, headers=SINGLE)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["customerAlias"] == "nw-eu"
    assert made["customerEventId"] == "//gateway/eu 7"
    assert made["eventType"] == "api_call"
    assert made["eventTimestamp"] == "2026-03-02T10:00:00.000Z"
    assert made["eventProperties"] == {"tokens": 1.5, "region": "eu"}


def test_a_batch_refuses_the_bad_ones_by_attribute(client: TestClient) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"specversion": "0.3"}, "/specversion"),
        ({"subject": None}, "/subject"),
        ({"id": ""}, "/id"),
        ({"source": ""}, "/source"),
        ({"type": ""}, "/type"),
        ({"time": "yesterday"}, "/time"),
        ({"data": [1]}, "/data"),
        ({"data": {"n": 10**15}}, "/data/n"),
        ({"data_base64": "AA=="}, "/data_base64"),
        ({"id": 7}, ""),
    ]
    events = [ONE, *(ONE | changes for changes, _ in bad), ONE | {"id": "8"}]

    told = client.post("/usage-events/batch", json=events, headers=BATCH).json()

    assert (told["accepted"], told["refused"]) == (2, len(bad))
    assert [item["errors"][0]["pointer"] for item in told["items"]] == [at for _, at in bad]
    assert [e["customerEventId"] for e in listed(client)] == ["//gateway/eu 8", "//gateway/eu 7"]


def test_the_same_event_from_another_source_is_another(client: TestClient) -> None:
    events = [ONE | {"source": "a/b", "id": "c"}, ONE | {"source": "a", "id": "b/c"}]

    client.post("/usage-events/batch", json=events, headers=BATCH)

    assert [e["isLatestForCustomerEventId"] for e in listed(client)] == [True, True]


@pytest.mark.parametrize("data", [{"tokens": 1}, None])
def test_attributes_may_stand_in_headers(client: TestClient, data: dict[str, int] | None) -> None:
    attributes = ("specversion", "id", "source", "type", "subject", "time")
    headers = {f"ce-{name}": ONE[name] for name in attributes}
    body = b"" if data is None else json.dumps(data).encode()

    answer = client.post(
        "/usage-events", content=body, headers=headers | {"Content-Type": "application/json"}
    )

    assert answer.status_code == 201, answer.text
    assert answer.json()["customerEventId"] == "//gateway/eu 7"
    assert answer.json()["eventProperties"] == (data or {})


def test_a_cloud_event_without_what_it_must_have_is_refused(client: TestClient) -> None:
    for body in ({"specversion": "1.0"}, [], 7):
        answer = client.post("/usage-events", json=body, headers=SINGLE)
        assert answer.status_code == 400, answer.text
    answer = client.post("/usage-events", json={}, headers={"ce-specversion": "1.0"})
    assert answer.status_code == 400, answer.text
