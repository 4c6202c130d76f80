"""Bring the database to the schema of this version, or say why that cannot be."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from catchment.store.engine import lock, writing
from catchment.store.schema import metadata

_MIGRATIONS = Path(__file__).parent / "migrations"
_COLUMNS = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = current_schema()",
}
_TOLD = 3


class SchemaUnknown(Exception):
    """The database is of a version that this one does not know. Nothing in it was changed."""


def migrate(engine: Engine) -> None:
    """Bring the database to the schema of this version. Safe to repeat and to run twice at once.

    Raises SchemaUnknown where a newer version was there, or one between two releases.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with writing(engine) as tx:
        lock(tx, "migrate")
        config.attributes["connection"] = tx
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise SchemaUnknown(
                f"A newer version of Catchment made the database: {error}."
            ) from error
        _check(tx)


def _check(tx: Connection) -> None:
    """A migration is never changed once it was released. Before that a column may be missing."""
    there = {tuple(row) for row in tx.execute(text(_COLUMNS[tx.dialect.name]))}
    missing = [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if (table.name, column.name) not in there
    ]
    if missing:
        told = ", ".join(missing[:_TOLD]) + (" and others" if missing[_TOLD:] else "")
        raise SchemaUnknown(
            f"The database was made between two releases of Catchment: it has no {told}. Use the"
            " commit that made it, or begin with an empty data directory or database."
        )
