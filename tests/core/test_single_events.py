"""A day's usage told apart by its events: nothing is lost, and each stands where it came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from catchment.core.terms.pricing import CalculationMode, Graduated, Tier, rate
from catchment.core.terms.single_events import by_event
from catchment.core.usage.metering import SingleEvent, Usage
from catchment.core.values.money import exact_sum

AT = datetime(2026, 1, 5, tzinfo=UTC)
VALUES = st.lists(st.decimals(-50, 200, places=2), min_size=1, max_size=8)
PRICE = Graduated(
    (Tier(D(100), D(1), fee=D(20)), Tier(D(250), D("0.75"), fee=D(5)), Tier(None, D("0.5"))),
    CalculationMode.CUMULATIVE,
)


def usage(values: list[D], reached: D) -> Usage:
    events = tuple(
        SingleEvent(f"e{n}", AT + timedelta(minutes=n), "pq"[n % 2], value)
        for n, value in enumerate(values)
    )
    return Usage(exact_sum(values), {}, len(values), {}, events=events, reached=reached)


@given(VALUES, st.decimals(0, 300, places=2))
def test_events_come_to_what_their_day_does(values: list[D], reached: D) -> None:
    day = usage(values, reached)

    found = by_event(day)

    assert [next(iter(one.members.values())) for one in found.values()] == values
    alone = [s.amount for one in found.values() for s in rate(PRICE, one.pooled, (), one.reached)]
    together = [s.amount for s in rate(PRICE, day.pooled, (), day.reached)]
    assert exact_sum(alone) == exact_sum(together)


def test_an_event_stands_after_those_before_it() -> None:
    found = by_event(usage([D(3), D(4), D(0)], D(10)))

    assert {id: one.reached for id, one in found.items()} == {"e0": 10, "e1": 13, "e2": 17}
    assert found["e1"] == replace(
        found["e1"], pooled=D(4), members={"q": D(4)}, event_count=1, values=((D(4), 1),)
    )
