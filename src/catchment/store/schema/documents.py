"""Billing runs, invoices, and what is kept of how they came about."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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
    workspace_of_whole,
)

billing_runs = Table(
    "billing_runs",
    metadata,
    id_column(),
    workspace_column(),
    Column("as_of", Date, nullable=False),
    text_column("status", nullable=False),
    text_column("source", nullable=False),
    # The place in the order of acknowledgement up to which the run counts events.
    Column("last_seq", BigInteger, nullable=False),
    Column("drafted_count", Integer, nullable=False),
    Column("issued_count", Integer, nullable=False),
    Column("failure_count", Integer, nullable=False),
    Column("difference_count", Integer, nullable=False),
    # Invoices drafted with a line for which no tax rate was found.
    Column("undecided_taxes", Integer, nullable=False, server_default="0"),
    # [currency, how many invoices, net and tax in minor units] of what was drafted.
    json_column("totals"),
    # The control sheet and differences, compressed: read only with their run.
    Column("report", LargeBinary),
    # The run whose failures it is about.
    reference("retry_of", "billing_runs", nullable=True),
    # Issues what is out of bounds, too.
    Column("accept_bounds", Boolean, nullable=False),
    # When the clock asked for it: several processes see the same occasion, and one makes a run.
    Column("occasion", Instant),
    # Processes that took it up since it last got any further.
    Column("attempts", Integer, nullable=False, server_default="0"),
    # How far its drafting is: invoices, and the chunks of them that share a transaction.
    Column("planned_count", Integer, nullable=False, server_default="0"),
    Column("done_count", Integer, nullable=False, server_default="0"),
    Column("chunk_count", Integer, nullable=False, server_default="0"),
    Column("chunks_done", Integer, nullable=False, server_default="0"),
    # Why it was given up.
    text_column("error"),
    created_at(),
    Column("finished_at", Instant),
    UniqueConstraint("workspace_id", "occasion"),
    Index(None, "workspace_id", "id"),
    Index(None, "status", "workspace_id"),
)

billing_run_failures = Table(
    "billing_run_failures",
    metadata,
    id_column(),
    workspace_column(),
    reference("run_id", "billing_runs"),
    text_column("customer_id", nullable=False),
    text_column("schedule_id", nullable=False),
    text_column("code", nullable=False),
    text_column("reason", nullable=False),
    # The draft that is not issued by itself; it may be deleted.
    text_column("invoice_id"),
    Index(None, "run_id", "id"),
)

invoices = Table(
    "invoices",
    metadata,
    id_column(),
    workspace_column(),
    reference("customer_id", "customers"),
    reference("billing_schedule_id", "billing_schedules", nullable=True),
    reference("billing_run_id", "billing_runs", nullable=True),
    Column("due_on", Date),
    # Which invoice of that day: what bills its parent may need several.
    Column("ordinal", Integer, nullable=False),
    text_column("status", nullable=False),
    # A draft that is to be issued without being asked, once a control sheet balances.
    Column("auto_issue", Boolean, nullable=False),
    text_column("payment_status", nullable=False),
    text_column("currency", nullable=False),
    text_column("invoice_number"),
    Column("issue_date", Date),
    Column("due_date", Date),
    text_column("due_date_source", nullable=False),
    Column("payment_term_days", Integer),
    text_column("purchase_order_number"),
    text_column("reference"),
    text_column("memo"),
    json_column("customer_emails"),
    text_column("customer_legal_name", nullable=False),
    json_column("customer_billing_address"),
    text_column("customer_tax_status", nullable=False),
    text_column("customer_tax_id"),
    # Lines for which a tax rate was looked for in vain when it was calculated.
    Column("undecided_taxes", Integer, nullable=False, server_default="0"),
    Column("billing_period_start", Date),
    Column("billing_period_end", Date),
    Column("accounting_date", Date, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    json_column("metadata"),
    # The seller as printed; written when the invoice is finalised.
    json_column("merchant_details", nullable=True),
    json_column("notes"),
    Column("calculated_at", Instant),
    created_at(),
    updated_at(),
    Column("live_key", Text, nullable=False, server_default=""),
    # A day's charges of a schedule are drafted once, whatever runs twice.
    UniqueConstraint("workspace_id", "billing_schedule_id", "due_on", "ordinal", "live_key"),
    UniqueConstraint("workspace_id", "invoice_number"),
    Index(None, "workspace_id", "id"),
    Index(None, "customer_id"),
    Index(None, "billing_run_id"),
)

line_item_groups = Table(
    "line_item_groups",
    metadata,
    # Asked for with their invoice only, so that no index is kept of their ids.
    text_column("id", nullable=False),
    workspace_of_whole(),
    Column("invoice_id", Text, ForeignKey("invoices.id"), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    text_column("title", nullable=False),
    text_column("description"),
    text_column("product_id"),
    Column("net_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

line_items = Table(
    "line_items",
    metadata,
    id_column(),
    workspace_of_whole(),
    reference("invoice_id", "invoices"),
    # A group of the same invoice, written with it.
    text_column("group_id"),
    Column("index", Integer, nullable=False),
    text_column("title", nullable=False),
    text_column("description"),
    text_column("quantity", nullable=False),
    text_column("rate", nullable=False),
    text_column("rate_display", nullable=False),
    text_column("tax_rate", nullable=False),
    # Of an engine's line: why it has that rate, and which version it is.
    text_column("taxation_id"),
    Column("net_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    Column("service_start", Date),
    Column("service_end", Date),
    # Since when usage of before the service had moved its tiers, where any could.
    Column("tiers_from", Date),
    text_column("unit"),
    text_column("schedule_id"),
    text_column("phase_id"),
    text_column("price_id"),
    # Of a seat price that charges them apart: COMMITTED seats, or OVERAGES. Else empty.
    Column("part", Text, nullable=False, server_default=""),
    text_column("product_id"),
    text_column("usage_metric_id"),
    json_column("restrict_to_customers", nullable=True),
    # Of which type events were and how the metric aggregated them when the line was calculated.
    text_column("event_type"),
    text_column("aggregation"),
    json_column("segments"),
    # [{kind, id, message, beforeMinor, amountMinor}]: what discounts and a minimum make of it.
    json_column("steps", nullable=True),
    # DISCOUNT, MINIMUM or CREDIT where the line is one itself.
    text_column("settles"),
    # The grant that pays, where it is a credit; else the grant that it sells.
    text_column("credit_grant_id"),
    Column("event_count", BigInteger),
    # 0 is the line of the charge itself; its adjustments count from 1, each with what it takes off:
    # {lineItemIds, quantity, netMinor, eventCount, reverses}.
    Column("adjustment", Integer, nullable=False, server_default="0"),
    json_column("deducted", nullable=True),
    # What was read to measure it: events up to a place, the tree and the aliases known at an
    # instant. Held here too, so that lines with something late are found without their evidence.
    Column("last_seq", BigInteger),
    Column("last_seat", BigInteger),
    Column("known_at", Instant),
    # How many members share it by each of core.shares.allocation.METHODS; null: all is the payer's.
    json_column("share_counts", nullable=True),
    Column("live_key", Text, nullable=False, server_default=""),
    # A charge is billed once, and adjusted by one line at a time, whatever runs twice.
    UniqueConstraint("schedule_id", "price_id", "service_start", "part", "adjustment", "live_key"),
    UniqueConstraint("invoice_id", "index"),
    # Few are adjustments, or no longer in force: what was billed again is found by those.
    Index(
        "ix_line_items_again",
        "workspace_id",
        sqlite_where=text("adjustment > 0 OR live_key != ''"),
        postgresql_where=text("adjustment > 0 OR live_key != ''"),
    ),
    Index(
        None,
        "credit_grant_id",
        sqlite_where=text("credit_grant_id IS NOT NULL"),
        postgresql_where=text("credit_grant_id IS NOT NULL"),
    ),
)

# {reason, rate} as lines have it, by what it is: the id is a digest of it. Never changed.
line_taxations = Table(
    "line_taxations",
    metadata,
    id_column(),
    workspace_column(),
    json_column("taxation"),
)

# Up to where a charge was looked at because something came late for it, and cost the same.
late_looks = Table(
    "late_looks",
    metadata,
    workspace_column(),
    Column("schedule_id", Text, primary_key=True),
    Column("price_id", Text, primary_key=True),
    Column("service_start", Date, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("known_at", Instant, nullable=False),
)

# What the lines of invoices say alike of prices and metrics, compressed, by what it is: the id is a
# digest of it. Never changed; what is agreed to by many is kept once.
line_terms = Table(
    "line_terms",
    metadata,
    id_column(),
    workspace_column(),
    Column("body", LargeBinary, nullable=False),
)

# What made the amounts of an invoice's lines, compressed: read and written only with them.
invoice_evidence = Table(
    "invoice_evidence",
    metadata,
    Column("invoice_id", Text, ForeignKey("invoices.id"), primary_key=True),
    workspace_of_whole(),
    reference("terms_id", "line_terms"),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

usage_item_groups = Table(
    "usage_item_groups",
    metadata,
    # Asked for with their invoice only, as groups of lines are.
    text_column("id", nullable=False),
    workspace_of_whole(),
    Column("invoice_id", Text, ForeignKey("invoices.id"), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    text_column("customer_id", nullable=False),
    text_column("title", nullable=False),
    Column("depth", Integer, nullable=False),
    # [id, name] of who stands above it, from the payer down.
    json_column("above"),
    # [place among the invoice's metrics, value]: read and written only with their group.
    json_column("items"),
    # [line's index, quantity, net by each of METHODS or null], as calculated with the line.
    json_column("shares"),
    Index(None, "customer_id", "invoice_id"),
)

# What the items of members are of, [metric, title, unit, index of the line item group], by what it
# is: the id is a digest of it. Never changed.
printed_metrics = Table(
    "printed_metrics",
    metadata,
    id_column(),
    workspace_column(),
    text_column("metrics", nullable=False),
)

# Which list the items of an invoice's members name their metrics by.
invoice_usage_metrics = Table(
    "invoice_usage_metrics",
    metadata,
    Column("invoice_id", Text, ForeignKey("invoices.id"), primary_key=True),
    workspace_of_whole(),
    reference("printed_id", "printed_metrics"),
    sqlite_with_rowid=False,
)

# Who stands above members of an invoice: the stretches of indexes at which members are below it or
# are it. Members are kept in the order of the tree: a branch is found without reading the others.
usage_branches = Table(
    "usage_branches",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("invoice_id", Text, ForeignKey("invoices.id"), primary_key=True),
    Column("first_index", Integer, primary_key=True, autoincrement=False),
    Column("last_index", Integer, nullable=False),
    workspace_of_whole(),
    Index(None, "invoice_id"),
    sqlite_with_rowid=False,
)

invoice_documents = Table(
    "invoice_documents",
    metadata,
    Column("invoice_id", Text, ForeignKey("invoices.id"), primary_key=True),
    workspace_column(),
    Column("pdf", LargeBinary, nullable=False),
    text_column("sha256", nullable=False),
    created_at(),
)
