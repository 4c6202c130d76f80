"""Many rows of a table at once, with what they have in common said once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from catchment.store import driver
from catchment.store.chunks import chunks

_AT_ONCE = 10_000
_ROOM = -128 * 1024
"""In KiB, which SQLite tells from pages by the sign."""


@contextmanager
def roomy(tx: Connection) -> Iterator[None]:
    """Let SQLite keep more pages in memory meanwhile: indexes of a million rows fit then."""
    sqlite = tx.dialect.name == "sqlite"
    if sqlite:
        before = tx.exec_driver_sql("PRAGMA cache_size").scalar_one()
        tx.exec_driver_sql(f"PRAGMA cache_size = {_ROOM}")
    try:
        yield
    finally:
        if sqlite:
            tx.exec_driver_sql(f"PRAGMA cache_size = {before}")


def add_rows(
    tx: Connection,
    table: Table,
    common: Mapping[str, Any],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    ready: Collection[str] = (),
) -> None:
    """Write ``rows`` of ``columns`` down; every row has the values of ``common`` besides.

    Columns in neither stay at their default, which is null where rows have nothing but None: what
    is not told takes no time. Values of the columns ``ready`` are as the database keeps them
    already: JSON as text.
    """
    same = [
        value if to is None else to(value)
        for name, value in common.items()
        for to in [_in_database(tx.dialect, table, name)]
    ]
    convert = [None if name in ready else _in_database(tx.dialect, table, name) for name in columns]
    for part in chunks(rows, _AT_ONCE):
        names, values = [*common], []
        for name, to, own in zip(columns, convert, zip(*part, strict=True), strict=True):
            if own[0] is None and own.count(None) == len(own):
                continue
            names.append(name)
            values.append(own if to is None else _converted(to, own))
        whole = zip(*map(repeat, same), *values, strict=False)
        if tx.dialect.name == "postgresql":
            copy(tx, table, names, whole)
        else:
            statement = _insert(tx, table, names, driver.marks(len(names)))
            tx.exec_driver_sql(statement, list(whole))


def copy(tx: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows by COPY: PostgreSQL parses no statement and answers once, not once a row."""
    statement = f"COPY {table.name} ({_quoted(tx, names)}) FROM STDIN"
    cursor = tx.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except tx.dialect.loaded_dbapi.Error as error:
        raise driver.raised(tx, statement, error) from error
    finally:
        cursor.close()


def add_together(
    tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Write a few ``rows`` of ``columns`` by one statement.

    Where other threads are busy that is much sooner done than one statement a row, each of which
    lets go of the interpreter and has to get it back.
    """
    convert = [_in_database(tx.dialect, table, name) for name in columns]
    places = ", ".join([driver.marks(len(columns))] * len(rows))
    statement = _insert(tx, table, columns, places)
    values = [
        value if to is None else to(value)
        for row in rows
        for to, value in zip(convert, row, strict=True)
    ]
    driver.run(tx, statement, values)


def add_new(
    tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Write those of a few ``rows`` of ``columns`` down whose key is not there yet.

    Their values are of the driver's own types.
    """
    if rows:
        statement = _insert(tx, table, columns, driver.marks(len(columns)))
        driver.run_each(tx, f"{statement} ON CONFLICT DO NOTHING", rows)


def change_rows(
    tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Give ``columns`` of rows new values: those of each of ``rows``, after which comes its id."""
    if not rows:
        return
    names = [*columns, "id"]
    convert = [_in_database(tx.dialect, table, name) for name in names]
    values = [
        own if to is None else _converted(to, own)
        for to, own in zip(convert, zip(*rows, strict=True), strict=True)
    ]
    changed = ", ".join(f"{_quoted(tx, [name])} = ?" for name in columns)
    statement = f"UPDATE {table.name} SET {changed} WHERE id = ?"  # noqa: S608 -- names of our own schema
    driver.run_each(tx, statement, list(zip(*values, strict=True)))


def _converted(to: Callable[[Any], Any], values: Sequence[Any]) -> Iterable[Any]:
    """``values``, each converted; what is the very same value, as dates mostly are, but once."""
    distinct = dict(zip(map(id, values), values, strict=True))
    made = {key: to(value) for key, value in distinct.items()}
    return map(made.__getitem__, map(id, values))


def _insert(tx: Connection, table: Table, names: Sequence[str], values: str) -> str:
    return f"INSERT INTO {table.name} ({_quoted(tx, names)}) VALUES {values}"  # noqa: S608 -- names of our own schema


def _quoted(tx: Connection, names: Iterable[str]) -> str:
    return ", ".join(map(tx.dialect.identifier_preparer.quote, names))


@lru_cache(maxsize=4096)
def _in_database(dialect: Dialect, table: Table, name: str) -> Callable[[Any], Any] | None:
    """What turns values of a column into those of the database; None where they are alike."""
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
