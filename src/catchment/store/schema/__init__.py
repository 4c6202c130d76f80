"""Tables, as data. The same definitions serve SQLite and PostgreSQL.

Every row belongs to a workspace, and every unique key begins with the workspace or with the id of
a row of it. Exact numbers are text (SQLite would turn them into floats); money on documents is
whole minor units; instants are UTC. ``live_key`` is empty while a row is in force and the row's own
id once it is not, so that a unique key holds among the living without forbidding what comes after a
void or a deletion.
"""

from catchment.store.schema.access import (
    api_keys,
    idempotency_records,
    merchants,
    sequences,
    sessions,
    sign_in_failures,
    users,
    workspaces,
)
from catchment.store.schema.agreements import (
    account_payment_settings,
    billing_schedules,
    changed_charges,
    discounts,
    minimums,
    payment_settings,
    phase_prices,
    phases,
    schedule_versions,
    time_travellers,
)
from catchment.store.schema.catalog import list_prices, prices, products, usage_metrics
from catchment.store.schema.columns import Instant, metadata
from catchment.store.schema.credits import credit_entries, credit_grants, phase_credit_grants
from catchment.store.schema.customers import (
    contacts,
    customer_aliases,
    customer_links,
    customer_organizations,
    customers,
)
from catchment.store.schema.documents import (
    billing_run_failures,
    billing_runs,
    invoice_documents,
    invoice_evidence,
    invoice_usage_metrics,
    invoices,
    late_looks,
    line_item_groups,
    line_items,
    line_taxations,
    line_terms,
    printed_metrics,
    usage_branches,
    usage_item_groups,
)
from catchment.store.schema.seats import seat_events, seat_metrics
from catchment.store.schema.taxes import (
    tax_categories,
    tax_category_versions,
    tax_rate_versions,
    tax_rates,
    tax_registrations,
)
from catchment.store.schema.usage import usage_imports, usage_inbox, usage_loaded, usage_segments

__all__ = [
    "Instant",
    "account_payment_settings",
    "api_keys",
    "billing_run_failures",
    "billing_runs",
    "billing_schedules",
    "changed_charges",
    "contacts",
    "credit_entries",
    "credit_grants",
    "customer_aliases",
    "customer_links",
    "customer_organizations",
    "customers",
    "discounts",
    "idempotency_records",
    "invoice_documents",
    "invoice_evidence",
    "invoice_usage_metrics",
    "invoices",
    "late_looks",
    "line_item_groups",
    "line_items",
    "line_taxations",
    "line_terms",
    "list_prices",
    "merchants",
    "metadata",
    "minimums",
    "payment_settings",
    "phase_credit_grants",
    "phase_prices",
    "phases",
    "prices",
    "printed_metrics",
    "products",
    "schedule_versions",
    "seat_events",
    "seat_metrics",
    "sequences",
    "sessions",
    "sign_in_failures",
    "tax_categories",
    "tax_category_versions",
    "tax_rate_versions",
    "tax_rates",
    "tax_registrations",
    "time_travellers",
    "usage_branches",
    "usage_imports",
    "usage_inbox",
    "usage_item_groups",
    "usage_loaded",
    "usage_metrics",
    "usage_segments",
    "users",
    "workspaces",
]
