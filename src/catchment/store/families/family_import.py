"""Many new customers and places at once, for families that arrive in a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.families.family_import import NewCustomer
from catchment.core.families.hierarchy import Link
from catchment.core.values.ids import NewId
from catchment.store.bulk import add_rows
from catchment.store.families.links import renew_stamp
from catchment.store.schema import contacts, customer_aliases, customer_links, customers


def add_customers(
    tx: Connection,
    workspace: str,
    new: Sequence[NewCustomer],
    now: datetime,
    new_id: NewId,
) -> None:
    """Write new customers down, active, each with its contacts and its alias."""
    common = {"workspace_id": workspace, "created_at": now}
    add_rows(
        tx,
        customers,
        common
        | {"updated_at": now, "status": "ACTIVE", "custom_properties": {}, "integration_ids": []},
        ("id", "legal_name", "address", "tax_status", "label"),
        (
            (one.id, one.facts.legal_name, one.facts.address, one.facts.tax_status, one.facts.label)
            for one in new
        ),
    )
    add_rows(
        tx,
        contacts,
        common | {"updated_at": now},
        ("id", "customer_id", "name", "email", "billing_preference"),
        ((new_id(), one.id, *person) for one in new for person in one.facts.contacts),
    )
    add_rows(
        tx,
        customer_aliases,
        common | {"live_key": ""},
        ("id", "customer_id", "value"),
        ((new_id(), one.id, one.alias) for one in new),
    )


def add_links(tx: Connection, workspace: str, new: Sequence[Link], now: datetime) -> None:
    """Write links down that were recorded ``now``."""
    renew_stamp(tx, workspace)
    add_rows(
        tx,
        customer_links,
        {"workspace_id": workspace, "recorded_at": now},
        ("id", "customer_id", "parent_id", "effective_from", "effective_to", "reason"),
        ((ln.id, ln.customer, ln.parent, ln.start, ln.end, ln.reason) for ln in new),
    )
