"""A billing run over a month: everything drafted, checked and issued."""

from __future__ import annotations

import time
from functools import partial

from sqlalchemy import func, select

from benchmarks.billing.databases import Copy
from benchmarks.billing.month import CHILDREN, DUE, PRICES
from benchmarks.families.measuring import Figures, Stopwatch
from benchmarks.families.seller import NOW, Ids, Seller
from catchment import ids
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.billing.runs.work import Helpers
from catchment.flows.billing.runs.work_on_run import RunResult
from catchment.store import access
from catchment.store.engine import connect, reading
from catchment.store.schema import line_items, usage_item_groups
from catchment.usage.opening import opened as opened_stores
from catchment.usage.opening import usage_store

AT_ONCE = 500


def opened(copy: Copy) -> Seller:
    """The seller whose month it is."""
    engine = connect(copy.url)
    with reading(engine) as tx:
        [home] = access.all_workspaces(tx)
    return Seller(engine, usage_store(engine, copy.data_dir), home, Ids(seed=2))


def run(copy: Copy, at_once: int = AT_ONCE, processes: int = 1) -> Figures:
    """Bill the month, as ``catchment bill`` does, and see that nothing is missing.

    So many ``processes`` draft.
    """
    home = opened(copy)
    drafted: list[float] = []
    watch = Stopwatch()
    begun = time.perf_counter()
    result = bill_workspace(
        home.engine,
        home.usage,
        home.workspace,
        as_of=DUE,
        now=NOW,
        new_id=home.new_id,
        at_once=at_once,
        progress=lambda *_: drafted.append(time.perf_counter() - begun),
        helpers=Helpers(processes, partial(opened_stores, copy.url, copy.data_dir, ""), ids.new_id),
    )
    figures = watch.stop()
    _check(home, copy, result)
    home.close()
    payers = copy.prepared.payers
    return {
        **figures,
        "drafted after": drafted[-1],
        "ms of processor an invoice": figures["cpu"] * 1000 / payers,
        "lines/s": payers * (PRICES + 1) / figures["seconds"],
    }


def _check(home: Seller, copy: Copy, result: RunResult) -> None:
    payers = copy.prepared.payers
    assert result.balanced, (result.failures, result.report.differences[:5])
    assert result.run.issued_count == payers, result.run
    assert sum(row.billed for row in result.report.sheet) == copy.prepared.events
    with reading(home.engine) as tx:
        lines = tx.execute(select(func.count(), func.sum(line_items.c.event_count))).one()
        members = tx.execute(select(func.count()).select_from(usage_item_groups)).scalar_one()
    assert tuple(lines) == (payers * (PRICES + 1), copy.prepared.events), lines
    assert members <= payers * (1 + CHILDREN), members
