"""The names under which usage arrives: each belongs to one customer at a time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catchment.store.access import Workspace
from tests.api.kin import NOBODY, body, create_id, refusal


def give(client: TestClient, customer: str, value: str, **more: Any) -> Any:
    request = {"customerId": customer, "value": value, **more}
    return client.post("/customer-aliases", json=request)


def values(client: TestClient, customer: str) -> list[str]:
    found = client.get(f"/customers/{customer}/aliases").json()
    return [one["value"] for one in found["items"]]


def test_an_alias_is_given_relabelled_and_taken(client: TestClient, workspace: Workspace) -> None:
    id = create_id(client)

    given = give(client, id, "nw-eu", label="Europe")
    path = f"/customer-aliases/{given.json()['id']}"
    relabelled = client.put(path, json={"label": "EU"})
    listed = client.get(f"/customers/{id}/aliases")
    taken = client.delete(path)

    assert (given.status_code, relabelled.status_code, taken.status_code) == (201, 200, 200)
    assert given.json() == {
        "id": given.json()["id"],
        "sequenceAccountId": workspace.id,
        "customerId": id,
        "value": "nw-eu",
        "label": "Europe",
        "createdAt": "2026-03-10T09:30:00.000Z",
    }
    assert relabelled.json() == {**given.json(), "label": "EU"}
    assert listed.json() == {"items": [relabelled.json()]}
    assert taken.json() == {**relabelled.json(), "deletedAt": "2026-03-10T09:30:00.000Z"}
    assert values(client, id) == []


def test_a_label_left_out_is_taken_away(client: TestClient) -> None:
    given = give(client, create_id(client), "nw", label="Europe").json()

    assert "label" not in client.put(f"/customer-aliases/{given['id']}", json={}).json()


def test_the_list_finds_exactly_one_value(client: TestClient) -> None:
    id = create_id(client, customerAliases=["nw", "nw-eu", "NW"])

    everything = client.get("/customer-aliases").json()
    one = client.get("/customer-aliases", params={"value": "nw"}).json()
    page = client.get("/customer-aliases", params={"limit": 2, "sortOrder": "ASC"}).json()

    assert [a["value"] for a in everything["items"]] == ["NW", "nw-eu", "nw"]
    assert [(a["value"], a["customerId"]) for a in one["items"]] == [("nw", id)]
    assert [a["value"] for a in page["items"]] == ["nw", "nw-eu"]
    assert page["pagination"]["totalResultSize"] == 3


def test_a_value_is_taken_once_until_it_is_deleted(client: TestClient) -> None:
    first, second = create_id(client, "First"), create_id(client, "Second")
    alias = give(client, first, "nw").json()

    assert refusal(give(client, second, "nw")) == (409, "alias_taken", ["/value"])
    assert refusal(give(client, first, "nw")) == (409, "alias_taken", ["/value"])
    assert "First" in give(client, second, "nw").json()["detail"]
    client.delete(f"/customer-aliases/{alias['id']}")
    assert give(client, second, "nw").status_code == 201
    again = client.get("/customer-aliases", params={"value": "nw"}).json()["items"]
    client.delete(f"/customer-aliases/{again[0]['id']}")
    assert give(client, first, "nw").status_code == 201


def test_the_id_of_a_customer_is_no_alias(client: TestClient, stranger: TestClient) -> None:
    first, second = create_id(client), create_id(client)

    assert refusal(give(client, second, first)) == (409, "alias_taken", ["/value"])
    assert refusal(give(client, first, first)) == (409, "alias_taken", ["/value"])
    created = client.post("/customers", json=body(customerAliases=["free", first]))
    assert refusal(created) == (409, "alias_taken", ["/customerAliases/1"])
    updated = client.put(f"/customers/{first}", json=body(customerAliases=[first, "own"]))
    assert updated.status_code == 200
    assert values(client, first) == ["own"]
    assert give(stranger, create_id(stranger), first).status_code == 201


def test_a_customers_set_of_aliases_cannot_take_anothers(client: TestClient) -> None:
    create_id(client, "First", customerAliases=["nw"])
    second = create_id(client, "Second", customerAliases=["own"])

    created = client.post("/customers", json=body(customerAliases=["nw"]))
    updated = client.put(f"/customers/{second}", json=body(customerAliases=["nw"]))

    assert refusal(created) == refusal(updated) == (409, "alias_taken", ["/customerAliases/0"])
    assert values(client, second) == ["own"]
    assert client.get("/customers").json()["pagination"]["totalResultSize"] == 2


def test_an_alias_named_twice_is_given_once(client: TestClient) -> None:
    assert values(client, create_id(client, customerAliases=["a", "a", "b"])) == ["a", "b"]


def test_a_repeated_request_gives_one_alias(client: TestClient) -> None:
    request = {"customerId": create_id(client), "value": "nw"}
    key = {"Idempotency-Key": "once"}

    first = client.post("/customer-aliases", json=request, headers=key)
    again = client.post("/customer-aliases", json=request, headers=key)
    other = client.post("/customer-aliases", json={**request, "value": "nw2"}, headers=key)

    assert first.json() == again.json()
    assert (first.status_code, again.status_code) == (201, 201)
    assert refusal(other)[:2] == (409, "idempotency_key_reused")


def test_of_two_who_want_a_value_at_once_one_gets_it(client: TestClient) -> None:
    customers = [create_id(client, name) for name in ("First", "Second")]
    barrier = Barrier(2)

    def want(customer: str, value: str) -> int:
        barrier.wait()
        status: int = give(client, customer, value).status_code
        return status

    with ThreadPoolExecutor(2) as pool:
        for n in range(10):
            answers = pool.map(want, customers, [f"nw-{n}"] * 2)
            assert sorted(answers) == [201, 409]


@pytest.mark.parametrize(
    ("request_", "status", "pointer"),
    [
        ({"customerId": NOBODY, "value": "x"}, 404, "/customerId"),
        ({"customerId": "no id", "value": "x"}, 400, "/customerId"),
        ({"customerId": NOBODY}, 400, "/value"),
        ({"customerId": NOBODY, "value": " "}, 400, "/value"),
        ({"customerId": NOBODY, "value": "x" * 256}, 400, "/value"),
        ({"customerId": NOBODY, "value": "x", "name": "y"}, 400, "/name"),
    ],
)
def test_a_bad_field_is_named(
    client: TestClient, request_: dict[str, str], status: int, pointer: str
) -> None:
    answer = client.post("/customer-aliases", json=request_)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)


def test_the_value_itself_cannot_be_changed(client: TestClient) -> None:
    alias = give(client, create_id(client), "nw").json()

    answer = client.put(f"/customer-aliases/{alias['id']}", json={"value": "other"})

    assert refusal(answer) == (400, "invalid", ["/value"])


def test_aliases_of_others_and_deleted_ones_are_not_found(
    client: TestClient, stranger: TestClient
) -> None:
    customer = create_id(client)
    kept, gone = give(client, customer, "kept").json(), give(client, customer, "gone").json()
    client.delete(f"/customer-aliases/{gone['id']}")

    answers = [
        give(stranger, customer, "x"),
        stranger.put(f"/customer-aliases/{kept['id']}", json={}),
        stranger.delete(f"/customer-aliases/{kept['id']}"),
        client.put(f"/customer-aliases/{gone['id']}", json={}),
        client.delete(f"/customer-aliases/{gone['id']}"),
    ]

    assert [one.status_code for one in answers] == [404] * len(answers)
    assert stranger.get("/customer-aliases").json()["items"] == []
