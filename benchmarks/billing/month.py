"""A seller with many payers, each with a small family and the same ten prices, and a month's usage.

Every payer agreed to ten graduated usage prices, pooled with its children, and to a minimum; all
are taxed. So an invoice has ten usage lines, each shared by the members, and the minimum's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from benchmarks.families.seller import ADDRESS, START, TIERS, Seller, seller
from catchment.core.values.period import BEGINNING
from catchment.store.bulk import add_rows, roomy
from catchment.store.engine import writing
from catchment.store.schema import (
    billing_schedules,
    contacts,
    customer_aliases,
    customer_links,
    customers,
    minimums,
    phase_prices,
    phases,
    prices,
    products,
    tax_rate_versions,
    tax_rates,
    usage_metrics,
)
from catchment.usage.embedded import duck, keys, layout, segments
from catchment.usage.embedded.segments import Kind, Segment
from catchment.usage.intake.columns import NUMBER, column
from catchment.usage.intake.events import instant, micros

CHILDREN = 3
PRICES = 10
EVENTS = 100
"""Of each payer and its children together, in the month."""

MONTH = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
DUE = date(2026, 2, 1)
_SEGMENT = 1_000_000
_ENDS = {True: ("50", "200"), False: ("3", "9")}
"""Of tiers that a family passes through, of what is summed and of what is counted."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a data directory has."""

    workspace_id: str
    payers: int
    events: int


def prepare(folder: Path, payers: int, url: str | None = None) -> Prepared:
    """Such a seller in ``folder``, made unless it is there; with ``url`` its rows are there."""
    told = folder / f"prepared-{'postgresql' if url else 'sqlite'}.json"
    if told.exists():
        return Prepared(**json.loads(told.read_text()))
    home = seller(folder, url)
    _add_payers(home, payers, _add_prices(home))
    _add_events(home, folder, payers)
    home.close()
    made = Prepared(home.workspace.id, payers, payers * EVENTS)
    told.write_text(json.dumps(asdict(made)))
    return made


def _add_prices(to: Seller) -> list[str]:
    """Ten prices, half of what is summed up and half of what is counted, and a tax rate."""
    own: dict[str, Any] = {"workspace_id": to.workspace.id, "created_at": START}
    changed = own | {"updated_at": START}
    made = []
    with writing(to.engine) as tx:
        for number in range(PRICES):
            metric, product, price = to.new_id(), to.new_id(), to.new_id()
            summed = number % 2 == 0
            counted: dict[str, Any] = {
                "id": metric,
                "name": f"Metric {number}",
                "metric_type": "SIMPLE",
                "event_type": f"type-{number}",
                "aggregation_type": "SUM" if summed else "COUNT",
                "aggregation_property": "n" if summed else None,
                "property_filters": {},
                "properties_to_negate": [],
                "case_sensitive": True,
            }
            priced: dict[str, Any] = {
                "id": price,
                "product_id": product,
                "name": f"Price {number}",
                "currency": "EUR",
                "structure": _tiers(*_ENDS[summed]) | {"usageMetricId": metric},
                "usage_metric_id": metric,
                "billing_frequency": "MONTHLY",
                "billing_type": "IN_ARREARS",
                "integration_ids": [],
                "custom_metric_parameters": [],
                "status": "ACTIVE",
            }
            tx.execute(usage_metrics.insert().values(**own, **counted))
            tx.execute(products.insert().values(**changed, id=product, name=f"Product {number}"))
            tx.execute(prices.insert().values(**changed, **priced))
            made.append(price)
        rate = to.new_id()
        tx.execute(tax_rates.insert().values(**own, id=rate))
        version = {
            "id": to.new_id(),
            "head_id": rate,
            "version": 1,
            "is_published": True,
            "name": "VAT",
            "invoice_name": "VAT 20 %",
            "invoice_short_name": "VAT",
            "amount": "0.2",
            "country": ADDRESS["country"],
        }
        tx.execute(tax_rate_versions.insert().values(**changed, **version))
    return made


def _tiers(*ends: str) -> dict[str, Any]:
    *first, last = cast("list[dict[str, Any]]", TIERS["tiers"])
    bounded = [one | {"upperBound": end} for one, end in zip(first, ends, strict=True)]
    return TIERS | {"tiers": [*bounded, last]}


