"""What tables have in common: names of keys, instants, and columns that most have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps it as text of fixed width, which sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, value
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- the signature is SQLAlchemy's
        return None if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Read texts at once: a row of a family's links has four, and there are a million."""
        return _read if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _read(text: str | None) -> datetime | None:
    """The instant that SQLite has kept as ``text``, which says no zone."""
    return None if text is None else datetime.fromisoformat(text + "+00:00")


def id_column() -> Column[Any]:
    """The row's own id."""
    return Column("id", Text, primary_key=True)


def workspace_column() -> Column[Any]:
    """Whose row it is."""
    return Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False)


def workspace_of_whole() -> Column[Any]:
    """Whose row it is, of what is written with a whole that says so, too: an invoice has dozens of
    rows, and to look for the workspace of each took longer than to write it.
    """
    return Column("workspace_id", Text, nullable=False)


def reference(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    """A row of the table ``target``."""
    return Column(name, Text, ForeignKey(f"{target}.id"), nullable=nullable)


def created_at() -> Column[Any]:
    """When the row was made."""
    return Column("created_at", Instant, nullable=False)


def updated_at() -> Column[Any]:
    """When it was last changed."""
    return Column("updated_at", Instant, nullable=False)


def text_column(name: str, *, nullable: bool = True) -> Column[Any]:
    """Text, of any length."""
    return Column(name, Text, nullable=nullable)


def json_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """A JSON value."""
    return Column(name, JSON(none_as_null=True), nullable=nullable)


def version_columns(heads: str) -> list[Column[Any]]:
    """What every version of something has: its own id, whose version it is, and which."""
    return [
        id_column(),
        workspace_column(),
        reference("head_id", heads),
        Column("version", Integer, nullable=False),
        Column("is_published", Boolean, nullable=False),
        created_at(),
        updated_at(),
    ]
