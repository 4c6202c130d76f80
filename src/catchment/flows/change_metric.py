"""What happens when a usage metric is made, changed or deleted.

A change holds for all usage, past usage too: drafts take it when they are calculated again,
finalised invoices stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.errors import Conflict, FieldError, Invalid
from catchment.core.metering import VALUING, Aggregation
from catchment.core.pricing import needs_values
from catchment.store import metrics
from catchment.store.metrics import StoredMetric, Terms


class MetricNameTaken(Conflict):
    """Another usage metric has this name."""

    code = "metric_name_taken"


class MetricInUse(Conflict):
    """A price measures this usage metric."""

    code = "metric_in_use"


def create(
    tx: Connection, workspace: str, terms: Terms, *, new_id: Callable[[], str], now: datetime
) -> StoredMetric:
    """Keep a new metric. Raises Invalid, MetricNameTaken."""
    _check(terms)
    metrics.hold_names(tx, workspace)
    _check_name(tx, workspace, terms.name, None)
    return metrics.add(tx, workspace, new_id(), terms, now)


def change(tx: Connection, workspace: str, id: str, terms: Terms) -> StoredMetric:
    """Replace a metric. Raises Invalid, NotFound, MetricNameTaken, MetricInUse."""
    _check(terms)
    metrics.hold_names(tx, workspace)
    metrics.one(tx, workspace, id, to_change=True)
    _check_name(tx, workspace, terms.name, id)
    if terms.aggregation not in VALUING:
        _check_values(tx, workspace, id)
    return metrics.save(tx, workspace, id, terms)


def delete(tx: Connection, workspace: str, id: str, *, now: datetime) -> StoredMetric:
    """Forget a metric that no price measures. Raises NotFound, MetricInUse."""
    metric = metrics.one(tx, workspace, id, to_change=True)
    users = metrics.priced_by(tx, workspace, id)
    if users:
        raise MetricInUse(
            f"The usage metric {metric.terms.name!r} is measured by the price {users[0].name!r}."
        )
    metrics.delete(tx, workspace, id, now)
    return replace(metric, deleted_at=now)


def _check(terms: Terms) -> None:
    if terms.aggregation is not Aggregation.COUNT and not terms.aggregation_property:
        message = f"{terms.aggregation} needs the property whose values it reads."
        raise Invalid.field("/aggregationProperty", message, "missing")
    for index, name in enumerate(terms.properties_to_negate):
        if name not in terms.property_filters:
            message = f"There is no filter on {name!r} that could be negated."
            raise Invalid.field(f"/propertiesToNegate/{index}", message)


def _check_name(tx: Connection, workspace: str, name: str, own: str | None) -> None:
    if metrics.named(tx, workspace, name) not in {None, own}:
        message = f"There is a usage metric {name!r} already."
        raise MetricNameTaken(message, errors=(FieldError("/name", MetricNameTaken.code, message),))


def _check_values(tx: Connection, workspace: str, id: str) -> None:
    """UNIQUE and LATEST give events no value, which some prices need."""
    for user in metrics.priced_by(tx, workspace, id):
        if needs_values(user.price):
            message = f"The price {user.name!r} bounds the price of each event by its value."
            raise MetricInUse(
                message, errors=(FieldError("/aggregationType", MetricInUse.code, message),)
            )
