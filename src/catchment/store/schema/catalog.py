"""What is sold, and how it is counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Index, Table, Text, UniqueConstraint

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

products = Table(
    "products",
    metadata,
    id_column(),
    workspace_column(),
    text_column("name", nullable=False),
    text_column("label"),
    reference("tax_category_id", "tax_categories", nullable=True),
    created_at(),
    updated_at(),
    Column("archived_at", Instant),
    Index(None, "workspace_id", "id"),
)

usage_metrics = Table(
    "usage_metrics",
    metadata,
    id_column(),
    workspace_column(),
    text_column("name", nullable=False),
    text_column("description"),
    text_column("metric_type", nullable=False),
    text_column("event_type", nullable=False),
    text_column("aggregation_type", nullable=False),
    text_column("aggregation_property"),
    text_column("percentile"),
    text_column("expression"),
    json_column("parameters", nullable=True),
    text_column("unit"),
    json_column("property_filters"),
    json_column("properties_to_negate"),
    Column("case_sensitive", Boolean, nullable=False),
    created_at(),
    Column("deleted_at", Instant),
    Column("live_key", Text, nullable=False, server_default=""),
    UniqueConstraint("workspace_id", "name", "live_key"),
)


def _price_columns() -> list[Column[Any]]:
    return [
        id_column(),
        workspace_column(),
        reference("product_id", "products"),
        text_column("name", nullable=False),
        text_column("currency", nullable=False),
        json_column("structure"),
        reference("usage_metric_id", "usage_metrics", nullable=True),
        reference("seat_metric_id", "seat_metrics", nullable=True),
        text_column("billing_frequency", nullable=False),
        text_column("billing_type", nullable=False),
        json_column("usage_calculation_period", nullable=True),
        json_column("integration_ids"),
        json_column("custom_metric_parameters"),
        # Ids of customers: it prices them and everyone below. Null: whom no other price names.
        json_column("restrict_to_customers", nullable=True),
        created_at(),
        updated_at(),
    ]


list_prices = Table(
    "list_prices",
    metadata,
    *_price_columns(),
    Column("archived_at", Instant),
    Index(None, "workspace_id", "id"),
    Index(None, "product_id"),
)

prices = Table(
    "prices",
    metadata,
    *_price_columns(),
    reference("list_price_id", "list_prices", nullable=True),
    text_column("status", nullable=False),
    Column("deleted_at", Instant),
    Index(None, "workspace_id", "id"),
    Index(None, "product_id"),
)
