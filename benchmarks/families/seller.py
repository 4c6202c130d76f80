"""A seller with one large family, written into a new database in bulk.

Only what is measured goes through the code that is measured. What it starts from is put there by
the fastest way there is: rows through ``store.bulk``, events as sorted segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine

from catchment.core.values.period import BEGINNING
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.bulk import add_rows, roomy
from catchment.store.engine import connect, writing
from catchment.store.migrating import migrate
from catchment.store.schema import (
    billing_schedules,
    contacts,
    customer_aliases,
    customer_links,
    customers,
    phase_prices,
    phases,
    prices,
    products,
    usage_metrics,
)
from catchment.usage import UsageStore
from catchment.usage.embedded import duck, keys, layout, segments
from catchment.usage.embedded.segments import Kind, Segment
from catchment.usage.intake.columns import NUMBER, column
from catchment.usage.intake.events import instant, micros
from catchment.usage.opening import usage_store

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2027, 2, 1, 9, 30, tzinfo=UTC)
KIND = "calls"
ADDRESS = {"line1": "1 Quay St", "town": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
TIERS = {
    "pricingType": "GRADUATED",
    "usageCalculationMode": "BILLING_PERIOD",
    "tiers": [
        {"upperBound": "100000", "price": "0.01", "fee": "0", "isPricePercentage": False},
        {"upperBound": "1000000", "price": "0.008", "fee": "0", "isPricePercentage": False},
        {"price": "0.005", "fee": "0", "isPricePercentage": False},
    ],
}
_SEGMENT = 1_000_000


class Ids:
    """UUIDv7 texts in rising order, the same in every run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        stamp = 0x019A_0000_0000 + self._count // 64
        head, tail = f"{stamp:012x}", f"{0b10 << 62 | self._random.getrandbits(62):016x}"
        middle = f"7{self._random.getrandbits(12):03x}"
        return f"{head[:8]}-{head[8:]}-{middle}-{tail[:4]}-{tail[4:]}"


@dataclass(frozen=True, slots=True)
class Seller:
    """The stores of a seller, and its workspace."""

    engine: Engine
    usage: UsageStore
    workspace: Workspace
    new_id: Ids

    def close(self) -> None:
        self.usage.close()
        self.engine.dispose()


def seller(data_dir: Path, url: str | None = None) -> Seller:
    """A new seller in ``data_dir``; with ``url`` its rows are in that (empty) database."""
    data_dir.mkdir(parents=True, exist_ok=True)
    engine = connect(url or f"sqlite:///{data_dir / 'catchment.db'}")
    migrate(engine)
    new_id = Ids()
    with writing(engine) as tx:
        home = access.first_workspace(tx, name="Benchmark", id=new_id(), at=START)
    return Seller(engine, usage_store(engine, data_dir), home, new_id)


def levels(count: int, depth: int, seed: int = 7) -> list[int]:
    """A family of ``count`` below number 0, evenly on ``depth`` levels: the parent of each.

    Parents are drawn at random from the level above.
    """
    random = Random(seed)
    above, parents, made = (0, 1), [], 1
    for level in range(depth):
        size = count * (level + 1) // depth - count * level // depth
        parents += [random.randrange(*above) for _ in range(size)]
        above, made = (made, made + size), made + size
    return parents


def add_family(to: Seller, parents: Sequence[int], *, named: bool = True) -> list[str]:
    """Customers below each other since always; the ids by number, the top one first.

    Those ``named`` have the aliases c-0, c-1 and so on.
    """
    ids = [to.new_id() for _ in range(len(parents) + 1)]
    own = {"workspace_id": to.workspace.id}
    common: dict[str, Any] = own | {"created_at": START}
    with writing(to.engine) as tx, roomy(tx):
        if tx.dialect.name == "postgresql":  # these rows fit together; checking takes most of it
            tx.exec_driver_sql("SET LOCAL session_replication_role = replica")
        kept: dict[str, Any] = common | {
            "updated_at": START,
            "tax_status": "TAXED",
            "status": "ACTIVE",
        }
        kept |= {"address": ADDRESS, "custom_properties": {}, "integration_ids": []}
        called = ((id, f"Customer {number:07}") for number, id in enumerate(ids))
        add_rows(tx, customers, kept, ("id", "legal_name"), called)
        aliased = ((to.new_id(), id, f"c-{number}") for number, id in enumerate(ids) if named)
        add_rows(
            tx,
            customer_aliases,
            common | {"live_key": ""},
            ("id", "customer_id", "value"),
            aliased,
        )
        contact = common | {"updated_at": START, "billing_preference": "PRIMARY"}
        columns = ("id", "customer_id", "name", "email")
        add_rows(tx, contacts, contact, columns, [(to.new_id(), ids[0], "Ada", "ada@pay.test")])
        links = (
            (to.new_id(), ids[number], ids[above], BEGINNING)
            for number, above in enumerate(parents, 1)
        )
        add_rows(
            tx,
            customer_links,
            own | {"recorded_at": START},
            ("id", "customer_id", "parent_id", "effective_from"),
            links,
        )
    return ids


