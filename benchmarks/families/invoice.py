"""One invoice for a parent with a million children: drafted, allocated and stored."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.families.measuring import Figures, Stopwatch
from benchmarks.families.seller import NOW, add_events, add_family, add_roll_up, levels, seller
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store.engine import reading
from catchment.store.invoices import invoice_contents
from catchment.store.schema import line_items

MONTH = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


def prepare(data_dir: Path, children: int, url: str | None = None) -> None:
    """A parent with ``children``, a fifth of whom used something: 50 events each, in January."""
    home = seller(data_dir, url)
    ids = add_family(home, levels(children, 1))
    add_roll_up(home, ids[0])
    used = [f"c-{number}" for number in range(5, children + 1, 5)]
    add_events(home, data_dir, used, len(used) * 50, MONTH)
    home.usage.catch_up(home.workspace.id)
    home.close()


def run(data_dir: Path, url: str | None = None) -> Figures:
    """Bill January, as ``catchment bill`` does."""
    home = seller(data_dir, url)
    watch = Stopwatch()
    result = bill_workspace(
        home.engine,
        home.usage,
        home.workspace,
        as_of=date(2026, 2, 1),
        now=NOW,
        new_id=home.new_id,
    )
    figures = watch.stop()
    assert not result.failures, result.failures
    [made] = result.drafted
    with reading(home.engine) as tx:
        [line] = invoice_contents.lines(tx, home.workspace.id, made.id)
        assert line.share_counts is not None
        stored = tx.execute(select(func.count()).select_from(line_items)).scalar_one()
    assert stored == 1
    home.close()
    return figures | {"members": line.share_counts[0], "events": line.event_count or 0}
