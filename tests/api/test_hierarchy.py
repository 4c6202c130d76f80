"""A customer's family: moves past and to come, what is refused, and reading it at any instant."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.kin import NOBODY, body, create, create_id, move, names, refusal
from tests.conftest import Clock

SINCE_ALWAYS = "1970-01-01T00:00:00.000Z"
NOW = "2026-03-10T09:30:00.000Z"
MAY = "2026-05-01T00:00:00.000Z"
JUNE = "2026-06-01T00:00:00.000Z"


def history(client: TestClient, id: str) -> list[tuple[str | None, str, str | None, bool]]:
    """Parent, start and end of every link, and whether it was superseded."""
    links = client.get(f"/customers/{id}/parent-history").json()["items"]
    return [
        (
            one.get("parentName"),
            one["effectiveFrom"],
            one.get("effectiveTo"),
            "supersededAt" in one,
        )
        for one in links
    ]


def ancestors(client: TestClient, id: str, **query: str) -> list[str]:
    return names(client.get(f"/customers/{id}/ancestors", params=query))


def children(client: TestClient, id: str, **query: Any) -> list[str]:
    return names(client.get(f"/customers/{id}/children", params=query))


def put_parent(client: TestClient, id: str, parent: str | None) -> Any:
    name = client.get(f"/customers/{id}").json()["legalName"]
    return client.put(f"/customers/{id}", json=body(name, parentId=parent))


def test_a_new_child_was_one_since_always(client: TestClient) -> None:
    parent = create_id(client, "Parent")
    child = create_id(client, "Child", parentId=parent)

    assert history(client, child) == [("Parent", SINCE_ALWAYS, None, False)]
    assert history(client, parent) == []


def test_an_update_moves_from_now_on(client: TestClient) -> None:
    one, two = create_id(client, "One"), create_id(client, "Two")
    child = create_id(client, "Child", parentId=one)

    moved = put_parent(client, child, two)

    assert moved.json()["parentId"] == two
    assert history(client, child) == [
        ("One", SINCE_ALWAYS, None, True),
        ("One", SINCE_ALWAYS, NOW, False),
        ("Two", NOW, None, False),
    ]


def test_an_update_to_the_same_parent_changes_nothing(client: TestClient) -> None:
    parent = create_id(client, "Parent")
    child = create_id(client, "Child", parentId=parent)

    put_parent(client, child, parent)

    assert history(client, child) == [("Parent", SINCE_ALWAYS, None, False)]


def test_an_explicit_null_detaches_from_now_on(client: TestClient) -> None:
    parent = create_id(client, "Parent")
    child = create_id(client, "Child", parentId=parent)

    detached = put_parent(client, child, None).json()

    assert "parentId" not in detached
    assert detached["organizations"] == []
    assert history(client, child)[1:] == [
        ("Parent", SINCE_ALWAYS, NOW, False),
        (None, NOW, None, False),
    ]
    assert client.get(f"/customers/{parent}").json()["organizations"][0]["members"] == []


def test_a_move_answers_the_new_link(client: TestClient) -> None:
    parent, child = create_id(client, "Parent"), create_id(client, "Child")

    answer = move(client, child, parent, "2026-05-01T02:00:00+02:00", reason="Sold")

    assert answer.status_code == 201
    link = answer.json()
    assert link == {
        "id": link["id"],
        "customerId": child,
        "parentId": parent,
        "parentName": "Parent",
        "effectiveFrom": MAY,
        "recordedAt": NOW,
        "reason": "Sold",
    }


def test_a_move_replaces_what_was_recorded_for_later(client: TestClient, clock: Clock) -> None:
    one, two = create_id(client, "One"), create_id(client, "Two")
    child = create_id(client, "Child")
    move(client, child, one, JUNE)
    clock.set("2026-03-11")

    move(client, child, two, MAY)

    assert history(client, child) == [("Two", MAY, None, False), ("One", JUNE, None, True)]


def test_a_move_replaces_what_would_have_put_it_below_its_own_child(client: TestClient) -> None:
    one, two, three = (create_id(client, name) for name in ("One", "Two", "Three"))
    move(client, one, two, "2026-01-01T00:00:00Z")
    move(client, one, None, "2026-03-01T00:00:00Z")
    move(client, two, one, "2026-04-01T00:00:00Z")

    early = move(client, two, three, "2026-02-01T00:00:00Z")

    assert early.status_code == 201
    assert ancestors(client, two, asOf=MAY) == ["Three"]
    assert ancestors(client, one, asOf="2026-02-15T00:00:00Z") == ["Three", "Two"]


def test_a_move_to_where_it_is_answers_the_present_link(client: TestClient) -> None:
    parent = create_id(client, "Parent")
    child = create_id(client, "Child", parentId=parent)

    again = move(client, child, parent, MAY)
    top = move(client, parent, None, MAY)

    assert (again.status_code, again.json()["effectiveFrom"]) == (201, SINCE_ALWAYS)
    assert refusal(top)[:2] == (409, "nothing_to_move")


def test_the_tree_at_any_instant(client: TestClient) -> None:
    top, other = create_id(client, "Top"), create_id(client, "Other")
    middle = create_id(client, "Middle", parentId=top)
    child = create_id(client, "Child", parentId=middle)
    move(client, middle, other, MAY)
    move(client, child, None, JUNE)

    assert ancestors(client, child) == ["Top", "Middle"]
    assert ancestors(client, child, asOf="2026-04-30T23:59:59.999Z") == ["Top", "Middle"]
    assert ancestors(client, child, asOf=MAY) == ["Other", "Middle"]
    assert ancestors(client, child, asOf=JUNE) == []
    assert children(client, middle, asOf=MAY) == ["Child"]
    assert children(client, middle, asOf=JUNE) == []
    assert children(client, top, asOf="1970-01-01T00:00:00Z") == ["Middle"]


def test_the_tree_as_it_was_believed(client: TestClient, clock: Clock) -> None:
    wrong, right = create_id(client, "Wrong"), create_id(client, "Right")
    child = create_id(client, "Child", parentId=wrong)
    clock.set("2026-04-01")
    move(client, child, right, "2026-01-01T00:00:00Z")

    def parent(known_at: str) -> list[str]:
        return ancestors(client, child, asOf="2026-02-01T00:00:00Z", knownAt=known_at)

    assert parent("2026-03-31T00:00:00Z") == ["Wrong"]
    assert parent("2026-04-01T00:00:00Z") == ["Right"]
    assert parent("2026-01-01T00:00:00Z") == []
    query = {"asOf": "2026-02-01T00:00:00Z", "knownAt": "2026-03-31T00:00:00Z"}
    assert children(client, wrong, **query) == ["Child"]
    tree = client.get(f"/customers/{wrong}/hierarchy", params=query).json()
    assert [one["name"] for one in tree["children"]] == ["Child"]


def test_children_come_by_name_with_their_counts(client: TestClient) -> None:
    top = create_id(client, "Top")
    b = create_id(client, "b", parentId=top)
    create(client, "a", parentId=top)
    below = create_id(client, "c", parentId=b)
    create(client, "d", parentId=below)
    create(client, "e", parentId=below)

    answer = client.get(f"/customers/{top}/children").json()

    counts = [(c["name"], c["childCount"], c["descendantCount"]) for c in answer["items"]]
    assert counts == [("a", 0, 0), ("b", 1, 3)]
    assert answer["items"][0]["parentId"] == top
    assert answer["pagination"]["totalResultSize"] == 2
    assert (
        client.get("/customers", params={"parentId": "none"}).json()["items"][0]["childCount"] == 2
    )


def test_children_are_read_page_by_page(client: TestClient) -> None:
    top = create_id(client, "Top")
    for name in ("c", "a", "b"):
        create(client, name, parentId=top)
    path = f"/customers/{top}/children"

    first = client.get(path, params={"limit": 2}).json()
    rest = client.get(path, params={"limit": 2, "after": first["pagination"]["after"]})

    assert [one["name"] for one in first["items"]] == ["a", "b"]
    assert names(rest) == ["c"]
    assert children(client, top, sortOrder="DESC") == ["c", "b", "a"]


def test_archived_customers_are_not_shown_below(client: TestClient, clock: Clock) -> None:
    top = create_id(client, "Top")
    gone = create_id(client, "Gone", parentId=top)
    clock.set(MAY)
    client.post(f"/customers/{gone}/archive")

    assert children(client, top) == []
    assert children(client, top, asOf=NOW) == ["Gone"]
    assert ancestors(client, gone) == ["Top"]
    assert client.get(f"/customers/{top}").json()["organizations"][0]["members"] == []


def test_the_subtree_as_nested_nodes(client: TestClient) -> None:
    top = create_id(client, "Top", label="root")
    b = create_id(client, "b", parentId=top)
    a = create_id(client, "a", parentId=top)
    c = create_id(client, "c", parentId=b)
    create(client, "d", parentId=c)

    one = client.get(f"/customers/{top}/hierarchy", params={"depth": 1}).json()
    two = client.get(f"/customers/{top}/hierarchy", params={"depth": 2}).json()

    node_b = {"id": b, "name": "b", "parentId": top, "childCount": 1}
    node_a = {"id": a, "name": "a", "parentId": top, "childCount": 0}
    assert one == {
        "id": top,
        "name": "Top",
        "label": "root",
        "childCount": 2,
        "children": [node_a, node_b],
    }
    node_c = {"id": c, "name": "c", "parentId": b, "childCount": 1}
    assert two["children"] == [{**node_a, "children": []}, {**node_b, "children": [node_c]}]
    assert client.get(f"/customers/{top}/hierarchy").json()["children"][1]["children"][0] == {
        **node_c,
        "children": [{**node_d(client, c), "childCount": 0}],
    }


def node_d(client: TestClient, parent: str) -> dict[str, Any]:
    (child,) = client.get(f"/customers/{parent}/children").json()["items"]
    return {"id": child["id"], "name": "d", "parentId": parent}


def test_a_node_shows_a_hundred_children_and_the_way_to_the_others(client: TestClient) -> None:
    top = create_id(client, "Top")
    for n in range(103):
        create(client, f"child {n:03}", parentId=top)

    tree = client.get(f"/customers/{top}/hierarchy").json()
    rest = client.get(f"/customers/{top}/children", params={"after": tree["after"]})

    assert (tree["childCount"], len(tree["children"])) == (103, 100)
    assert names(rest) == ["child 100", "child 101", "child 102"]
    listed = client.get("/customers", params={"search": "Top"}).json()["items"][0]
    assert len(listed["organizations"][0]["members"]) == 20
    assert listed["organizations"][0]["memberCount"] == 103


def test_a_customer_is_not_its_own_parent(client: TestClient) -> None:
    id = create_id(client, "Self")

    assert refusal(put_parent(client, id, id)) == (400, "own_parent", ["/parentId"])
    assert refusal(move(client, id, id, MAY)) == (400, "own_parent", ["/parentId"])


def test_a_cycle_is_refused_and_names_the_customers(client: TestClient) -> None:
    top = create_id(client, "Top")
    middle = create_id(client, "Middle", parentId=top)
    bottom = create_id(client, "Bottom", parentId=middle)

    answer = put_parent(client, top, bottom)

    assert refusal(answer) == (400, "hierarchy_cycle", ["/parentId"])
    for name in ("Top", "Middle", "Bottom"):
        assert name in answer.json()["detail"]
    assert ancestors(client, bottom) == ["Top", "Middle"]


def test_a_cycle_at_a_later_instant_is_refused_now(client: TestClient) -> None:
    one, two = create_id(client, "One"), create_id(client, "Two")
    move(client, two, one, JUNE)

    assert refusal(put_parent(client, one, two))[:2] == (400, "hierarchy_cycle")
    assert refusal(move(client, one, two, MAY))[:2] == (400, "hierarchy_cycle")


def test_a_cycle_in_the_past_is_refused_too(client: TestClient) -> None:
    one, two = create_id(client, "One"), create_id(client, "Two")
    move(client, two, one, "2026-01-01T00:00:00Z")
    move(client, two, None, "2026-02-01T00:00:00Z")

    early = move(client, one, two, "2026-01-31T00:00:00Z")
    late = move(client, one, two, "2026-02-01T00:00:00Z")

    assert refusal(early)[:2] == (400, "hierarchy_cycle")
    assert late.status_code == 201


def test_a_parent_must_be_alive_and_approved(client: TestClient) -> None:
    archived, draft = create_id(client, "Old"), create_id(client, "New", status="DRAFT")
    client.post(f"/customers/{archived}/archive")
    id = create_id(client)

    for parent, code in ((archived, "parent_archived"), (draft, "parent_draft")):
        expected = (400, code, ["/parentId"])
        assert refusal(client.post("/customers", json=body(parentId=parent))) == expected
        assert refusal(put_parent(client, id, parent)) == expected
        assert refusal(move(client, id, parent, MAY)) == expected


def test_a_family_has_at_most_64_levels(client: TestClient) -> None:
    levels = [create_id(client, "0")]
    for n in range(1, 64):
        levels.append(create_id(client, str(n), parentId=levels[-1]))
    leaf, family = create_id(client, "leaf"), create_id(client, "family")
    create(client, "member", parentId=family)

    too_deep = put_parent(client, leaf, levels[63])
    created = client.post("/customers", json=body(parentId=levels[63]))
    with_member = put_parent(client, family, levels[62])

    assert refusal(too_deep) == (400, "hierarchy_too_deep", ["/parentId"])
    assert refusal(created)[:2] == refusal(with_member)[:2] == (400, "hierarchy_too_deep")
    assert put_parent(client, leaf, levels[62]).status_code == 200
    assert put_parent(client, family, levels[61]).status_code == 200
    assert len(ancestors(client, leaf)) == 63


@pytest.mark.parametrize(
    ("request_", "status", "pointer"),
    [
        ({"parentId": None}, 400, "/effectiveFrom"),
        ({"effectiveFrom": MAY}, 400, "/parentId"),
        ({"parentId": "x", "effectiveFrom": MAY}, 400, "/parentId"),
        ({"parentId": NOBODY, "effectiveFrom": MAY}, 404, "/parentId"),
        ({"parentId": None, "effectiveFrom": "2026-05-01"}, 400, "/effectiveFrom"),
        ({"parentId": None, "effectiveFrom": "2026-05-01T00:00:00"}, 400, "/effectiveFrom"),
        ({"parentId": None, "effectiveFrom": "1969-12-31T23:59:59Z"}, 400, "/effectiveFrom"),
        ({"parentId": None, "effectiveFrom": MAY, "until": JUNE}, 400, "/until"),
    ],
)
def test_a_bad_field_of_a_move_is_named(
    client: TestClient, request_: dict[str, Any], status: int, pointer: str
) -> None:
    answer = client.post(f"/customers/{create_id(client)}/moves", json=request_)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)


@pytest.mark.parametrize("path", ["children", "ancestors", "hierarchy", "parent-history"])
def test_families_of_others_are_not_found(
    client: TestClient, stranger: TestClient, path: str
) -> None:
    id = create_id(client)

    assert stranger.get(f"/customers/{id}/{path}").status_code == 404
    assert client.get(f"/customers/{NOBODY}/{path}").status_code == 404
    assert move(stranger, id, None, MAY).status_code == 404


@pytest.mark.parametrize("query", [{"asOf": "today"}, {"knownAt": "2026-05-01"}, {"depth": "-1"}])
def test_a_bad_parameter_is_named(client: TestClient, query: dict[str, str]) -> None:
    answer = client.get(f"/customers/{create_id(client)}/hierarchy", params=query)

    assert refusal(answer) == (400, "invalid", [f"?{next(iter(query))}"])


def test_a_parent_with_children_is_not_archived_by_accident(client: TestClient) -> None:
    top = create_id(client, "Top")
    parent = create_id(client, "Parent", parentId=top)
    create(client, "Child", parentId=parent)

    answer = client.post(f"/customers/{parent}/archive")

    assert refusal(answer) == (409, "customer_has_children", [])
    assert "Child" in answer.json()["detail"]
    assert "archivedAt" not in client.get(f"/customers/{parent}").json()


@pytest.mark.parametrize(("children_", "expected"), [("detach", []), ("adopt", ["Top"])])
def test_children_of_an_archived_parent_go_where_it_is_said(
    client: TestClient, children_: str, expected: list[str]
) -> None:
    top = create_id(client, "Top")
    parent = create_id(client, "Parent", parentId=top)
    child = create_id(client, "Child", parentId=parent)
    grandchild = create_id(client, "Grandchild", parentId=child)

    answer = client.post(f"/customers/{parent}/archive", params={"children": children_})

    assert answer.json()["archivedAt"] == NOW
    assert ancestors(client, child) == expected
    assert ancestors(client, grandchild) == [*expected, "Child"]
    links = client.get(f"/customers/{child}/parent-history").json()["items"]
    assert links[-1]["reason"] == "Parent was archived"


def test_children_to_come_count_as_children(client: TestClient) -> None:
    parent, child = create_id(client, "Parent"), create_id(client, "Child")
    move(client, child, parent, MAY)

    refused = client.post(f"/customers/{parent}/archive")
    done = client.post(f"/customers/{parent}/archive", params={"children": "detach"})

    assert refusal(refused)[:2] == (409, "customer_has_children")
    assert done.status_code == 200
    assert ancestors(client, child, asOf=MAY) == []


def test_archived_children_do_not_keep_their_parent(client: TestClient) -> None:
    parent = create_id(client, "Parent")
    child = create_id(client, "Child", parentId=parent)
    client.post(f"/customers/{child}/archive")

    assert client.post(f"/customers/{parent}/archive").status_code == 200
    assert client.post(f"/customers/{create_id(client)}/archive?children=x").status_code == 400
