"""Short ways to write down what was agreed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from catchment.core.terms.pricing import Fixed, Linear, Price
from catchment.core.terms.schedules import Frequency, Phase, PricedItem, Schedule, Timing
from catchment.core.usage.metering import Aggregation, Metric

CALLS = Metric("calls", "api_call", Aggregation.COUNT)


def day(text: str) -> date:
    """``3-31`` is the last of March 2026; a year may come first."""
    parts = [int(part) for part in text.split("-")]
    return date(*parts) if len(parts) == 3 else date(2026, *parts)


def item(
    id: str = "fee",
    price: Price | None = None,
    frequency: Frequency = Frequency.MONTHLY,
    timing: Timing = Timing.IN_ARREARS,
    *,
    metric: Metric | None = None,
    product: str = "platform",
    currency: str = "EUR",
) -> PricedItem:
    chosen = price or (Fixed(D(300)) if metric is None else Linear(D(1)))
    words = (product, product.title(), id.title(), currency)
    known = (metric, None if metric is None else f"{metric.id} metered", "unit")
    return PricedItem(id, *words, chosen, frequency, timing, *known)


def phase(
    start: str, end: str | None, *items: PricedItem, id: str = "p1", resets: bool = False
) -> Phase:
    return Phase(id, day(start), None if end is None else day(end), items, resets)


def schedule(
    *phases: Phase,
    start: str | None = None,
    end: str | None = None,
    billing_day: int | None = 1,
    roll_up: bool = False,
    customer: str = "acme",
    id: str = "s1",
) -> Schedule:
    first = phases[0].start if start is None else day(start)
    last = None if end is None else day(end)
    return Schedule(id, customer, first, last, billing_day, roll_up, phases)
