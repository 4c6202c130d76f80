"""The families of a workspace at any instant: the top, a search, and the moves that changed them."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.kin import ADA, create, create_id, move, names, refusal
from tests.conftest import Clock

JANUARY = "2026-01-01T00:00:00.000Z"
FEBRUARY = "2026-02-01T00:00:00.000Z"
MAY = "2026-05-01T00:00:00.000Z"


def roots(client: TestClient, **query: Any) -> list[str]:
    return names(client.get("/customers/roots", params=query))


def lines(client: TestClient, text: str, **query: Any) -> list[str]:
    """Each match as the way to it from the top."""
    answer = client.get("/customers/search", params={"text": text, **query})
    assert answer.status_code == 200, answer.text
    return [
        " > ".join([*(above["name"] for above in one["ancestors"]), one["name"]])
        for one in answer.json()["items"]
    ]


def told(client: TestClient, **query: Any) -> list[tuple[str, str | None, str | None, str]]:
    """Who went from where to where, and on which day."""
    items = client.get("/customers/moves", params=query).json()["items"]
    return [
        (
            one["customerName"],
            one.get("previousParentName"),
            one.get("parentName"),
            one["effectiveFrom"][:10],
        )
        for one in items
    ]


def days(client: TestClient, **query: Any) -> list[str]:
    found: list[str] = client.get("/customers/move-days", params=query).json()["items"]
    return found


def test_the_top_at_any_instant(client: TestClient) -> None:
    north, south = create_id(client, "North"), create_id(client, "South")
    shop = create_id(client, "Shop", parentId=north)
    move(client, shop, None, "2026-02-01T00:00:00Z")
    move(client, south, north, MAY)

    assert roots(client, asOf=JANUARY) == ["North", "South"]
    assert roots(client) == ["North", "Shop", "South"]
    assert roots(client, asOf=MAY) == ["North", "Shop"]


def test_the_top_tells_how_many_are_below(client: TestClient) -> None:
    top = create_id(client, "Top")
    middle = create_id(client, "Middle", parentId=top)
    create(client, "Bottom", parentId=middle)
    create(client, "Alone")

    answer = client.get("/customers/roots").json()

    counts = [(one["name"], one["childCount"], one["descendantCount"]) for one in answer["items"]]
    assert counts == [("Alone", 0, 0), ("Top", 1, 2)]
    assert answer["pagination"] == {"totalResultSize": 2}


def test_the_top_is_read_page_by_page(client: TestClient) -> None:
    for name in "cab":
        create(client, name)

    first = client.get("/customers/roots", params={"limit": 2}).json()

    assert [one["name"] for one in first["items"]] == ["a", "b"]
    assert first["pagination"]["totalResultSize"] == 3
    assert roots(client, after=first["pagination"]["after"]) == ["c"]


def test_those_archived_stand_at_the_top_until_they_are(client: TestClient, clock: Clock) -> None:
    gone = create_id(client, "Gone")
    top = create_id(client, "Top")
    below = create_id(client, "Below", parentId=top)
    clock.set(MAY)
    client.post(f"/customers/{gone}/archive")
    client.post(f"/customers/{below}/archive")

    now = client.get("/customers/roots").json()

    assert [one["name"] for one in now["items"]] == ["Top"]
    assert now["pagination"]["totalResultSize"] == 1
    assert roots(client, asOf=FEBRUARY) == ["Gone", "Top"]


def test_the_top_as_it_was_believed(client: TestClient, clock: Clock) -> None:
    top = create_id(client, "Top")
    shop = create_id(client, "Shop", parentId=top)
    clock.set("2026-04-01")
    move(client, shop, None, JANUARY)
    create(client, "New")

    assert roots(client, asOf=FEBRUARY) == ["New", "Shop", "Top"]
    assert roots(client, asOf=FEBRUARY, knownAt="2026-03-31T00:00:00Z") == ["Top"]


def test_a_match_comes_with_everyone_above_it(client: TestClient) -> None:
    top = create_id(client, "Top", label="holding")
    middle = create_id(client, "Middle", parentId=top)
    shop = create_id(client, "Corner shop", parentId=middle)
    create(client, "Something else")

    (one,) = client.get("/customers/search", params={"text": "CORNER"}).json()["items"]

    assert one == {
        "id": shop,
        "name": "Corner shop",
        "parentId": middle,
        "childCount": 0,
        "ancestors": [
            {"id": top, "name": "Top", "label": "holding", "childCount": 1},
            {"id": middle, "name": "Middle", "parentId": top, "childCount": 1},
        ],
    }


def test_a_match_stands_where_it_was_on_the_day(client: TestClient) -> None:
    north, south = create_id(client, "North"), create_id(client, "South")
    shop = create_id(client, "Shop", parentId=north)
    move(client, shop, south, MAY)

    assert lines(client, "shop") == ["North > Shop"]
    assert lines(client, "shop", asOf=MAY) == ["South > Shop"]
    assert lines(client, "shop", asOf=MAY, knownAt=JANUARY) == []


def test_the_nearest_match_comes_first(client: TestClient) -> None:
    mail = {**ADA, "email": "ap@quay.example"}
    create(client, "By mail", contacts=[mail, {**mail, "billingPreference": "STANDARD"}])
    create(client, "By alias", customerAliases=["the-quay", "quay-2"])
    create(client, "By label", label="Quay side")
    create(client, "Quay Z")
    create(client, "Old quay")
    create(client, "Exactly", customerAliases=["quay"])

    expected = ["Exactly", "Old quay", "Quay Z", "By label", "By alias", "By mail"]
    assert lines(client, "quay") == expected
    assert lines(client, "quay", limit=3) == expected[:3]
    found = client.get("/customers/search", params={"text": "quay", "limit": 6}).json()
    assert found["more"] is False
    assert client.get("/customers/search", params={"text": "quay", "limit": 5}).json()["more"]


def test_a_customer_is_found_by_its_id(client: TestClient) -> None:
    id = create_id(client, "Shop")

    assert lines(client, id.upper()) == ["Shop"]


def test_those_archived_are_found_on_days_before(client: TestClient, clock: Clock) -> None:
    gone = create_id(client, "Gone", customerAliases=["gone-1"], label="gone")
    clock.set(MAY)
    client.post(f"/customers/{gone}/archive")

    assert lines(client, "gone") == []
    assert lines(client, "gone", asOf=FEBRUARY) == ["Gone"]


def test_moves_are_listed_by_the_day_they_take_effect(client: TestClient) -> None:
    north, south = create_id(client, "North"), create_id(client, "South")
    shop = create_id(client, "Shop", parentId=north)
    move(client, south, north, MAY)
    move(client, shop, south, "2026-02-01T00:00:00Z", reason="Sold")
    move(client, shop, None, "2026-02-10T12:00:00Z")

    assert told(client) == [
        ("South", None, "North", "2026-05-01"),
        ("Shop", "South", None, "2026-02-10"),
        ("Shop", "North", "South", "2026-02-01"),
    ]
    assert told(client, sortOrder="ASC", limit=1) == [("Shop", "North", "South", "2026-02-01")]
    assert days(client) == ["2026-02-01", "2026-02-10", "2026-05-01"]


def test_a_move_tells_its_link(client: TestClient) -> None:
    north, south = create_id(client, "North"), create_id(client, "South")
    shop = create_id(client, "Shop", parentId=north)
    link = move(client, shop, south, FEBRUARY, reason="Sold").json()

    (one,) = client.get("/customers/moves").json()["items"]

    assert one == {
        **link,
        "customerName": "Shop",
        "previousParentId": north,
        "previousParentName": "North",
    }


def test_the_first_instant_counts_and_the_last_does_not(client: TestClient) -> None:
    north, shop = create_id(client, "North"), create_id(client, "Shop")
    move(client, shop, north, FEBRUARY)
    move(client, shop, None, MAY)

    assert days(client, **{"from": FEBRUARY, "to": MAY}) == ["2026-02-01"]
    assert [one[3] for one in told(client, **{"from": FEBRUARY, "to": MAY})] == ["2026-02-01"]
    assert days(client, **{"from": "2026-02-01T00:00:00.001Z"}) == ["2026-05-01"]


def test_what_holds_since_always_is_no_move(client: TestClient) -> None:
    north = create_id(client, "North")
    create(client, "Shop", parentId=north)

    assert (told(client), days(client)) == ([], [])
    assert days(client, **{"from": "1970-01-01T00:00:00Z"}) == []


def test_a_move_that_was_replaced_is_listed_as_it_was_believed(
    client: TestClient, clock: Clock
) -> None:
    north, south = create_id(client, "North"), create_id(client, "South")
    shop = create_id(client, "Shop", parentId=south)
    move(client, shop, north, MAY)
    clock.set("2026-04-01")
    move(client, shop, None, FEBRUARY)

    assert told(client) == [("Shop", "South", None, "2026-02-01")]
    before = {"knownAt": "2026-03-31T00:00:00Z"}
    assert told(client, **before) == [("Shop", "South", "North", "2026-05-01")]
    assert (days(client), days(client, **before)) == (["2026-02-01"], ["2026-05-01"])


def test_moves_of_one_family_are_those_of_everyone_ever_in_it(client: TestClient) -> None:
    north, south = create_id(client, "North"), create_id(client, "South")
    middle = create_id(client, "Middle", parentId=north)
    shop = create_id(client, "Shop", parentId=middle)
    other = create_id(client, "Other")
    move(client, shop, None, FEBRUARY)
    move(client, other, south, MAY)

    assert told(client, familyOf=north) == [("Shop", "Middle", None, "2026-02-01")]
    assert days(client, familyOf=south) == ["2026-05-01"]
    assert told(client, familyOf=shop) == [("Shop", "Middle", None, "2026-02-01")]


def test_the_families_of_others_are_not_shown(client: TestClient, stranger: TestClient) -> None:
    north = create_id(client, "North")
    shop = create_id(client, "Shop", customerAliases=["s"])
    move(client, shop, north, FEBRUARY)

    assert (roots(stranger), told(stranger), days(stranger)) == ([], [], [])
    assert told(stranger, familyOf=north) == []
    for text in ("shop", shop, "s", "northwind.example"):
        assert lines(stranger, text) == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("roots", {"asOf": "2026-05-01"}),
        ("search", {"text": ""}),
        ("moves", {"from": "May"}),
        ("moves", {"familyOf": "north"}),
        ("move-days", {"to": "2026-05-01"}),
    ],
)
def test_a_bad_parameter_is_named(client: TestClient, path: str, query: dict[str, str]) -> None:
    answer = client.get(f"/customers/{path}", params=query)

    assert refusal(answer) == (400, "invalid", [f"?{next(iter(query))}"])
