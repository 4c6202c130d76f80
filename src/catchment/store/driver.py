"""SQL handed to the driver as it is written, for what runs a thousand times a second.

SQLAlchemy takes longer to prepare such a statement than the database takes to run it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult


def run(tx: Connection, statement: str, values: Sequence[Any]) -> CursorResult[*tuple[Any, ...]]:
    """Run ``statement``, with a ``?`` for each of ``values``, which are the driver's own types."""
    if tx.dialect.paramstyle != "qmark":
        statement = statement.replace("?", "%s")
    return tx.exec_driver_sql(statement, tuple(values))


def run_each(tx: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run ``statement`` for each of ``rows``, as ``run`` does."""
    if tx.dialect.paramstyle != "qmark":
        statement = statement.replace("?", "%s")
    tx.exec_driver_sql(statement, [tuple(row) for row in rows])


def marks(count: int) -> str:
    """Places for so many values, in parentheses."""
    return f"({', '.join('?' * count)})"
