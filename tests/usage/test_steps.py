"""Who used in which step of a tiered price: the store agrees with the definition, to the digit."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import (
    NO_STEPS,
    Aggregation,
    Event,
    Member,
    Metric,
    UsageQuery,
    measure,
)
from catchment.core.values.period import BEGINNING, FOREVER, Span
from catchment.usage import UsageStore
from catchment.usage.questions import measuring
from tests.usage.test_conformance import new_workspace
from tests.usage.world import START, event, send

COUNT = Metric("count", "call", Aggregation.COUNT)
SUM = Metric("sum", "call", Aggregation.SUM, "n")
ALWAYS = (Span(BEGINNING, FOREVER),)
MEMBERS = (
    Member("p", ("a", "b"), ALWAYS),
    Member("q", ("c",), ALWAYS),
    Member("r", ("d",), ALWAYS),
)

sent_events = st.lists(
    st.tuples(
        st.integers(0, 40),  # the sender's id: some replace others
        st.sampled_from("abcd"),
        st.integers(0, 6),  # few instants, so that acknowledgement decides
        st.one_of(
            st.decimals(-3, 12, places=2).map(str),
            st.sampled_from(["x", "", "0.000000000001", "999999999999999.999999999999"]),
        ),
    ),
    min_size=2,
    max_size=30,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    sent_events,
    st.integers(1, 29),
    st.sets(st.decimals("0.5", 40, places=1), min_size=1, max_size=4),
    st.booleans(),
)
def test_the_store_walks_the_pool_as_defined(
    engine: Engine, usage: UsageStore, drawn: list, cut: int, bounds: set[D], load: bool
) -> None:
    workspace_id = new_workspace(engine)
    sent: list[Event] = [
        event(
            number,
            customer_event_id=str(sender),
            alias=alias,
            at=START + timedelta(hours=hour),
            properties={"n": n},
        )
        for number, (sender, alias, hour, n) in enumerate(drawn)
    ]
    for batch in filter(None, (sent[:cut], sent[cut:])):
        send(engine, usage, workspace_id, batch)
        if load:
            usage.catch_up(workspace_id)
    ends = tuple(sorted(bounds))
    asked = [
        UsageQuery(SUM, MEMBERS, False, ends),
        UsageQuery(SUM, MEMBERS[:1], False, ends),
        UsageQuery(COUNT, MEMBERS, True, ends[:1]),
        UsageQuery(COUNT, MEMBERS),
        UsageQuery(replace(SUM, aggregation=Aggregation.MAX), MEMBERS, False, ends),
        UsageQuery(replace(SUM, aggregation=Aggregation.LATEST), MEMBERS, True, ends),
    ]

    answers = usage.measure(workspace_id, asked)

    assert answers == [measure(query, sent) for query in asked]
    for query, answer in zip(asked, answers, strict=True):
        if answer.steps is not NO_STEPS and answer.steps.members:
            parts = [sum(own) for own in answer.steps.members.values()]
            assert sum(parts) == answer.pooled
            assert answer.steps.bounds == query.bounds


def test_many_events_are_walked_where_they_lie(
    engine: Engine, usage: UsageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace_id = new_workspace(engine)
    sent = [
        event(n, alias="abcd"[n % 4], at=START + timedelta(hours=n), properties={"n": "3"})
        for n in range(12)
    ]
    send(engine, usage, workspace_id, sent)
    query = UsageQuery(SUM, MEMBERS, False, (D(5), D(20)))

    monkeypatch.setattr(measuring, "_KEPT", 11)
    [found] = usage.measure(workspace_id, [query])

    assert found == measure(query, sent)
    assert found.steps.members
