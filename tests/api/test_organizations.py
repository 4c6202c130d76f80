"""The tree seen from a parent: one organization, whose members are its children of today."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.kin import NOBODY, create_id, move, refusal
from tests.conftest import Clock


def found(client: TestClient, owner: str, members: list[str]) -> Any:
    return client.post("/customer-organizations", json={"ownerId": owner, "memberIds": members})


def change(client: TestClient, method: str, id: str, members: list[str]) -> Any:
    path = f"/customer-organizations/{id}/members"
    return client.request(method, path, json={"customerIds": members})


def members(answer: Any) -> list[str]:
    assert answer.status_code in {200, 201}, answer.text
    return [one["name"] for one in answer.json()["members"]]


@pytest.fixture
def family(client: TestClient) -> dict[str, str]:
    return {name: create_id(client, name) for name in ("Parent", "A", "B", "C")}


def test_an_organization_is_made_empty_and_filled(
    client: TestClient, family: dict[str, str]
) -> None:
    made = found(client, family["Parent"], [])
    id = made.json()["id"]
    filled = change(client, "POST", id, [family["A"], family["B"], family["A"]])

    assert made.status_code == 201
    assert made.json() == {
        "id": id,
        "owner": {"id": family["Parent"], "name": "Parent"},
        "members": [],
        "memberCount": 0,
    }
    assert (filled.status_code, members(filled)) == (200, ["A", "B"])
    assert client.get(f"/customers/{family['A']}").json()["parentId"] == family["Parent"]
    assert client.get(f"/customers/{family['A']}").json()["organizations"] == [filled.json()]
    assert client.get(f"/customers/{family['Parent']}").json()["organizations"] == [filled.json()]


def test_there_is_one_organization_for_a_parent_and_its_id_stays(
    client: TestClient, family: dict[str, str]
) -> None:
    child = create_id(client, "Child", parentId=family["Parent"])
    id = client.get(f"/customers/{child}").json()["organizations"][0]["id"]

    again = found(client, family["Parent"], [family["A"]])
    emptied = change(client, "PUT", id, [])

    assert (again.json()["id"], members(again)) == (id, ["A", "Child"])
    assert (emptied.json()["id"], members(emptied)) == (id, [])


def test_members_are_members_from_now_on(
    client: TestClient, family: dict[str, str], clock: Clock
) -> None:
    clock.set("2026-04-01")
    found(client, family["Parent"], [family["A"]])

    (link,) = client.get(f"/customers/{family['A']}/parent-history").json()["items"]

    assert link["effectiveFrom"] == "2026-04-01T00:00:00.000Z"


def test_replacing_detaches_those_left_out(client: TestClient, family: dict[str, str]) -> None:
    id = found(client, family["Parent"], [family["A"], family["B"]]).json()["id"]

    replaced = change(client, "PUT", id, [family["B"], family["C"]])

    assert members(replaced) == ["B", "C"]
    assert "parentId" not in client.get(f"/customers/{family['A']}").json()
    assert len(client.get(f"/customers/{family['B']}/parent-history").json()["items"]) == 1


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_member_of_another_is_never_moved_silently(
    client: TestClient, family: dict[str, str], method: str
) -> None:
    found(client, family["A"], [family["B"]])
    move(client, family["C"], family["A"], "2026-05-01T00:00:00Z")
    id = found(client, family["Parent"], []).json()["id"]

    today = change(client, method, id, [family["B"]])
    to_come = change(client, method, id, [family["C"]])

    expected = (409, "member_has_parent", ["/customerIds/0"])
    assert refusal(today) == refusal(to_come) == expected
    assert today.json()["detail"] == "B is a child of A; move it instead."
    assert refusal(found(client, family["Parent"], [family["B"]]))[2] == ["/memberIds/0"]


def test_the_owner_cannot_be_below_its_member(client: TestClient, family: dict[str, str]) -> None:
    id = found(client, family["Parent"], [family["A"]]).json()["id"]

    cycle = found(client, family["A"], [family["Parent"]])
    own = change(client, "POST", id, [family["B"], family["Parent"]])

    assert refusal(cycle) == (400, "hierarchy_cycle", ["/memberIds/0"])
    assert refusal(own) == (400, "own_parent", ["/customerIds/1"])


def test_owners_and_members_must_be_alive(client: TestClient, family: dict[str, str]) -> None:
    draft = create_id(client, "Draft", status="DRAFT")
    client.post(f"/customers/{family['A']}/archive")

    assert refusal(found(client, family["A"], []))[1:] == ("parent_archived", ["/ownerId"])
    assert refusal(found(client, draft, []))[1:] == ("parent_draft", ["/ownerId"])
    archived = found(client, family["B"], [family["A"]])
    assert refusal(archived) == (409, "customer_archived", ["/memberIds/0"])


def test_archived_members_are_left_alone(client: TestClient, family: dict[str, str]) -> None:
    id = found(client, family["Parent"], [family["A"], family["B"]]).json()["id"]
    client.post(f"/customers/{family['A']}/archive")

    replaced = change(client, "PUT", id, [])

    assert members(replaced) == []
    assert client.get(f"/customers/{family['A']}").json()["parentId"] == family["Parent"]


def test_who_is_not_there_is_not_found(
    client: TestClient, stranger: TestClient, family: dict[str, str]
) -> None:
    id = found(client, family["Parent"], []).json()["id"]
    theirs = create_id(stranger)

    assert refusal(found(client, NOBODY, [])) == (404, "not_found", ["/ownerId"])
    assert refusal(found(client, theirs, [])) == (404, "not_found", ["/ownerId"])
    assert refusal(found(client, family["A"], [theirs])) == (404, "not_found", ["/memberIds/0"])
    unknown = change(client, "PUT", id, [family["A"], NOBODY])
    assert refusal(unknown) == (404, "not_found", ["/customerIds/1"])
    assert change(client, "POST", NOBODY, []).status_code == 404
    assert change(stranger, "POST", id, []).status_code == 404
    assert change(stranger, "PUT", id, []).status_code == 404


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({"memberIds": []}, "/ownerId"),
        ({"ownerId": NOBODY}, "/memberIds"),
        ({"ownerId": "x", "memberIds": []}, "/ownerId"),
        ({"ownerId": NOBODY, "memberIds": ["x"]}, "/memberIds/0"),
        ({"ownerId": NOBODY, "memberIds": [], "name": "x"}, "/name"),
    ],
)
def test_a_bad_field_is_named(client: TestClient, request_: dict[str, Any], pointer: str) -> None:
    answer = client.post("/customer-organizations", json=request_)

    status, _, fields = refusal(answer)
    assert (status, fields) == (400, [pointer])