def _add_payers(to: Seller, count: int, priced: Sequence[str]) -> None:
    """Customers 0 to ``count`` pay; the children of payer 0 follow, and so on."""
    new_id = to.new_id
    ids = [new_id() for _ in range(count * (1 + CHILDREN))]
    schedules, phase_ids = ([new_id() for _ in range(count)] for _ in range(2))
    own: dict[str, Any] = {"workspace_id": to.workspace.id}
    made = own | {"created_at": START}
    changed = made | {"updated_at": START}
    kept = changed | {"tax_status": "TAXED", "status": "ACTIVE", "address": ADDRESS}
    kept |= {"custom_properties": {}, "integration_ids": []}
    agreed = changed | {"start_date": MONTH[0].date(), "roll_up_billing": True}
    agreed |= {"auto_issue_invoices": True, "custom_fields": {}, "activated_at": START}
    phase = made | {"position": 0, "start_date": MONTH[0].date()}
    phase |= {"recurrence_preference": "CONTINUE_FROM_PREVIOUS_PHASE"}
    least = changed | {"position": 0, "amount": "5", "price_ids": []}
    tables: list[tuple[Any, dict[str, Any], tuple[str, ...], Iterator[tuple[Any, ...]]]] = [
        (
            customers,
            kept,
            ("id", "legal_name"),
            ((id, f"Customer {number:07}") for number, id in enumerate(ids)),
        ),
        (
            customer_aliases,
            made | {"live_key": ""},
            ("id", "customer_id", "value"),
            ((new_id(), id, f"c-{number}") for number, id in enumerate(ids)),
        ),
        (
            contacts,
            changed | {"billing_preference": "PRIMARY"},
            ("id", "customer_id", "name", "email"),
            ((new_id(), id, "Ada", "ada@pay.test") for id in ids[:count]),
        ),
        (
            customer_links,
            own | {"recorded_at": START},
            ("id", "customer_id", "parent_id", "effective_from"),
            (
                (new_id(), id, ids[number // CHILDREN], BEGINNING)
                for number, id in enumerate(ids[count:])
            ),
        ),
        (
            billing_schedules,
            agreed,
            ("id", "customer_id"),
            zip(schedules, ids[:count], strict=True),
        ),
        (phases, phase, ("id", "schedule_id"), zip(phase_ids, schedules, strict=True)),
        (
            phase_prices,
            own,
            ("phase_id", "price_id", "position"),
            ((id, price, place) for id in phase_ids for place, price in enumerate(priced)),
        ),
        (
            minimums,
            least,
            ("id", "schedule_id", "phase_id"),
            ((new_id(), *both) for both in zip(schedules, phase_ids, strict=True)),
        ),
    ]
    with writing(to.engine) as tx, roomy(tx):
        if tx.dialect.name == "postgresql":  # these rows fit together; checking takes most of it
            tx.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table, common, columns, rows in tables:
            add_rows(tx, table, common, columns, rows)


def _add_events(to: Seller, folder: Path, payers: int) -> None:
    """The month's events in segments, as the loader leaves them; each is of anyone and any type."""
    engine = duck.Duck(folder / "usage" / "spill")
    made = []
    for first in range(0, payers * EVENTS, _SEGMENT):
        size = min(_SEGMENT, payers * EVENTS - first)
        with engine.cursor() as cursor:
            bounds = [first, first + size, payers, *map(micros, MONTH), micros(START)]
            events = cursor.sql(_EVENTS, params=bounds).to_arrow_table()
        writers = {
            Kind.EVENTS: partial(
                layout.write, schema=events.schema, tables=[layout.ordered(events)]
            ),
            Kind.KEYS: partial(keys.write, np.sort(keys.of(events["customer_event_id"]))),
        }
        for kind, write in writers.items():
            path = segments.new_file(folder, to.workspace.id, kind, write)
            ends = (instant(micros(end)) for end in MONTH)
            made.append(
                Segment(Path(path).stem, kind, path, size, first + 1, first + size, START, *ends)
            )
    engine.close()
    with writing(to.engine) as tx:
        segments.add(tx, to.workspace.id, made)


_EVENTS = f"""
SELECT i + 1 AS seq, 'event-' || i AS customer_event_id,
       'c-' || CASE family WHEN 0 THEN payer ELSE $3 + payer * {CHILDREN} + family - 1 END AS alias,
       'type-' || (hash(i * 11) % {PRICES}) AS event_type,
       moment AS event_at, $6::BIGINT AS received_at, NULL::VARCHAR AS properties,
       NULL::MAP(VARCHAR, VARCHAR) AS texts,
       (hash(i * 7) % 50 + 1)::DECIMAL(38, 12) AS {column(NUMBER, "n")}
FROM (
    SELECT i, (hash(i * 5) % $3)::BIGINT AS payer, (hash(i * 13) % {CHILDREN + 1})::INT AS family,
           ($4 + hash(i * 3) % ($5 - $4))::BIGINT AS moment
    FROM range($1, $2) AS numbers(i)
)
ORDER BY i
"""
