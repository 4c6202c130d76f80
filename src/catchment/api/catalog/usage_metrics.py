"""/usage-metrics: what is counted of the events, and how much it comes to."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import Path, Query, Response

from catchment.api.catalog.metric_wire import UsageMetricIn, UsageMetricOut
from catchment.api.edge.deps import (
    NewestFirst,
    NewId,
    Now,
    PathId,
    Tx,
    Usage,
    WhoIs,
    comma_list,
)
from catchment.api.edge.route import router
from catchment.api.edge.wire import Day, Pagination, Wire
from catchment.core.usage.parameters import settled
from catchment.core.values.errors import Invalid
from catchment.core.values.money import decimal_text
from catchment.core.values.period import Period, day_after
from catchment.flows.schedules import change_metric
from catchment.flows.usage import ask_usage
from catchment.store.catalog import metrics

routes = router("/usage-metrics", "Usage metrics")
_MOST_CUSTOMERS = 1_000


class UsageMetricsOut(Wire):
    items: list[UsageMetricOut]
    pagination: Pagination


class CalculationOut(Wire):
    """``value`` is a JSON number with all its digits."""

    name: str
    metric_type: str
    event_type: str
    aggregation_type: str
    event_count: int
    value: float
    unit: str | None = None
    min_event_id: str | None = None
    max_event_id: str | None = None


class UsageBucketOut(Wire):
    period_start: date
    value: float
    event_count: int


class UsageChartOut(Wire):
    items: list[UsageBucketOut]


MetricId = Annotated[PathId, Path(alias="usageMetricId")]
PeriodStart = Annotated[Day, Query(alias="periodStart")]
PeriodEnd = Annotated[Day, Query(alias="periodEnd", description="The last day, included.")]


@routes.post("", status_code=201)
def create_usage_metric(
    body: UsageMetricIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> UsageMetricOut:
    """Define what to count. It counts events that came before, too."""
    workspace = who.workspace.id
    made = change_metric.create(tx, workspace, body.terms(), new_id=new_id, now=now)
    return UsageMetricOut.of(made, workspace)


@routes.get("")
def list_usage_metrics(
    *,
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    name: Annotated[str | None, Query(description="Part of the name.")] = None,
    id: Annotated[str | None, Query(description="Comma-separated.")] = None,
    event_type: Annotated[
        str | None, Query(alias="eventType", description="Comma-separated.")
    ] = None,
    event_property: Annotated[
        str | None,
        Query(alias="eventProperty", description="Aggregated properties, comma-separated."),
    ] = None,
    aggregation_type: Annotated[
        str | None, Query(alias="aggregationType", description="Comma-separated.")
    ] = None,
) -> UsageMetricsOut:
    """Usage metrics, newest first."""
    page = metrics.listed(
        tx,
        who.workspace.id,
        paging,
        name=name,
        ids=comma_list(id),
        event_types=comma_list(event_type),
        event_properties=comma_list(event_property),
        aggregations=comma_list(aggregation_type),
    )
    items = [UsageMetricOut.of(metrics.of(row), who.workspace.id) for row in page.rows]
    return UsageMetricsOut(items=items, pagination=Pagination.of(page))


@routes.get("/{id}")
def show_usage_metric(id: PathId, tx: Tx, who: WhoIs) -> UsageMetricOut:
    """One usage metric."""
    return UsageMetricOut.of(metrics.one(tx, who.workspace.id, id), who.workspace.id)


@routes.put("/{id}")
def update_usage_metric(
    id: PathId, body: UsageMetricIn, tx: Tx, who: WhoIs, new_id: NewId
) -> UsageMetricOut:
    """Replace a metric, for past usage too; drafts take it when they are calculated again.

    A CUSTOM metric keeps its expression and its parameters where they are left out.
    """
    before = metrics.one(tx, who.workspace.id, id).terms
    changed = change_metric.change(tx, who.workspace.id, id, body.terms(before), new_id=new_id)
    return UsageMetricOut.of(changed, who.workspace.id)


@routes.delete("/{id}")
def delete_usage_metric(id: PathId, tx: Tx, who: WhoIs, now: Now) -> UsageMetricOut:
    """Delete a metric that no price measures."""
    deleted = change_metric.delete(tx, who.workspace.id, id, now=now)
    return UsageMetricOut.of(deleted, who.workspace.id)


@routes.get(
    "/{usageMetricId}/calculate",
    response_class=Response,
    responses={200: {"model": CalculationOut}},
)
def calculate_usage_metric(
    usage_metric_id: MetricId,
    period_start: PeriodStart,
    period_end: PeriodEnd,
    tx: Tx,
    who: WhoIs,
    usage: Usage,
    customer_aliases: Annotated[
        str,
        Query(alias="customerAliases", description="Aliases or customer ids, comma-separated."),
    ],
    custom_parameters: Annotated[
        str | None,
        Query(
            alias="customParameters",
            description="Of a CUSTOM metric: name=number or id=number, comma-separated.",
        ),
    ] = None,
) -> Response:
    """Usage of some aliases taken together. A customer's id stands for all its aliases."""
    metric = metrics.one(tx, who.workspace.id, usage_metric_id)
    meaning = replace(metric.meaning, parameters=_settled(metric, custom_parameters or ""))
    span = _period(period_start, period_end, "?periodEnd").span(who.zone)
    found = ask_usage.calculate(
        tx,
        usage,
        who.workspace.id,
        meaning,
        _few(customer_aliases, "?customerAliases"),
        span,
    )
    terms = metric.terms
    answer: dict[str, Any] = {
        "name": terms.name,
        "metricType": terms.metric_type,
        "eventType": terms.event_type,
        "aggregationType": terms.aggregation,
        "eventCount": found.usage.event_count,
        "value": _number(found.usage.pooled),
    }
    if terms.unit is not None:
        answer["unit"] = terms.unit
    if found.ids is not None:
        answer["minEventId"], answer["maxEventId"] = found.ids
    return _json(answer)


