"""What would be, if events were taken in, is what is once they are; and nobody else sees it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import Event, UsageQuery
from catchment.store.engine import writing
from catchment.usage import UsageStore
from catchment.usage.intake.events import batches, cancellation
from tests.usage.test_conformance import LOADS, new_workspace
from tests.usage.world import START, events, queries, send, sent


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    LOADS,
    st.lists(st.one_of(events(), st.integers(0, 12).map(str)), min_size=1),
    st.lists(queries(), min_size=1, max_size=4),
)
def test_what_is_supposed_is_what_comes(
    engine: Engine,
    usage: UsageStore,
    loads: list[tuple[list[Event], bool]],
    coming: list[Event | str],
    asked: list[UsageQuery],
) -> None:
    home, other = new_workspace(engine), new_workspace(engine)
    for batch, load in loads:
        send(engine, usage, home, batch)
        if load:
            usage.catch_up(home)
    rows = [cancellation(one) if isinstance(one, str) else sent(one) for one in coming]
    before, elsewhere = usage.measure(home, asked), usage.measure(other, asked)
    supposing = usage.supposing(home, rows, START)

    supposed = supposing.measure(home, asked)

    assert (usage.measure(home, asked), supposing.measure(other, asked)) == (before, elsewhere)
    with writing(engine) as tx:
        for one in batches(rows):
            usage.accept(tx, home, one, START)
    assert supposed == usage.measure(home, asked)
