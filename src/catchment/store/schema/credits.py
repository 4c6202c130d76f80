"""What customers have in advance, and the ledger of what became of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, Table, Text, UniqueConstraint

from catchment.store.schema.columns import (
    created_at,
    id_column,
    json_column,
    metadata,
    reference,
    text_column,
    workspace_column,
)

# What phases grant, in the order agreed; `amount` is in units where there is a metric.
phase_credit_grants = Table(
    "phase_credit_grants",
    metadata,
    id_column(),
    workspace_column(),
    reference("schedule_id", "billing_schedules"),
    reference("phase_id", "phases"),
    Column("position", Integer, nullable=False),
    text_column("name", nullable=False),
    text_column("unit_type", nullable=False),
    text_column("currency", nullable=False),
    text_column("metric_id"),
    text_column("amount", nullable=False),
    text_column("cost_of_credit"),
    text_column("tax_rate_id"),
    text_column("refresh", nullable=False),
    text_column("rollover", nullable=False),
    # Ids of the prices that it pays; empty: all of the schedule.
    json_column("price_ids"),
    UniqueConstraint("phase_id", "position"),
    Index(None, "schedule_id"),
)

credit_grants = Table(
    "credit_grants",
    metadata,
    id_column(),
    workspace_column(),
    reference("customer_id", "customers"),
    text_column("name", nullable=False),
    text_column("unit_type", nullable=False),
    text_column("currency", nullable=False),
    text_column("metric_id"),
    text_column("amount", nullable=False),
    text_column("cost_of_credit"),
    text_column("tax_rate_id"),
    # The first and the last day that it pays for; null: it does not expire.
    Column("effective_date", Date, nullable=False),
    Column("expiry_date", Date),
    # Of one that a phase made: its schedule, which of the phase's grants, and the prices it pays.
    reference("schedule_id", "billing_schedules", nullable=True),
    text_column("phase_grant_id"),
    json_column("price_ids"),
    created_at(),
    Column("live_key", Text, nullable=False, server_default=""),
    # A phase grants once for each cycle, whatever runs twice.
    UniqueConstraint("workspace_id", "phase_grant_id", "effective_date", "live_key"),
    Index(None, "workspace_id", "id"),
    Index(None, "customer_id"),
    Index(None, "schedule_id"),
)

# Nothing here is ever changed or deleted: what is left of a grant is the sum of its entries.
credit_entries = Table(
    "credit_entries",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    # In the order in which they were made, without a gap.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    reference("grant_id", "credit_grants"),
    text_column("kind", nullable=False),
    # Above zero where it adds to what is left.
    text_column("amount", nullable=False),
    # The invoice that it pays or no longer pays; '' for what happens to the grant itself.
    Column("invoice_id", Text, nullable=False, server_default=""),
    Column("on_date", Date, nullable=False),
    created_at(),
    # An invoice is paid once and given back once.
    UniqueConstraint("grant_id", "kind", "invoice_id"),
    Index(None, "invoice_id"),
)
