"""The people at a customer, and that somebody always is the first to receive its invoices."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.kin import ADA, BOB, NOBODY, create, create_id, refusal
from tests.conftest import Clock


def test_contacts_are_added_changed_and_archived(client: TestClient, clock: Clock) -> None:
    id = create_id(client)

    added = client.post(f"/customers/{id}/contacts", json=BOB)
    clock.set("2026-04-01")
    path = f"/customers/{id}/contacts/{added.json()['id']}"
    changed = client.put(path, json={**BOB, "name": "Rob", "billingPreference": "NONE"})
    archived = client.post(f"{path}/archive")

    assert (added.status_code, changed.status_code, archived.status_code) == (201, 200, 200)
    assert added.json() == {
        **BOB,
        "id": added.json()["id"],
        "createdAt": "2026-03-10T09:30:00.000Z",
        "updatedAt": "2026-03-10T09:30:00.000Z",
    }
    assert changed.json() == {
        **added.json(),
        "name": "Rob",
        "billingPreference": "NONE",
        "updatedAt": "2026-04-01T00:00:00.000Z",
    }
    assert archived.json() == {**changed.json(), "archivedAt": "2026-04-01T00:00:00.000Z"}
    assert client.post(f"{path}/archive").json() == archived.json()


def test_archived_contacts_only_when_asked_for(client: TestClient) -> None:
    id = create_id(client, contacts=[ADA, BOB])
    _, bob = client.get(f"/customers/{id}/contacts").json()["items"]
    client.post(f"/customers/{id}/contacts/{bob['id']}/archive")

    def found(**query: Any) -> list[str]:
        answer = client.get(f"/customers/{id}/contacts", params=query)
        return [one["name"] for one in answer.json()["items"]]

    assert found() == ["Ada Poe"]
    assert found(includeArchived=True) == ["Ada Poe", "Bob Ray"]


@pytest.mark.parametrize(
    ("contacts", "change", "status"),
    [
        ([ADA], "STANDARD", 409),
        ([ADA], "NONE", 200),
        ([ADA], "archive", 200),
        ([ADA, BOB], "STANDARD", 409),
        ([ADA, BOB], "NONE", 409),
        ([ADA, BOB], "archive", 409),
        ([ADA, {**BOB, "billingPreference": "PRIMARY"}], "archive", 200),
        ([ADA, {**BOB, "billingPreference": "NONE"}], "archive", 200),
    ],
)
def test_whoever_receives_invoices_somebody_is_the_first(
    client: TestClient, contacts: list[dict[str, str]], change: str, status: int
) -> None:
    made = create(client, contacts=contacts)
    path = f"/customers/{made['id']}/contacts/{made['contacts'][0]['id']}"

    if change == "archive":
        answer = client.post(f"{path}/archive")
    else:
        answer = client.put(path, json={**ADA, "billingPreference": change})

    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "primary_contact_needed"
        assert client.get(f"/customers/{made['id']}").json() == made


def test_a_standard_contact_needs_a_primary_one_beside_it(client: TestClient) -> None:
    made = create(client)
    path = f"/customers/{made['id']}/contacts"
    client.post(f"{path}/{made['contacts'][0]['id']}/archive")

    refused = client.post(path, json=BOB)

    assert refusal(refused) == (409, "primary_contact_needed", ["/billingPreference"])
    assert client.post(path, json={**BOB, "billingPreference": "NONE"}).status_code == 201
    assert client.post(path, json={**BOB, "billingPreference": "PRIMARY"}).status_code == 201


def test_an_archived_contact_no_longer_changes(client: TestClient) -> None:
    made = create(client, contacts=[ADA, BOB])
    path = f"/customers/{made['id']}/contacts/{made['contacts'][1]['id']}"
    client.post(f"{path}/archive")

    assert refusal(client.put(path, json=BOB)) == (409, "contact_archived", [])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"email": "bob"}, "/email"),
        ({"billingPreference": "SOMETIMES"}, "/billingPreference"),
        ({"phone": "1"}, "/phone"),
    ],
)
def test_a_bad_field_is_named(client: TestClient, change: dict[str, str], pointer: str) -> None:
    id = create_id(client)

    answer = client.post(f"/customers/{id}/contacts", json={**BOB, **change})

    status, _, fields = refusal(answer)
    assert (status, fields) == (400, [pointer])


def test_contacts_of_others_are_not_found(client: TestClient, stranger: TestClient) -> None:
    made, other = create(client), create_id(client)
    contact = made["contacts"][0]["id"]

    answers = [
        stranger.post(f"/customers/{made['id']}/contacts", json=BOB),
        stranger.put(f"/customers/{made['id']}/contacts/{contact}", json=BOB),
        stranger.post(f"/customers/{made['id']}/contacts/{contact}/archive"),
        client.put(f"/customers/{other}/contacts/{contact}", json=BOB),
        client.post(f"/customers/{other}/contacts/{contact}/archive"),
        client.post(f"/customers/{made['id']}/contacts/{NOBODY}/archive"),
        client.post(f"/customers/{NOBODY}/contacts", json=BOB),
    ]

    assert [one.status_code for one in answers] == [404] * len(answers)
