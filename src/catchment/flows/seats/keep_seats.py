"""What happens when a seat metric is made, renamed or deleted, and when a seat event comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict, Invalid
from catchment.flows.schedules.change_metric import MetricInUse
from catchment.store.seats import seat_events, seat_metrics
from catchment.store.seats.seat_events import SeatEvent
from catchment.store.seats.seat_metrics import SeatMetric


class SeatTypeTaken(Conflict):
    """Another seat metric has this seat type."""

    code = "seat_type_taken"


def create(tx: Connection, workspace: str, metric: SeatMetric) -> None:
    """Keep a new seat metric. Raises SeatTypeTaken."""
    seat_metrics.hold_types(tx, workspace)
    if seat_metrics.of_type(tx, workspace, metric.seat_type) is not None:
        message = f"There is a seat metric {metric.seat_type!r} already."
        raise SeatTypeTaken.field("/seatType", message)
    seat_metrics.add(tx, workspace, metric)


def rename(
    tx: Connection, workspace: str, id: str, *, label: str, description: str | None, now: datetime
) -> SeatMetric:
    """Give a seat metric other words. Raises NotFound."""
    metric = seat_metrics.one(tx, workspace, id, to_change=True)
    metric = replace(metric, label=label, description=description, updated_at=now)
    seat_metrics.save(tx, workspace, metric)
    return metric


def delete(tx: Connection, workspace: str, id: str, *, now: datetime) -> SeatMetric:
    """Forget a seat metric that no price counts; its events stay. Raises NotFound, MetricInUse."""
    metric = seat_metrics.one(tx, workspace, id, to_change=True)
    price = seat_metrics.priced_by(tx, workspace, id)
    if price is not None:
        raise MetricInUse(f"The price {price!r} counts the seats {metric.seat_type!r}.")
    seat_metrics.delete(tx, workspace, id, now)
    return metric


def send(tx: Connection, workspace: str, event: SeatEvent, *, now: datetime) -> None:
    """Take a seat event in. Raises Invalid where there is no such seat type."""
    if seat_metrics.of_type(tx, workspace, event.seat_type) is None:
        raise Invalid.field("/seatType", f"There is no seat metric {event.seat_type!r}.")
    seat_events.add(tx, workspace, event, now)
