"""The list of events: whole, in order and page by page, whatever was loaded or still waits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import Event, current
from catchment.store.access import Workspace
from catchment.store.paging import PageRequest
from catchment.usage import EventFilter, EventPageRequest, StoredEvent, UsageStore
from catchment.usage.intake.events import batch, cancellation
from tests.usage.test_conformance import LOADS, new_workspace
from tests.usage.world import ALIASES, START, TYPES, event, events, send

FILTERS = st.builds(
    EventFilter,
    aliases=st.none() | st.lists(ALIASES, max_size=3, unique=True),
    unmapped_from=st.none() | st.lists(ALIASES, max_size=3, unique=True),
    event_type=st.none() | TYPES,
    event_id=st.none() | st.integers(0, 12).map(str),
    before=st.none() | st.integers(0, 5).map(lambda day: START + timedelta(days=day)),
    after=st.none() | st.integers(-1, 5).map(lambda day: START + timedelta(days=day)),
)


def wanted(one: Event, only: EventFilter) -> bool:
    """Whether the filter keeps an event: its meaning."""
    return (
        (only.aliases is None or one.alias in only.aliases)
        and (only.unmapped_from is None or one.alias not in only.unmapped_from)
        and only.event_type in {None, one.event_type}
        and only.event_id in {None, one.customer_event_id}
        and (only.before is None or one.at < only.before)
        and (only.after is None or one.at > only.after)
    )


def told(one: StoredEvent) -> tuple[object, ...]:
    return one.customer_event_id, one.alias, one.event_type, one.at, one.counts


def paged(
    usage: UsageStore, home: str, only: EventFilter, request: EventPageRequest
) -> list[StoredEvent]:
    """All pages, one after the other; each leads back to the one before."""
    found: list[StoredEvent] = []
    page = usage.events(home, only, request)
    while True:
        found += page.events
        if page.after is None:
            assert page.total == len(found)
            return found
        following = usage.events(home, only, replace(request, after=page.after))
        back = usage.events(home, only, replace(request, before=following.before))
        assert back.events == page.events
        page = following


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(st.lists(events(), min_size=1, max_size=6), st.booleans()), max_size=3),
    FILTERS,
    st.booleans(),
    st.booleans(),
)
def test_pages_are_the_events_that_are_wanted_in_their_order(
    engine: Engine,
    usage: UsageStore,
    loads: list[tuple[Sequence[Event], bool]],
    only: EventFilter,
    ascending: bool,
    by_id: bool,
) -> None:
    home = new_workspace(engine)
    sent: list[Event] = []
    for some, load in loads:
        send(engine, usage, home, some)
        sent += some
        if load:
            usage.catch_up(home)
    places = {one.id: place for place, one in enumerate(sent)}
    counting = {one.id for one in current(sent)}

    found = paged(usage, home, only, EventPageRequest(4, ascending=ascending, by_id=by_id))

    expected = sorted(
        (one for one in sent if wanted(one, only)),
        key=lambda one: places[one.id] if by_id else (one.at, places[one.id]),
        reverse=not ascending,
    )
    assert list(map(told, found)) == [
        (one.customer_event_id, one.alias, one.event_type, one.at, one.id in counting)
        for one in expected
    ]


def test_what_was_cancelled_is_told_from_what_was_corrected(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    send(engine, usage, workspace.id, [event(n) for n in range(4)])
    usage.catch_up(workspace.id)
    send(engine, usage, workspace.id, [event(7, customer_event_id="sent-1")])
    with engine.begin() as tx:
        usage.accept(tx, workspace.id, batch([cancellation("sent-2")]), START)

    before = usage.events(workspace.id, EventFilter(), EventPageRequest(ascending=True)).events
    usage.catch_up(workspace.id)
    after = usage.events(workspace.id, EventFilter(), EventPageRequest(ascending=True)).events

    assert before == after
    assert [(one.counts, one.cancelled) for one in after] == [
        (True, False), (False, False), (False, True), (True, False), (True, False)
    ]  # fmt: skip


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(LOADS, st.lists(ALIASES, max_size=4, unique=True), st.booleans())
def test_names_of_nobody_are_listed_and_counted(
    engine: Engine,
    usage: UsageStore,
    loads: list[tuple[list[Event], bool]],
    known: list[str],
    ascending: bool,
) -> None:
    home = new_workspace(engine)
    sent: list[Event] = []
    for some, load in loads:
        send(engine, usage, home, some)
        sent += some
        if load:
            usage.catch_up(home)

    first = usage.unmapped(home, known, PageRequest(limit=2, ascending=ascending))
    others = usage.unmapped(home, known, PageRequest(100, after=first.after, ascending=ascending))
    stats = usage.stats(home, known)

    counting = [one for one in current(sent) if one.alias not in known]
    expected = {
        name: [one.at for one in counting if one.alias == name]
        for name in sorted({one.alias for one in counting}, reverse=not ascending)
    }
    listed = [*first.aliases, *(others.aliases if first.after else ())]
    assert [(one.alias, one.event_count, one.first_at, one.last_at) for one in listed] == [
        (name, len(times), min(times), max(times)) for name, times in expected.items()
    ]
    assert first.total == len(expected)
    assert stats.events == len(sent)
    assert stats.superseded_events == len(sent) - len(current(sent))
    assert stats.unmapped_aliases == len({one.alias for one in sent} - set(known))
