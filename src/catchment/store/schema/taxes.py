"""Taxes. What is applied is a version; a published one is never changed, since lines name it."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, UniqueConstraint

from catchment.store.schema.columns import (
    Instant,
    created_at,
    id_column,
    metadata,
    reference,
    text_column,
    updated_at,
    version_columns,
    workspace_column,
)

tax_categories = Table(
    "tax_categories",
    metadata,
    id_column(),
    workspace_column(),
    created_at(),
    Column("archived_at", Instant),
    Column("deleted_at", Instant),
    Index(None, "workspace_id", "id"),
)

tax_category_versions = Table(
    "tax_category_versions",
    metadata,
    *version_columns("tax_categories"),
    text_column("name", nullable=False),
    text_column("description"),
    UniqueConstraint("head_id", "version"),
)

tax_rates = Table(
    "tax_rates",
    metadata,
    id_column(),
    workspace_column(),
    created_at(),
    Column("archived_at", Instant),
    Column("deleted_at", Instant),
    Index(None, "workspace_id", "id"),
)

tax_rate_versions = Table(
    "tax_rate_versions",
    metadata,
    *version_columns("tax_rates"),
    text_column("name", nullable=False),
    text_column("invoice_name", nullable=False),
    text_column("invoice_short_name", nullable=False),
    text_column("description"),
    # A fraction: 0.2 is 20 %.
    text_column("amount", nullable=False),
    text_column("country", nullable=False),
    text_column("region"),
    # Null: it holds for every category.
    reference("tax_category_id", "tax_categories", nullable=True),
    UniqueConstraint("head_id", "version"),
)

tax_registrations = Table(
    "tax_registrations",
    metadata,
    id_column(),
    workspace_column(),
    text_column("tax_identifier", nullable=False),
    # Null: the seller's own.
    reference("customer_id", "customers", nullable=True),
    text_column("country", nullable=False),
    text_column("state"),
    created_at(),
    updated_at(),
    Index(None, "workspace_id", "id"),
    Index(None, "customer_id"),
)
