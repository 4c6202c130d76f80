"""Who may do what, and what is kept of requests."""

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
    text,
)

from catchment.store.schema.columns import (
    Instant,
    created_at,
    id_column,
    json_column,
    metadata,
    reference,
    text_column,
    updated_at,
    workspace_column,
)

workspaces = Table(
    "workspaces",
    metadata,
    id_column(),
    text_column("name", nullable=False),
    Column("timezone", Text, nullable=False, server_default="UTC"),
    # Set when it is made, and never changed: what is real stays so.
    Column("sandbox", Boolean, nullable=False, server_default=text("false")),
    # What the original's account says of the seller, as far as it was told.
    json_column("account", nullable=True),
    # Another one with every change of the tree; see ``store.family_index``.
    Column("tree_stamp", Text, nullable=False, server_default=""),
    # Another one with every change of a started schedule; see ``store.stamps``.
    Column("schedules_stamp", Text, nullable=False, server_default=""),
    # Usage events that happened before were dropped; see ``store.kept_usage``.
    Column("usage_kept_since", Instant),
    # What invoices must keep to, to be issued by themselves; see ``store.billing.bounds``.
    json_column("billing_bounds", nullable=True),
    created_at(),
)

api_keys = Table(
    "api_keys",
    metadata,
    id_column(),
    workspace_column(),
    text_column("name"),
    Column("client_id", Text, nullable=False, unique=True),
    Column("secret_hash", Text, nullable=False),
    created_at(),
    Column("revoked_at", Instant),
)

users = Table(
    "users",
    metadata,
    id_column(),
    workspace_column(),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    created_at(),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    workspace_column(),
    reference("user_id", "users"),
    created_at(),
    Column("expires_at", Instant, nullable=False),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("window_started_at", Instant, nullable=False),
)

idempotency_records = Table(
    "idempotency_records",
    metadata,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    text_column("body_hash", nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    created_at(),
)

sequences = Table(
    "sequences",
    metadata,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

merchants = Table(
    "merchants",
    metadata,
    id_column(),
    Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False, unique=True),
    # The older API's Merchant object as it is shown, less ids and the counters kept in
    # ``sequences``.
    json_column("details"),
    created_at(),
    updated_at(),
)
