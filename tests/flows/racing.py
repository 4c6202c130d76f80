"""Moves that start together, and what must hold whatever came of them.

Run as a program, ``python -m tests.flows.racing URL DATA_DIR``, it is a process that moves: every line it is
sent is "customer parent", every line it answers "moved" or the code of the refusal.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

from sqlalchemy import Connection, Engine

from catchment import ids
from catchment.core.errors import BillingError
from catchment.core.hierarchy import Forest, check
from catchment.flows.move_customers import Relocation, move_customers
from catchment.store import access, links
from catchment.store.access import Workspace
from catchment.store.engine import connect, reading, writing
from catchment.usage import UsageStore
from tests.flows.books import NOW, Books

ROUNDS = int(os.environ.get("CATCHMENT_ROUNDS", "20"))
"""How often every race is run: 1,000 times by `make prove`."""

MAY = datetime(2026, 5, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


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
    """A process that moves."""

    def __init__(self, engine: Engine, data_dir: Path) -> None:
        url = engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.flows.racing", url, str(data_dir)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1
        )

    def ask(self, customer: str, parent: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{customer} {parent}\n")

    def answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> int:
        """Its exit code."""
        self._process.communicate()
        return self._process.returncode


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


def _main(url: str, data_dir: str) -> None:
    engine = connect(url)
    usage = UsageStore(engine, Path(data_dir))
    with reading(engine) as tx:
        [home] = access.all_workspaces(tx)
    _tell("ready")
    for line in sys.stdin:
        try:
            with writing(engine) as tx:
                links.hold(tx, home.id)
                move(tx, usage, home, *line.split())
        except BillingError as refusal:
            _tell(refusal.code)
        else:
            _tell("moved")


def _tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
