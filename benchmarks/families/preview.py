"""A preview of a move within a family of 10,000, over twelve months that are due."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.families.measuring import Figures, Stopwatch
from benchmarks.families.seller import NOW, add_events, add_family, add_roll_up, levels, seller
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.families.move_customers import Relocation
from catchment.flows.families.preview_move import preview_move
from catchment.store.engine import reading

YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def prepare(data_dir: Path, members: int, url: str | None = None) -> None:
    """A family on five levels, of whom everyone used something each month: twelve drafts."""
    home = seller(data_dir, url)
    parents = levels(members, 5)
    ids = add_family(home, parents)
    add_roll_up(home, ids[0])
    names = [f"c-{number}" for number in range(members + 1)]
    add_events(home, data_dir, names, len(names) * 12 * 5, YEAR)
    home.usage.catch_up(home.workspace.id)
    bill_workspace(
        home.engine,
        home.usage,
        home.workspace,
        as_of=date(2027, 1, 1),
        now=NOW,
        new_id=home.new_id,
    )
    home.close()


def run(data_dir: Path, url: str | None = None) -> Figures:
    """Look at what it would change if a branch had left the family a year ago."""
    home = seller(data_dir, url)
    with reading(home.engine) as tx:
        branch = tx.exec_driver_sql(
            "SELECT customer_id FROM customer_links WHERE parent_id ="
            " (SELECT customer_id FROM billing_schedules) ORDER BY customer_id LIMIT 1"
        ).scalar_one()
    watch = Stopwatch()
    with reading(home.engine) as tx:
        found = preview_move(
            tx,
            home.usage,
            home.workspace,
            Relocation(branch, None, YEAR[0]),
            now=NOW,
            new_id=home.new_id,
        )
    figures = watch.stop()
    periods = [one for payer in found.payers for s in payer.schedules for one in s.periods]
    home.close()
    return figures | {"periods changed": len(periods)}
