"""Moves that oppose each other at the same time: one wins, and the tree stays a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.core.hierarchy import Forest, check
from catchment.store import links
from catchment.store.access import Workspace
from catchment.store.engine import reading
from tests.api.kin import body, create_id, move

ROUNDS = 20
MAY = "2026-05-01T00:00:00Z"


def at_once(requests: Sequence[Callable[[], Any]]) -> list[Any]:
    """The answers to requests that start together."""
    barrier = Barrier(len(requests))

    def send(request: Callable[[], Any]) -> Any:
        barrier.wait()
        return request()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))


def assert_forest(engine: Engine, workspace: Workspace) -> None:
    """No customer is below itself or in two places at any instant."""
    with reading(engine) as tx:
        believed = list(links.everything(tx, workspace.id))
    forest = Forest(believed)
    for link in believed:
        check(forest, link)


def test_of_two_who_want_to_be_the_others_child_one_loses(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    for _ in range(ROUNDS):
        a, b = create_id(client, "a"), create_id(client, "b")

        answers = at_once([partial(move, client, a, b, MAY), partial(move, client, b, a, MAY)])

        assert sorted(one.status_code for one in answers) == [201, 400]
        (loser,) = [one.json() for one in answers if one.status_code == 400]
        assert loser["code"] == "hierarchy_cycle"
    assert_forest(engine, workspace)


def test_of_three_in_a_ring_one_loses(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    for _ in range(ROUNDS):
        ring = [create_id(client, name) for name in "abc"]

        def update(child: str, parent: str) -> Any:
            return client.put(f"/customers/{child}", json=body(parentId=parent))

        answers = at_once([partial(update, ring[n], ring[(n + 1) % 3]) for n in range(3)])

        assert sorted(one.status_code for one in answers) == [200, 200, 400]
    assert_forest(engine, workspace)


def test_a_parent_is_not_archived_while_it_is_given_a_child(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    for _ in range(ROUNDS):
        parent, child = create_id(client, "parent"), create_id(client, "child")

        moved, archived = at_once(
            [
                partial(move, client, child, parent, MAY),
                partial(client.post, f"/customers/{parent}/archive"),
            ]
        )

        codes = {one.json().get("code") for one in (moved, archived)}
        assert (moved.status_code, archived.status_code) in {(201, 409), (400, 200)}
        assert codes in ({None, "customer_has_children"}, {None, "parent_archived"})
    assert_forest(engine, workspace)


def test_a_customer_moved_by_many_at_once_is_in_one_place(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    child = create_id(client, "child")
    parents = [create_id(client, f"parent {n}") for n in range(6)]

    answers = at_once([partial(move, client, child, parent, MAY) for parent in parents])

    assert {one.status_code for one in answers} == {201}
    history = client.get(f"/customers/{child}/parent-history").json()["items"]
    assert len([one for one in history if "supersededAt" not in one]) == 1
    assert_forest(engine, workspace)
