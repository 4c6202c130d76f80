"""What phases grant, as it is written down: in the order agreed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from sqlalchemy import Connection, Select, delete, insert, select

from catchment.core.terms.credits import CreditUnit, PhaseGrant, Refresh, Rollover
from catchment.core.values.money import decimal_text
from catchment.store.schema import phase_credit_grants

_c = phase_credit_grants.c


def add(
    tx: Connection,
    workspace: str,
    schedule_id: str,
    found: Iterable[tuple[str, Iterable[PhaseGrant]]],
) -> None:
    """Keep what the phases of a schedule grant: (phase, its grants in order)."""
    rows = [
        {
            "id": one.id,
            "workspace_id": workspace,
            "schedule_id": schedule_id,
            "phase_id": phase_id,
            "position": position,
            "name": one.name,
            "unit_type": one.unit,
            "currency": one.currency,
            "metric_id": one.metric_id,
            "amount": decimal_text(one.amount),
            "cost_of_credit": None if one.cost is None else decimal_text(one.cost),
            "tax_rate_id": one.tax_rate_id,
            "refresh": one.refresh,
            "rollover": one.rollover,
            "price_ids": sorted(one.prices),
        }
        for phase_id, own in found
        for position, one in enumerate(own)
    ]
    if rows:
        tx.execute(insert(phase_credit_grants), rows)


def drop(tx: Connection, schedule_id: str) -> None:
    """Forget what the phases of a schedule grant; what they have granted stays."""
    tx.execute(delete(phase_credit_grants).where(_c.schedule_id == schedule_id))


def of(tx: Connection, schedule_ids: Select[str]) -> Mapping[str, list[PhaseGrant]]:
    """What schedules grant by phase, in order."""
    found: defaultdict[str, list[PhaseGrant]] = defaultdict(list)
    query = select(phase_credit_grants).where(_c.schedule_id.in_(schedule_ids))
    for row in tx.execute(query.order_by(_c.position)):
        found[row.phase_id].append(
            PhaseGrant(
                id=row.id,
                name=row.name,
                unit=CreditUnit(row.unit_type),
                currency=row.currency,
                metric_id=row.metric_id,
                amount=Decimal(row.amount),
                refresh=Refresh(row.refresh),
                rollover=Rollover(row.rollover),
                prices=frozenset(row.price_ids),
                cost=None if row.cost_of_credit is None else Decimal(row.cost_of_credit),
                tax_rate_id=row.tax_rate_id,
            )
        )
    return found
