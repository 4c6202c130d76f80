"""What happens when a usage metric is made, changed or deleted.

A change holds for all usage, past usage too: drafts take it when they are calculated again,
finalised invoices stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from catchment.core.terms.pricing import continues, needs_values
from catchment.core.usage.expressions import parse
from catchment.core.usage.metering import GROWING, VALUING, Aggregation
from catchment.core.usage.parameters import Parameter
from catchment.core.values.errors import Conflict, Invalid
from catchment.core.values.ids import NewId
from catchment.store.catalog import metrics
from catchment.store.catalog.metrics import StoredMetric, Terms

_WITHOUT_PROPERTY = frozenset({Aggregation.COUNT, Aggregation.CUSTOM})


class MetricNameTaken(Conflict):
    """Another usage metric has this name."""

    code = "metric_name_taken"


class MetricInUse(Conflict):
    """A price measures this usage metric."""

    code = "metric_in_use"


def create(
    tx: Connection, workspace: str, terms: Terms, *, new_id: NewId, now: datetime
) -> StoredMetric:
    """Keep a new metric. Raises Invalid, MetricNameTaken.

    Parameters without an id get one.
    """
    _check(terms)
    terms = _identified(terms, (), new_id)
    metrics.hold_names(tx, workspace)
    _check_name(tx, workspace, terms.name, None)
    return metrics.add(tx, workspace, new_id(), terms, now)


def change(tx: Connection, workspace: str, id: str, terms: Terms, *, new_id: NewId) -> StoredMetric:
    """Replace a metric. Raises Invalid, NotFound, MetricNameTaken, MetricInUse.

    A parameter keeps the id of the one that it is named by, or whose name it has.
    """
    _check(terms)
    metrics.hold_names(tx, workspace)
    before = metrics.one(tx, workspace, id, to_change=True)
    terms = _identified(terms, before.terms.parameters, new_id)
    _check_name(tx, workspace, terms.name, id)
    _check_prices(tx, workspace, id, terms.aggregation)
    _check_set(tx, workspace, id, terms.parameters)
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
    kind = terms.aggregation
    if kind not in _WITHOUT_PROPERTY and not terms.aggregation_property:
        message = f"{kind} needs the property whose values it reads."
        raise Invalid.field("/aggregationProperty", message, "missing")
    _check_percentile(terms)
    _check_expression(terms)
    for index, name in enumerate(terms.properties_to_negate):
        if name not in terms.property_filters:
            message = f"There is no filter on {name!r} that could be negated."
            raise Invalid.field(f"/propertiesToNegate/{index}", message)


def _check_percentile(terms: Terms) -> None:
    wanted = terms.aggregation is Aggregation.PERCENTILE
    if terms.percentile is None:
        if wanted:
            message = 'PERCENTILE needs to know which one, such as "0.95".'
            raise Invalid.field("/percentile", message, "missing")
    elif not wanted:
        raise Invalid.field("/percentile", "Only PERCENTILE has a percentile.")
    elif not 0 < Decimal(terms.percentile) <= 1:
        message = "A percentile is a fraction above 0, up to and including 1."
        raise Invalid.field("/percentile", message)


def _check_expression(terms: Terms) -> None:
    """Only CUSTOM has one. It reads a property, and all its parameters."""
    given = {"/expression": terms.expression, "/parameters": list(terms.parameters) or None}
    if terms.aggregation is not Aggregation.CUSTOM:
        for pointer, value in given.items():
            if value is not None:
                raise Invalid.field(pointer, "Only CUSTOM metrics have an expression.")
        return
    if terms.aggregation_property is not None:
        message = "CUSTOM reads the properties that its expression names."
        raise Invalid.field("/aggregationProperty", message)
    if terms.expression is None:
        raise Invalid.field("/expression", "CUSTOM needs an expression.", "missing")
    names = parse(terms.expression).names
    known: set[str] = set()
    for index, one in enumerate(terms.parameters):
        pointer = f"/parameters/{index}"
        problem = one.problem_with(one.default)
        if problem is not None:
            raise Invalid.field(f"{pointer}/defaultValue", problem)
        if one.name in known:
            raise Invalid.field(f"{pointer}/name", f"There are two parameters {one.name!r}.")
        if one.name not in names:
            raise Invalid.field(f"{pointer}/name", f"The expression does not name {one.name!r}.")
        known.add(one.name)
    if known.issuperset(names):
        message = "The expression reads no property: what it comes to is the same for every event."
        raise Invalid.field("/expression", message)


def _identified(terms: Terms, before: Sequence[Parameter], new_id: NewId) -> Terms:
    by_name = {one.name: one.id for one in before}
    free = {one.id for one in before}
    claimed = free & {one.id for one in terms.parameters}
    parameters: list[Parameter] = []
    for one in terms.parameters:
        same = one.id if one.id in claimed else by_name.get(one.name, "")
        if same not in free or (same in claimed and same != one.id):
            same = new_id()
        free.discard(same)
        parameters.append(replace(one, id=same))
    return replace(terms, parameters=parameters)


def _check_name(tx: Connection, workspace: str, name: str, own: str | None) -> None:
    if metrics.named(tx, workspace, name) not in {None, own}:
        message = f"There is a usage metric {name!r} already."
        raise MetricNameTaken.field("/name", message)


def _check_set(tx: Connection, workspace: str, id: str, parameters: Sequence[Parameter]) -> None:
    """What prices have set must still be there to be set, and possible."""
    known = {one.id: one for one in parameters}
    for user in metrics.priced_by(tx, workspace, id):
        for one in user.parameters:
            parameter = known.get(one["parameterId"])
            if parameter is None:
                message = f"The price {user.name!r} sets a parameter that this would remove."
            elif parameter.problem_with(one["value"]) is not None:
                message = f"The price {user.name!r} sets {parameter.name!r} to {one['value']}."
            else:
                continue
            raise MetricInUse.field("/parameters", message)


def _check_prices(tx: Connection, workspace: str, id: str, how: Aggregation) -> None:
    """Only what is VALUING gives events a value, which some prices need; others need GROWING."""
    for user in metrics.priced_by(tx, workspace, id):
        message = None
        if needs_values(user.price) and how not in VALUING:
            message = f"The price {user.name!r} bounds the price of each event by its value."
        elif continues(user.price) and how not in GROWING:
            message = f"The tiers of the price {user.name!r} go on as every event adds to usage."
        if message is not None:
            raise MetricInUse.field("/aggregationType", message)
