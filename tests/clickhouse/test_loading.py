"""What breaks off at any step of loading into ClickHouse changes no answer, and is made good."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as sqlalchemy_event

from catchment.core.usage.metering import measure
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.usage import EventFilter, EventPageRequest, MeasuredTo, UsageStore, batch
from catchment.usage.clickhouse import loader
from catchment.usage.intake.events import cancellation
from catchment.usage.opening import usage_store
from catchment.usage.questions.near import Near
from tests.usage.world import EVERYTHING, START, event, send, sent

OLD = [event(1), event(2), event(3), event(4)]
AGAIN = [
    event(5, customer_event_id="sent-1", alias="VOID"),
    event(6, customer_event_id="sent-2", at=START - timedelta(days=400)),
    event(7, customer_event_id="twice"),
    event(8, customer_event_id="twice"),
]
LATER = [event(9, customer_event_id="sent-2"), event(10, customer_event_id="twice")]


class BrokeOff(Exception):
    """What a test makes happen."""


class Breaking:
    """A client that breaks off before its ``step``-th change is made."""

    def __init__(self, client: Any, step: int) -> None:
        self._client = client
        self._left = step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def command(self, sql: str, **more: Any) -> Any:
        return self._change(self._client.command, sql, **more)

    def insert_arrow(self, name: str, table: Any, **more: Any) -> Any:
        return self._change(self._client.insert_arrow, name, table, **more)

    def _change(self, made: Any, *args: Any, **more: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise BrokeOff
        return made(*args, **more)


def breaking(usage: UsageStore, step: int) -> None:
    clients = usage._storage._clients  # type: ignore[attr-defined]
    opened = type(clients)._opened
    clients.close()
    clients._opened = lambda database: Breaking(opened(clients, database), step)


@pytest.fixture
def waiting(engine: Engine, usage: UsageStore, workspace: Workspace) -> int:
    """Where the old events end that are loaded; all others wait."""
    send(engine, usage, workspace.id, OLD)
    usage.catch_up(workspace.id)
    last = usage.reading(workspace.id, ()).last_seq
    send(engine, usage, workspace.id, AGAIN)
    send(engine, usage, workspace.id, LATER)
    with writing(engine) as tx:
        usage.accept(tx, workspace.id, batch([cancellation("sent-4")]), START)
    return last


@pytest.fixture
def fresh(engine: Engine, data_dir: Path, usage_url: str) -> Iterator[UsageStore]:
    """What another process would answer."""
    other = usage_store(engine, data_dir, usage_url)
    yield other
    other.close()


def told(usage: UsageStore, workspace: Workspace, last: int) -> tuple[Any, ...]:
    """All that is known: now, as of ``last``, event by event, and what is late since."""
    page = EventPageRequest(limit=100, by_id=True, ascending=True)
    since = [MeasuredTo("call", EVERYTHING.members[0].spans[0], last, START)]
    return (
        usage.measure(workspace.id, [EVERYTHING]),
        usage.reading(workspace.id, [EVERYTHING], last).answers,
        usage.events(workspace.id, EventFilter(), page),
        sorted(usage.late(workspace.id, since, ())),
    )


def test_loading_goes_on_wherever_it_broke_off(
    usage: UsageStore, fresh: UsageStore, workspace: Workspace, waiting: int
) -> None:
    before = told(fresh, workspace, waiting)
    assert before[1] == [measure(EVERYTHING, OLD)]
    broken = 0
    while True:
        breaking(usage, broken + 1)
        try:
            loaded = usage.catch_up(workspace.id)
        except BrokeOff:
            broken += 1
            assert told(fresh, workspace, waiting) == before, broken
        else:
            break

    assert (broken, loaded) == (9, 7)
    assert told(fresh, workspace, waiting) == before


@pytest.mark.parametrize("step", ["DELETE FROM usage_inbox", "UPDATE usage_loaded"])
def test_what_is_inserted_counts_once_though_nobody_noted_it(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    waiting: int,
    step: str,
) -> None:
    before = told(usage, workspace, waiting)

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(step):
            raise BrokeOff

    sqlalchemy_event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(BrokeOff):
        usage.catch_up(workspace.id)
    sqlalchemy_event.remove(engine, "before_cursor_execute", fail)

    assert told(usage, workspace, waiting) == before
    with writing(engine) as tx:  # the next batch ends elsewhere
        usage.accept(tx, workspace.id, batch([sent(event(11, customer_event_id="sent-3"))]), START)
    more = told(usage, workspace, waiting)
    assert usage.catch_up(workspace.id) == 8
    assert told(usage, workspace, waiting) == more


@pytest.mark.parametrize("flaw", ["supersede", "insert"])
def test_a_loader_that_leaves_something_out_would_be_noticed(
    usage: UsageStore,
    workspace: Workspace,
    waiting: int,
    monkeypatch: pytest.MonkeyPatch,
    flaw: str,
) -> None:
    before = told(usage, workspace, waiting)
    monkeypatch.setattr(loader, flaw, lambda *_: None)

    usage.catch_up(workspace.id)

    assert told(usage, workspace, waiting) != before


def test_events_of_many_months_are_loaded_at_once(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    spread = [event(n, at=START + timedelta(days=31 * n)) for n in range(130)]
    send(engine, usage, workspace.id, spread)

    assert usage.catch_up(workspace.id) == 130
    assert usage.measure(workspace.id, [EVERYTHING]) == [measure(EVERYTHING, spread)]


def test_a_snapshot_stays_as_it_is_while_others_load(
    usage: UsageStore, fresh: UsageStore, workspace: Workspace, waiting: int
) -> None:
    def ask(cursor: Any, _last: int) -> list[list[tuple[Any, ...]]]:
        counting = "SELECT seq FROM counting ORDER BY seq"
        marked = "SELECT seq, later FROM marks ORDER BY seq"
        found = [cursor.rows(counting), cursor.rows(marked)]
        fresh.catch_up(workspace.id)
        return [*found, cursor.rows(counting), cursor.rows(marked)]

    counting, marked, still_counting, still_marked = usage._storage.read(
        workspace.id, ask, None, (), (), Near()
    )

    assert (still_counting, still_marked) == (counting, marked)
    assert (len(counting), len(marked)) == (4, 6)
