"""Where prices are in force: which billing schedules have them in a phase."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from catchment.core.families.hierarchy import CustomerId
from catchment.store.schema import billing_schedules, customers, phase_prices, phases

MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class UsedBy:
    """A schedule with the price, and whose it is."""

    schedule_id: str
    customer: CustomerId
    name: str


@dataclass(frozen=True, slots=True)
class PriceUse:
    """How many schedules have a price; ``first`` are the oldest of them, up to ``MOST_SHOWN``."""

    schedule_count: int
    first: tuple[UsedBy, ...]


def of_prices(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, PriceUse]:
    """The use of each of up to a page of prices; what no schedule has is left out."""
    own = (
        select(phase_prices.c.price_id, phases.c.schedule_id)
        .join(phases, phases.c.id == phase_prices.c.phase_id)
        .where(phase_prices.c.workspace_id == workspace, phase_prices.c.price_id.in_(list(ids)))
        .distinct()
        .subquery()
    )
    ranked = select(
        own,
        func.row_number()
        .over(partition_by=own.c.price_id, order_by=own.c.schedule_id)
        .label("rank"),
        func.count().over(partition_by=own.c.price_id).label("schedule_count"),
    ).subquery()
    shown = (
        select(ranked, billing_schedules.c.customer_id, customers.c.legal_name)
        .join(billing_schedules, billing_schedules.c.id == ranked.c.schedule_id)
        .join(customers, customers.c.id == billing_schedules.c.customer_id)
        .where(ranked.c.rank <= MOST_SHOWN)
        .order_by(ranked.c.price_id, ranked.c.rank)
    )
    found: dict[str, PriceUse] = {}
    for row in tx.execute(shown):
        before = found.get(row.price_id, PriceUse(row.schedule_count, ()))
        one = UsedBy(row.schedule_id, row.customer_id, row.legal_name)
        found[row.price_id] = PriceUse(row.schedule_count, (*before.first, one))
    return found
