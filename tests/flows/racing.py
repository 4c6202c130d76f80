"""Moves that start together, and what must hold whatever came of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from threading import Barrier
from typing import Any

from sqlalchemy import Connection, Engine

from catchment import ids
from catchment.core.families.hierarchy import Forest, check
from catchment.core.values.errors import BillingError
from catchment.flows.families.move_customers import Relocation, move_customers
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import connect, reading, writing
from catchment.store.families import links
from catchment.usage import UsageStore
from catchment.usage.opening import usage_store
from tests.flows.books import NOW, Books

ROUNDS = int(os.environ.get("CATCHMENT_ROUNDS", "20"))
"""How often every race is run: 1,000 times by `make prove`."""

MAY = datetime(2026, 5, 1, tzinfo=UTC)

_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])  # what all of them need is imported once


def at_once(requests: Sequence[Callable[[], Any]]) -> list[Any]:
    """The answers to requests that start together, each in a thread."""
    barrier = Barrier(len(requests))

    def send(request: Callable[[], Any]) -> Any:
        barrier.wait()
        return request()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))


def rounds_of(
    engine: Engine, usage: UsageStore, workspace: Workspace, many: int
) -> list[tuple[str, ...]]:
    """New customers for every round, that many each."""
    books = Books(engine, usage, workspace)
    found = [tuple(books.customer(f"{n}-{who}") for who in range(many)) for n in range(ROUNDS)]
    books.write()
    return found


def assert_forest(engine: Engine, workspace: Workspace) -> None:
    """No customer is below itself or in two places at any instant."""
    with reading(engine) as tx:
        believed = list(links.everything(tx, workspace.id))
    forest = Forest(believed)
    for link in believed:
        check(forest, link)


def move(tx: Connection, usage: UsageStore, home: Workspace, customer: str, parent: str) -> None:
    """Move a customer in May; whoever must be the only one to do so holds the tree before."""
    relocation = Relocation(customer, parent, MAY)
    move_customers(tx, usage, home, [relocation], now=NOW, new_id=ids.new_id)


class Mover:
    """A process that moves: one customer each time it is asked."""

    def __init__(self, engine: Engine, data_dir: Path) -> None:
        url = engine.url.render_as_string(hide_password=False)
        self._pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_move_on, args=(url, data_dir, theirs))
        self._process.start()
        theirs.close()

    def ask(self, customer: str, parent: str) -> None:
        self._pipe.send((customer, parent))

    def answer(self) -> str:
        """First "ready", then "moved" or the code of the refusal; EOFError once it has died."""
        answer: str = self._pipe.recv()
        return answer

    def end(self) -> int | None:
        """Its exit code."""
        self._pipe.close()
        self._process.join()
        return self._process.exitcode


@contextmanager
def movers(many: int, engine: Engine, data_dir: Path) -> Iterator[list[Mover]]:
    """Processes that move, all well until the end."""
    running = [Mover(engine, data_dir) for _ in range(many)]
    try:
        assert [one.answer() for one in running] == ["ready"] * many
        yield running
    finally:
        codes = [one.end() for one in running]
    assert codes == [0] * many


def _move_on(url: str, data_dir: Path, pipe: Pipe[str, tuple[str, str]]) -> None:
    """What such a process does until nobody can ask it any more."""
    engine = connect(url)
    usage = usage_store(engine, data_dir)
    with reading(engine) as tx:
        [home] = access.all_workspaces(tx)
    pipe.send("ready")
    with suppress(EOFError):
        while True:
            customer, parent = pipe.recv()
            try:
                with writing(engine) as tx:
                    links.hold(tx, home.id)
                    move(tx, usage, home, customer, parent)
            except BillingError as refusal:
                pipe.send(refusal.code)
            else:
                pipe.send("moved")
