"""What customers were granted, as it is written down. Grants are closed, never deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, insert, select, update

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.credits import CreditUnit, Grant
from catchment.core.values.errors import NotFound
from catchment.core.values.money import decimal_text
from catchment.store.chunks import chunks
from catchment.store.schema import credit_grants

_c = credit_grants.c


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """A grant, with what nothing is paid by.

    ``cost`` is what it was sold for, in its currency. One that a phase made names which of the
    phase's grants it is of. Of a ``closed`` one nothing is left.
    """

    grant: Grant
    cost: Decimal | None = None
    tax_rate_id: str | None = None
    phase_grant_id: str | None = None
    closed: bool = False


def add(tx: Connection, workspace_id: str, added: Iterable[GrantRecord]) -> None:
    """Keep new grants."""
    rows = [_row(workspace_id, one) for one in added]
    if rows:
        tx.execute(insert(credit_grants), rows)


def redate(tx: Connection, grant_id: str, expiry: date | None) -> None:
    """Let a grant expire on another day."""
    tx.execute(update(credit_grants).where(_c.id == grant_id).values(expiry_date=expiry))


def close(tx: Connection, grant_id: str) -> None:
    """Note that nothing is left of a grant for good."""
    tx.execute(update(credit_grants).where(_c.id == grant_id).values(live_key=grant_id))


def exist(tx: Connection, workspace_id: str) -> bool:
    """Whether anybody was ever granted anything."""
    return bool(tx.execute(select(exists().where(_c.workspace_id == workspace_id))).scalar())


def one(
    tx: Connection, workspace_id: str, grant_id: str, *, for_change: bool = False
) -> GrantRecord:
    """The grant; ``for_change`` keeps others from it until ``tx`` ends. Raises NotFound."""
    query = listed(workspace_id).where(_c.id == grant_id)
    row = tx.execute(query.with_for_update() if for_change else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no credit grant {grant_id}.")
    return of_row(row)


def some(tx: Connection, workspace_id: str, ids: Collection[str]) -> dict[str, GrantRecord]:
    """Those of ``ids`` that exist, by id."""
    return {one.grant.id: one for one in _where(tx, workspace_id, _c.id, ids)}


def of_customers(
    tx: Connection, workspace_id: str, customers: Collection[CustomerId]
) -> list[GrantRecord]:
    """What some customers were granted, the oldest first."""
    return _where(tx, workspace_id, _c.customer_id, customers)


def of_schedules(
    tx: Connection, workspace_id: str, schedule_ids: Collection[str]
) -> list[GrantRecord]:
    """What the phases of some schedules have granted, the oldest first."""
    return _where(tx, workspace_id, _c.schedule_id, schedule_ids)


def listed(workspace_id: str) -> Select[Any]:
    """Every grant of a workspace, for ``of_row``; more conditions may be added."""
    return select(credit_grants).where(_c.workspace_id == workspace_id)


def of_row(row: Row[Any]) -> GrantRecord:
    """The value of a row of ``listed``."""
    grant = Grant(
        id=row.id,
        customer=row.customer_id,
        name=row.name,
        unit=CreditUnit(row.unit_type),
        currency=row.currency,
        metric_id=row.metric_id,
        amount=Decimal(row.amount),
        effective=row.effective_date,
        expiry=row.expiry_date,
        created_at=row.created_at,
        schedule_id=row.schedule_id,
        prices=frozenset(row.price_ids),
    )
    cost = None if row.cost_of_credit is None else Decimal(row.cost_of_credit)
    return GrantRecord(grant, cost, row.tax_rate_id, row.phase_grant_id, bool(row.live_key))


def _row(workspace_id: str, one: GrantRecord) -> dict[str, Any]:
    grant = one.grant
    return {
        "id": grant.id,
        "workspace_id": workspace_id,
        "customer_id": grant.customer,
        "name": grant.name,
        "unit_type": grant.unit,
        "currency": grant.currency,
        "metric_id": grant.metric_id,
        "amount": decimal_text(grant.amount),
        "cost_of_credit": None if one.cost is None else decimal_text(one.cost),
        "tax_rate_id": one.tax_rate_id,
        "effective_date": grant.effective,
        "expiry_date": grant.expiry,
        "schedule_id": grant.schedule_id,
        "phase_grant_id": one.phase_grant_id,
        "price_ids": sorted(grant.prices),
        "created_at": grant.created_at,
    }


def _where(
    tx: Connection, workspace_id: str, column: ColumnElement[Any], ids: Collection[str]
) -> list[GrantRecord]:
    found = [
        of_row(row)
        for part in chunks(sorted(set(ids)))
        for row in tx.execute(listed(workspace_id).where(column.in_(part)))
    ]
    return sorted(found, key=lambda one: (one.grant.created_at, one.grant.id))
