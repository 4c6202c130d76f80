"""One engine for SQLite and PostgreSQL, with the same promises on both.

SQLite runs in WAL mode with synchronous=FULL. Its writers take turns and begin as IMMEDIATE, so
that they queue instead of failing half-way; a transaction marked ``reading`` begins deferred and
sees one snapshot. PostgreSQL runs READ COMMITTED for writers, who take advisory locks where an
invariant spans rows, and REPEATABLE READ for readers.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from catchment.store import driver
from catchment.store.turns import Turns

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    # Some builds write zeros over all that is deleted: the inbox would be written twice.
    "secure_delete=FAST",
    # The commit that makes the log so many pages long moves it into the database, and all who want
    # to write wait for that. With more of them that takes longer, if less often.
    "wal_autocheckpoint=250",
)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_JSON: dict[str, Any] = {"json_serializer": _json, "json_deserializer": msgspec.json.decode}
"""The head of an invoice has five such columns; Python's own module takes five times as long."""


def connect(url: str) -> Engine:
    """An engine for ``url`` (``sqlite:///path`` or ``postgresql://…``)."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            **_JSON,
            pool_pre_ping=True,
            pool_size=20,
            max_overflow=70,  # two for each thread of the server: billing reads usage aside
        )
    assert parsed.database, parsed
    turns = Turns(Path(f"{os.path.realpath(parsed.database)}-turn"))
    engine = create_engine(
        parsed,
        **_JSON,
        connect_args={
            "check_same_thread": False,
            "timeout": 60,
            "factory": partial(_SQLite, turns),
        },
        pool_size=20,
        max_overflow=-1,  # who holds the one write lock must never wait for a connection
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class _SQLite(sqlite3.Connection):
    """A connection whose turn, if it has one, ends with its transaction, however that ends."""

    def __init__(self, turns: Turns, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turns = turns

    def commit(self) -> None:
        super().commit()  # moves the log, too, where that has become long
        self.turns.give(self)

    def rollback(self) -> None:
        super().rollback()
        self.turns.give(self)

    def close(self) -> None:
        super().close()
        self.turns.give(self)


def _prepare_sqlite(connection: _SQLite, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin as the connection is marked; whoever writes has a turn first."""
    if connection.get_execution_options().get("reading", False):
        driver.begin(connection, "BEGIN")
        return
    begin = "BEGIN IMMEDIATE"
    own = connection.connection.dbapi_connection
    assert isinstance(own, _SQLite), own
    try:
        own.turns.take(own)
    except TimeoutError as error:
        raise OperationalError(begin, None, error) from error
    try:
        driver.begin(connection, begin)
    except BaseException:
        own.turns.give(own)
        raise


def open_connection(engine: Engine, *, reading: bool = False) -> Connection:
    """A connection whose next transaction writes, or only reads one snapshot."""
    connection = engine.connect()
    if reading:
        options: dict[str, Any] = {"reading": True}
        if engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        connection = connection.execution_options(**options)
    return connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may change things: committed on return, rolled back on an exception."""
    with open_connection(engine) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot to read from."""
    with open_connection(engine, reading=True) as connection, connection.begin():
        yield connection


def lock(tx: Connection, *names: str) -> None:
    """Hold the lock called ``names`` until the transaction ends.

    SQLite has one writer at a time already; PostgreSQL takes an advisory lock.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _key(names)})


def try_lock(tx: Connection, *names: str) -> bool:
    """Hold that lock of PostgreSQL's unless someone else does; whether ``tx`` holds it."""
    tried = tx.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _key(names)})
    return bool(tried.scalar_one())


def _key(names: Sequence[str]) -> int:
    digest = hashlib.blake2b("/".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