@routes.get(
    "/{usageMetricId}/usage", response_class=Response, responses={200: {"model": UsageChartOut}}
)
def chart_usage_metric(
    *,
    usage_metric_id: MetricId,
    tx: Tx,
    who: WhoIs,
    usage: Usage,
    customer_ids: Annotated[str, Query(alias="customerIds", description="Comma-separated.")],
    start: Annotated[Day, Query(alias="from")],
    end: Annotated[Day, Query(alias="to", description="The last day, included.")],
    bucket: Annotated[ask_usage.Step, Query()] = ask_usage.Step.DAY,
    include_descendants: Annotated[bool, Query(alias="includeDescendants")] = False,
) -> Response:
    """Usage of customers taken together, by day or month; with all who were below them if asked."""
    metric = metrics.one(tx, who.workspace.id, usage_metric_id)
    found = ask_usage.chart(
        tx,
        usage,
        who.workspace.id,
        metric.meaning,
        [id.lower() for id in _few(customer_ids, "?customerIds")],
        _period(start, end, "?to"),
        who.zone,
        bucket,
        descendants=include_descendants,
    )
    return _json(
        {
            "items": [
                {
                    "periodStart": day.isoformat(),
                    "value": _number(one.value),
                    "eventCount": one.event_count,
                }
                for day, one in found
            ]
        }
    )


def _period(first: date, last: date, pointer: str) -> Period:
    if last < first:
        raise Invalid.field(pointer, "The last day must not come before the first.")
    return Period(first, day_after(last))


def _settled(metric: metrics.StoredMetric, text: str) -> tuple[tuple[str, Decimal], ...]:
    """The metric's parameters, with those that ``text`` sets."""
    known = {name: one for one in metric.terms.parameters for name in (one.name, one.id)}
    values: dict[str, str] = {}
    for part in comma_list(text):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in known:
            raise Invalid.field("?customParameters", f"The metric has no parameter {name!r}.")
        problem = known[name].problem_with(number)
        if problem is not None:
            raise Invalid.field("?customParameters", problem)
        values[known[name].id] = number
    return settled(metric.terms.parameters, values)


def _few(text: str, pointer: str) -> tuple[str, ...]:
    values = comma_list(text)
    if not 0 < len(values) <= _MOST_CUSTOMERS:
        raise Invalid.field(pointer, f"Between 1 and {_MOST_CUSTOMERS} values are expected.")
    return values


def _number(value: Decimal) -> msgspec.Raw:
    """A JSON number with exactly its digits."""
    return msgspec.Raw(decimal_text(value).encode())


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
