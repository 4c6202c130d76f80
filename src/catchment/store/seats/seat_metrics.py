"""Seat metrics: the kinds of seats that customers have."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from catchment.core.usage.metering import Aggregation, Metric
from catchment.core.values.errors import NotFound
from catchment.store.engine import lock
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import list_prices, prices, seat_metrics

_c = seat_metrics.c


@dataclass(frozen=True, slots=True)
class SeatMetric:
    """``seat_type`` is what seat events say; it never changes. ``created_by`` is a user's id."""

    id: str
    seat_type: str
    label: str
    description: str | None
    created_by: str | None
    created_at: datetime
    updated_at: datetime


def metric_of(id: str, seat_type: str) -> Metric:
    """What a seat metric counts, as billing measures it."""
    return Metric(id, seat_type, Aggregation.SEATS, "total")


def hold_types(tx: Connection, workspace: str) -> None:
    """Be the only one to make seat types until the transaction ends."""
    lock(tx, "seat types", workspace)


def add(tx: Connection, workspace: str, metric: SeatMetric) -> None:
    """Keep a new seat metric."""
    tx.execute(insert(seat_metrics).values(workspace_id=workspace, **asdict(metric)))


def save(tx: Connection, workspace: str, metric: SeatMetric) -> None:
    """Replace what is kept of a seat metric."""
    mine = (_c.workspace_id == workspace, _c.id == metric.id)
    tx.execute(update(seat_metrics).where(*mine).values(**asdict(metric)))


def delete(tx: Connection, workspace: str, id: str, at: datetime) -> None:
    """Forget a seat metric that no price has; its type is free again."""
    mine = (_c.workspace_id == workspace, _c.id == id)
    tx.execute(update(seat_metrics).where(*mine).values(deleted_at=at, live_key=id))


def one(tx: Connection, workspace: str, id: str, *, to_change: bool = False) -> SeatMetric:
    """The metric, locked until the end of the transaction if ``to_change``. Raises NotFound."""
    query = _living(workspace).where(_c.id == id)
    row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no seat metric {id}.")
    return of(row)


def in_force(tx: Connection, workspace: str, id: str) -> SeatMetric | None:
    """The metric, which cannot be deleted before this transaction ends; None without one."""
    query = _living(workspace).where(_c.id == id).with_for_update(read=True)
    row = tx.execute(query).one_or_none()
    return None if row is None else of(row)


def of_type(tx: Connection, workspace: str, seat_type: str) -> SeatMetric | None:
    """The metric of a seat type, which cannot be deleted before this transaction ends."""
    query = _living(workspace).where(_c.seat_type == seat_type).with_for_update(read=True)
    row = tx.execute(query).one_or_none()
    return None if row is None else of(row)


def listed(tx: Connection, workspace: str, request: PageRequest) -> Page:
    """A page of seat metrics."""
    return page(tx, _living(workspace), request, id_column=_c.id)


def priced_by(tx: Connection, workspace: str, id: str) -> str | None:
    """A price in force, or a list price of the catalogue, that counts the metric: its name."""
    for table, gone in ((prices, prices.c.deleted_at), (list_prices, list_prices.c.archived_at)):
        query = select(table.c.name).where(
            table.c.workspace_id == workspace, table.c.seat_metric_id == id, gone.is_(None)
        )
        found = tx.execute(query.limit(1)).scalar()
        if found is not None:
            return str(found)
    return None


def of(row: Row[Any]) -> SeatMetric:
    """The value of a row."""
    return SeatMetric(
        row.id,
        row.seat_type,
        row.label,
        row.description,
        row.created_by,
        row.created_at,
        row.updated_at,
    )


def _living(workspace: str) -> Select[Any]:
    return select(seat_metrics).where(_c.workspace_id == workspace, _c.deleted_at.is_(None))
