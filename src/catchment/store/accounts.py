"""A workspace as the seller sees and changes it: its time zone, and what is said of the company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, or_, select, update

from catchment.core.values.errors import Conflict
from catchment.store.access import Workspace, workspace_of
from catchment.store.schema import billing_runs, invoices, workspaces

_c = workspaces.c


class WorkspaceExists(Conflict):
    """There is a workspace with this name already."""

    code = "workspace_exists"


@dataclass(frozen=True, slots=True)
class Account:
    """A workspace with what was ``told`` of its company: companyName, companyNumber, country."""

    workspace: Workspace
    told: Mapping[str, Any]
    created_at: datetime


def create(
    tx: Connection, *, id: str, name: str, timezone: str, sandbox: bool, at: datetime
) -> Workspace:
    """A new workspace. Raises WorkspaceExists."""
    if tx.execute(select(_c.id).where(_c.name == name)).first() is not None:
        raise WorkspaceExists(f"There is a workspace {name!r} already.")
    made = Workspace(id, name, timezone, sandbox)
    tx.execute(
        insert(workspaces).values(
            id=id, name=name, timezone=timezone, sandbox=sandbox, created_at=at
        )
    )
    return made


def one(tx: Connection, workspace_id: str) -> Account:
    """The account of a workspace that is there."""
    row = tx.execute(select(workspaces).where(_c.id == workspace_id)).one()
    return Account(workspace_of(row), row.account or {}, row.created_at)


def tell(tx: Connection, workspace_id: str, told: Mapping[str, Any]) -> None:
    """Replace what is said of the company."""
    tx.execute(update(workspaces).where(_c.id == workspace_id).values(account=dict(told)))


def set_timezone(tx: Connection, workspace_id: str, timezone: str) -> None:
    """Let days begin elsewhere."""
    tx.execute(update(workspaces).where(_c.id == workspace_id).values(timezone=timezone))


def has_billed(tx: Connection, workspace_id: str) -> bool:
    """Whether something is billed by its days, or is about to be: an invoice stands that is not
    void, a run is under way, or usage was dropped by months.
    """
    invoiced = exists().where(invoices.c.workspace_id == workspace_id, invoices.c.live_key == "")
    running = exists().where(
        billing_runs.c.workspace_id == workspace_id, billing_runs.c.status == "RUNNING"
    )
    query = select(or_(invoiced, running, _c.usage_kept_since.is_not(None)))
    return bool(tx.execute(query.where(_c.id == workspace_id)).scalar_one())
