"""Since when a workspace keeps its usage events: what happened before was dropped for good."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from catchment.core.values.errors import Conflict
from catchment.core.values.period import day_text
from catchment.store.schema import workspaces

_c = workspaces.c


class UsageDropped(Conflict):
    """Usage events of that time were dropped, so nothing can be calculated from them any more."""

    code = "usage_dropped"

    @classmethod
    def before(cls, day: date, what: str) -> UsageDropped:
        """The refusal to do ``what``, which needs events of before ``day``."""
        return cls(f"Usage of before {day_text(day)} was dropped, and {what} would need it.")


def since(tx: Connection, workspace_id: str) -> datetime | None:
    """The first instant that is kept; None where everything is."""
    query = select(_c.usage_kept_since).where(_c.id == workspace_id)
    found: datetime | None = tx.execute(query).scalar_one_or_none()
    return found


def first_day(tx: Connection, workspace_id: str) -> date | None:
    """The first day that is kept, in the workspace's time zone; None where everything is."""
    query = select(_c.usage_kept_since, _c.timezone).where(_c.id == workspace_id)
    at, zone = tx.execute(query).one()
    return None if at is None else at.astimezone(ZoneInfo(zone)).date()


def keep_since(tx: Connection, workspace_id: str, at: datetime) -> None:
    """Let what happened before ``at`` be dropped: from the end of ``tx`` on nobody reads it."""
    tx.execute(update(workspaces).where(_c.id == workspace_id).values(usage_kept_since=at))
