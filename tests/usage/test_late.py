"""The first look at what came late misses nobody, and finds nothing where nothing came."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment import ids
from catchment.core.usage.metering import Event, current
from catchment.core.values.period import Span
from catchment.store import access
from catchment.store.engine import writing
from catchment.usage import MeasuredTo, UsageStore
from catchment.usage.embedded.segments import Kind, Segment, new_since
from tests.usage.world import START, events, send, spans

FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def counting(known: list[Event], span: Span) -> dict[str, set[str]]:
    """The events of the type that count within a span, by the name they came under."""
    found: dict[str, set[str]] = {}
    for event in current(known):
        if event.event_type == "call" and event.at in span:
            found.setdefault(event.alias, set()).add(event.id)
    return found


@FEW
@given(
    st.lists(events(), min_size=1, max_size=12),
    st.lists(events(), min_size=1, max_size=6),
    spans(),
    st.tuples(st.booleans(), st.booleans()),
)
def test_every_name_is_found_whose_events_are_others_than_were_measured(
    engine: Engine,
    usage: UsageStore,
    before: list[Event],
    after: list[Event],
    span: Span,
    loaded: tuple[bool, bool],
) -> None:
    with writing(engine) as tx:
        home = access.named_workspace(tx, name=ids.new_id(), id=ids.new_id(), at=START).id
    send(engine, usage, home, before)
    if loaded[0]:
        usage.catch_up(home)
    measured = [MeasuredTo("call", span, usage.reading(home, ()).last_seq, START)]
    nothing = usage.late(home, measured, ())

    send(engine, usage, home, after)
    if loaded[1]:
        usage.catch_up(home)
    found = {name for _, name in usage.late(home, measured, ())}

    was, is_now = counting(before, span), counting([*before, *after], span)
    changed = {name for name in was.keys() | is_now.keys() if was.get(name) != is_now.get(name)}
    assert nothing == []
    assert changed <= found


def test_files_are_opened_only_for_what_is_new_since_it_was_measured() -> None:
    def segment(kind: Kind, first: int, last: int) -> Segment:
        return Segment(f"{kind} {first}", kind, "", 1, first, last, START)

    old, older, new = (segment(Kind.EVENTS, first, first + 9) for first in (1, 11, 21))
    marks = segment(Kind.MARKS, 12, 12)

    assert new_since([old, older, new], [old, older, new], 20, []) == [new]
    assert new_since([old, older, new], [old, older, new], 19, [3]) == [old, older, new]
    assert new_since([old, older, new], [old, older, new, marks], 25, []) == [older, new]
    assert new_since([old, older, new], [old, older, new], 30, []) == []


def test_a_name_is_found_that_was_given_after_it_was_asked_for(
    engine: Engine, usage: UsageStore, workspace: access.Workspace
) -> None:
    at = START + timedelta(days=1)
    send(engine, usage, workspace.id, [Event("1", "1", "x", "call", at, {})])
    last = usage.reading(workspace.id, ()).last_seq
    measured = [MeasuredTo("call", Span(START, START + timedelta(days=2)), last, at)]

    later, before = [("x", at + timedelta(days=1))], [("x", at)]

    assert usage.late(workspace.id, measured, later) == [(0, "x")]
    assert usage.late(workspace.id, measured, before) == []
