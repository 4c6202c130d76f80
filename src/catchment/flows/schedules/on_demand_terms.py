"""What a price must be to be charged on demand: by the usage of single days, or single events."""

from __future__ import annotations

from collections.abc import Iterable

from catchment.core.terms.pricing import Graduated, Volume
from catchment.core.terms.schedules import Frequency
from catchment.core.usage.metering import GROWING, Aggregation, Metric
from catchment.core.values.errors import Invalid, NotSupportedYet
from catchment.store.catalog.price_terms import Terms

_METRIC = "/structure/usageMetricId"


def on_demand(terms: Terms) -> bool:
    """Whether it is charged for days on which something was used, or per event of those."""
    return terms.frequency.on_demand


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
        message = (
            f"Only usage can be charged {terms.frequency}: it is due for what was used, and where"
            " nothing was used nothing is due."
        )
        raise Invalid.field("/billingFrequency", message)
    price = terms.price
    if isinstance(price, Volume) and (len(price.tiers) > 1 or price.tiers[0].fee):
        raise NotSupportedYet.field(
            "/structure/tiers",
            f"Billed {terms.frequency} a VOLUME price has one tier without a fee: what is billed"
            " already when later usage reaches another tier is not supported yet. Tiers of a"
            " GRADUATED price are.",
        )


def check_metric(terms: Terms, metric: Metric) -> None:
    """Refuse what has a figure on days without an event, and per event what is no sum over events.

    Raises Invalid.
    """
    how = metric.aggregation
    if terms.frequency is Frequency.PER_EVENT and how not in GROWING:
        message = (
            f"Billed PER_EVENT every event is a line, and of a {how} metric no single event has a"
            " usage of its own: that needs COUNT, SUM or CUSTOM."
        )
        raise Invalid.field(_METRIC, message)
    if on_demand(terms) and how is Aggregation.TIME_WEIGHTED_SUM:
        message = (
            "A TIME_WEIGHTED_SUM metric has usage on days without any event, and on demand only"
            " days with events are charged."
        )
        raise Invalid.field(_METRIC, message)
