"""The one place that says where usage is kept."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from catchment.store.engine import connect, reading
from catchment.store.usage import usage_homes
from catchment.usage.embedded.storage import EmbeddedStorage
from catchment.usage.store import UsageStore


def usage_store(engine: Engine, data_dir: Path, url: str = "") -> UsageStore:
    """The usage events of this database: in the ClickHouse at ``url``, or in ``data_dir``.

    Nothing is connected to yet. Raises ValueError for an address that cannot be understood, and
    UsageElsewhere where events are not where they are to be looked for.
    """
    with reading(engine) as tx:
        usage_homes.check_all(tx, in_clickhouse=bool(url))
    if not url:
        return UsageStore(engine, EmbeddedStorage(engine, data_dir))
    # Only who uses ClickHouse waits for its client to be imported.
    from catchment.usage.clickhouse import address, storage  # noqa: PLC0415

    return UsageStore(engine, storage.ClickHouseStorage(engine, address.parse(url)))


def opened(database_url: str, data_dir: Path, usage_url: str) -> tuple[Engine, UsageStore]:
    """The stores that another process of ours has open; that has seen to the schema."""
    engine = connect(database_url)
    return engine, usage_store(engine, data_dir, usage_url)
