"""The one place that says where usage is kept."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from catchment.usage.embedded.storage import EmbeddedStorage
from catchment.usage.lease import held
from catchment.usage.store import UsageStore


def usage_store(engine: Engine, data_dir: Path, url: str = "") -> UsageStore:
    """The usage events of this database: in the ClickHouse at ``url``, or in ``data_dir``.

    Raises ValueError for an address that cannot be understood; nothing is connected to yet.
    """
    lease = partial(held, engine, data_dir)
    if not url:
        return UsageStore(engine, EmbeddedStorage(engine, data_dir), lease)
    # Only who uses ClickHouse waits for its client to be imported.
    from catchment.usage.clickhouse import address, storage  # noqa: PLC0415

    return UsageStore(engine, storage.ClickHouseStorage(engine, address.parse(url)), lease)
