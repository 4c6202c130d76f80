"""Whom billing runs could not bill, and which drafts they parked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from catchment.core.control import Failure
from catchment.store.schema import billing_run_failures

TOLD = 1_000
"""How many stand in a run's report at most; the run counts them all, and the list has them."""

_c = billing_run_failures.c


def add(
    tx: Connection, workspace_id: str, run_id: str, found: Iterable[tuple[str, Failure]]
) -> None:
    """Note failures, each with an id of its own."""
    rows = [
        {
            "id": id,
            "workspace_id": workspace_id,
            "run_id": run_id,
            "customer_id": one.customer,
            "schedule_id": one.schedule_id,
            "code": one.code,
            "reason": one.reason,
            "invoice_id": one.invoice_id,
        }
        for id, one in found
    ]
    if rows:
        tx.execute(insert(billing_run_failures), rows)


def clear(tx: Connection, run_id: str) -> None:
    """Forget those of a run that is taken up again: it tries once more."""
    tx.execute(delete(billing_run_failures).where(_c.run_id == run_id))


def first(tx: Connection, run_id: str) -> tuple[Failure, ...]:
    """The first TOLD failures of a run."""
    query = select(billing_run_failures).where(_c.run_id == run_id).order_by(_c.id).limit(TOLD)
    return tuple(of_row(row) for row in tx.execute(query))


def count(tx: Connection, run_id: str) -> int:
    """How many failures a run has."""
    query = select(func.count()).select_from(billing_run_failures).where(_c.run_id == run_id)
    return int(tx.execute(query).scalar_one())


def concerned(tx: Connection, run_id: str) -> tuple[frozenset[str], frozenset[str]]:
    """The schedules that failed in a run, and the drafts that it parked."""
    rows = tx.execute(select(_c.schedule_id, _c.invoice_id).where(_c.run_id == run_id)).all()
    parked = frozenset(row.invoice_id for row in rows if row.invoice_id is not None)
    return frozenset(row.schedule_id for row in rows), parked


def listed(workspace_id: str, run_id: str) -> Select[Any]:
    """The failures of a run, for ``of_row``."""
    return select(billing_run_failures).where(_c.workspace_id == workspace_id, _c.run_id == run_id)


def of_row(row: Row[Any]) -> Failure:
    """The value of a row."""
    return Failure(row.customer_id, row.schedule_id, row.reason, row.code, row.invoice_id)
