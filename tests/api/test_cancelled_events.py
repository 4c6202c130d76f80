"""An event that was sent by mistake is taken back, and can be told from one that was corrected."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.api.test_usage_events import EVENT, listed


def cancel(client: TestClient, id: str) -> Any:
    return client.delete(f"/usage-events/by-customer-event-id/{id}")


def calls(client: TestClient, metric: str) -> str:
    query = {"customerAliases": "nw-eu", "periodStart": "2026-03-01", "periodEnd": "2026-03-31"}
    answer = client.get(f"/usage-metrics/{metric}/calculate", params=query)
    return str(answer.json()["value"])


@pytest.fixture
def metric(client: TestClient) -> str:
    body = {
        "name": "Calls",
        "metricType": "SIMPLE",
        "eventType": "api_call",
        "aggregationType": "COUNT",
        "propertyFilters": {},
    }
    return str(client.post("/usage-metrics", json=body).json()["id"])


@pytest.mark.parametrize("loaded", [False, True])
def test_a_cancelled_event_stays_and_counts_no_more(
    client: TestClient, usage: UsageStore, workspace: Workspace, metric: str, loaded: bool
) -> None:
    made = client.post("/usage-events", json=EVENT).json()
    other = client.post("/usage-events", json=EVENT | {"customerEventId": "evt-10"}).json()
    if loaded:
        usage.catch_up(workspace.id)

    answer = cancel(client, "evt-9")
    if loaded:
        usage.catch_up(workspace.id)

    gone = made | {"isLatestForCustomerEventId": False, "isCancelled": True}
    assert (answer.status_code, answer.json()) == (200, gone)
    assert listed(client) == [other | {"isLatestForCustomerEventId": True}, gone]
    assert listed(client, eventId="evt-9") == [gone]
    assert listed(client, unmappedAliasesOnly=True, customerAlias="") == []
    assert calls(client, metric) == "1"
    found = usage.stats(workspace.id, ["nw-eu"])
    assert (found.events, found.superseded_events, found.unmapped_aliases) == (2, 1, 0)


def test_an_event_under_the_same_id_counts_again_after_a_cancellation(
    client: TestClient, metric: str
) -> None:
    client.post("/usage-events", json=EVENT)
    client.post("/usage-events", json=EVENT)
    cancel(client, "evt-9")

    client.post("/usage-events", json=EVENT)

    told = [
        (one["isLatestForCustomerEventId"], one.get("isCancelled", False)) for one in listed(client)
    ]
    assert told == [(True, False), (False, True), (False, False)]
    assert calls(client, metric) == "1"


def test_only_what_counts_can_be_cancelled(
    client: TestClient, stranger: TestClient, metric: str
) -> None:
    client.post("/usage-events", json=EVENT)

    assert cancel(stranger, "evt-9").status_code == 404
    assert cancel(client, "evt-8").json()["code"] == "not_found"
    assert cancel(client, "evt-9").status_code == 200
    assert cancel(client, "evt-9").status_code == 404
    assert cancel(client, "").status_code == 404
    assert len(listed(client)) == 1


@pytest.mark.parametrize(
    ("id", "escaped"), [("a/b", "a/b"), ("a/b", "a%2Fb"), ("50 % é?", "50%20%25%20%C3%A9%3F")]
)
def test_an_id_may_hold_any_character(client: TestClient, id: str, escaped: str) -> None:
    client.post("/usage-events", json=EVENT | {"customerEventId": id})

    assert cancel(client, escaped).json()["customerEventId"] == id


def test_an_event_without_an_id_of_its_senders_is_cancelled_by_its_own(client: TestClient) -> None:
    body = {key: value for key, value in EVENT.items() if key != "customerEventId"}
    made = client.post("/usage-events", json=body).json()

    assert cancel(client, made["id"]).json()["id"] == made["id"]
