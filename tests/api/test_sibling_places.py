"""A page of siblings by its place: where somebody stands, or after so many."""

import pytest
from fastapi.testclient import TestClient

from tests.api.kin import create_id, move, names, refusal


@pytest.fixture
def top(client: TestClient) -> str:
    """A customer with five children."""
    parent = create_id(client, "Top")
    for name in "dbeac":
        create_id(client, name, parentId=parent)
    return parent


@pytest.mark.parametrize("position", range(6))
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_any_position_is_answered_with_what_stands_there(
    client: TestClient, top: str, position: int, order: str
) -> None:
    line = "abcde" if order == "ASC" else "edcba"

    answer = client.get(
        f"/customers/{top}/children", params={"position": position, "limit": 2, "sortOrder": order}
    )

    assert names(answer) == list(line[position : position + 2])
    page = answer.json()
    assert page["position"] == position
    assert page["pagination"]["totalResultSize"] == 5
    assert ("after" in page["pagination"]) == (position < 3)
    assert ("before" in page["pagination"]) == (0 < position < 5)


def test_cursors_go_on_from_a_position(client: TestClient, top: str) -> None:
    path = f"/customers/{top}/children"
    middle = client.get(path, params={"position": 2, "limit": 2}).json()["pagination"]

    after = client.get(path, params={"after": middle["after"], "limit": 2})
    before = client.get(path, params={"before": middle["before"], "limit": 2})

    assert (names(before), names(after)) == (["a", "b"], ["e"])
    assert "position" not in after.json()


def test_a_customer_is_found_on_its_page(client: TestClient, top: str) -> None:
    path = f"/customers/{top}/children"
    ids = {one["name"]: one["id"] for one in client.get(path).json()["items"]}

    def around(name: str, **query: str) -> tuple[int, list[str]]:
        answer = client.get(path, params={"around": ids[name], "limit": 2, **query})
        return answer.json()["position"], names(answer)

    assert around("a") == (0, ["a", "b"])
    assert around("b") == (0, ["a", "b"])
    assert around("c") == (2, ["c", "d"])
    assert around("e") == (4, ["e"])
    assert around("c", sortOrder="DESC") == (2, ["c", "b"])


def test_siblings_of_one_name_are_told_apart(client: TestClient) -> None:
    twins = sorted(create_id(client, "Twin") for _ in range(3))

    for place, id in enumerate(twins):
        answer = client.get("/customers/roots", params={"around": id, "limit": 1}).json()
        assert (answer["position"], answer["items"][0]["id"]) == (place, id)


def test_the_place_is_that_of_the_day(client: TestClient, top: str) -> None:
    late = create_id(client, "Late")
    move(client, late, top, "2026-02-01T00:00:00Z")
    path = f"/customers/{top}/children"

    here = client.get(path, params={"around": late, "limit": 2})
    before = client.get(path, params={"around": late, "asOf": "2026-01-01T00:00:00Z"})

    assert (here.json()["position"], names(here)) == (0, ["Late", "a"])
    assert refusal(before) == (400, "invalid", ["?around"])


def test_a_page_is_asked_for_in_one_way(client: TestClient, top: str) -> None:
    answer = client.get("/customers/roots", params={"position": 1, "around": top})

    assert refusal(answer) == (400, "invalid", ["?around"])


def test_strangers_are_in_no_list(client: TestClient, stranger: TestClient, top: str) -> None:
    answer = stranger.get("/customers/roots", params={"around": top})

    assert refusal(answer) == (400, "invalid", ["?around"])
