"""Usage under names that nobody has is found by name, until somebody gets the name."""

from typing import Any

from fastapi.testclient import TestClient

from tests.api.kin import create_id


def sent(client: TestClient, alias: str, *days: int) -> None:
    for day in days:
        body = {
            "customerAlias": alias,
            "customerEventId": f"{alias}-{day}",
            "eventType": "call",
            "eventTimestamp": f"2026-03-{day:02}T10:00:00Z",
        }
        assert client.post("/usage-events", json=body).status_code == 201


def unmapped(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/usage-events/unmapped-aliases", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_aliases_of_nobody_are_listed_with_what_came_under_them(client: TestClient) -> None:
    known = create_id(client, "Known")
    sent(client, known, 1)
    sent(client, "stray", 4, 2, 3)
    sent(client, "mine", 5)
    sent(client, "wrong", 6)
    client.delete("/usage-events/by-customer-event-id/stray-4")
    client.delete("/usage-events/by-customer-event-id/wrong-6")

    found = unmapped(client)

    assert found["pagination"] == {"totalResultSize": 2}
    assert [one["customerAlias"] for one in found["items"]] == ["mine", "stray"]
    assert found["items"][1] == {
        "customerAlias": "stray",
        "eventCount": 2,
        "firstEventAt": "2026-03-02T10:00:00.000Z",
        "lastEventAt": "2026-03-03T10:00:00.000Z",
    }

    client.post("/customer-aliases", json={"customerId": known, "value": "mine", "label": "x"})
    assert [one["customerAlias"] for one in unmapped(client)["items"]] == ["stray"]


def test_pages_lead_on_and_back(client: TestClient) -> None:
    for alias in "abc":
        sent(client, alias, 1)

    first = unmapped(client, limit=2)
    second = unmapped(client, limit=2, after=first["pagination"]["after"])
    back = unmapped(client, limit=2, before=second["pagination"]["before"])

    assert [one["customerAlias"] for one in first["items"]] == ["a", "b"]
    assert [one["customerAlias"] for one in second["items"]] == ["c"]
    assert back["items"] == first["items"]
    assert "after" not in second["pagination"]
    assert "before" not in back["pagination"]


def test_a_cursor_of_another_list_is_refused(client: TestClient) -> None:
    answer = client.get("/usage-events/unmapped-aliases", params={"after": "_"})

    assert answer.json()["errors"][0]["code"] == "cursor_invalid"
