"""Every aggregation over the same events: the store and the definition agree, edges and charts included."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal as D
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import (
    OF_EVENTS,
    Aggregation,
    Event,
    Member,
    Metric,
    UsageQuery,
    measure,
)
from catchment.core.values.period import Span, intersect
from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.usage.test_conformance import new_workspace
from tests.usage.world import EXPRESSIONS, PERCENTILES, START, event, send

HUGE = "999999999999999.999999999999"
VALUES = st.one_of(
    st.decimals(-9, 30, places=2).map(str),
    st.sampled_from([None, "", "x", "0", "1", "1.0", "-0", "0.000000000001", "-0.000000000001"]),
    st.sampled_from([HUGE, f"-{HUGE}", "1000000000000000", "0.333333333333", "1e3"]),
)
TOLD = st.lists(
    st.tuples(
        st.integers(0, 30),  # the sender's id: some replace others
        st.sampled_from("abcd"),
        st.integers(-3, 9),  # few instants, so that acknowledgement decides
        VALUES,
        st.sampled_from([None, "eu", "EU", "straße", ""]),
    ),
    min_size=1,
    max_size=30,
)
HOURS = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted)
FILTERS = [
    {},
    {"filters": (("region", frozenset({"eu", "STRASSE"})),)},
    {"filters": (("region", frozenset({"eu", ""})),), "case_sensitive": False},
    {"filters": (("region", frozenset({"eu"})),), "negated": frozenset({"region"})},
]


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def span(start: int, end: int) -> Span:
    return Span(at(start), at(end))


def metrics(filters: dict, percentile: D, expression: str) -> list[Metric]:
    """One of each aggregation."""
    more: dict[Aggregation, dict] = {
        Aggregation.COUNT: {"property": None},
        Aggregation.PERCENTILE: {"percentile": percentile},
        Aggregation.CUSTOM: {
            "property": None,
            "expression": expression,
            "parameters": (("w", D("1.5")),),
        },
    }
    return [
        Metric("m", "call", kind, **({"property": "n"} | filters | more.get(kind, {})))
        for kind in OF_EVENTS
    ]


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    TOLD,
    st.tuples(st.lists(HOURS, min_size=1, max_size=3), st.lists(HOURS, min_size=1, max_size=2)),
    st.sampled_from(FILTERS),
    st.sampled_from(PERCENTILES),
    st.sampled_from(EXPRESSIONS),
    st.integers(0, 30),
)
def test_each_aggregation_is_what_its_definition_says(
    engine: Engine,
    usage: UsageStore,
    told: list,
    belonging: tuple[list[list[int]], list[list[int]]],
    filters: dict,
    percentile: D,
    expression: str,
    loaded: int,
) -> None:
    workspace_id = new_workspace(engine)
    sent = [
        event(
            number,
            customer_event_id=str(sender),
            alias=alias,
            at=at(hour),
            properties={
                name: text
                for name, text in {"n": n, "Ünïcode": n, "region": region}.items()
                if text is not None
            },
        )
        for number, (sender, alias, hour, n, region) in enumerate(told)
    ]
    for batch in filter(None, (sent[:loaded], sent[loaded:])):
        send(engine, usage, workspace_id, batch)
        if loaded:
            usage.catch_up(workspace_id)
    members = (
        Member("p", ("a", "b"), tuple(span(*hours) for hours in belonging[0])),
        Member("q", ("c",), tuple(span(*hours) for hours in belonging[1])),
        Member("r", ("d",), (span(0, 8),)),
    )
    kinds = metrics(filters, percentile, expression)
    asked = [
        UsageQuery(metric, members, want_values=True, bounds=(D(1), D(20))) for metric in kinds
    ]
    edges = [at(hour) for hour in (0, 1, 1, 3, 8)]

    answers = usage.measure(workspace_id, asked)
    charts = [usage.series(workspace_id, query, edges) for query in asked]

    assert answers == [measure(query, sent) for query in asked]
    for query, chart in zip(asked, charts, strict=True):
        cut = [within(query, Span(start, end)) for start, end in pairwise(edges)]
        expected = [measure(part, sent) for part in cut]
        assert [(b.value, b.event_count) for b in chart] == [
            (part.pooled, part.event_count) for part in expected
        ]


def within(query: UsageQuery, stretch: Span) -> UsageQuery:
    """The query with its members' spans cut to a stretch of time."""
    members = (
        replace(
            member, spans=tuple(part for one in member.spans for part in intersect((one,), stretch))
        )
        for member in query.members
    )
    return replace(query, members=tuple(members))


def test_what_stands_is_found_however_long_ago_it_was_told(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    metric = Metric("m", "call", Aggregation.TIME_WEIGHTED_SUM, "n")
    whole = UsageQuery(metric, (Member("p", ("a",), (span(0, 24),)),))
    sent: list[Event] = []
    for number, (hour, n) in enumerate([(-9999, "2"), (-20000, "100"), (6, "4"), (6, "8")]):
        sent.append(event(number, at=at(hour), properties={"n": n}))
        send(engine, usage, workspace.id, sent[-1:])
        usage.catch_up(workspace.id)
    reading = usage.reading(workspace.id, [whole])
    send(engine, usage, workspace.id, [event(9, customer_event_id="sent-0", alias="VOID")])

    [then] = usage.reading(workspace.id, [whole], reading.last_seq).answers
    [now] = usage.measure(workspace.id, [whole])

    assert reading.answers == [then] == [measure(whole, sent)]
    assert (then.pooled, now.pooled) == (2 * 6 + 8 * 18, 100 * 6 + 8 * 18)
    assert len(usage.counted(workspace.id, whole, reading.last_seq)) == then.event_count == 2


def test_ranks_are_those_of_the_pool_and_of_each_member(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    members = (Member("p", ("a",), (span(0, 24),)), Member("q", ("b",), (span(0, 24),)))
    values = [str(n * 7 % 20) for n in range(20)] + ["x", "5", "5"]
    sent = [
        event(number, alias="ab"[number % 2], at=at(number % 24), properties={"n": n})
        for number, n in enumerate(values)
    ]
    send(engine, usage, workspace.id, sent)
    asked = [
        UsageQuery(Metric("m", "call", Aggregation.PERCENTILE, "n", percentile=percentile), members)
        for percentile in PERCENTILES
    ]

    answers = usage.measure(workspace.id, asked)

    assert answers == [measure(query, sent) for query in asked]
    assert [one.pooled for one in answers] == [0, 5, 8, 18, 19]
