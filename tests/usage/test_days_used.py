"""The days on which something was used are those that measuring finds events on."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.metering import Aggregation, Event, UsageQuery, measure
from catchment.core.period import Span, intersect, union
from catchment.usage import UsageStore
from tests.usage.test_conformance import new_workspace
from tests.usage.world import START, events, queries, send

EDGES = [START + timedelta(days=day) for day in range(-1, 8)]


def cut(query: UsageQuery, span: Span) -> UsageQuery:
    """How many events of one day count, whatever else is made of them."""
    members = tuple(replace(one, spans=intersect(union(one.spans), span)) for one in query.members)
    metric = replace(query.metric, aggregation=Aggregation.COUNT, property=None, expression=None)
    return UsageQuery(replace(metric, percentile=None, parameters=()), members)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(events(), max_size=12), st.booleans(), st.lists(queries(), min_size=1, max_size=5))
def test_a_day_is_used_where_an_event_counts(
    engine: Engine,
    usage: UsageStore,
    sent: list[Event],
    loaded: bool,
    asked: list[UsageQuery],
) -> None:
    workspace_id = new_workspace(engine)
    if sent:
        send(engine, usage, workspace_id, sent)
    if loaded:
        usage.catch_up(workspace_id)

    found = usage.days_used(workspace_id, asked, EDGES)

    assert found == [
        {
            place
            for place, (start, end) in enumerate(pairwise(EDGES))
            if measure(cut(query, Span(start, end)), sent).event_count
        }
        for query in asked
    ]
