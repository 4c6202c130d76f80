"""The one place that says where usage is kept."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from catchment.usage.embedded.storage import EmbeddedStorage
from catchment.usage.store import UsageStore


def usage_store(engine: Engine, data_dir: Path) -> UsageStore:
    """The usage events of this database."""
    return UsageStore(engine, EmbeddedStorage(engine, data_dir))
