"""All events move into ClickHouse and back, and every answer stays the same to the digit."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from catchment.cli import app
from catchment.core.usage.metering import Event
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.usage import kept_usage, usage_homes
from catchment.usage import SentEvent, UsageStore, batch
from catchment.usage.clickhouse import copying as clickhouse_copying
from catchment.usage.clickhouse.address import parse
from catchment.usage.clickhouse.copying import ClickHouseCopy
from catchment.usage.embedded import copying as embedded_copying
from catchment.usage.embedded.copying import FilesCopy
from catchment.usage.intake.events import cancellation
from catchment.usage.moving import CopyDiffers, move
from catchment.usage.opening import usage_store
from tests.clickhouse.test_loading import told
from tests.usage.world import START, event, send

ODD = [
    b'{"n":1,"text":"x","flag":true}',
    b'{"n":0.1,"N":"1","flag":"true"}',
    b'{"n":0.12345678901234567,"o":{"a":[1,null]},"z":null}',
    b'{"n":-999999999999999.999999999999,"it\'s":"\xc3\xbc","":""}',
    b"{}",
]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have so few events copied at once that there is much to break off."""
    for module in (clickhouse_copying, embedded_copying):
        monkeypatch.setattr(module, "SLICE_EVENTS", 3)


@pytest.fixture
def files(engine: Engine, data_dir: Path) -> Iterator[FilesCopy]:
    copy = FilesCopy(engine, data_dir)
    yield copy
    copy.close()


@pytest.fixture
def there(engine: Engine, chdb_url: str) -> Iterator[ClickHouseCopy]:
    copy = ClickHouseCopy(engine, parse(chdb_url))
    yield copy
    copy.close()


@pytest.fixture
def store(engine: Engine, data_dir: Path, chdb_url: str) -> Iterator[Callable[[str], UsageStore]]:
    """Usage as a process sees it that is started now."""
    opened: list[UsageStore] = []

    def start(url: str) -> UsageStore:
        opened.append(usage_store(engine, data_dir, chdb_url if url else ""))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def sent_odd(engine: Engine, usage: UsageStore, workspace: Workspace, first: int) -> None:
    """Events with all kinds of properties, some of them superseded, some cancelled."""
    with writing(engine) as tx:
        odd = [
            SentEvent("a", "call", None if n % 2 else START, f"odd-{first % 2}-{n}", msgspec.Raw(p))
            for n, p in enumerate(ODD)
        ]
        usage.accept(tx, workspace.id, batch([*odd, cancellation(f"odd-{first % 2}-1")]), START)


def give(engine: Engine, usage: UsageStore, workspace: Workspace, first: int) -> None:
    ordinary: list[Event] = [event(first + n, customer_event_id=f"e{n % 4}") for n in range(6)]
    send(engine, usage, workspace.id, ordinary)
    usage.catch_up(workspace.id)
    sent_odd(engine, usage, workspace, first)
    usage.catch_up(workspace.id)
    send(engine, usage, workspace.id, [event(first + 7, customer_event_id="e1")])


def nothing(_count: int) -> None:
    """Whom it does not interest."""


@pytest.mark.usefixtures("few")
def test_events_move_there_and_back_with_all_that_is_known_of_them(
    engine: Engine,
    workspace: Workspace,
    files: FilesCopy,
    there: ClickHouseCopy,
    store: Callable[[str], UsageStore],
) -> None:
    old = store("")
    give(engine, old, workspace, 0)
    last = old.reading(workspace.id, ()).last_seq - 2**14
    before = told(old, workspace, last)
    copied: list[int] = []

    move(engine, workspace.id, files, there, copied.append)

    assert sum(copied) == 12
    assert told(store("clickhouse"), workspace, last) == before
    with pytest.raises(usage_homes.UsageElsewhere):
        old.measure(workspace.id, ())
    with pytest.raises(usage_homes.UsageElsewhere):
        old.catch_up(workspace.id)
    with pytest.raises(usage_homes.UsageElsewhere, match=r"Test Ltd.*usage move"):
        store("")

    new = store("clickhouse")
    give(engine, new, workspace, 100)
    before = told(new, workspace, last)
    copied.clear()
    move(engine, workspace.id, there, files, copied.append)

    assert sum(copied) == 13, "only what has come since"
    assert told(old, workspace, last) == before
    with pytest.raises(usage_homes.UsageElsewhere):
        new.measure(workspace.id, ())
    assert (there.drop(workspace.id), there.drop(workspace.id)) == (True, False)
    assert told(old, workspace, last) == before
    old.catch_up(workspace.id)
    assert not files.drop(workspace.id), "it is the home"
    move(engine, workspace.id, files, there, copied.append)
    assert told(new, workspace, last) == before
    assert not there.drop(workspace.id), "it is the home"
    assert files.drop(workspace.id)
    assert told(new, workspace, last) == before


@pytest.mark.usefixtures("few")
def test_a_move_that_broke_off_goes_on_and_counts_for_nothing_before(
    engine: Engine,
    workspace: Workspace,
    files: FilesCopy,
    there: ClickHouseCopy,
    store: Callable[[str], UsageStore],
) -> None:
    old = store("")
    give(engine, old, workspace, 0)
    before = told(old, workspace, 0)
    copied: list[int] = []

    def break_off(count: int) -> None:
        copied.append(count)
        if len(copied) < 3:
            raise InterruptedError

    for _ in range(2):
        with pytest.raises(InterruptedError):
            move(engine, workspace.id, files, there, break_off)
        assert told(old, workspace, 0) == before
    move(engine, workspace.id, files, there, break_off)

    assert sum(copied) == 12, "nothing twice"
    assert told(store("clickhouse"), workspace, 0) == before


