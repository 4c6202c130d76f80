"""What a price must be to be charged on demand: by the usage of single days."""

from __future__ import annotations

from collections.abc import Iterable

from catchment.core.errors import Invalid, NotSupportedYet
from catchment.core.metering import Aggregation, Metric
from catchment.core.pricing import Graduated, Volume
from catchment.core.schedules import Frequency
from catchment.store.catalog.price_terms import Terms

_METRIC = "/structure/usageMetricId"


def on_demand(terms: Terms) -> bool:
    """Whether it is charged for days on which something was used."""
    return terms.frequency is Frequency.ON_DEMAND


def any_on_demand(prices: Iterable[Terms]) -> bool:
    """Whether one of them is."""
    return any(on_demand(terms) for terms in prices)


def has_tiers_that_go_on(terms: Terms) -> bool:
    """Whether the days of a phase share the tiers, whatever the price says of periods."""
    return on_demand(terms) and isinstance(terms.price, Graduated)


def check_on_demand(terms: Terms) -> None:
    """Refuse what has no usage, or no price for that of one day. Raises Invalid."""
    if not on_demand(terms):
        return
    if not terms.of_usage:
        message = "Only usage can be charged on demand: on days without any nothing is due."
        raise Invalid.field("/billingFrequency", message)
    price = terms.price
    if isinstance(price, Volume) and (len(price.tiers) > 1 or price.tiers[0].fee):
        raise NotSupportedYet.field(
            "/structure/tiers",
            "On demand a VOLUME price has one tier without a fee: what a day costs when later days"
            " reach another tier is not supported yet. Tiers of a GRADUATED price are.",
        )


def check_daily_metric(metric: Metric) -> None:
    """Refuse what has a figure on days without an event. Raises Invalid."""
    if metric.aggregation is Aggregation.TIME_WEIGHTED_SUM:
        message = (
            "A TIME_WEIGHTED_SUM metric has usage on days without any event, and on demand only"
            " days with events are charged."
        )
        raise Invalid.field(_METRIC, message)
