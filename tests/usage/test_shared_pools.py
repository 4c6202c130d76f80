"""What is asked of many pools at once: each gets what it asked for, whatever else is asked."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine

from catchment.core.usage.metering import Aggregation, Event, Member, Metric, UsageQuery, measure
from catchment.core.values.period import ALWAYS
from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.usage.world import D, event, send

CALLS = Metric("calls", "call", Aggregation.COUNT)
SAME = Metric("the same again", "call", Aggregation.COUNT)
SENT = Metric("sent", "send", Aggregation.COUNT)
STOOD = Metric("stood", "call", Aggregation.TIME_WEIGHTED_SUM, "n")
STOOD_SENT = Metric("stood, too", "send", Aggregation.TIME_WEIGHTED_SUM, "n")
METRICS = [CALLS, SENT, STOOD, STOOD_SENT]
FAMILY = (Member("p", ("a", "b"), (ALWAYS,)), Member("q", ("c",), (ALWAYS,)))
CHILD = (Member("q", ("c",), (ALWAYS,)),)
NOBODY: tuple[Member, ...] = ()


def events() -> list[Event]:
    return [
        event(n, alias="abc"[n % 3], event_type=("call", "send")[n % 2], properties={"n": "2"})
        for n in range(18)
    ]


@pytest.mark.parametrize(
    "asked",
    [
        [UsageQuery(metric, pool) for metric in METRICS for pool in (FAMILY, CHILD)],
        [UsageQuery(CALLS, FAMILY), UsageQuery(SENT, CHILD)],
        [UsageQuery(CALLS, CHILD), UsageQuery(SENT, FAMILY), UsageQuery(SENT, CHILD)],
        [UsageQuery(CALLS, FAMILY), UsageQuery(SAME, FAMILY), UsageQuery(CALLS, FAMILY, True)],
        [UsageQuery(CALLS, NOBODY), UsageQuery(CALLS, CHILD), UsageQuery(SENT, NOBODY)],
        [
            UsageQuery(CALLS, FAMILY, bounds=(D(2), D(4))),
            UsageQuery(SENT, CHILD, bounds=(D(1),)),
            UsageQuery(SENT, FAMILY, want_events=True),
            UsageQuery(SAME, FAMILY, bounds=(D(5),)),
        ],
        [UsageQuery(STOOD, FAMILY), UsageQuery(STOOD, CHILD), UsageQuery(STOOD, FAMILY)],
    ],
)
def test_what_pools_share_is_told_apart(
    engine: Engine, usage: UsageStore, workspace: Workspace, asked: Sequence[UsageQuery]
) -> None:
    sent = events()
    send(engine, usage, workspace.id, sent)
    usage.catch_up(workspace.id)

    assert usage.measure(workspace.id, asked) == [measure(query, sent) for query in asked]


def test_days_are_those_of_what_each_pool_asked_for(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    sent = events()
    send(engine, usage, workspace.id, sent)
    asked = [
        UsageQuery(CALLS, FAMILY[:1]),
        UsageQuery(SENT, CHILD),
        UsageQuery(SAME, CHILD),
        UsageQuery(SENT, NOBODY),
    ]
    edges = sorted({one.at for one in sent})
    edges.append(edges[-1].replace(year=9998))

    found = usage.days_used(workspace.id, asked, edges)

    days = {one.at: edges.index(one.at) for one in sent}
    expected = [
        {
            days[one.at]
            for one in sent
            if one.event_type == query.metric.event_type
            and any(one.alias in member.aliases for member in query.members)
        }
        for query in asked
    ]
    assert found == expected
