"""Transactions on both databases, and the queue for SQLite's one writer."""

import sqlite3
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from catchment.store import driver
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
def sqlite_engine(database_url: str) -> Any:
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL has many writers")
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def turns(sqlite_engine: Engine) -> Turns:
    with sqlite_engine.connect() as connection:
        return connection.connection.dbapi_connection.turns


@pytest.fixture
def tables_without_log(database_url: str) -> Any:
    """The tables of the database file itself."""

    def tables() -> list[str]:
        path = database_url.removeprefix("sqlite:///")
        file = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
        names = file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        file.close()
        return [name for (name,) in names]

    return tables


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


def test_who_waited_too_long_hears_that_the_database_is_locked(
    sqlite_engine: Engine, turns: Turns
) -> None:
    turns.patience = 0
    with writing(sqlite_engine), pytest.raises(OperationalError, match="locked"):
        write(sqlite_engine)
    write(sqlite_engine)


def test_who_loses_its_connection_lets_the_next_one_write(sqlite_engine: Engine) -> None:
    with open_connection(sqlite_engine) as connection:
        connection.begin()
        connection.invalidate()
        write(sqlite_engine)


@pytest.mark.parametrize(("pages", "moved"), [(16, False), (300, True)])
def test_the_commit_that_makes_the_log_long_moves_it_into_the_database(
    pages: int, moved: bool, sqlite_engine: Engine, tables_without_log: Any
) -> None:
    with writing(sqlite_engine) as tx:
        tx.execute(text(f"CREATE TABLE pages AS SELECT zeroblob({4096 * pages})"))

    assert ("pages" in tables_without_log()) == moved


def test_nobody_else_has_a_turn_until_the_log_is_moved(
    sqlite_engine: Engine, database_url: str, tables_without_log: Any
) -> None:
    others = Turns(Path(database_url.removeprefix("sqlite:///") + "-turn"))
    found: list[list[str]] = []

    def look() -> None:
        others.take(found)
        found.append(tables_without_log())
        others.give(found)

    other = Thread(target=look)
    with writing(sqlite_engine) as tx:
        other.start()
        tx.execute(text(f"CREATE TABLE pages AS SELECT zeroblob({4096 * 300})"))
    other.join()

    assert "pages" in found[0]


def test_what_the_driver_is_handed_first_begins_a_transaction(engine: Engine) -> None:
    with open_connection(engine) as tx:
        driver.run(tx, "CREATE TABLE things (id INTEGER)")
        tx.rollback()
        with pytest.raises(DBAPIError):
            driver.run(tx, "SELECT id FROM things")
