"""Who uses the events of the data set: a family that pools, and others who pay for themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from benchmarks.families.seller import ADDRESS, START, TIERS, Seller, levels
from benchmarks.usage.month import MONTH, NAMES, TYPES
from catchment.core.values.period import BEGINNING
from catchment.store.bulk import add_rows, roomy
from catchment.store.engine import writing
from catchment.store.schema import (
    billing_schedules,
    contacts,
    customer_aliases,
    customer_links,
    customers,
    discounts,
    minimums,
    phase_prices,
    phases,
    prices,
    products,
    usage_metrics,
)

_MADE: dict[str, Any] = {"created_at": START, "updated_at": START}
_FIRST_DAY = date(MONTH.start.year, MONTH.start.month - 1, 1)


def add_customers(to: Seller, members: int) -> list[str]:
    """A customer for each name of the data set: the first ``members`` are a family on three levels.

    Their ids by number; the family's payer comes first.
    """
    ids = [to.new_id() for _ in range(NAMES)]
    own: dict[str, Any] = {"workspace_id": to.workspace.id}
    with writing(to.engine) as tx, roomy(tx):
        kept = own | _MADE | {"tax_status": "TAXED", "status": "ACTIVE", "address": ADDRESS}
        kept |= {"custom_properties": {}, "integration_ids": []}
        called = ((id, f"Customer {number:06}") for number, id in enumerate(ids))
        add_rows(tx, customers, kept, ("id", "legal_name"), called)
        named = own | {"created_at": START, "live_key": ""}
        aliased = ((to.new_id(), id, f"customer-{number:06}") for number, id in enumerate(ids))
        add_rows(tx, customer_aliases, named, ("id", "customer_id", "value"), aliased)
        contact = own | _MADE | {"billing_preference": "PRIMARY", "name": "Ada"}
        people = ((to.new_id(), id, "ada@pay.test") for id in ids)
        add_rows(tx, contacts, contact, ("id", "customer_id", "email"), people)
        links = (
            (to.new_id(), ids[number], ids[above])
            for number, above in enumerate(levels(members - 1, 3), 1)
        )
        linked = own | {"recorded_at": START, "effective_from": BEGINNING}
        add_rows(tx, customer_links, linked, ("id", "customer_id", "parent_id"), links)
    return ids


def add_prices(to: Seller) -> list[str]:
    """A price in three tiers on each type of event, and a monthly fee."""
    product = to.new_id()
    rows: list[tuple[Any, dict[str, Any]]] = [
        (products, {"id": product, "name": "Platform", **_MADE})
    ]
    ids = []
    for number in range(TYPES + 1):
        metric, price = to.new_id(), to.new_id()
        ids.append(price)
        structure: dict[str, Any] = {"pricingType": "FIXED", "price": "500"}
        of_metric = None
        if number < TYPES:
            of_metric, structure = metric, TIERS | {"usageMetricId": metric}
            rows.append((usage_metrics, _metric(metric, number)))
        rows.append(
            (
                prices,
                {
                    "id": price,
                    "product_id": product,
                    "name": f"Usage {number}" if of_metric else "Fee",
                    "currency": "EUR",
                    "structure": structure,
                    "usage_metric_id": of_metric,
                    "billing_frequency": "MONTHLY",
                    "billing_type": "IN_ARREARS",
                    "integration_ids": [],
                    "custom_metric_parameters": [],
                    "status": "ACTIVE",
                    **_MADE,
                },
            )
        )
    with writing(to.engine) as tx:
        for table, row in rows:
            tx.execute(table.insert().values(workspace_id=to.workspace.id, **row))
    return ids


def add_schedules(to: Seller, payers: list[str], price_ids: list[str], *, pooled: int) -> list[str]:
    """A monthly schedule with all prices for each of ``payers``, which issues by itself.

    The first ``pooled`` roll up, and have a discount and a minimum besides. Their ids.
    """
    ids = [to.new_id() for _ in payers]
    with writing(to.engine) as tx:
        for place, (id, payer) in enumerate(zip(ids, payers, strict=True)):
            _schedule(to, tx, id, payer, price_ids, pooled=place < pooled)
    return ids


def _metric(id: str, number: int) -> dict[str, Any]:
    return {
        "id": id,
        "name": f"Usage {number}",
        "metric_type": "SIMPLE",
        "event_type": f"type-{number}",
        "aggregation_type": "SUM",
        "aggregation_property": "value",
        "property_filters": {},
        "properties_to_negate": [],
        "case_sensitive": True,
        "created_at": START,
    }


def _schedule(
    to: Seller, tx: Connection, id: str, payer: str, price_ids: list[str], *, pooled: bool
) -> None:
    phase = to.new_id()
    own = {"workspace_id": to.workspace.id}
    head = {
        "id": id,
        "customer_id": payer,
        "start_date": _FIRST_DAY,
        "roll_up_billing": pooled,
        "auto_issue_invoices": True,
        "custom_fields": {},
        "activated_at": START,
    }
    tx.execute(billing_schedules.insert().values(**own, **head, **_MADE))
    stretch = {
        "id": phase,
        "schedule_id": id,
        "position": 0,
        "start_date": _FIRST_DAY,
        "recurrence_preference": "CONTINUE_FROM_PREVIOUS_PHASE",
        "created_at": START,
    }
    tx.execute(phases.insert().values(**own, **stretch))
    priced = [
        {**own, "phase_id": phase, "price_id": price, "position": place}
        for place, price in enumerate(price_ids)
    ]
    tx.execute(phase_prices.insert(), priced)
    if pooled:
        settling = own | _MADE | {"schedule_id": id, "phase_id": phase, "price_ids": []}
        off = {"type": "PERCENTAGE", "amount": "0.1", "message": "Launch"}
        first = {"id": to.new_id(), "position": 0}
        tx.execute(discounts.insert().values(**settling, **off, **first, separate_line_item=True))
        least = {"amount": "1000", "id": to.new_id(), "position": 0}
        tx.execute(minimums.insert().values(**settling, **least))
