"""Moves that oppose each other at the same time: one wins, and the tree stays a tree."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from catchment.core.values.errors import HierarchyCycle
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.usage import UsageStore
from tests.api.kin import body, create_id
from tests.api.kin import move as ask_to_move
from tests.flows.racing import assert_forest, at_once, move, movers, rounds_of

MAY = "2026-05-01T00:00:00Z"


def test_of_two_who_want_to_be_the_others_child_one_loses(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    for a, b in rounds_of(engine, usage, workspace, 2):
        answers = at_once(
            [partial(ask_to_move, client, a, b, MAY), partial(ask_to_move, client, b, a, MAY)]
        )

        assert sorted(one.status_code for one in answers) == [201, 400]
        (loser,) = [one.json() for one in answers if one.status_code == 400]
        assert loser["code"] == "hierarchy_cycle"
    assert_forest(engine, workspace)


def test_of_three_in_a_ring_one_loses(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    def update(child: str, parent: str) -> Any:
        return client.put(f"/customers/{child}", json=body(parentId=parent))

    for ring in rounds_of(engine, usage, workspace, 3):
        answers = at_once([partial(update, ring[n], ring[(n + 1) % 3]) for n in range(3)])

        assert sorted(one.status_code for one in answers) == [200, 200, 400]
    assert_forest(engine, workspace)


def test_of_processes_that_close_a_ring_one_loses(
    engine: Engine, usage: UsageStore, workspace: Workspace, data_dir: Path
) -> None:
    with movers(3, engine, data_dir) as processes:
        for number, ring in enumerate(rounds_of(engine, usage, workspace, 3)):
            many = 2 + number % 2
            for place, one in enumerate(processes[:many]):
                one.ask(ring[place], ring[(place + 1) % many])
            told = sorted(one.answer() for one in processes[:many])

            assert told == ["hierarchy_cycle", *["moved"] * (many - 1)]
    assert_forest(engine, workspace)


def test_of_a_move_and_an_import_that_oppose_each_other_one_loses(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    def bring_in(child: str, parent: str) -> Any:
        file = f"customer,parent,effectiveFrom\n{child},{parent},{MAY}\nnew of {child},{child},\n"
        return client.post("/customers/import", content=file)

    for a, b in rounds_of(engine, usage, workspace, 2):
        moved, imported = at_once(
            [partial(ask_to_move, client, a, b, MAY), partial(bring_in, b, a)]
        )

        assert (moved.status_code, imported.status_code) in {(201, 400), (400, 200)}
        if imported.status_code == 400:
            assert [one["code"] for one in imported.json()["refused"]] == ["hierarchy_cycle"]
        else:
            assert moved.json()["code"] == "hierarchy_cycle"
    assert_forest(engine, workspace)


def test_a_parent_is_not_archived_while_it_is_given_a_child(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    for parent, child in rounds_of(engine, usage, workspace, 2):
        moved, archived = at_once(
            [
                partial(ask_to_move, client, child, parent, MAY),
                partial(client.post, f"/customers/{parent}/archive"),
            ]
        )

        codes = {one.json().get("code") for one in (moved, archived)}
        assert (moved.status_code, archived.status_code) in {(201, 409), (400, 200)}
        assert codes in ({None, "customer_has_children"}, {None, "parent_archived"})
    assert_forest(engine, workspace)


def test_a_parent_is_not_archived_while_an_import_gives_it_a_child(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    for parent, child in rounds_of(engine, usage, workspace, 2):
        file = f"customer,parent,effectiveFrom\n{child},{parent},{MAY}\n"
        imported, archived = at_once(
            [
                partial(client.post, "/customers/import", content=file),
                partial(client.post, f"/customers/{parent}/archive"),
            ]
        )

        assert (imported.status_code, archived.status_code) in {(200, 409), (400, 200)}
    assert_forest(engine, workspace)


def test_a_customer_moved_by_many_at_once_is_in_one_place(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    child = create_id(client, "child")
    parents = [create_id(client, f"parent {n}") for n in range(6)]

    answers = at_once([partial(ask_to_move, client, child, parent, MAY) for parent in parents])

    assert {one.status_code for one in answers} == {201}
    history = client.get(f"/customers/{child}/parent-history").json()["items"]
    assert len([one for one in history if "supersededAt" not in one]) == 1
    assert_forest(engine, workspace)


def somebody_waits(engine: Engine) -> bool:
    with reading(engine) as tx:
        return bool(tx.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar())


def test_two_who_do_not_hold_the_tree_would_both_win(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    """What the lock is for. SQLite has one writer at a time without it."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    a, b = rounds_of(engine, usage, workspace, 2)[0]

    def move_meanwhile() -> None:
        with writing(engine) as tx:
            move(tx, usage, workspace, b, a)

    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as tx:
            move(tx, usage, workspace, a, b)
            second = pool.submit(move_meanwhile)
            # It has looked at the tree once it waits to write that the tree is another one.
            while not second.done() and not somebody_waits(engine):
                pass
        second.result()

    with pytest.raises(HierarchyCycle):
        assert_forest(engine, workspace)
