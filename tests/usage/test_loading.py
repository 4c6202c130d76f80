"""Moving events out of the inbox changes no answer, whoever does it and however often."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event, Thread

import pyarrow as pa
import pytest
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy import event as sqlalchemy_event

from catchment.core.usage.metering import measure
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.schema import usage_inbox, usage_segments
from catchment.usage import EventFilter, EventPageRequest, UsageStore, batch
from catchment.usage.embedded import duck, merging, segments
from catchment.usage.intake import inbox, tables, waiting
from catchment.usage.intake.events import InboxRow
from catchment.usage.opening import usage_store
from tests.usage.world import EVERYTHING, START, D, event, send, sent

SEND = Callable[..., None]


@pytest.fixture
def give(engine: Engine, usage: UsageStore, workspace: Workspace) -> SEND:
    def give(*batch, load: bool = False) -> None:
        send(engine, usage, workspace.id, batch)
        if load:
            usage.catch_up(workspace.id)

    return give


def total(usage: UsageStore, workspace: Workspace) -> D:
    return usage.measure(workspace.id, [EVERYTHING])[0].pooled


def listed(usage: UsageStore, workspace: Workspace) -> list[tuple[str, bool]]:
    page = usage.events(
        workspace.id, EventFilter(), EventPageRequest(limit=100, by_id=True, ascending=True)
    )
    assert page.total == len(page.events)
    return [(json.loads(one.properties)["n"], one.counts) for one in page.events]


def count(engine: Engine, table) -> int:
    with reading(engine) as tx:
        return tx.execute(select(func.count()).select_from(table)).scalar_one()


def files(data_dir: Path, workspace: Workspace) -> set[str]:
    return {one.name for one in (data_dir / segments.folder(workspace.id)).iterdir()}


@pytest.mark.parametrize("loads", [(), (0,), (1,), (2,), (0, 1), (0, 1, 2)])
def test_the_last_to_be_acknowledged_counts_whatever_it_says(
    usage: UsageStore, workspace: Workspace, give: SEND, loads: tuple[int, ...]
) -> None:
    earlier = START - timedelta(days=400)
    same = {"customer_event_id": "one"}
    give(event(1, **same), event(2, properties={"n": "10"}), load=0 in loads)
    give(event(3, **same, at=earlier), event(4, **same), load=1 in loads)
    give(event(5, **same, alias="VOID", event_type="other"), load=2 in loads)

    assert total(usage, workspace) == 10
    assert listed(usage, workspace) == [
        (n, counts)
        for n, counts in [("1", False), ("10", True), ("3", False), ("4", False), ("5", True)]
    ]


@pytest.mark.files
def test_many_loads_leave_few_segments_and_the_same_answer(
    engine: Engine, usage: UsageStore, workspace: Workspace, give: SEND, data_dir: Path
) -> None:
    sent = [event(n, customer_event_id=f"e{n % 20}") for n in range(70)]
    for one in sent:
        give(one, load=True)

    assert usage.measure(workspace.id, [EVERYTHING]) == [measure(EVERYTHING, sent)]
    assert count(engine, usage_segments) < 5 * merging.FAN_IN
    with reading(engine) as tx:
        known = segments.manifest(tx, workspace.id)
    assert sum(one.row_count for one in known if one.kind is segments.Kind.EVENTS) == 70
    assert sum(one.row_count for one in known if one.kind is segments.Kind.MARKS) == 50


@pytest.mark.files
def test_what_is_sent_again_within_one_load_leaves_no_marks_apart(
    engine: Engine, usage: UsageStore, workspace: Workspace, give: SEND
) -> None:
    give(event(1))
    give(event(1, properties={"n": "10"}), load=True)
    give(event(2), event(2, properties={"n": "20"}))

    with reading(engine) as tx:
        kinds = {one.kind for one in segments.manifest(tx, workspace.id)}

    assert kinds == {segments.Kind.EVENTS, segments.Kind.KEYS}
    assert total(usage, workspace) == 30
    assert usage.stats(workspace.id, ()).superseded_events == 2


@pytest.mark.files
def test_loading_again_does_nothing(
    engine: Engine, usage: UsageStore, workspace: Workspace, give: SEND
) -> None:
    give(event(1), event(2))

    assert [usage.catch_up(workspace.id), usage.catch_up(workspace.id)] == [2, 0]
    assert (count(engine, usage_inbox), count(engine, usage_segments)) == (0, 2)


def test_what_comes_while_loading_is_taken_along_only_as_a_whole_batch(
    usage: UsageStore, workspace: Workspace, give: SEND, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "BATCH_EVENTS", 3)
    read = tables.table
    coming = iter([4, 1])

    def table(workspace_id: str, rows: list[InboxRow]) -> pa.Table:
        for number in range(next(coming, 0)):
            give(event(number))
        return read(workspace_id, rows)

    monkeypatch.setattr(tables, "table", table)
    give(event(8), event(9))

    loaded = usage.catch_up(workspace.id)

    assert loaded == 2 + 3  # one that came then and one that came later are too few
    assert usage.catch_up(workspace.id) == 2


def test_all_workspaces_are_caught_up_and_kept_apart(
    engine: Engine, usage: UsageStore, workspace: Workspace, give: SEND
) -> None:
    from tests.usage.test_conformance import new_workspace

    other = new_workspace(engine)
    give(event(1))
    send(engine, usage, other, [event(7, customer_event_id="sent-1")])

    assert [usage.catch_up(id) for id in (workspace.id, other)] == [1, 1]
    assert total(usage, workspace) == 1
    assert usage.measure(other, [EVERYTHING])[0].pooled == 7


@pytest.mark.parametrize("leased", [True, False])
def test_loaders_at_the_same_time_load_everything_once(
    engine: Engine,
    data_dir: Path,
    usage_url: str,
    usage: UsageStore,
    workspace: Workspace,
    give: SEND,
    caplog: pytest.LogCaptureFixture,
    leased: bool,
) -> None:
    for n in range(12):
        give(event(n, customer_event_id=f"e{n % 5}"))
    start = Barrier(4)
    loaded: list[int] = []

    def load() -> None:
        store = usage_store(engine, data_dir, usage_url)
        start.wait()
        loaded.append((store if leased else store._storage).catch_up(workspace.id))
        store.close()

    threads = [Thread(target=load) for _ in range(4)]
    with caplog.at_level("INFO", "catchment.usage"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sum(loaded) == 12
    assert [id for id, _ in listed(usage, workspace)] == [str(n) for n in range(12)]
    assert [counts for _, counts in listed(usage, workspace)] == [False] * 7 + [True] * 5
    if leased:
        assert caplog.messages == []  # nobody threw work away


@pytest.mark.files
def test_the_loser_of_a_race_takes_nothing_of_the_winners(
    engine: Engine, data_dir: Path, usage: UsageStore, workspace: Workspace, give: SEND
) -> None:
    give(event(1))
    db = duck.Duck(data_dir)
    with reading(engine) as tx:
        rows = inbox.first(tx, workspace.id)
    give(event(2), load=True)  # another loader was faster, and took more
    before = files(data_dir, workspace)

    with writing(engine) as tx:
        assert not inbox.remove(tx, workspace.id, rows)
    usage.catch_up(workspace.id)

    assert files(data_dir, workspace) == before
    assert total(usage, workspace) == 3
    db.close()


@pytest.mark.files
def test_a_reader_whose_files_were_merged_away_reads_anew(
    engine: Engine, usage: UsageStore, workspace: Workspace, give: SEND, data_dir: Path
) -> None:
    for n in range(1, 4):
        give(event(n), load=True)
    attempts = []

    def ask(cursor, _last):
        attempts.append(1)
        if len(attempts) == 1:
            raise duck.Missing("No files found")
        return cursor.rows("SELECT count(*) FROM events")[0][0]

    assert usage._read(workspace.id, ask) == 3
    assert len(attempts) == 2


@pytest.mark.files
def test_a_lost_file_is_an_error_and_no_smaller_answer(
    usage: UsageStore, workspace: Workspace, give: SEND, data_dir: Path
) -> None:
    give(event(1), load=True)
    for name in files(data_dir, workspace):
        (data_dir / segments.folder(workspace.id) / name).unlink()

    with pytest.raises(duck.Missing):
        total(usage, workspace)


@pytest.mark.files
def test_only_old_files_that_nobody_names_are_swept_away(
    engine: Engine, usage: UsageStore, workspace: Workspace, give: SEND, data_dir: Path
) -> None:
    give(event(1), load=True)
    home = data_dir / segments.folder(workspace.id)
    kept = {one.name for one in home.iterdir()}
    old = START.timestamp()
    for name in kept:
        os.utime(home / name, (old, old))
    for name in ("old.parquet", "old.parquet.tmp"):
        (home / name).touch()
        os.utime(home / name, (old, old))
    (home / "young.parquet").touch()

    give(event(2), load=True)

    left = files(data_dir, workspace)
    assert kept | {"young.parquet"} < left
    assert not left & {"old.parquet", "old.parquet.tmp"}
    assert total(usage, workspace) == 3


@pytest.mark.files
def test_merged_files_stay_for_readers_that_still_know_them(
    usage: UsageStore, workspace: Workspace, give: SEND, data_dir: Path
) -> None:
    for n in range(merging.FAN_IN):
        give(event(n), load=True)
        for name in files(data_dir, workspace) if n < merging.FAN_IN - 1 else ():
            os.utime(data_dir / segments.folder(workspace.id) / name, (0, 0))

    of_events = [one for one in files(data_dir, workspace) if one.endswith(".parquet")]
    assert len(of_events) == merging.FAN_IN + 1


@pytest.mark.files
def test_whole_batches_that_come_while_files_are_merged_are_loaded_beside(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    give: SEND,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "BATCH_EVENTS", 3)
    monkeypatch.setattr(merging, "FAN_IN", 2)
    write, remove, loaded = merging.write, inbox.remove, Event()

    def merge(*given: object) -> None:
        monkeypatch.setattr(merging, "write", write)
        give(event(1), event(2), event(3))
        loaded.clear()
        assert loaded.wait(60)
        write(*given)

    def taken(*given: object) -> bool:
        loaded.set()
        return remove(*given)

    monkeypatch.setattr(merging, "write", merge)
    monkeypatch.setattr(inbox, "remove", taken)
    give(event(8), load=True)
    give(event(9))

    assert usage.catch_up(workspace.id) == 1 + 3


@pytest.mark.files
def test_where_merging_fails_everything_is_loaded_and_the_failure_told(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    give: SEND,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def write(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(merging, "FAN_IN", 2)
    monkeypatch.setattr(merging, "write", write)
    give(event(1), load=True)
    give(event(2))

    with pytest.raises(OSError, match="No space"):
        usage.catch_up(workspace.id)

    assert count(engine, usage_inbox) == 0
    assert total(usage, workspace) == 3


@pytest.mark.files
def test_any_folder_name_will_do(engine: Engine, workspace: Workspace, tmp_path: Path) -> None:
    store = usage_store(engine, tmp_path / "it's [a] b*?c=d ü")

    send(engine, store, workspace.id, [event(1)])
    store.catch_up(workspace.id)

    assert store.measure(workspace.id, [EVERYTHING])[0].pooled == 1
    store.close()


def test_an_event_that_is_rolled_back_was_never_there(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    with engine.connect() as tx:
        usage.accept(tx, workspace.id, batch([sent(event(1))]), START)
        assert total(usage, workspace) == 0
        tx.rollback()

    assert total(usage, workspace) == 0


def test_questions_are_answered_while_someone_writes(
    engine: Engine, usage: UsageStore, workspace: Workspace, give: SEND
) -> None:
    give(event(5))

    with writing(engine) as tx:
        usage.accept(tx, workspace.id, batch([sent(event(7))]), START)
        assert total(usage, workspace) == 5

    assert total(usage, workspace) == 12


def test_many_senders_are_acknowledged_in_the_order_of_their_places(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    order: list[int] = []
    start = Barrier(6)

    def work(sender: int) -> None:
        start.wait()
        for n in range(5):
            with engine.connect() as tx, tx.begin():
                usage.accept(
                    tx,
                    workspace.id,
                    batch([sent(event(sender * 10 + n, customer_event_id="x"))]),
                    START,
                )
                order.append(sender * 10 + n)  # nobody else gets here before the commit

    threads = [Thread(target=work, args=(sender,)) for sender in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(order) == 30
    assert total(usage, workspace) == order[-1]
    usage.catch_up(workspace.id)
    assert total(usage, workspace) == order[-1]


@pytest.mark.parametrize("step", ["DELETE FROM usage_inbox", "INSERT INTO usage_segm", "COMMIT"])
@pytest.mark.files
def test_a_load_that_fails_leaves_the_inbox_as_it_was_and_no_files(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    give: SEND,
    data_dir: Path,
    step: str,
) -> None:
    give(event(1), event(2))

    with no_space(engine, step), pytest.raises(OSError, match="No space"):
        usage.catch_up(workspace.id)
    left = files(data_dir, workspace), count(engine, usage_inbox), count(engine, usage_segments)

    assert left == (set(), 1, 0)
    assert usage.catch_up(workspace.id) == 2
    assert total(usage, workspace) == 3


@contextmanager
def no_space(engine: Engine, step: str) -> Iterator[None]:
    """The first statement or COMMIT of a writing transaction that begins like ``step`` fails."""
    failed = []

    def fail(connection: Connection, _: object = None, statement: str = "COMMIT", *__: object):
        writes = not connection.get_execution_options().get("reading", False)
        if writes and statement.startswith(step) and not failed:
            failed.append(statement)
            raise OSError("No space left on device")

    hooks = ("before_cursor_execute", "commit")
    for hook in hooks:
        sqlalchemy_event.listen(engine, hook, fail)
    try:
        yield
    finally:
        for hook in hooks:
            sqlalchemy_event.remove(engine, hook, fail)


@pytest.mark.files
def test_a_file_that_cannot_be_written_is_not_left_behind(
    data_dir: Path, workspace: Workspace
) -> None:
    def write(file: Path) -> None:
        file.write_bytes(b"half of it")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        segments.new_file(data_dir, workspace.id, segments.Kind.KEYS, write)

    assert files(data_dir, workspace) == set()


@pytest.mark.files
def test_folders_whose_maker_died_are_synced_before_a_file_in_them_counts(
    data_dir: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = data_dir / segments.folder(workspace.id)
    folder.mkdir(parents=True)
    synced = []
    monkeypatch.setattr(
        os, "fsync", lambda it: synced.append(Path(f"/proc/self/fd/{it}").readlink())
    )

    segments.new_file(data_dir, workspace.id, segments.Kind.KEYS, Path.touch)

    assert {folder, folder.parent, data_dir} <= set(synced)
