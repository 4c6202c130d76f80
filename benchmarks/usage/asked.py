"""python -m benchmarks.usage.asked FOLDER [--events 10000000] [--postgresql]: a month, asked for.

The events of FOLDER (``benchmarks.usage.dataset``; made where they are missing): 100,000 names and
10 types. One customer's month is ten metrics of one name; everyone's are the million sums of all,
as columns (``UsageStore.totals``). What they add up to must be what the data set was made of.
With ``--postgresql``, a server gets the same events and is asked the same in the same run.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pyarrow as pa

from benchmarks.families.measuring import Figures, Stopwatch, best, table
from benchmarks.usage import stored
from benchmarks.usage.dataset import dataset
from benchmarks.usage.month import MONTH, NAMES, TYPES
from catchment.core.usage.metering import Aggregation, Member, Metric, UsageQuery
from catchment.settings import Settings
from catchment.stores import build
from catchment.usage import UsageStore
from catchment.usage.intake.events import micros
from catchment.usage.questions import totals

METRICS = [Metric(f"m{n}", f"type-{n}", Aggregation.SUM, "value") for n in range(TYPES)]
CUSTOMER = "customer-000777"


def customer(usage: UsageStore, workspace_id: str) -> Figures:
    """One customer's month, the best of twenty."""
    member = (Member(CUSTOMER, (CUSTOMER,), (MONTH,)),)
    asked = [UsageQuery(metric, member) for metric in METRICS]
    runs: list[Figures] = []
    for _ in range(20):
        watch = Stopwatch()
        usage.measure(workspace_id, asked)
        runs.append(watch.stop())
    return best(runs)


def everyone(usage: UsageStore, workspace_id: str) -> tuple[Figures, list[int]]:
    """Everyone's month, the best of five, and the thousandths used of each type."""
    ends = (pa.repeat(micros(at), NAMES) for at in (MONTH.start, MONTH.end))
    aliases = pa.array([f"customer-{number:06}" for number in range(NAMES)])
    names = pa.table([pa.array(range(NAMES), pa.int32()), aliases, *ends], schema=totals.NAMES)
    runs: list[Figures] = []
    for _ in range(5):
        watch = Stopwatch()
        found = usage.totals(workspace_id, METRICS, names).rows
        runs.append(watch.stop())
    sums = found.group_by("metric").aggregate([("quantity", "sum")]).sort_by("metric")
    return best(runs), [int(one * 1000) for one in sums["quantity_sum"].to_pylist()]


def ours(folder: Path, count: int) -> list[tuple[str, Figures]]:
    """Catchment's figures over the data set of ``folder``."""
    made = dataset(folder, count)
    built = build(Settings(data_dir=folder))
    one = customer(built.usage, made.workspace_id)
    month, sums = everyone(built.usage, made.workspace_id)
    assert sums == list(made.thousandths), (sums, made)
    built.usage.close()
    built.engine.dispose()
    return [("one customer's month, ten metrics", one), ("everyone's month, as columns", month)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usage.asked", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--postgresql", action="store_true", help="ask it beside")
    asked = parser.parse_args()
    rows = ours(asked.folder, asked.events)
    if asked.postgresql:
        with tempfile.TemporaryDirectory() as folder, stored.server(Path(folder)) as url:
            theirs, _ = stored.postgresql(url, asked.events)
        rows += theirs.items()
    print(table(f"{asked.events:,} events of a month, asked for", rows))


if __name__ == "__main__":
    main()
