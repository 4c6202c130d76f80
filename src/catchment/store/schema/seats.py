"""Seats: what kinds there are, and how many of them customers said they have."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, UniqueConstraint

from catchment.store.schema.columns import (
    Instant,
    created_at,
    id_column,
    metadata,
    text_column,
    updated_at,
    workspace_column,
)

seat_metrics = Table(
    "seat_metrics",
    metadata,
    id_column(),
    workspace_column(),
    text_column("seat_type", nullable=False),
    text_column("label", nullable=False),
    text_column("description"),
    # The user who made it, if it was one.
    text_column("created_by"),
    created_at(),
    updated_at(),
    Column("deleted_at", Instant),
    Column("live_key", Text, nullable=False, server_default=""),
    UniqueConstraint("workspace_id", "seat_type", "live_key"),
)

seat_events = Table(
    "seat_events",
    metadata,
    id_column(),
    workspace_column(),
    # Its place in the order in which the workspace's seat events were acknowledged.
    Column("place", BigInteger, nullable=False),
    text_column("customer_event_id", nullable=False),
    text_column("customer_alias", nullable=False),
    text_column("seat_type", nullable=False),
    Column("event_at", Instant, nullable=False),
    Column("total", BigInteger, nullable=False),
    created_at(),
    # The place of the later event with the same customer_event_id; null: it counts.
    Column("superseded_by", BigInteger),
    UniqueConstraint("workspace_id", "place"),
    Index(None, "workspace_id", "id"),
    Index(None, "workspace_id", "customer_event_id"),
    Index(None, "workspace_id", "seat_type", "customer_alias", "event_at"),
)
