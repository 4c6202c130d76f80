"""What phases have besides prices: discounts and minimums, as they are written down and applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, delete, insert, select

from catchment.core.terms.discounts import Discount, DiscountType, SeatDiscountType
from catchment.core.terms.minimums import Minimum
from catchment.core.values.errors import NotFound
from catchment.core.values.money import decimal_text
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import discounts, minimums


@dataclass(frozen=True, slots=True)
class DiscountRecord:
    """A discount of a phase."""

    applied: Discount
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class MinimumRecord:
    """A minimum of a phase."""

    applied: Minimum
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PhaseDiscount:
    """Where a discount is: in which phase of which schedule."""

    id: str
    schedule_id: str
    phase_id: str


def add_discounts(
    tx: Connection,
    workspace: str,
    schedule_id: str,
    found: Iterable[tuple[str, Iterable[DiscountRecord]]],
) -> None:
    """Keep the discounts of a schedule's phases: (phase, its discounts in order)."""
    rows = [
        {
            **_place(workspace, schedule_id, phase_id, position),
            "id": one.applied.id,
            "type": one.applied.type,
            "amount": decimal_text(one.applied.amount),
            "message": one.applied.message,
            "separate_line_item": one.applied.separate,
            "seat_discount_type": one.applied.seats,
            "price_ids": sorted(one.applied.prices),
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        }
        for phase_id, own in found
        for position, one in enumerate(own)
    ]
    if rows:
        tx.execute(insert(discounts), rows)


def add_minimums(
    tx: Connection,
    workspace: str,
    schedule_id: str,
    found: Iterable[tuple[str, Iterable[MinimumRecord]]],
) -> None:
    """Keep the minimums of a schedule's phases: (phase, its minimums in order)."""
    rows = [
        {
            **_place(workspace, schedule_id, phase_id, position),
            "id": one.applied.id,
            "amount": decimal_text(one.applied.amount),
            "price_ids": sorted(one.applied.prices),
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        }
        for phase_id, own in found
        for position, one in enumerate(own)
    ]
    if rows:
        tx.execute(insert(minimums), rows)


def drop(tx: Connection, schedule_id: str) -> None:
    """Forget the discounts and minimums of a schedule."""
    for table in (discounts, minimums):
        tx.execute(delete(table).where(table.c.schedule_id == schedule_id))


def discounts_of(tx: Connection, schedule_ids: Select[str]) -> Mapping[str, list[DiscountRecord]]:
    """The discounts of schedules by phase, in order."""
    found: defaultdict[str, list[DiscountRecord]] = defaultdict(list)
    for row in _rows(tx, discounts, schedule_ids):
        found[row.phase_id].append(
            DiscountRecord(
                Discount(
                    row.id,
                    DiscountType(row.type),
                    Decimal(row.amount),
                    row.message,
                    row.separate_line_item,
                    frozenset(row.price_ids),
                    SeatDiscountType(row.seat_discount_type) if row.seat_discount_type else None,
                ),
                row.created_at,
                row.updated_at,
            )
        )
    return found


def minimums_of(tx: Connection, schedule_ids: Select[str]) -> Mapping[str, list[MinimumRecord]]:
    """The minimums of schedules by phase, in order."""
    found: defaultdict[str, list[MinimumRecord]] = defaultdict(list)
    for row in _rows(tx, minimums, schedule_ids):
        applied = Minimum(row.id, Decimal(row.amount), frozenset(row.price_ids))
        found[row.phase_id].append(MinimumRecord(applied, row.created_at, row.updated_at))
    return found


def where(tx: Connection, workspace: str, id: str) -> PhaseDiscount:
    """Where the discount is. Raises NotFound."""
    c = discounts.c
    query = select(c.id, c.schedule_id, c.phase_id).where(c.workspace_id == workspace, c.id == id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no discount {id}.")
    return PhaseDiscount(*row)


def listed(
    tx: Connection, workspace: str, request: PageRequest
) -> tuple[Page, list[PhaseDiscount]]:
    """A page of discounts, newest first."""
    c = discounts.c
    query = select(c.id, c.schedule_id, c.phase_id).where(c.workspace_id == workspace)
    found = page(tx, query, request, id_column=c.id)
    return found, [PhaseDiscount(row.id, row.schedule_id, row.phase_id) for row in found.rows]


def _place(workspace: str, schedule_id: str, phase_id: str, position: int) -> dict[str, Any]:
    return {
        "workspace_id": workspace,
        "schedule_id": schedule_id,
        "phase_id": phase_id,
        "position": position,
    }


def _rows(tx: Connection, table: Table, schedule_ids: Select[str]) -> Iterable[Row[Any]]:
    query = select(table).where(table.c.schedule_id.in_(schedule_ids))
    return tx.execute(query.order_by(table.c.position))
