"""Customers, their names, and whose child each of them is."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, text

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

customers = Table(
    "customers",
    metadata,
    id_column(),
    workspace_column(),
    text_column("legal_name", nullable=False),
    json_column("address"),
    text_column("url"),
    text_column("label"),
    text_column("tax_status", nullable=False),
    text_column("status", nullable=False),
    json_column("custom_properties"),
    json_column("integration_ids"),
    text_column("telephone"),
    text_column("payment_reference"),
    created_at(),
    updated_at(),
    Column("archived_at", Instant),
    Index(None, "workspace_id", "id"),
    Index(None, "workspace_id", "archived_at", "id"),
    Index(None, "workspace_id", "legal_name"),
    # Few have a label: looking through them reads no others.
    Index(
        "ix_customers_labelled",
        "workspace_id",
        "label",
        sqlite_where=text("label IS NOT NULL"),
        postgresql_where=text("label IS NOT NULL"),
    ),
)

contacts = Table(
    "contacts",
    metadata,
    id_column(),
    workspace_column(),
    reference("customer_id", "customers"),
    text_column("name", nullable=False),
    text_column("email", nullable=False),
    text_column("billing_preference", nullable=False),
    created_at(),
    updated_at(),
    Column("archived_at", Instant),
    Index(None, "customer_id"),
)

customer_aliases = Table(
    "customer_aliases",
    metadata,
    id_column(),
    workspace_column(),
    reference("customer_id", "customers"),
    text_column("value", nullable=False),
    text_column("label"),
    created_at(),
    Column("deleted_at", Instant),
    Column("live_key", Text, nullable=False, server_default=""),
    UniqueConstraint("workspace_id", "value", "live_key"),
    Index(None, "customer_id"),
    # The names given or taken since an instant.
    Index("ix_customer_aliases_given", "workspace_id", "created_at"),
    Index("ix_customer_aliases_taken", "workspace_id", "deleted_at"),
)

# Links of one customer never overlap among those believed now (superseded_at is null): moves take
# the workspace's hierarchy lock, so the rule is kept by ``flows`` and proven by the tests.
customer_links = Table(
    "customer_links",
    metadata,
    id_column(),
    workspace_column(),
    reference("customer_id", "customers"),
    reference("parent_id", "customers", nullable=True),
    Column("effective_from", Instant, nullable=False),
    Column("effective_to", Instant),
    Column("recorded_at", Instant, nullable=False),
    Column("superseded_at", Instant),
    text_column("reason"),
    # No index begins with the workspace: SQLite would walk all links for each step of a walk.
    Index(None, "customer_id", "workspace_id", "superseded_at"),
    # All that counting children needs, so that a million of them are counted from the index alone.
    Index(
        "ix_customer_links_children",
        "parent_id",
        "workspace_id",
        "customer_id",
        "superseded_at",
        "effective_from",
        "effective_to",
    ),
    # The days on which families changed.
    Index("ix_customer_links_moves", "effective_from", "workspace_id", "superseded_at"),
    # When they were last changed.
    Index(None, "recorded_at", "workspace_id"),
    Index(
        None,
        "superseded_at",
        "workspace_id",
        sqlite_where=text("superseded_at IS NOT NULL"),
        postgresql_where=text("superseded_at IS NOT NULL"),
    ),
)

customer_organizations = Table(
    "customer_organizations",
    metadata,
    id_column(),
    workspace_column(),
    reference("owner_id", "customers"),
    created_at(),
    UniqueConstraint("workspace_id", "owner_id"),
)
