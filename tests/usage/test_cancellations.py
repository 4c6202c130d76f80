"""A cancellation takes away exactly what counted under its id, and nothing that comes later."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import Event, UsageQuery, measure
from catchment.store.engine import writing
from catchment.usage import UsageStore, batch
from catchment.usage.intake.events import cancellation
from tests.usage.test_conformance import new_workspace
from tests.usage.world import START, events, queries, sent

STEPS = st.lists(
    st.tuples(
        st.lists(st.one_of(events(), st.integers(0, 12).map(str)), min_size=1), st.booleans()
    ),
    max_size=4,
)
"""Requests of events and of ids to be cancelled, each loaded at once or not."""


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS, st.lists(queries(), min_size=1, max_size=4))
def test_what_was_cancelled_might_never_have_been_sent(
    engine: Engine,
    usage: UsageStore,
    steps: list[tuple[list[Event | str], bool]],
    asked: list[UsageQuery],
) -> None:
    workspace_id = new_workspace(engine)
    left: list[Event] = []
    for request, load in steps:
        with writing(engine) as tx:
            rows = [cancellation(one) if isinstance(one, str) else sent(one) for one in request]
            usage.accept(tx, workspace_id, batch(rows), START)
        for one in request:
            id = one if isinstance(one, str) else one.customer_event_id
            left = [event for event in left if event.customer_event_id != id]
            left += [] if isinstance(one, str) else [one]
        if load:
            usage.catch_up(workspace_id)

    answers = usage.measure(workspace_id, asked)
    counting = {event.customer_event_id for event in usage.standing(workspace_id, sorted(NUMBERS))}

    assert answers == [measure(query, left) for query in asked]
    assert counting == {event.customer_event_id for event in left}


NUMBERS = {str(number) for number in range(13)}
