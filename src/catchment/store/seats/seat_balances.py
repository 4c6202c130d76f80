"""How many seats customers have: the latest total of each type, under any of their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, Connection, func, literal, select, union_all

from catchment.core.families.hierarchy import CustomerId
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import customer_aliases, customers, seat_events


@dataclass(frozen=True, slots=True)
class SeatBalance:
    """So many seats of a type since ``changed_at``."""

    seat_type: str
    total: int
    changed_at: datetime


def listed(
    tx: Connection,
    workspace: str,
    request: PageRequest,
    *,
    on: datetime,
    customer_ids: Collection[CustomerId] | None = None,
    exclude_zero: bool = False,
) -> tuple[Page, Mapping[CustomerId, Sequence[SeatBalance]]]:
    """A page of the customers (id, legal_name) that ever had a seat event by the instant ``on``,
    and the balances of each by type; ``exclude_zero`` leaves out what is none.
    """
    latest = _latest(workspace, on)
    there = select(latest.c.customer_id)
    if exclude_zero:
        there = there.where(latest.c.total > 0)
    query = select(customers.c.id, customers.c.legal_name).where(
        customers.c.workspace_id == workspace, customers.c.id.in_(there)
    )
    if customer_ids is not None:
        query = query.where(customers.c.id.in_(sorted(customer_ids)))
    found = page(tx, query, request, id_column=customers.c.id)
    ids = [row.id for row in found.rows]
    balances: dict[CustomerId, list[SeatBalance]] = {id: [] for id in ids}
    rows = select(latest).where(latest.c.customer_id.in_(ids)).order_by(latest.c.seat_type)
    for row in tx.execute(rows):
        if row.total or not exclude_zero:
            balances[row.customer_id].append(SeatBalance(row.seat_type, row.total, row.event_at))
    return found, balances


def _latest(workspace: str, on: datetime) -> CTE:
    """The last event of each customer and type that counts."""
    alias, event = customer_aliases.c, seat_events.c
    names = union_all(
        select(customers.c.id.label("name"), customers.c.id.label("customer_id")).where(
            customers.c.workspace_id == workspace
        ),
        select(alias.value, alias.customer_id).where(
            alias.workspace_id == workspace, alias.deleted_at.is_(None)
        ),
    ).subquery()
    rank = func.row_number().over(
        partition_by=(names.c.customer_id, event.seat_type),
        order_by=(event.event_at.desc(), event.place.desc()),
    )
    ranked = (
        select(
            names.c.customer_id, event.seat_type, event.total, event.event_at, rank.label("rank")
        )
        .join(seat_events, event.customer_alias == names.c.name)
        .where(event.workspace_id == workspace, event.superseded_by.is_(None), event.event_at <= on)
        .subquery()
    )
    return select(ranked).where(ranked.c.rank == literal(1)).cte("latest")
