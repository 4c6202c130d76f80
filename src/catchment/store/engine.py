"""One engine for SQLite and PostgreSQL, with the same promises on both.

SQLite runs in WAL mode with synchronous=FULL and begins every writing transaction as IMMEDIATE, so
that two writers queue instead of failing half-way, those of one process first come, first served;
a transaction marked ``reading`` begins deferred and sees one snapshot. PostgreSQL runs READ
COMMITTED for writers, who take advisory locks where an invariant spans rows, and REPEATABLE READ
for readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from catchment.store.turns import Turns

_MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    # Some builds write zeros over all that is deleted: the inbox would be written twice.
    "secure_delete=FAST",
)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_JSON: dict[str, Any] = {"json_serializer": _json, "json_deserializer": msgspec.json.decode}
"""The head of an invoice has five such columns; Python's own module takes five times as long."""


def connect(url: str, *, log_pages: int = 1_000) -> Engine:
    """An engine for ``url`` (``sqlite:///path`` or ``postgresql://…``).

    The commit that makes SQLite's log ``log_pages`` long moves it into the database before it
    returns. With more that takes longer, but a page that changes often is moved fewer times.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            **_JSON,
            pool_pre_ping=True,
            pool_size=20,
            max_overflow=70,  # two for each thread of the server: billing reads usage aside
        )
    else:
        engine = create_engine(
            parsed,
            **_JSON,
            connect_args={"check_same_thread": False, "timeout": 60},
            pool_size=20,
            max_overflow=-1,  # who holds the one write lock must never wait for a connection
        )
        event.listen(engine, "connect", partial(_prepare_sqlite, log_pages))
        _take_turns(engine, Turns())
    return engine


def _prepare_sqlite(log_pages: int, connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _take_turns says
    cursor = connection.cursor()
    for pragma in (*_PRAGMAS, f"wal_autocheckpoint={log_pages}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _take_turns(engine: Engine, turns: Turns) -> None:
    """Begin transactions as their marks say; whoever writes has a turn until the end."""

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("reading", False):
            connection.exec_driver_sql("BEGIN")
            return
        turns.take(connection)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            turns.give(connection)
            raise

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", turns.give)
    event.listen(engine, "rollback", turns.give)


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


def migrate(engine: Engine) -> None:
    """Bring the database to the schema of this version. Safe to repeat and to run twice at once."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with writing(engine) as tx:
        lock(tx, "migrate")
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
