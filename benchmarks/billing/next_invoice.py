"""The next invoice of a family, and of one customer, in the month of the data set."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.billing.books import add_customers, add_prices, add_schedules
from benchmarks.families.measuring import Figures, Stopwatch, best
from benchmarks.families.seller import Seller, seller
from benchmarks.usage.dataset import dataset
from benchmarks.usage.month import MONTH
from catchment.core.shares.allocation import Method
from catchment.flows.billing.garbage import collected_seldom
from catchment.flows.billing.previews.next_invoice import next_invoice
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store.engine import reading

PAYERS = 1_000
"""How many customers outside the family have a schedule of their own."""

_NOW = MONTH.end - timedelta(hours=1)
_ROUNDS = 20


def run(folder: Path, events: int, members: int) -> list[tuple[str, Figures]]:
    """The best of twenty each, with the last month's invoices issued."""
    dataset(folder, events)
    with _copied(folder) as data_dir:
        home = seller(data_dir)
        customers = add_customers(home, members)
        price_ids = add_prices(home)
        payers = [customers[0], *customers[members : members + PAYERS]]
        schedules = add_schedules(home, payers, price_ids, pooled=1)
        bill_workspace(
            home.engine,
            home.usage,
            home.workspace,
            as_of=MONTH.start.date(),
            now=MONTH.start,
            new_id=home.new_id,
        )
        rows = [
            (f"a family of {members:,}", _best(home, schedules[0])),
            ("the same with everyone's shares", _best(home, schedules[0], Method.PROPORTIONAL)),
            ("the same by three methods", _best(home, schedules[0], Method.MARGINAL)),
            ("one customer", _best(home, schedules[1])),
        ]
        home.close()
    return rows


def _best(home: Seller, schedule_id: str, method: Method | None = None) -> Figures:
    runs: list[Figures] = []
    for _ in range(_ROUNDS):
        watch = Stopwatch()
        with collected_seldom(frozen=False), reading(home.engine) as tx:  # as the endpoint does
            found = next_invoice(
                tx, home.usage, home.workspace, schedule_id, method=method, now=_NOW
            )
            contents = found.contents(0, 20)
        runs.append(watch.stop())
    assert found.invoice.due_on == MONTH.end.date(), found.invoice
    return best(runs) | {
        "events": sum(line.event_count or 0 for line in contents.lines),
        "lines": len(contents.lines),
        "members": len(found.members),
    }


@contextmanager
def _copied(folder: Path) -> Iterator[Path]:
    """A data directory with the events of ``folder``, which is left as it is."""
    with tempfile.TemporaryDirectory(prefix="catchment-benchmark-") as made:
        data_dir = Path(made)
        shutil.copy(folder / "catchment.db", data_dir)
        (data_dir / "usage").symlink_to((folder / "usage").resolve())
        yield data_dir