def add_roll_up(to: Seller, payer: str) -> None:
    """A monthly roll-up schedule of ``payer`` that prices the SUM of calls in three tiers."""
    metric, product, price, schedule, phase = (to.new_id() for _ in range(5))
    made = {"created_at": START, "updated_at": START}
    rows: list[tuple[Any, dict[str, Any]]] = [
        (
            usage_metrics,
            {
                "id": metric,
                "name": KIND,
                "metric_type": "SIMPLE",
                "event_type": KIND,
                "aggregation_type": "SUM",
                "aggregation_property": "n",
                "property_filters": {},
                "properties_to_negate": [],
                "case_sensitive": True,
                "created_at": START,
            },
        ),
        (products, {"id": product, "name": "Calls", **made}),
        (
            prices,
            {
                "id": price,
                "product_id": product,
                "name": "Calls",
                "currency": "EUR",
                "structure": TIERS | {"usageMetricId": metric},
                "usage_metric_id": metric,
                "billing_frequency": "MONTHLY",
                "billing_type": "IN_ARREARS",
                "integration_ids": [],
                "custom_metric_parameters": [],
                "status": "ACTIVE",
                **made,
            },
        ),
        (
            billing_schedules,
            {
                "id": schedule,
                "customer_id": payer,
                "start_date": date(2026, 1, 1),
                "roll_up_billing": True,
                "auto_issue_invoices": False,
                "custom_fields": {},
                "activated_at": START,
                **made,
            },
        ),
        (
            phases,
            {
                "id": phase,
                "schedule_id": schedule,
                "position": 0,
                "start_date": date(2026, 1, 1),
                "recurrence_preference": "CONTINUE_FROM_PREVIOUS_PHASE",
                "created_at": START,
            },
        ),
        (phase_prices, {"phase_id": phase, "price_id": price, "position": 0}),
    ]
    with writing(to.engine) as tx:
        for table, row in rows:
            tx.execute(table.insert().values(workspace_id=to.workspace.id, **row))


def add_events(
    to: Seller, data_dir: Path, aliases: Sequence[str], count: int, span: tuple[datetime, datetime]
) -> None:
    """``count`` events of ``aliases``, spread over ``span`` and over all of them."""
    engine = duck.Duck(data_dir / "usage" / "spill")
    users = pa.table({"number": range(len(aliases)), "who": list(aliases)})
    made = []
    for first in range(0, count, _SEGMENT):
        size = min(_SEGMENT, count - first)
        with engine.cursor() as cursor:
            cursor.register("users", users)
            bounds = [first, first + size, len(aliases), *map(micros, span), micros(START)]
            events = cursor.sql(_EVENTS, params=bounds).to_arrow_table()
        own = np.sort(keys.of(events["customer_event_id"]))
        writers = {
            Kind.EVENTS: partial(
                layout.write, schema=events.schema, tables=[layout.ordered(events)]
            ),
            Kind.KEYS: partial(keys.write, own),
        }
        for kind, write in writers.items():
            path = segments.new_file(data_dir, to.workspace.id, kind, write)
            made.append(
                Segment(
                    Path(path).stem, kind, path, size, first + 1, first + size, START,
                    instant(micros(span[0])), instant(micros(span[1])),
                )
            )  # fmt: skip
    engine.close()
    with writing(to.engine) as tx:
        segments.add(tx, to.workspace.id, made)


_EVENTS = f"""
SELECT i + 1 AS seq, 'event-' || i AS customer_event_id, who AS alias, 'calls' AS event_type,
       moment AS event_at, $6::BIGINT AS received_at, NULL::VARCHAR AS properties,
       NULL::MAP(VARCHAR, VARCHAR) AS texts,
       (hash(i * 7) % 50 + 1)::DECIMAL(38, 12) AS {column(NUMBER, "n")}
FROM (
    SELECT i, (i % $3)::BIGINT AS number,
           ($4 + hash(i * 3) % ($5 - $4))::BIGINT AS moment
    FROM range($1, $2) AS numbers(i)
) JOIN users USING (number)
ORDER BY i
"""
