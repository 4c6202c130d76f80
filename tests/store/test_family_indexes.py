"""An index read from the database is the forest of the same transaction, and never an older one."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, update

from catchment import ids
from catchment.core.families.hierarchy import Forest, Move
from catchment.core.families.hierarchy import move as moved
from catchment.core.values.period import BEGINNING
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.families import families, family_indexes, links
from catchment.store.families.families import View
from catchment.store.schema import customers
from catchment.usage import UsageStore
from tests.flows.books import NOW, Books

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def books(engine: Engine, usage: UsageStore, workspace: Workspace) -> Books:
    return Books(engine, usage, workspace)


@pytest.fixture
def made(books: Books) -> dict[str, str]:
    """top > (left > leaf, right); leaf goes from left to right in March."""
    top = books.customer("top")
    left, right = books.customer("left", top), books.customer("right", top)
    leaf = books.customer("leaf")
    books.link(leaf, left, BEGINNING, MARCH)
    books.link(leaf, right, MARCH)
    alone = books.customer("alone")
    books.write()
    return {"top": top, "left": left, "right": right, "leaf": leaf, "alone": alone}


def below(tx: Connection, books: Books, root: str, at: datetime) -> set[str]:
    index = family_indexes.of(tx, books.workspace.id)
    levels = index.levels(root, family_indexes.micros(at))
    return {index.ids[number] for level in levels for number in level}


def move(tx: Connection, books: Books, customer: str, parent: str | None) -> None:
    own = [ln for ln in links.history(tx, books.workspace.id, customer) if not ln.superseded_at]
    change = moved(own, customer, parent, NOW, recorded_at=NOW, new_id=ids.new_id)
    links.save(tx, books.workspace.id, [change])


def test_it_is_the_forest_of_the_same_links(books: Books, made: dict[str, str]) -> None:
    with reading(books.engine) as tx:
        forest = Forest(links.everything(tx, books.workspace.id))

        for at in (BEGINNING, MARCH - timedelta(microseconds=1), MARCH, NOW):
            for who in made.values():
                assert below(tx, books, who, at) == forest.subtree(who, at) - {who}


def test_a_move_is_seen_at_once_by_whoever_asks_afterwards(
    books: Books, made: dict[str, str]
) -> None:
    with reading(books.engine) as tx:
        assert below(tx, books, made["top"], NOW) == {made["left"], made["right"], made["leaf"]}

    with writing(books.engine) as tx:
        move(tx, books, made["right"], None)
        assert below(tx, books, made["top"], NOW) == {made["left"]}

    with reading(books.engine) as tx:
        assert below(tx, books, made["top"], NOW) == {made["left"]}


def test_a_move_that_is_rolled_back_leaves_nothing_behind(
    books: Books, made: dict[str, str]
) -> None:
    class Regret(Exception):
        pass

    with suppress(Regret), writing(books.engine) as tx:
        move(tx, books, made["right"], None)
        assert below(tx, books, made["top"], NOW) == {made["left"]}
        raise Regret

    with writing(books.engine) as tx:
        assert below(tx, books, made["top"], NOW) == {made["left"], made["right"], made["leaf"]}
        move(tx, books, made["left"], None)

    with reading(books.engine) as tx:
        assert below(tx, books, made["top"], NOW) == {made["right"], made["leaf"]}


def test_the_same_tree_is_read_once(books: Books, made: dict[str, str]) -> None:
    with reading(books.engine) as tx:
        first = family_indexes.of(tx, books.workspace.id)
    with reading(books.engine) as tx:
        assert family_indexes.of(tx, books.workspace.id) is first

    with writing(books.engine) as tx:
        links.save(tx, books.workspace.id, [Move()])
    with reading(books.engine) as tx:
        assert family_indexes.of(tx, books.workspace.id) is not first


def test_arrays_count_what_walking_down_counts(books: Books, made: dict[str, str]) -> None:
    for at in (BEGINNING, MARCH, NOW):
        view = View(books.workspace.id, at)
        with reading(books.engine) as tx:
            walked = families.descendant_counts(tx, view, list(made.values()))
            counted = families.descendant_counts(tx, view, list(made.values()), few=0)

        assert walked == counted
        assert walked[made["top"]] == 3


def test_arrays_leave_the_archived_out_with_all_below_them(
    books: Books, made: dict[str, str]
) -> None:
    view = View(books.workspace.id, NOW)
    with writing(books.engine) as tx:
        gone = update(customers).where(customers.c.id == made["right"]).values(archived_at=MARCH)
        tx.execute(gone)

        walked = families.descendant_counts(tx, view, list(made.values()))
        counted = families.descendant_counts(tx, view, list(made.values()), few=0)

    assert walked == counted == {made["top"]: 1, made["right"]: 1}


def test_another_workspace_has_families_of_its_own(books: Books, made: dict[str, str]) -> None:
    with writing(books.engine) as tx:
        other = access.named_workspace(tx, name="Other Ltd", id=ids.new_id(), at=NOW)
        found = family_indexes.of(tx, other.id)

    assert (len(found.ids), list(found.levels(made["top"], family_indexes.micros(NOW)))) == (0, [])
