"""Usage metrics as they are asked for and shown."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from catchment.api.edge.wire import At, DecimalIn, Flag, IdIn, Name, Text, Wire
from catchment.core.usage.expressions import LONGEST
from catchment.core.usage.metering import OF_EVENTS, Aggregation
from catchment.core.usage.parameters import Parameter, ParameterType
from catchment.core.usage.properties import text_of
from catchment.core.values.errors import Invalid, NotSupportedYet
from catchment.core.values.money import decimal_text
from catchment.store.catalog import metrics

_MOST_FILTERS = 50
_MOST_PARAMETERS = 20
_MOST_ALTERNATIVES = 1_000


def _alternative(value: Any) -> str:
    text = text_of(value)
    if text is None:
        raise ValueError("A text, a number, true or false is expected.")
    return text


def _of_events(kind: Aggregation) -> Aggregation:
    if kind not in OF_EVENTS:
        raise ValueError("Seats are counted by seat metrics.")
    return kind


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

AggregationIn = Annotated[
    Aggregation,
    AfterValidator(_of_events),
    WithJsonSchema({"type": "string", "enum": list(OF_EVENTS)}),
]


class ParameterIn(Wire):
    """A number that the expression leaves open. A parameter keeps its id where its name stays."""

    id: IdIn | None = None
    usage_metric_id: IdIn | None = None
    name: Annotated[Name, Field(max_length=100)]
    type: ParameterType
    description: Text = ""
    default_value: DecimalIn

    def parameter(self) -> Parameter:
        """It as a value; a new one has an empty id."""
        default = decimal_text(self.default_value)
        return Parameter(self.id or "", self.name, self.type, self.description, default)


class ParameterOut(Wire):
    id: str
    usage_metric_id: str
    name: str
    type: ParameterType
    description: str
    default_value: str


class UsageMetricIn(Wire):
    """What to count: events of ``eventType`` that pass every filter.

    A filter's values are alternatives; for a property in ``propertiesToNegate`` they are what must
    not be. All but COUNT and CUSTOM read ``aggregationProperty``. LATEST is the number in the last
    event that has one, over several customers the sum of each one's. PERCENTILE takes the value at
    the nearest rank of ``percentile``, a fraction. TIME_WEIGHTED_SUM is in values by hours. CUSTOM
    adds up what ``expression`` makes of each event; its names are ``parameters``, which each price
    may set, or else properties.
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
    aggregation_type: AggregationIn
    aggregation_property: PropertyName | None = None
    percentile: DecimalIn | None = None
    expression: Annotated[str, Field(min_length=1, max_length=LONGEST)] | None = None
    parameters: Annotated[list[ParameterIn], Field(max_length=_MOST_PARAMETERS)] | None = None
    grouping_property: PropertyName | None = None
    unit: Name | None = None
    property_filters: Annotated[
        dict[PropertyName, Alternatives], Field(max_length=_MOST_FILTERS)
    ] = Field(default_factory=dict)
    case_sensitive: Flag = True
    properties_to_negate: Annotated[list[PropertyName], Field(max_length=_MOST_FILTERS)] = Field(
        default_factory=list
    )

    def terms(self, before: metrics.Terms | None = None) -> metrics.Terms:
        """What it says; an expression and parameters that it leaves out stay as ``before``.

        Raises Invalid, NotSupportedYet.
        """
        if self.metric_type == "GROUPED":
            raise NotSupportedYet.field("/metricType", "GROUPED metrics do not exist yet.")
        if self.grouping_property is not None:
            message = "Grouping by a property does not exist yet."
            raise NotSupportedYet.field("/groupingProperty", message)
        if (self.metric_type == "CUSTOM") != (self.aggregation_type is Aggregation.CUSTOM):
            message = "Metrics of the type CUSTOM aggregate by CUSTOM, and no others do."
            raise Invalid.field("/metricType", message)
        expression = self.expression
        parameters: Sequence[Parameter] = [one.parameter() for one in self.parameters or ()]
        if before is not None and self.aggregation_type is Aggregation.CUSTOM:
            expression = before.expression if expression is None else expression
            parameters = before.parameters if self.parameters is None else parameters
        return metrics.Terms(
            name=self.name,
            description=self.description,
            event_type=self.event_type,
            aggregation=self.aggregation_type,
            aggregation_property=self.aggregation_property,
            percentile=None if self.percentile is None else decimal_text(self.percentile),
            expression=expression,
            parameters=parameters,
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
    percentile: str | None = None
    expression: str | None = None
    unit: str | None = None
    created_at: At
    deleted_at: At | None = None
    property_filters: dict[str, list[str]]
    case_sensitive: bool
    properties_to_negate: list[str]
    parameters: list[ParameterOut]

    @classmethod
    def of(cls, metric: metrics.StoredMetric, workspace: str) -> "UsageMetricOut":
        """The metric as it is shown."""
        terms = metric.terms
        return cls(
            id=metric.id,
            sequence_account_id=workspace,
            name=terms.name,
            description=terms.description,
            metric_type=terms.metric_type,
            event_type=terms.event_type,
            aggregation_type=terms.aggregation,
            aggregation_property=terms.aggregation_property,
            percentile=terms.percentile,
            expression=terms.expression,
            unit=terms.unit,
            created_at=metric.created_at,
            deleted_at=metric.deleted_at,
            property_filters={name: list(texts) for name, texts in terms.property_filters.items()},
            case_sensitive=terms.case_sensitive,
            properties_to_negate=list(terms.properties_to_negate),
            parameters=[
                ParameterOut(
                    id=one.id,
                    usage_metric_id=metric.id,
                    name=one.name,
                    type=one.type,
                    description=one.description,
                    default_value=one.default,
                )
                for one in terms.parameters
            ],
        )
