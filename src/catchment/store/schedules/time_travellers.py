"""Clocks of single schedules, which stand until somebody moves them: sandboxes have some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from catchment.core.values.errors import NotFound
from catchment.store.access import Workspace
from catchment.store.schema import time_travellers

_c = time_travellers.c


@dataclass(frozen=True, slots=True)
class TimeTraveller:
    """For its schedule it is ``frozen_at``."""

    id: str
    schedule_id: str
    frozen_at: datetime
    created_at: datetime
    updated_at: datetime


def add(tx: Connection, workspace_id: str, one: TimeTraveller) -> None:
    """Keep a new one."""
    tx.execute(
        insert(time_travellers).values(
            id=one.id,
            workspace_id=workspace_id,
            schedule_id=one.schedule_id,
            frozen_at=one.frozen_at,
            created_at=one.created_at,
            updated_at=one.updated_at,
        )
    )


def save(tx: Connection, one: TimeTraveller) -> None:
    """Keep where it stands."""
    this = update(time_travellers).where(_c.id == one.id)
    tx.execute(this.values(frozen_at=one.frozen_at, updated_at=one.updated_at))


def remove(tx: Connection, id: str) -> None:
    """Let its schedule be billed in everybody's time again."""
    tx.execute(delete(time_travellers).where(_c.id == id))


def one(tx: Connection, workspace_id: str, id: str) -> TimeTraveller:
    """The one called so. Raises NotFound."""
    row = tx.execute(listed(workspace_id).where(_c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no time traveller {id}.")
    return of_row(row)


def days(tx: Connection, workspace: Workspace) -> Mapping[str, date]:
    """The day that it is for the schedules that have one; only a sandbox is asked."""
    if not workspace.sandbox:
        return {}
    zone = ZoneInfo(workspace.timezone)
    rows = tx.execute(listed(workspace.id))
    return {row.schedule_id: row.frozen_at.astimezone(zone).date() for row in rows}


def listed(workspace_id: str) -> Select[Any]:
    """All of a workspace."""
    return select(time_travellers).where(_c.workspace_id == workspace_id)


def of_row(row: Row[Any]) -> TimeTraveller:
    """The value of a row."""
    return TimeTraveller(row.id, row.schedule_id, row.frozen_at, row.created_at, row.updated_at)