def test_events_that_are_loaded_meanwhile_move_too(
    engine: Engine,
    workspace: Workspace,
    files: FilesCopy,
    there: ClickHouseCopy,
    store: Callable[[str], UsageStore],
) -> None:
    old = store("")
    give(engine, old, workspace, 0)
    before = told(old, workspace, 0)

    def load(_count: int) -> None:
        old.catch_up(workspace.id)

    move(engine, workspace.id, files, there, load)

    assert told(store("clickhouse"), workspace, 0) == before


@pytest.mark.parametrize("lost", ["usage_events", "usage_events WHERE later > 0"])
def test_a_copy_that_differs_becomes_nobodys_home(
    engine: Engine,
    workspace: Workspace,
    files: FilesCopy,
    there: ClickHouseCopy,
    store: Callable[[str], UsageStore],
    lost: str,
) -> None:
    old = store("")
    give(engine, old, workspace, 0)
    before = told(old, workspace, 0)

    def lose(_count: int) -> None:
        table, _, where = lost.partition(" WHERE ")
        mine = f"workspace_id = '{workspace.id}'" + (f" AND {where}" if where else "")
        with there._clients.session() as client:
            settings: dict[str, Any] = {"mutations_sync": 2}
            client.command(f"ALTER TABLE {table} DELETE WHERE {mine}", settings=settings)

    with pytest.raises(CopyDiffers):
        move(engine, workspace.id, files, there, lose)

    assert told(old, workspace, 0) == before
    with reading(engine) as tx:
        assert not usage_homes.in_clickhouse(tx, workspace.id)


def test_the_command_moves_every_workspace_and_removes_the_old_copy(
    engine: Engine,
    workspace: Workspace,
    data_dir: Path,
    chdb_url: str,
    store: Callable[[str], UsageStore],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = store("")
    give(engine, old, workspace, 0)
    before = told(old, workspace, 0)
    monkeypatch.setenv("CATCHMENT_USAGE_URL", chdb_url)

    def run(*more: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*more, "--data-dir", str(data_dir)])
        return done.exit_code, done.stdout or done.output

    code, said = run("usage", "stats")
    assert (code, "usage move --to clickhouse" in said.replace("\n", " ")) == (2, True)
    assert run("usage", "move", "--to", "clickhouse") == (0, "Test Ltd: moved\n")
    assert told(store("clickhouse"), workspace, 0) == before
    assert run("usage", "move", "--to", "clickhouse", "--drop-old") == (
        0,
        "Test Ltd: nothing to move\nTest Ltd: the old copy is removed\n",
    )
    assert run("usage", "move", "--to", "embedded") == (0, "Test Ltd: moved\n")
    assert told(old, workspace, 0) == before
    monkeypatch.setenv("CATCHMENT_USAGE_URL", "")
    code, said = run("usage", "move", "--to", "clickhouse")
    assert (code, "CATCHMENT_USAGE_URL" in said) == (1, True)


def test_after_a_restore_what_came_since_is_gone(
    engine: Engine,
    workspace: Workspace,
    there: ClickHouseCopy,
    store: Callable[[str], UsageStore],
) -> None:
    usage = store("clickhouse")
    give(engine, usage, workspace, 0)
    usage.catch_up(workspace.id)
    before = told(usage, workspace, 0)
    with reading(engine) as tx:
        known = usage_homes.loaded(tx, workspace.id)
    assert known is not None
    give(engine, usage, workspace, 100)
    usage.catch_up(workspace.id)
    with writing(engine) as tx:
        usage_homes.advance(tx, workspace.id, known.storage, known.last_seq)
    assert told(usage, workspace, 0) == before, "until new events get the places of lost ones"

    there.rewind(workspace.id)

    with there._clients.session() as client:
        mine = f"WHERE workspace_id = '{workspace.id}'"
        for table in ("usage_events", "usage_ids"):
            beyond = client.command(f"SELECT max(seq) FROM {table} FINAL {mine}")
            assert int(beyond) <= known.last_seq
        assert int(client.command(f"SELECT max(later) FROM usage_events FINAL {mine}")) <= (
            known.last_seq
        )
    assert told(usage, workspace, 0) == before
    assert CliRunner().invoke(app, ["usage", "rewind", "--help"]).exit_code == 0


@pytest.mark.usefixtures("few")
def test_what_was_superseded_by_a_dropped_event_stays_superseded_wherever_it_moves(
    engine: Engine,
    workspace: Workspace,
    files: FilesCopy,
    there: ClickHouseCopy,
    store: Callable[[str], UsageStore],
) -> None:
    old = store("")
    early = START - timedelta(days=90)
    send(engine, old, workspace.id, [event(1), event(2), event(3, at=early), event(4)])
    send(engine, old, workspace.id, [event(5, customer_event_id="sent-1", at=early), event(6)])
    old.catch_up(workspace.id)
    with writing(engine) as tx:
        kept_usage.keep_since(tx, workspace.id, START - timedelta(days=30))
    old._storage.drop_before(workspace.id, START - timedelta(days=30))
    before = told(old, workspace, 0)

    move(engine, workspace.id, files, there, nothing)
    assert told(store("clickhouse"), workspace, 0) == before
    assert files.drop(workspace.id)
    move(engine, workspace.id, there, files, nothing)
    assert told(old, workspace, 0) == before
