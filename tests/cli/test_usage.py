"""catchment usage: what is kept of events, the loader beside the server, and fewer files."""

import json
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from typer.testing import CliRunner

from catchment.cli import app
from catchment.jobs import apart, loading
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import writing
from catchment.stores import Built, build
from tests.usage.world import EVERYTHING, START, event, send

runner = CliRunner()
PAUSE = 0.05


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Built]:
    built = build(Settings(data_dir=tmp_path))
    with writing(built.engine) as tx:
        access.named_workspace(tx, name="Seller", id="w", at=START)
    yield built
    built.usage.close()
    built.engine.dispose()


def usage(tmp_path: Path, *more: str) -> str:
    result = runner.invoke(app, ["usage", *more, "--data-dir", str(tmp_path)])
    assert result.exit_code == 0, result.output
    return result.stdout


def stats(tmp_path: Path) -> dict:
    return json.loads(usage(tmp_path, "stats", "--json"))["Seller"]


def test_statistics_tell_what_waits_and_what_is_in_files(built: Built, tmp_path: Path) -> None:
    send(built.engine, built.usage, "w", [event(1), event(2), event(2)])
    before = stats(tmp_path)
    loaded = usage(tmp_path, "load")
    after = stats(tmp_path)

    assert loaded == "Seller: 3 events\n"
    assert (before["waiting_events"], after["waiting_events"]) == (3, 0)
    assert (before["events_in_files"], after["events_in_files"]) == (0, 3)
    assert before["oldest_waiting_at"] == START.isoformat()
    for one in (before, after):
        assert (one["events"], one["superseded_events"], one["unmapped_aliases"]) == (3, 1, 1)


def test_compacting_leaves_fewer_files_and_the_same_answers(built: Built, tmp_path: Path) -> None:
    for number in range(3):
        send(built.engine, built.usage, "w", [event(number), event(9)])
        built.usage.catch_up("w")
    before = built.usage.measure("w", [EVERYTHING])

    assert usage(tmp_path, "compact") == "Seller: 8 files became 3\n"
    assert built.usage.measure("w", [EVERYTHING]) == before
    assert usage(tmp_path, "compact") == "Seller: 3 files became 3\n"


def test_a_loader_that_dies_is_started_again_and_ends_with_its_server(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_RESTART_SECONDS", PAUSE)
    monkeypatch.setattr(apart, "_JOIN_SECONDS", PAUSE)
    for number in range(64):  # as many requests as are worth a file
        send(built.engine, built.usage, "w", [event(number)])

    with loading.loading(built):
        assert built.usage.loading.if_worth_it() == 0
        first = child()
        first.kill()
        assert child(after=first.pid).is_alive()
        while built.usage.stats("w", ()).waiting_events:
            Event().wait(PAUSE)

    assert multiprocessing.active_children() == []
    assert built.usage.stats("w", ()).events_in_files == 64


def test_a_loader_that_cannot_write_says_so_once_and_waits(
    built: Built, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(64):
        send(built.engine, built.usage, "w", [event(number)])
    blocked = tmp_path / "usage" / "w"
    blocked.parent.mkdir(exist_ok=True)
    blocked.touch()
    pauses: list[float] = []

    def ended(pause: float) -> bool:
        pauses.append(pause)
        if len(pauses) == 4:
            blocked.unlink()
        return len(pauses) > 4

    loading.watch(built.usage, ended)

    retry = loading.RETRY_SECONDS
    assert pauses == [0, retry, retry, retry, loading.LOOK_SECONDS]
    assert [one.split(":")[0] for one in caplog.messages] == [
        "usage events stay in the inbox",
        "usage events are loaded again",
    ]
    assert built.usage.stats("w", ()).events_in_files == 64


def child(after: int | None = None) -> multiprocessing.process.BaseProcess:
    """The loader that runs; or the next one, ``after`` the one with that process id."""
    while True:
        for one in multiprocessing.active_children():
            if one.pid != after:
                return one
        Event().wait(PAUSE)


def dropped(tmp_path: Path, *more: str) -> tuple[int, dict]:
    result = runner.invoke(
        app,
        ["usage", "drop", "--json", "--data-dir", str(tmp_path), "--workspace", "Seller", *more],
    )
    return result.exit_code, json.loads(result.stdout or "{}").get("Seller", {})


def test_past_months_are_dropped(built: Built, tmp_path: Path) -> None:
    send(built.engine, built.usage, "w", [event(1), event(50_000)])  # of March and April 2026

    code, tried = dropped(tmp_path, "--before", "2026-04", "--dry-run")
    assert (code, tried["events"], tried["unmappedEvents"], tried["dropped"]) == (0, 1, 1, False)

    assert dropped(tmp_path, "--before", "2026-04")[1]["dropped"]
    assert stats(tmp_path)["events"] == stats(tmp_path)["events_in_files"] == 1
    told = usage(tmp_path, "drop", "--before", "2026-04")
    assert "0 events of before 2026-04 are gone, 0 bytes" in told


@pytest.mark.parametrize(
    "options", [(), ("--before", "2026-04", "--keep-months", "1"), ("--before", "April")]
)
def test_a_month_is_needed_to_drop_what_was_before(
    built: Built, tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert dropped(tmp_path, *options) == (2, {})
