"""The one place that opens real stores.

The API over them is joined in ``main``: processes that only load or bill do without it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from catchment import ids
from catchment.flows.billing.runs.helpers import helpers_for
from catchment.flows.billing.runs.work import Helpers
from catchment.settings import Settings
from catchment.store.engine import connect
from catchment.store.migrating import migrate
from catchment.usage import UsageStore
from catchment.usage.opening import usage_store


@dataclass(frozen=True, slots=True)
class Built:
    """The stores of one process."""

    settings: Settings
    engine: Engine
    usage: UsageStore

    def helpers(self) -> Helpers | None:
        """What drafts beside who bills."""
        return helpers_for(self.settings, ids.new_id)


def database(settings: Settings) -> Engine:
    """The relational database, brought to this version's schema."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.sqlalchemy_url())
    migrate(engine)
    return engine


def build(settings: Settings) -> Built:
    """Open the stores, bringing the database to this version's schema."""
    engine = database(settings)
    return Built(settings, engine, usage_store(engine, settings.data_dir, settings.usage_url))
