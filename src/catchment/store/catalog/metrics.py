"""Usage metrics as they are kept and shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from catchment.core.terms.pricing import Price
from catchment.core.usage.metering import Aggregation, Metric
from catchment.core.usage.parameters import Parameter
from catchment.core.values.errors import NotFound
from catchment.store.catalog import structures
from catchment.store.catalog.metered import metric_of, parameters_of
from catchment.store.engine import lock
from catchment.store.paging import Page, PageRequest, page
from catchment.store.schema import list_prices, prices, usage_metrics
from catchment.store.search import contains

_c = usage_metrics.c


@dataclass(frozen=True, slots=True)
class Terms:
    """What a metric counts and what it is called."""

    name: str
    description: str | None
    event_type: str
    aggregation: Aggregation
    aggregation_property: str | None
    percentile: str | None
    expression: str | None
    parameters: Sequence[Parameter]
    unit: str | None
    property_filters: Mapping[str, Sequence[str]]
    properties_to_negate: Sequence[str]
    case_sensitive: bool

    @property
    def metric_type(self) -> str:
        """What the API calls it: CUSTOM metrics have an expression, others are SIMPLE."""
        return "CUSTOM" if self.aggregation is Aggregation.CUSTOM else "SIMPLE"


@dataclass(frozen=True, slots=True)
class StoredMetric:
    """A metric, and how ``core`` understands it."""

    id: str
    terms: Terms
    created_at: datetime
    deleted_at: datetime | None
    meaning: Metric


@dataclass(frozen=True, slots=True)
class PricedBy:
    """A price or list price in force that measures a metric."""

    name: str
    structure: Mapping[str, Any]
    parameters: Sequence[Mapping[str, str]]  # parameterId, value

    @property
    def price(self) -> Price:
        """What it charges."""
        return structures.parse(self.structure)


def hold_names(tx: Connection, workspace: str) -> None:
    """Be the only one to name metrics until the transaction ends."""
    lock(tx, "metrics", workspace)


def add(tx: Connection, workspace: str, id: str, terms: Terms, at: datetime) -> StoredMetric:
    """Keep a new metric."""
    tx.execute(
        insert(usage_metrics).values(
            id=id, workspace_id=workspace, created_at=at, **_columns(terms)
        )
    )
    return one(tx, workspace, id)


def save(tx: Connection, workspace: str, id: str, terms: Terms) -> StoredMetric:
    """Replace what is kept of a metric."""
    mine = (_c.workspace_id == workspace, _c.id == id)
    tx.execute(update(usage_metrics).where(*mine).values(**_columns(terms)))
    return one(tx, workspace, id)


def delete(tx: Connection, workspace: str, id: str, at: datetime) -> None:
    """Forget a metric that nothing measures; its name is free again."""
    mine = (_c.workspace_id == workspace, _c.id == id)
    tx.execute(update(usage_metrics).where(*mine).values(deleted_at=at, live_key=id))


def one(tx: Connection, workspace: str, id: str, *, to_change: bool = False) -> StoredMetric:
    """The metric, locked until the end of the transaction if ``to_change``. Raises NotFound."""
    query = _living(workspace).where(_c.id == id)
    row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no usage metric {id}.")
    return of(row)


def names(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, str]:
    """What metrics are called, deleted ones too."""
    query = select(_c.id, _c.name).where(_c.workspace_id == workspace, _c.id.in_(ids))
    return {row.id: row.name for row in tx.execute(query)}


def named(tx: Connection, workspace: str, name: str) -> str | None:
    """The id of the metric with that name."""
    query = select(_c.id).where(
        _c.workspace_id == workspace, _c.name == name, _c.deleted_at.is_(None)
    )
    return tx.execute(query).scalar_one_or_none()


def listed(
    tx: Connection,
    workspace: str,
    request: PageRequest,
    *,
    name: str | None = None,
    ids: Collection[str] = (),
    event_types: Collection[str] = (),
    event_properties: Collection[str] = (),
    aggregations: Collection[str] = (),
) -> Page:
    """A page of metrics; ``name`` is part of it in any case, empty filters keep everything."""
    query = _living(workspace)
    if name:
        query = query.where(contains(_c.name, name))
    for column, wanted in (
        (_c.id, ids),
        (_c.event_type, event_types),
        (_c.aggregation_property, event_properties),
        (_c.aggregation_type, aggregations),
    ):
        if wanted:
            query = query.where(column.in_(sorted(wanted)))
    return page(tx, query, request, id_column=_c.id)


def priced_by(tx: Connection, workspace: str, id: str) -> list[PricedBy]:
    """The prices in force that measure the metric, and the list prices of the catalogue."""
    found = []
    for table, gone in ((prices, prices.c.deleted_at), (list_prices, list_prices.c.archived_at)):
        set_by = table.c.custom_metric_parameters
        query = select(table.c.name, table.c.structure, set_by).where(
            table.c.workspace_id == workspace, table.c.usage_metric_id == id, gone.is_(None)
        )
        found += [PricedBy(*row) for row in tx.execute(query)]
    return found


def of(row: Row[Any]) -> StoredMetric:
    """A row of ``usage_metrics`` as a value."""
    terms = Terms(
        name=row.name,
        description=row.description,
        event_type=row.event_type,
        aggregation=Aggregation(row.aggregation_type),
        aggregation_property=row.aggregation_property,
        percentile=row.percentile,
        expression=row.expression,
        parameters=parameters_of(row),
        unit=row.unit,
        property_filters=row.property_filters,
        properties_to_negate=row.properties_to_negate,
        case_sensitive=row.case_sensitive,
    )
    return StoredMetric(row.id, terms, row.created_at, row.deleted_at, metric_of(row))


def _living(workspace: str) -> Select[Any]:
    return select(usage_metrics).where(_c.workspace_id == workspace, _c.deleted_at.is_(None))


def _columns(terms: Terms) -> dict[str, Any]:
    values = asdict(terms)
    values["aggregation_type"] = values.pop("aggregation").value
    values["parameters"] = values["parameters"] or None
    return values | {"metric_type": terms.metric_type}
