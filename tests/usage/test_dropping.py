"""What happened before an instant is dropped: nobody reads it any more, and its files go."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import Event, UsageQuery, current, measure
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.usage import kept_usage
from catchment.usage import UsageStore
from catchment.usage.embedded import segments, slices
from catchment.usage.embedded.segments import Kind, Segment
from tests.usage.test_conformance import new_workspace
from tests.usage.world import EVERYTHING, START, D, event, events, queries, send

REQUESTS = st.lists(st.tuples(st.lists(events(), min_size=1), st.booleans()), max_size=4)
"""Each with whether it is loaded at once."""


def kept(sent: list[Event], since) -> list[Event]:
    """Those that count, decided over all there ever were."""
    return [one for one in current(sent) if one.at >= since]


def keep_since(engine: Engine, workspace_id: str, since) -> None:
    with writing(engine) as tx:
        kept_usage.keep_since(tx, workspace_id, since)


def manifest(engine: Engine, workspace_id: str) -> list[Segment]:
    with reading(engine) as tx:
        return segments.manifest(tx, workspace_id)


def rows(engine: Engine, workspace: Workspace, kind: Kind) -> int:
    return sum(one.row_count for one in manifest(engine, workspace.id) if one.kind is kind)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(REQUESTS, REQUESTS, st.integers(0, 5), st.lists(queries(), min_size=1, max_size=4))
def test_answers_are_of_what_is_kept_before_and_after_its_files_went(
    engine: Engine,
    usage: UsageStore,
    before: list[tuple[list[Event], bool]],
    after: list[tuple[list[Event], bool]],
    day: int,
    asked: list[UsageQuery],
) -> None:
    home, since = new_workspace(engine), START + timedelta(days=day)
    sent: list[Event] = []

    def take(requests: list[tuple[list[Event], bool]]) -> None:
        for request, loaded in requests:
            send(engine, usage, home, request)
            sent.extend(request)
            if loaded:
                usage.catch_up(home)

    def expected():
        return [measure(query, kept(sent, since)) for query in asked]

    take(before)
    keep_since(engine, home, since)
    assert usage.measure(home, asked) == expected()

    usage.drop_before(home, since)
    assert usage.measure(home, asked) == expected()

    take(after)  # ids of dropped events are new, whatever they superseded stays so
    assert usage.measure(home, asked) == expected()


@pytest.fixture
def three_days(engine: Engine, usage: UsageStore, workspace: Workspace) -> list[Event]:
    """A file of the first day and two across to the third; two events were corrected."""
    sent = [event(n, at=START + timedelta(hours=8 * n)) for n in range(9)]
    sent.append(event(9, customer_event_id="sent-8", at=START + timedelta(days=2)))
    for part in (sent[:3], [*sent[3:6], sent[8]], [sent[0], *sent[6:8], sent[9]]):
        send(engine, usage, workspace.id, part)
        usage.catch_up(workspace.id)
    return sent


@pytest.mark.files
def test_files_of_before_go_and_files_across_keep_the_rest(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    three_days: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "_ROWS", 2)
    since = START + timedelta(days=2)
    keep_since(engine, workspace.id, since)
    whole = {one.id for one in manifest(engine, workspace.id) if one.kind is Kind.EVENTS}

    usage.drop_before(workspace.id, since)

    assert [rows(engine, workspace, kind) for kind in Kind] == [4, 4, 1]
    left = [one for one in manifest(engine, workspace.id) if one.kind is Kind.EVENTS]
    assert whole.isdisjoint(one.id for one in left)
    assert [(one.first_event_at, one.last_event_at) for one in left] == [
        (START + timedelta(hours=64), START + timedelta(hours=64)),
        (since, START + timedelta(hours=56)),
    ]
    assert usage.measure(workspace.id, [EVERYTHING])[0].pooled == 6 + 7 + 9

    before = manifest(engine, workspace.id)
    usage.drop_before(workspace.id, since)
    assert manifest(engine, workspace.id) == before


@pytest.mark.files
def test_a_file_that_merged_away_days_takes_up_less_room(
    engine: Engine, usage: UsageStore, workspace: Workspace, three_days: list[Event], data_dir: Path
) -> None:
    usage.compact(workspace.id)
    since = START + timedelta(days=1)
    before = usage.earlier(workspace.id, since, ["b"])

    keep_since(engine, workspace.id, since)
    freed = usage.drop_before(workspace.id, since)

    assert (before.events, before.unmapped_events) == (4, 3)  # one was sent twice
    assert 0 < freed < sum(one.stat().st_size for one in (data_dir / "usage").rglob("*.*"))
    assert usage.earlier(workspace.id, since, ()).events == 0
    assert [rows(engine, workspace, kind) for kind in Kind] == [7, 7, 1]


def test_what_the_newest_event_superseded_stays_so_when_that_is_dropped(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    send(engine, usage, workspace.id, [event(1, at=START + timedelta(days=5)), event(2)])
    usage.catch_up(workspace.id)
    send(engine, usage, workspace.id, [event(3, customer_event_id="sent-1")])
    since = START + timedelta(days=2)
    before = usage.reading(workspace.id, []).last_seq

    keep_since(engine, workspace.id, since)
    usage.drop_before(workspace.id, since)

    reading = usage.reading(workspace.id, [EVERYTHING])
    assert reading.answers[0].event_count == 0
    assert reading.last_seq == before


def test_where_all_was_dropped_an_old_id_is_new(
    engine: Engine, usage: UsageStore, workspace: Workspace, three_days: list[Event]
) -> None:
    since = START + timedelta(days=9)
    keep_since(engine, workspace.id, since)
    usage.drop_before(workspace.id, since)
    assert usage.stats(workspace.id, ()).events_in_files == 0

    send(engine, usage, workspace.id, [event(3, at=since)])
    usage.catch_up(workspace.id)

    stats = usage.stats(workspace.id, ())
    assert (stats.events, stats.events_in_files, stats.superseded_events) == (1, 1, 0)
    assert usage.measure(workspace.id, [EVERYTHING])[0].pooled == D(3)


@pytest.mark.files
def test_keys_that_outlive_their_events_harm_nobody(
    engine: Engine, usage: UsageStore, workspace: Workspace, three_days: list[Event]
) -> None:
    """As a crash leaves them after the first step of dropping."""
    keep_since(engine, workspace.id, START + timedelta(days=9))
    gone = [one for one in manifest(engine, workspace.id) if one.kind is Kind.EVENTS]
    with writing(engine) as tx:
        segments.remove(tx, workspace.id, gone)

    send(engine, usage, workspace.id, [event(3, at=START + timedelta(days=9))])

    assert usage.measure(workspace.id, [EVERYTHING])[0].pooled == D(3)
    usage.catch_up(workspace.id)
    usage.drop_before(workspace.id, START + timedelta(days=9))
    assert [rows(engine, workspace, kind) for kind in Kind] == [1, 1, 0]
