"""Usage metrics as billing measures them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from catchment.core.usage.metering import Aggregation, Metric
from catchment.core.usage.parameters import Parameter, ParameterType, settled
from catchment.store.schema import usage_metrics

_BY_DEFAULT: Mapping[str, str] = MappingProxyType({})


class InForce(NamedTuple):
    """A metric by default, and what prices may set of it."""

    metric: Metric
    parameters: tuple[Parameter, ...]


def in_force(tx: Connection, workspace: str, id: str) -> InForce | None:
    """The metric, which cannot be deleted before this transaction ends; None without one."""
    c = usage_metrics.c
    query = select(usage_metrics).where(
        c.workspace_id == workspace, c.id == id, c.deleted_at.is_(None)
    )
    row = tx.execute(query.with_for_update(read=True)).one_or_none()
    return InForce(metric_of(row), parameters_of(row)) if row else None


def metrics_now(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, Metric]:
    """Those of ``ids`` that there are, or ever were, as they are defined now.

    What they leave open has its default.
    """
    query = select(usage_metrics).where(
        usage_metrics.c.workspace_id == workspace, usage_metrics.c.id.in_(ids)
    )
    return {row.id: metric_of(row) for row in tx.execute(query)}


def parameters_of(row: Row[Any]) -> tuple[Parameter, ...]:
    """What a row of ``usage_metrics`` leaves open."""
    return tuple(
        Parameter(**one | {"type": ParameterType(one["type"])}) for one in row.parameters or ()
    )


def metric_of(row: Row[Any], values: Mapping[str, str] = _BY_DEFAULT) -> Metric:
    """A row of ``usage_metrics`` as a value, with the ``values`` of a price by parameter id."""
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
        percentile=None if row.percentile is None else Decimal(row.percentile),
        expression=row.expression,
        parameters=settled(parameters_of(row), values),
    )
