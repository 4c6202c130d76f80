"""Transactions on both databases, and the queue for SQLite's one writer."""

import sqlite3
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from catchment.store.engine import connect, open_connection, writing
from catchment.store.turns import Turns


def write(engine: Engine) -> None:
    with writing(engine) as tx:
        assert tx.execute(text("SELECT 1")).scalar_one() == 1


def test_a_writer_that_fails_lets_the_next_one_write(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine):
        raise ZeroDivisionError
    write(engine)


def test_a_connection_closed_in_the_middle_lets_the_next_one_write(engine: Engine) -> None:
    connection = open_connection(engine)
    connection.begin()
    connection.close()
    write(engine)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    """The turns of the next engine for SQLite."""
    turns = Turns()
    monkeypatch.setattr("catchment.store.engine.Turns", lambda: turns)
    return turns


@pytest.fixture
def sqlite_engine(turns: Turns, database_url: str) -> Any:
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL has many writers")
    engine = connect(database_url)
    yield engine
    engine.dispose()


def test_writers_of_one_process_write_in_the_order_in_which_they_came(
    sqlite_engine: Engine, turns: Turns
) -> None:
    done: list[int] = []

    def note(number: int) -> None:
        with writing(sqlite_engine):
            done.append(number)

    threads = [Thread(target=note, args=(number,)) for number in range(5)]
    pause = Event()
    with writing(sqlite_engine):
        for number, thread in enumerate(threads):
            thread.start()
            while turns.waiting <= number:
                pause.wait(0.001)
    for thread in threads:
        thread.join()
    assert done == [0, 1, 2, 3, 4]


def test_readers_never_wait_for_a_turn(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine), open_connection(sqlite_engine, reading=True) as reader:
        assert reader.execute(text("SELECT 1")).scalar_one() == 1


def test_who_could_not_begin_lets_the_next_one_write(
    sqlite_engine: Engine, database_url: str
) -> None:
    def never_wait(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 0")

    event.listen(sqlite_engine, "connect", never_wait)
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        write(sqlite_engine)
    other.close()
    write(sqlite_engine)


@pytest.mark.parametrize(("log_pages", "moved"), [(8, True), (1_000, False)])
def test_the_commit_that_makes_the_log_long_moves_it_into_the_database(
    log_pages: int, moved: bool, database_url: str
) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL moves its log beside all commits")
    engine = connect(database_url, log_pages=log_pages)

    with writing(engine) as tx:
        tx.execute(text("CREATE TABLE sixteen_pages AS SELECT zeroblob(65536)"))

    path = database_url.removeprefix("sqlite:///")
    without_log = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    tables = without_log.execute("SELECT name FROM sqlite_schema").fetchall()
    without_log.close()
    engine.dispose()
    assert (("sixteen_pages",) in tables) == moved
