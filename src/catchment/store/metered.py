"""Usage metrics as billing measures them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from catchment.core.metering import Aggregation, Metric
from catchment.store.schema import usage_metrics


def in_force(tx: Connection, workspace: str, id: str) -> Metric | None:
    """The metric, which cannot be deleted before this transaction ends; None without one."""
    c = usage_metrics.c
    query = select(usage_metrics).where(
        c.workspace_id == workspace, c.id == id, c.deleted_at.is_(None)
    )
    row = tx.execute(query.with_for_update(read=True)).one_or_none()
    return metric_of(row) if row else None


def metric_of(row: Row[Any]) -> Metric:
    """A row of ``usage_metrics`` as a value."""
    return Metric(
        id=row.id,
        event_type=row.event_type,
        aggregation=Aggregation(row.aggregation_type),
        property=row.aggregation_property,
        filters=tuple(
            (name, frozenset(values)) for name, values in sorted(row.property_filters.items())
        ),
        negated=frozenset(row.properties_to_negate),
        case_sensitive=row.case_sensitive,
    )
