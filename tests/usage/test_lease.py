"""One process at a time moves a workspace's events, and whoever dies is no longer in the way."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, text

from catchment.settings import Settings
from catchment.store import lease
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.usage import UsageStore
from catchment.usage.loading import _ROWS_WORTH_LOADING, LEASE
from tests.conftest import DATABASES
from tests.usage.test_conformance import new_workspace
from tests.usage.world import EVERYTHING, event, send

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.files  # who keeps usage makes no difference
Held = Callable[..., AbstractContextManager[bool]]


@pytest.fixture
def held(engine: Engine, workspace: Workspace) -> Held:
    def held(workspace_id: str = workspace.id, *, wait: bool = False):
        return lease.held(engine, LEASE, workspace_id, wait=wait)

    return held


@pytest.fixture
def other_process(
    settings: Settings, workspace: Workspace
) -> Callable[[], AbstractContextManager[subprocess.Popen[str]]]:
    @contextmanager
    def holding() -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "tests.usage.leasing"]
        command += [settings.sqlalchemy_url(), workspace.id]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
            assert process.stdout.readline() == "True\n"
            yield process
            process.kill()

    return holding


def test_one_has_it_until_its_work_is_done(held: Held) -> None:
    with held() as first, held() as second:
        assert (first, second) == (True, False)
    with held() as first:
        assert first


def test_each_workspace_has_its_own(engine: Engine, held: Held) -> None:
    with held() as mine, held(new_workspace(engine)) as another:
        assert mine
        assert another


def test_who_waits_has_it_next(held: Held) -> None:
    order = []

    def work() -> None:
        with held(wait=True) as mine:
            order.append(("second", mine))

    with held():
        second = Thread(target=work)
        second.start()
        order.append(("first", True))
    second.join()

    assert order == [("first", True), ("second", True)]


def test_another_process_that_is_killed_lets_go(held: Held, other_process) -> None:
    with other_process() as process:
        with held() as mine:
            assert not mine

        process.kill()

        with held(wait=True) as mine:
            assert mine


def test_failed_work_lets_go(held: Held) -> None:
    with pytest.raises(OSError, match="full"), held():
        raise OSError("full")

    with held() as mine:
        assert mine


@pytest.mark.skipif("postgresql" not in DATABASES, reason="PostgreSQL is not among the databases")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_work_goes_on_where_the_lease_is_lost(engine: Engine, held: Held) -> None:
    others = (
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_locks"  # waits until it is gone
        " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    )

    with held() as mine:
        assert mine
        with writing(engine) as tx:
            assert tx.execute(text(others)).all()
        with held() as next_one:
            assert next_one


def test_what_another_process_is_loading_is_left_to_it_and_counted(
    engine: Engine, usage: UsageStore, workspace: Workspace, held: Held
) -> None:
    for n in range(_ROWS_WORTH_LOADING):
        send(engine, usage, workspace.id, [event(n)])

    with held():
        left = usage.catch_up(workspace.id, wait=False), usage.loading.if_worth_it()
        [answer] = usage.measure(workspace.id, [EVERYTHING])

    assert left == (0, 0)
    assert answer.pooled == sum(range(_ROWS_WORTH_LOADING))
    assert usage.loading.if_worth_it() == _ROWS_WORTH_LOADING
