"""/usage-metrics: what is counted of the events, and how much it comes to."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from fastapi import Path, Query, Response
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from catchment.api.deps import (
    NewestFirst,
    NewId,
    Now,
    PathId,
    Tx,
    Usage,
    WhoIs,
    comma_list,
)
from catchment.api.route import router
from catchment.api.wire import At, Day, Flag, Name, Pagination, Text, Wire
from catchment.core.errors import Invalid, NotSupportedYet
from catchment.core.metering import Aggregation, text_of
from catchment.core.money import decimal_text
from catchment.core.period import Period, day_after
from catchment.flows import ask_usage, change_metric
from catchment.store import metrics

routes = router("/usage-metrics", "Usage metrics")
_MOST_FILTERS = 50
_MOST_ALTERNATIVES = 1_000
_MOST_CUSTOMERS = 1_000


def _alternative(value: Any) -> str:
    text = text_of(value)
    if text is None:
        raise ValueError("A text, a number, true or false is expected.")
    return text


def _some(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Alternative = Annotated[
    str,
    BeforeValidator(_alternative, json_schema_input_type=str | float | bool),
    Field(max_length=2000),
]
Alternatives = Annotated[
    list[Alternative],
    Field(min_length=1, max_length=_MOST_ALTERNATIVES),
    AfterValidator(_some),
]
PropertyName = Annotated[str, Field(min_length=1, max_length=255)]


class UsageMetricIn(Wire):
    """What to count: events of ``eventType`` that pass every filter.

    A filter's values are alternatives; for a property in ``propertiesToNegate`` they are what must
    not be. All but COUNT read ``aggregationProperty``. LATEST is the number in the last event that
    has one, over several customers the sum of each one's.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "EU tokens",
                "metricType": "SIMPLE",
                "eventType": "api_call",
                "aggregationType": "SUM",
                "aggregationProperty": "tokens",
                "propertyFilters": {"region": ["eu"]},
                "propertiesToNegate": [],
                "caseSensitive": True,
                "unit": "tokens",
            }
        }
    )

    name: Name
    description: Text | None = None
    metric_type: Literal["SIMPLE", "GROUPED", "CUSTOM"]
    event_type: Annotated[str, Field(min_length=1, max_length=255)]
    aggregation_type: Literal[
        "COUNT",
        "SUM",
        "UNIQUE",
        "MAX",
        "CUSTOM",
        "LATEST",
        "AVERAGE",
        "PERCENTILE",
        "TIME_WEIGHTED_SUM",
    ]
    aggregation_property: PropertyName | None = None
    grouping_property: PropertyName | None = None
    unit: Name | None = None
    property_filters: Annotated[
        dict[PropertyName, Alternatives], Field(max_length=_MOST_FILTERS)
    ] = Field(default_factory=dict)
    case_sensitive: Flag = True
    properties_to_negate: Annotated[list[PropertyName], Field(max_length=_MOST_FILTERS)] = Field(
        default_factory=list
    )

    def terms(self) -> metrics.Terms:
        """What it says. Raises NotSupportedYet."""
        if self.metric_type != "SIMPLE":
            raise NotSupportedYet.field(
                "/metricType", f"{self.metric_type} metrics do not exist yet."
            )
        if self.grouping_property is not None:
            message = "Grouping by a property does not exist yet."
            raise NotSupportedYet.field("/groupingProperty", message)
        if self.aggregation_type not in set(Aggregation):
            message = f"The aggregation {self.aggregation_type} does not exist yet."
            raise NotSupportedYet.field("/aggregationType", message)
        return metrics.Terms(
            name=self.name,
            description=self.description,
            event_type=self.event_type,
            aggregation=Aggregation(self.aggregation_type),
            aggregation_property=self.aggregation_property,
            unit=self.unit,
            property_filters=self.property_filters,
            properties_to_negate=_some(self.properties_to_negate),
            case_sensitive=self.case_sensitive,
        )


class UsageMetricOut(Wire):
    id: str
    sequence_account_id: str
    name: str
    description: str | None = None
    metric_type: str
    event_type: str
    aggregation_type: str
    aggregation_property: str | None = None
    unit: str | None = None
    created_at: At
    deleted_at: At | None = None
    property_filters: dict[str, list[str]]
    case_sensitive: bool
    properties_to_negate: list[str]
    parameters: list[Any] = Field(default_factory=list)

    @classmethod
    def of(cls, metric: metrics.StoredMetric, workspace: str) -> "UsageMetricOut":
        """The metric as it is shown."""
        terms = metric.terms
        return cls(
            id=metric.id,
            sequence_account_id=workspace,
            name=terms.name,
            description=terms.description,
            metric_type="SIMPLE",
            event_type=terms.event_type,
            aggregation_type=terms.aggregation,
            aggregation_property=terms.aggregation_property,
            unit=terms.unit,
            created_at=metric.created_at,
            deleted_at=metric.deleted_at,
            property_filters={name: list(texts) for name, texts in terms.property_filters.items()},
            case_sensitive=terms.case_sensitive,
            properties_to_negate=list(terms.properties_to_negate),
        )


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
def update_usage_metric(id: PathId, body: UsageMetricIn, tx: Tx, who: WhoIs) -> UsageMetricOut:
    """Replace a metric, for past usage too; drafts take it when they are calculated again."""
    changed = change_metric.change(tx, who.workspace.id, id, body.terms())
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
    custom_parameters: Annotated[str | None, Query(alias="customParameters")] = None,
) -> Response:
    """Usage of some aliases taken together. A customer's id stands for all its aliases."""
    if custom_parameters:
        message = "Parameters belong to CUSTOM metrics, which do not exist yet."
        raise NotSupportedYet.field("?customParameters", message)
    metric = metrics.one(tx, who.workspace.id, usage_metric_id)
    span = _period(period_start, period_end, "?periodEnd").span(who.zone)
    found = ask_usage.calculate(
        tx,
        usage,
        who.workspace.id,
        metric.meaning,
        _few(customer_aliases, "?customerAliases"),
        span,
    )
    terms = metric.terms
    answer: dict[str, Any] = {
        "name": terms.name,
        "metricType": "SIMPLE",
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
