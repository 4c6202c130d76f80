"""Usage events: what waits, and where the others are."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from catchment.store.schema.columns import (
    Instant,
    created_at,
    id_column,
    json_column,
    metadata,
    text_column,
    updated_at,
    workspace_column,
)

usage_inbox = Table(
    "usage_inbox",
    metadata,
    # Ids are never given twice, so that a row's place in the order of acknowledgement is its own.
    Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    workspace_column(),
    Column("event_count", Integer, nullable=False),
    # Bytes of the body before it was compressed.
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

# How far each import of a file has come, written with the events it keeps.
usage_imports = Table(
    "usage_imports",
    metadata,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("row_count", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    # [{row, errors: [{pointer, code, message}]}] of the first refused rows.
    json_column("refusals"),
    created_at(),
    updated_at(),
)

usage_segments = Table(
    "usage_segments",
    metadata,
    id_column(),
    workspace_column(),
    text_column("kind", nullable=False),
    text_column("path", nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("first_event_at", Instant),
    Column("last_event_at", Instant),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    created_at(),
    UniqueConstraint("workspace_id", "path"),
)

# What of workspaces' events is in ClickHouse: all that has left the inbox, where it is their home,
# or else a copy. The storage there, and the last place that it has taken over.
usage_loaded = Table(
    "usage_loaded",
    metadata,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    text_column("storage", nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("home", Boolean, nullable=False),
)
