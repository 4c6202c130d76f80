"""What was agreed with customers, and by whom it is to be paid."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
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

billing_schedules = Table(
    "billing_schedules",
    metadata,
    id_column(),
    workspace_column(),
    reference("customer_id", "customers"),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date),
    Column("recurrence_day_of_month", Integer),
    Column("roll_up_billing", Boolean, nullable=False),
    Column("bill_to", Text, nullable=False, server_default="SELF"),
    # Ids of customers who are left out with everyone below; null: nobody is.
    json_column("roll_up_exclusions", nullable=True),
    # {price: rate} of what was agreed for some prices; null: nothing was.
    json_column("tax_rates", nullable=True),
    Column("auto_issue_invoices", Boolean, nullable=False),
    # Whether usage that came too late for its invoice is billed by a later one.
    Column("adjust_late_usage", Boolean, nullable=False, server_default=text("true")),
    text_column("purchase_order_number"),
    text_column("reference"),
    text_column("label"),
    text_column("memo"),
    Column("default_due_date_days", Integer),
    json_column("custom_fields"),
    # How many of its `schedule_versions` are not in force any more: the number of the one that is.
    Column("version", Integer, nullable=False, server_default="0"),
    created_at(),
    updated_at(),
    Column("activated_at", Instant),
    Column("suspended_at", Instant),
    # When it was agreed that it ends earlier; the day on which it does is its end_date.
    Column("cancelled_at", Instant),
    Column("archived_at", Instant),
    Index(None, "workspace_id", "id"),
    Index(None, "workspace_id", "customer_id"),
    Index(None, "workspace_id", "bill_to"),
)

phases = Table(
    "phases",
    metadata,
    id_column(),
    workspace_column(),
    reference("schedule_id", "billing_schedules"),
    Column("position", Integer, nullable=False),
    text_column("name"),
    text_column("external_contract_ref"),
    # Null while a phase before it waits for its milestone.
    Column("start_date", Date),
    # Null: open, or the milestone is not reached yet.
    Column("end_date", Date),
    text_column("milestone"),
    text_column("recurrence_preference", nullable=False),
    created_at(),
    UniqueConstraint("schedule_id", "position"),
)

# What was charged by before it was agreed anew: what is invoiced by it goes on being explained so.
schedule_versions = Table(
    "schedule_versions",
    metadata,
    Column("schedule_id", Text, ForeignKey("billing_schedules.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    workspace_column(),
    Column("replaced_at", Instant, nullable=False),
    # Days, phases, their prices' ids, discounts and minimums.
    json_column("terms"),
)

# Charges on issued invoices that were agreed anew since: looked at by every run that could adjust
# them, as what came late is.
changed_charges = Table(
    "changed_charges",
    metadata,
    workspace_column(),
    Column("schedule_id", Text, ForeignKey("billing_schedules.id"), primary_key=True),
    Column("price_id", Text, primary_key=True),
    Column("service_start", Date, primary_key=True),
    Column("part", Text, primary_key=True),
)

phase_prices = Table(
    "phase_prices",
    metadata,
    Column("phase_id", Text, ForeignKey("phases.id"), primary_key=True),
    Column("price_id", Text, ForeignKey("prices.id"), primary_key=True),
    workspace_column(),
    Column("position", Integer, nullable=False),
    text_column("arr_calculation"),
    Index(None, "price_id"),
)

# In the order in which they apply; `amount` is a fraction where the type is PERCENTAGE.
discounts = Table(
    "discounts",
    metadata,
    id_column(),
    workspace_column(),
    reference("schedule_id", "billing_schedules"),
    reference("phase_id", "phases"),
    Column("position", Integer, nullable=False),
    text_column("type", nullable=False),
    text_column("amount", nullable=False),
    text_column("message", nullable=False),
    Column("separate_line_item", Boolean, nullable=False),
    text_column("seat_discount_type"),
    # Ids of the prices it is restricted to; empty: it is of all.
    json_column("price_ids"),
    created_at(),
    updated_at(),
    UniqueConstraint("phase_id", "position"),
    Index(None, "schedule_id"),
    Index(None, "workspace_id", "id"),
)

minimums = Table(
    "minimums",
    metadata,
    id_column(),
    workspace_column(),
    reference("schedule_id", "billing_schedules"),
    reference("phase_id", "phases"),
    Column("position", Integer, nullable=False),
    text_column("amount", nullable=False),
    # Ids of the usage prices that count towards it; empty: all do.
    json_column("price_ids"),
    created_at(),
    updated_at(),
    UniqueConstraint("phase_id", "position"),
    Index(None, "schedule_id"),
)

# In a sandbox: until when the time of a schedule has come.
time_travellers = Table(
    "time_travellers",
    metadata,
    id_column(),
    workspace_column(),
    reference("schedule_id", "billing_schedules"),
    Column("frozen_at", Instant, nullable=False),
    created_at(),
    updated_at(),
    UniqueConstraint("schedule_id"),
)

# By whom something is to be paid: an invoice, all of a schedule, or all that a customer gets.
payment_settings = Table(
    "payment_settings",
    metadata,
    id_column(),
    workspace_column(),
    text_column("subject", nullable=False),
    text_column("subject_id", nullable=False),
    text_column("payment_provider", nullable=False),
    Column("auto_charge", Boolean, nullable=False),
    created_at(),
    updated_at(),
    UniqueConstraint("workspace_id", "subject", "subject_id"),
)

account_payment_settings = Table(
    "account_payment_settings",
    metadata,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    text_column("merchant_notifications", nullable=False),
    text_column("customer_notifications", nullable=False),
)
