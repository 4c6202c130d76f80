"""SQL handed to the driver as it is written, for what runs a thousand times a second.

SQLAlchemy takes longer to prepare such a statement than SQLite takes to run it, and then as long
again for what came of it. So SQLite's driver gets it directly, unless someone listens for
statements, as tracing does. PostgreSQL's gets it by SQLAlchemy, which looks after lost connections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]


def run(tx: Connection, statement: str, values: Sequence[Any] = ()) -> list[Row]:
    """Run ``statement``, with a ``?`` for each of ``values``, which are the driver's own types.

    The rows that it asks for; none where it asks for nothing. Raises DBAPIError, as SQLAlchemy
    does.
    """
    if not tx.in_transaction():
        tx.begin()  # as with the first statement that SQLAlchemy itself hands over
    return _run(tx, statement, values)


def begin(tx: Connection, statement: str) -> None:
    """Run the ``statement`` that begins the transaction of ``tx``. Raises DBAPIError."""
    _run(tx, statement, ())


def _run(tx: Connection, statement: str, values: Sequence[Any]) -> list[Row]:
    if _is_watched(tx):
        result = tx.exec_driver_sql(_written(tx, statement), tuple(values))
        return [tuple(row) for row in result] if result.returns_rows else []
    cursor = tx.connection.cursor()
    try:
        cursor.execute(statement, tuple(values))
        return list(cursor.fetchall())
    except tx.dialect.loaded_dbapi.Error as error:
        raise raised(tx, statement, error) from error
    finally:
        cursor.close()


def run_each(tx: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run ``statement`` for each of ``rows``, as ``run`` does."""
    tx.exec_driver_sql(_written(tx, statement), [tuple(row) for row in rows])


def raised(tx: Connection, statement: str, error: Exception) -> BaseException:
    """A driver's error as statements raise it, by which callers know whose fault it is."""
    dbapi_error = tx.dialect.loaded_dbapi.Error
    return DBAPIError.instance(statement, None, error, dbapi_error, dialect=tx.dialect)


def marks(count: int) -> str:
    """Places for so many values, in parentheses."""
    return f"({', '.join('?' * count)})"


def _is_watched(tx: Connection) -> bool:
    """Whether SQLAlchemy has to see the statement."""
    listeners = tx.engine.dispatch
    return (
        tx.dialect.name != "sqlite"
        or bool(listeners.before_cursor_execute)
        or bool(listeners.after_cursor_execute)
    )


def _written(tx: Connection, statement: str) -> str:
    """The statement with the marks of the driver."""
    return statement if tx.dialect.paramstyle == "qmark" else statement.replace("?", "%s")
