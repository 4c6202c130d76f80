"""catchment runs, and the process beside the server that works on them."""

import json
import multiprocessing
from datetime import date
from pathlib import Path
from threading import Event

import pytest
from typer.testing import CliRunner

from catchment import ids
from catchment.cli import app
from catchment.core.control.bounds import Bounds
from catchment.core.values.errors import Unavailable
from catchment.jobs import apart, billing, working
from catchment.settings import Settings
from catchment.store import access
from catchment.store.billing import billing_runs, bounds
from catchment.store.billing.billing_runs import RunStatus
from catchment.store.engine import reading, writing
from catchment.stores import Built, build
from tests.flows.books import START, Books, fixed
from tests.flows.running import started
from tests.flows.running import working as work_of

runner = CliRunner()
PAUSE = 0.02


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    monkeypatch.setenv("COLUMNS", "120")
    return build(Settings(data_dir=tmp_path))


@pytest.fixture
def books(built: Built) -> Books:
    with writing(built.engine) as tx:
        home = access.named_workspace(tx, name="Seller [x]", id=ids.new_id(), at=START)
    books = Books(built.engine, built.usage, home)
    two = books.price(fixed("1234.5")), books.price(fixed("10"))
    acme = books.customer("Acme")
    books.schedule(acme, *two, start=date(2026, 1, 1), auto_issue_invoices=True)
    books.write()
    return books


def catchment(folder: Path, *words: str):
    return runner.invoke(app, [*words, "--data-dir", str(folder)])


def test_runs_are_listed_shown_and_cancelled(books: Books, tmp_path: Path) -> None:
    id = started(work_of(books))

    listed = catchment(tmp_path, "runs", "list")
    cancelled = catchment(tmp_path, "runs", "cancel", id)
    twice = catchment(tmp_path, "runs", "cancel", id)
    shown = catchment(tmp_path, "runs", "show", id)

    assert [word for word in listed.stdout.split() if word in {id, "RUNNING"}] == [id, "RUNNING"]
    assert (cancelled.exit_code, "0 invoices" in cancelled.stdout) == (0, True)
    assert (twice.exit_code, "CANCELLED" in twice.stderr) == (1, True)
    assert "Seller [x]: cancelled" in shown.stderr
    [told] = json.loads(catchment(tmp_path, "runs", "list", "--json").stdout)
    whole = json.loads(catchment(tmp_path, "runs", "show", id, "--json").stdout)
    assert whole == told | {name: whole[name] for name in whole.keys() - told.keys()}
    assert whole["controlSheet"]["invoiceCount"] == 0
    assert catchment(tmp_path, "runs", "show", ids.new_id()).exit_code == 2


def test_what_was_parked_is_issued_when_that_is_accepted(books: Books, tmp_path: Path) -> None:
    with writing(books.engine) as tx:
        bounds.keep(tx, books.workspace.id, Bounds(most_lines=1))

    first = catchment(tmp_path, "bill", "--as-of", "2026-02-01")
    with reading(books.engine) as tx:
        [run] = billing_runs.newest(tx, books.workspace.id, 1)
    again = catchment(tmp_path, "runs", "retry", run.id)
    accepted = catchment(tmp_path, "runs", "retry", run.id, "--accept-bounds")

    assert (first.exit_code, again.exit_code, accepted.exit_code) == (1, 1, 0)
    assert "It has 2 lines, and 1 are the most." in first.stderr
    assert "1 invoices issued." in accepted.stdout


def test_another_process_bills_what_waits_beside_a_server(
    built: Built, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billing, "LOOK_SECONDS", PAUSE)
    monkeypatch.setattr(apart, "_JOIN_SECONDS", PAUSE)
    id = started(work_of(books))

    with working.working(built):
        while status(books, id) is RunStatus.RUNNING:
            Event().wait(PAUSE)

    assert multiprocessing.active_children() == []
    assert status(books, id) is RunStatus.BALANCED


def test_a_server_that_ends_takes_its_worker_along(
    built: Built, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_JOIN_SECONDS", PAUSE)
    id = started(work_of(books))

    with working.working(built):
        while not multiprocessing.active_children():
            Event().wait(PAUSE)

    assert multiprocessing.active_children() == []
    assert status(books, id) in {RunStatus.RUNNING, RunStatus.BALANCED}


def test_a_worker_that_cannot_says_why(built: Built) -> None:
    nowhere = "postgresql://127.0.0.1:1/none"
    elsewhere = built.settings.model_copy(update={"database_url": nowhere})

    with pytest.raises(Unavailable, match="onnection"):
        working._bill_apart(elsewhere, Event())


def status(books: Books, id: str) -> RunStatus:
    with reading(books.engine) as tx:
        run, _ = billing_runs.one(tx, books.workspace.id, id)
    return run.status
