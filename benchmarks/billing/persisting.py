"""Invoices stored: a chunk in one transaction, and the same rows each in one of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select

from benchmarks.billing.databases import Copy
from benchmarks.billing.month import DUE
from benchmarks.billing.running import AT_ONCE, opened
from benchmarks.families.measuring import Figures
from benchmarks.families.seller import NOW
from catchment.core.due.charging import charges
from catchment.core.invoices.consolidation import arrange
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.drafting.drafts import drafted
from catchment.flows.billing.drafting.filled_drafts import keep
from catchment.flows.billing.garbage import collected_seldom
from catchment.store.engine import reading, writing
from catchment.store.schema import (
    invoice_evidence,
    invoice_usage_metrics,
    invoices,
    line_item_groups,
    line_items,
    usage_branches,
    usage_item_groups,
)

TABLES = (
    invoices,
    line_item_groups,
    line_items,
    invoice_evidence,
    invoice_usage_metrics,
    usage_item_groups,
    usage_branches,
)
_ALONE = 1_000
"""How many rows get a transaction of their own."""


def persisting(copy: Copy) -> dict[str, Figures]:
    """Rows a second of one chunk's invoices, with their lines, members and evidence."""
    home = opened(copy)
    with reading(home.engine) as tx:
        agreed = agreements.all_of(tx, home.workspace)
        some = list(agreed.schedules.values())[:AT_ONCE]
        due = [(one, charge) for one in some for charge in charges(one, DUE, agreed.zone)]
        dues = arrange(due, agreed.payer, frozenset())
        drafts = drafted(tx, home.usage, agreed, dues)
    at, cpu = time.perf_counter(), time.process_time()
    with collected_seldom(), writing(home.engine) as tx:  # as billing does
        keep(tx, home.workspace, drafts, now=NOW, new_id=home.new_id)
    together = time.perf_counter() - at, time.process_time() - cpu
    with writing(home.engine) as tx:
        count = sum(len(rows) for _, rows in _rows(tx))
        some_rows = list(islice(_spread(tx), _ALONE))
        for table in reversed(TABLES):
            tx.execute(delete(table))
    at, cpu = time.perf_counter(), time.process_time()
    with collected_seldom():
        _each(home.engine, some_rows)
    alone = time.perf_counter() - at, time.process_time() - cpu
    home.close()
    return {
        f"{len(drafts):,} invoices in one transaction": _figures(count, *together),
        "one transaction a row": _figures(len(some_rows), *alone),
    }


def _rows(tx: Connection) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    for table in TABLES:
        yield table, [dict(row._mapping) for row in tx.execute(select(table))]  # noqa: SLF001


def _spread(tx: Connection) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Rows of whole invoices, each after those that it refers to."""
    known = dict(_rows(tx))
    for head in known[invoices]:
        yield invoices, head
        for table in TABLES[1:]:
            for row in known[table]:
                if row["invoice_id"] == head["id"]:
                    yield table, row


def _each(engine: Engine, rows: list[tuple[Table, dict[str, Any]]]) -> None:
    for table, row in rows:
        with writing(engine) as tx:
            tx.execute(insert(table), row)


def _figures(rows: int, seconds: float, cpu: float) -> Figures:
    return {
        "rows": rows,
        "seconds": seconds,
        "cpu": cpu,
        "rows/s": rows / seconds,
        "µs of processor a row": cpu / rows * 1e6,
    }
