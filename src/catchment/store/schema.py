"""Tables, as data. The same definitions serve SQLite and PostgreSQL.

Every row belongs to a workspace, and the workspace is part of every unique key. Exact numbers are
text (SQLite would turn them into floats); money on documents is whole minor units; instants are
UTC. ``live_key`` is empty while a row is in force and the row's own id once it is not, so that a
unique key holds among the living without forbidding what comes after a void or a deletion.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
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
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> Column[Any]:
    return Column("id", Text, primary_key=True)


def _workspace() -> Column[Any]:
    return Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text, ForeignKey(f"{target}.id"), nullable=nullable)


def _created() -> Column[Any]:
    return Column("created_at", Instant, nullable=False)


def _updated() -> Column[Any]:
    return Column("updated_at", Instant, nullable=False)


def _text(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, Text, nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, JSON(none_as_null=True), nullable=nullable)


def _version_columns(heads: str) -> list[Column[Any]]:
    """What every version of something has: its own id, whose version it is, and which."""
    return [
        _id(),
        _workspace(),
        _ref("head_id", heads),
        Column("version", Integer, nullable=False),
        Column("is_published", Boolean, nullable=False),
        _created(),
        _updated(),
    ]


# Who may do what.

workspaces = Table(
    "workspaces",
    metadata,
    _id(),
    _text("name", nullable=False),
    Column("timezone", Text, nullable=False, server_default="UTC"),
    # Another one with every change of the tree; see ``store.family_index``.
    Column("tree_stamp", Text, nullable=False, server_default=""),
    # Usage events that happened before were dropped; see ``store.kept_usage``.
    Column("usage_kept_since", Instant),
    _created(),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _workspace(),
    _text("name"),
    Column("client_id", Text, nullable=False, unique=True),
    Column("secret_hash", Text, nullable=False),
    _created(),
    Column("revoked_at", Instant),
)

users = Table(
    "users",
    metadata,
    _id(),
    _workspace(),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    _created(),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _workspace(),
    _ref("user_id", "users"),
    _created(),
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
    _text("body_hash", nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _created(),
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
    _id(),
    Column("workspace_id", Text, ForeignKey("workspaces.id"), nullable=False, unique=True),
    # The older API's Merchant object as it is shown, less ids and the counters kept in
    # ``sequences``.
    _json("details"),
    _created(),
    _updated(),
)

# Customers.

customers = Table(
    "customers",
    metadata,
    _id(),
    _workspace(),
    _text("legal_name", nullable=False),
    _json("address"),
    _text("url"),
    _text("label"),
    _text("tax_status", nullable=False),
    _text("status", nullable=False),
    _json("custom_properties"),
    _json("integration_ids"),
    _text("telephone"),
    _text("payment_reference"),
    _created(),
    _updated(),
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
    _id(),
    _workspace(),
    _ref("customer_id", "customers"),
    _text("name", nullable=False),
    _text("email", nullable=False),
    _text("billing_preference", nullable=False),
    _created(),
    _updated(),
    Column("archived_at", Instant),
    Index(None, "customer_id"),
)

customer_aliases = Table(
    "customer_aliases",
    metadata,
    _id(),
    _workspace(),
    _ref("customer_id", "customers"),
    _text("value", nullable=False),
    _text("label"),
    _created(),
    Column("deleted_at", Instant),
    Column("live_key", Text, nullable=False, server_default=""),
    UniqueConstraint("workspace_id", "value", "live_key"),
    Index(None, "customer_id"),
)

# Links of one customer never overlap among those believed now (superseded_at is null): moves take
# the workspace's hierarchy lock, so the rule is kept by ``flows`` and proven by the tests.
customer_links = Table(
    "customer_links",
    metadata,
    _id(),
    _workspace(),
    _ref("customer_id", "customers"),
    _ref("parent_id", "customers", nullable=True),
    Column("effective_from", Instant, nullable=False),
    Column("effective_to", Instant),
    Column("recorded_at", Instant, nullable=False),
    Column("superseded_at", Instant),
    _text("reason"),
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
)

customer_organizations = Table(
    "customer_organizations",
    metadata,
    _id(),
    _workspace(),
    _ref("owner_id", "customers"),
    _created(),
    UniqueConstraint("workspace_id", "owner_id"),
)

# Taxes. What is applied is a version; a published one is never changed, since lines name it.

tax_categories = Table(
    "tax_categories",
    metadata,
    _id(),
    _workspace(),
    _created(),
    Column("archived_at", Instant),
    Column("deleted_at", Instant),
    Index(None, "workspace_id", "id"),
)

tax_category_versions = Table(
    "tax_category_versions",
    metadata,
    *_version_columns("tax_categories"),
    _text("name", nullable=False),
    _text("description"),
    UniqueConstraint("head_id", "version"),
)

tax_rates = Table(
    "tax_rates",
    metadata,
    _id(),
    _workspace(),
    _created(),
    Column("archived_at", Instant),
    Column("deleted_at", Instant),
    Index(None, "workspace_id", "id"),
)

tax_rate_versions = Table(
    "tax_rate_versions",
    metadata,
    *_version_columns("tax_rates"),
    _text("name", nullable=False),
    _text("invoice_name", nullable=False),
    _text("invoice_short_name", nullable=False),
    _text("description"),
    # A fraction: 0.2 is 20 %.
    _text("amount", nullable=False),
    _text("country", nullable=False),
    _text("region"),
    # Null: it holds for every category.
    _ref("tax_category_id", "tax_categories", nullable=True),
    UniqueConstraint("head_id", "version"),
)

tax_registrations = Table(
    "tax_registrations",
    metadata,
    _id(),
    _workspace(),
    _text("tax_identifier", nullable=False),
    # Null: the seller's own.
    _ref("customer_id", "customers", nullable=True),
    _text("country", nullable=False),
    _text("state"),
    _created(),
    _updated(),
    Index(None, "workspace_id", "id"),
    Index(None, "customer_id"),
)

# What is sold.

products = Table(
    "products",
    metadata,
    _id(),
    _workspace(),
    _text("name", nullable=False),
    _text("label"),
    _ref("tax_category_id", "tax_categories", nullable=True),
    _created(),
    _updated(),
    Column("archived_at", Instant),
    Index(None, "workspace_id", "id"),
)

usage_metrics = Table(
    "usage_metrics",
    metadata,
    _id(),
    _workspace(),
    _text("name", nullable=False),
    _text("description"),
    _text("metric_type", nullable=False),
    _text("event_type", nullable=False),
    _text("aggregation_type", nullable=False),
    _text("aggregation_property"),
    _text("percentile"),
    _text("expression"),
    _json("parameters", nullable=True),
    _text("unit"),
    _json("property_filters"),
    _json("properties_to_negate"),
    Column("case_sensitive", Boolean, nullable=False),
    _created(),
    Column("deleted_at", Instant),
    Column("live_key", Text, nullable=False, server_default=""),
    UniqueConstraint("workspace_id", "name", "live_key"),
)


def _price_columns() -> list[Column[Any]]:
    return [
        _id(),
        _workspace(),
        _ref("product_id", "products"),
        _text("name", nullable=False),
        _text("currency", nullable=False),
        _json("structure"),
        _ref("usage_metric_id", "usage_metrics", nullable=True),
        _text("billing_frequency", nullable=False),
        _text("billing_type", nullable=False),
        _json("usage_calculation_period", nullable=True),
        _json("integration_ids"),
        _json("custom_metric_parameters"),
        # Ids of customers: it prices them and everyone below. Null: whom no other price names.
        _json("restrict_to_customers", nullable=True),
        _created(),
        _updated(),
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
    _ref("list_price_id", "list_prices", nullable=True),
    _text("status", nullable=False),
    Column("deleted_at", Instant),
    Index(None, "workspace_id", "id"),
    Index(None, "product_id"),
)

# What was agreed.

billing_schedules = Table(
    "billing_schedules",
    metadata,
    _id(),
    _workspace(),
    _ref("customer_id", "customers"),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date),
    Column("recurrence_day_of_month", Integer),
    Column("roll_up_billing", Boolean, nullable=False),
    Column("bill_to", Text, nullable=False, server_default="SELF"),
    # Ids of customers who are left out with everyone below; null: nobody is.
    _json("roll_up_exclusions", nullable=True),
    # {price: rate} of what was agreed for some prices; null: nothing was.
    _json("tax_rates", nullable=True),
    Column("auto_issue_invoices", Boolean, nullable=False),
    # Whether usage that came too late for its invoice is billed by a later one.
    Column("adjust_late_usage", Boolean, nullable=False, server_default=text("true")),
    _text("purchase_order_number"),
    _text("reference"),
    _text("label"),
    _text("memo"),
    Column("default_due_date_days", Integer),
    _json("custom_fields"),
    _created(),
    _updated(),
    Column("activated_at", Instant),
    Column("archived_at", Instant),
    Index(None, "workspace_id", "id"),
    Index(None, "customer_id"),
)

phases = Table(
    "phases",
    metadata,
    _id(),
    _workspace(),
    _ref("schedule_id", "billing_schedules"),
    Column("position", Integer, nullable=False),
    _text("name"),
    _text("external_contract_ref"),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date),
    _text("recurrence_preference", nullable=False),
    _created(),
    UniqueConstraint("schedule_id", "position"),
)

phase_prices = Table(
    "phase_prices",
    metadata,
    Column("phase_id", Text, ForeignKey("phases.id"), primary_key=True),
    Column("price_id", Text, ForeignKey("prices.id"), primary_key=True),
    _workspace(),
    Column("position", Integer, nullable=False),
    _text("arr_calculation"),
    Index(None, "price_id"),
)

# Documents.

billing_runs = Table(
    "billing_runs",
    metadata,
    _id(),
    _workspace(),
    Column("as_of", Date, nullable=False),
    _text("status", nullable=False),
    _text("source", nullable=False),
    # The place in the order of acknowledgement up to which the run counts events.
    Column("last_seq", BigInteger, nullable=False),
    Column("drafted_count", Integer, nullable=False),
    Column("issued_count", Integer, nullable=False),
    Column("failure_count", Integer, nullable=False),
    Column("difference_count", Integer, nullable=False),
    # Invoices drafted with a line for which no tax rate was found.
    Column("undecided_taxes", Integer, nullable=False, server_default="0"),
    # [currency, how many invoices, net and tax in minor units] of what was drafted.
    _json("totals"),
    # The control sheet, failures and differences, compressed: read only with their run.
    Column("report", LargeBinary),
    _created(),
    Column("finished_at", Instant),
    Index(None, "workspace_id", "id"),
)

invoices = Table(
    "invoices",
    metadata,
    _id(),
    _workspace(),
    _ref("customer_id", "customers"),
    _ref("billing_schedule_id", "billing_schedules", nullable=True),
    _ref("billing_run_id", "billing_runs", nullable=True),
    Column("due_on", Date),
    # Which invoice of that day: what bills its parent may need several.
    Column("ordinal", Integer, nullable=False),
    _text("status", nullable=False),
    # A draft that is to be issued without being asked, once a control sheet balances.
    Column("auto_issue", Boolean, nullable=False),
    _text("payment_status", nullable=False),
    _text("currency", nullable=False),
    _text("invoice_number"),
    Column("issue_date", Date),
    Column("due_date", Date),
    _text("due_date_source", nullable=False),
    Column("payment_term_days", Integer),
    _text("purchase_order_number"),
    _text("reference"),
    _text("memo"),
    _json("customer_emails"),
    _text("customer_legal_name", nullable=False),
    _json("customer_billing_address"),
    _text("customer_tax_status", nullable=False),
    _text("customer_tax_id"),
    # Lines for which a tax rate was looked for in vain when it was calculated.
    Column("undecided_taxes", Integer, nullable=False, server_default="0"),
    Column("billing_period_start", Date),
    Column("billing_period_end", Date),
    Column("accounting_date", Date, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    _json("metadata"),
    # The seller as printed; written when the invoice is finalised.
    _json("merchant_details", nullable=True),
    _json("notes"),
    Column("calculated_at", Instant),
    _created(),
    _updated(),
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
    _id(),
    _workspace(),
    _ref("invoice_id", "invoices"),
    Column("index", Integer, nullable=False),
    _text("title", nullable=False),
    _text("description"),
    _text("product_id"),
    Column("net_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    UniqueConstraint("invoice_id", "index"),
)

line_items = Table(
    "line_items",
    metadata,
    _id(),
    _workspace(),
    _ref("invoice_id", "invoices"),
    _ref("group_id", "line_item_groups", nullable=True),
    Column("index", Integer, nullable=False),
    _text("title", nullable=False),
    _text("description"),
    _text("quantity", nullable=False),
    _text("rate", nullable=False),
    _text("rate_display", nullable=False),
    _text("tax_rate", nullable=False),
    # {reason, rate} of an engine's line: why it has that rate, and which version it is.
    _json("taxation", nullable=True),
    Column("net_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    Column("service_start", Date),
    Column("service_end", Date),
    _text("unit"),
    _text("schedule_id"),
    _text("phase_id"),
    _text("price_id"),
    _text("product_id"),
    _text("usage_metric_id"),
    _json("restrict_to_customers", nullable=True),
    # Of which type events were and how the metric aggregated them when the line was calculated.
    _text("event_type"),
    _text("aggregation"),
    _json("segments"),
    Column("event_count", BigInteger),
    # 0 is the line of the charge itself; its adjustments count from 1, each with what it takes off:
    # {lineItemIds, quantity, netMinor, eventCount, reverses}.
    Column("adjustment", Integer, nullable=False, server_default="0"),
    _json("deducted", nullable=True),
    # What was read to measure it: events up to a place, the tree and the aliases known at an
    # instant. Held here too, so that lines with something late are found without their evidence.
    Column("last_seq", BigInteger),
    Column("known_at", Instant),
    # How many members share it by each of core.allocation.METHODS; null: all is the payer's.
    _json("share_counts", nullable=True),
    Column("live_key", Text, nullable=False, server_default=""),
    # A charge is billed once, and adjusted by one line at a time, whatever runs twice.
    UniqueConstraint(
        "workspace_id",
        "schedule_id",
        "phase_id",
        "price_id",
        "service_start",
        "adjustment",
        "live_key",
    ),
    UniqueConstraint("invoice_id", "index"),
)

# Up to where a charge was looked at because something came late for it, and cost the same.
late_looks = Table(
    "late_looks",
    metadata,
    _workspace(),
    Column("schedule_id", Text, primary_key=True),
    Column("price_id", Text, primary_key=True),
    Column("service_start", Date, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("known_at", Instant, nullable=False),
)

# What made the amount of a line, compressed: read and written only with its line.
line_evidence = Table(
    "line_evidence",
    metadata,
    Column("line_item_id", Text, ForeignKey("line_items.id"), primary_key=True),
    _workspace(),
    _ref("invoice_id", "invoices"),
    Column("body", LargeBinary, nullable=False),
    Index(None, "invoice_id"),
)

usage_item_groups = Table(
    "usage_item_groups",
    metadata,
    _id(),
    _workspace(),
    _ref("invoice_id", "invoices"),
    Column("index", Integer, nullable=False),
    _text("customer_id", nullable=False),
    _text("title", nullable=False),
    Column("depth", Integer, nullable=False),
    _json("path"),
    # [{id, metricId, title, value, unit, lineItemGroupId}]: read and written only with their group.
    _json("items"),
    # [line's index, quantity, net by each of METHODS or null], as calculated with the line.
    _json("shares"),
    UniqueConstraint("invoice_id", "index"),
    Index(None, "customer_id", "invoice_id"),
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
    _workspace(),
    Index(None, "invoice_id"),
)

# By whom something is to be paid: an invoice, all of a schedule, or all that a customer gets.
payment_settings = Table(
    "payment_settings",
    metadata,
    _id(),
    _workspace(),
    _text("subject", nullable=False),
    _text("subject_id", nullable=False),
    _text("payment_provider", nullable=False),
    Column("auto_charge", Boolean, nullable=False),
    _created(),
    _updated(),
    UniqueConstraint("workspace_id", "subject", "subject_id"),
)

account_payment_settings = Table(
    "account_payment_settings",
    metadata,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    _text("merchant_notifications", nullable=False),
    _text("customer_notifications", nullable=False),
)

invoice_documents = Table(
    "invoice_documents",
    metadata,
    Column("invoice_id", Text, ForeignKey("invoices.id"), primary_key=True),
    _workspace(),
    Column("pdf", LargeBinary, nullable=False),
    _text("sha256", nullable=False),
    _created(),
)

# Usage.

usage_inbox = Table(
    "usage_inbox",
    metadata,
    # Ids are never given twice, so that a row's place in the order of acknowledgement is its own.
    Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    _workspace(),
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
    _json("refusals"),
    _created(),
    _updated(),
)

usage_segments = Table(
    "usage_segments",
    metadata,
    _id(),
    _workspace(),
    _text("kind", nullable=False),
    _text("path", nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("first_event_at", Instant),
    Column("last_event_at", Instant),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    _created(),
    UniqueConstraint("workspace_id", "path"),
)

# What of workspaces' events is in ClickHouse: all that has left the inbox, where it is their home,
# or else a copy. The storage there, and the last place that it has taken over.
usage_loaded = Table(
    "usage_loaded",
    metadata,
    Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True),
    _text("storage", nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("home", Boolean, nullable=False),
)
