"""Other processes of this machine that draft while this one writes.

Python runs on one core, and drafting is most of a run. A helper is given groups of planned
invoices and hands back what is to be stored of them; it never writes. It may die at any moment, or
come to nothing: then its group is drafted here, and whatever is wrong is said here. It ends with
its parent, however that ends.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Protocol

from catchment.core.values.ids import NewId
from catchment.flows.billing.drafting.draft_group import Made, Task, made_apart
from catchment.flows.billing.garbage import collected_seldom
from catchment.flows.billing.runs.work import Helpers, Work
from catchment.store.engine import reading
from catchment.usage.opening import opened

_AHEAD = 1
"""How many groups more than there are helpers are given out or wait to be stored."""

_log = logging.getLogger("catchment.billing")
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])

Helped = Callable[[Iterable[Task]], Iterator[tuple[Task, list[Made] | None]]]
"""The tasks in their order, each with what a helper has made of it, or None: it is to be done here.

They are taken as helpers get to them, so what follows may depend on what came before.
"""


class Settled(Protocol):
    """What settings say of helpers."""

    @property
    def billing_processes(self) -> int: ...
    @property
    def data_dir(self) -> Path: ...
    @property
    def usage_url(self) -> str: ...
    def sqlalchemy_url(self) -> str: ...


def helpers_for(settings: Settled, new_id: NewId) -> Helpers | None:
    """The helpers that settings ask for, which open the stores that these name.

    None where usage is in chDB, which only one process can open.
    """
    if settings.usage_url.startswith("chdb:"):
        return None
    stores = partial(opened, settings.sqlalchemy_url(), settings.data_dir, settings.usage_url)
    return Helpers(settings.billing_processes or len(os.sched_getaffinity(0)), stores, new_id)


def worthwhile(work: Work, invoice_count: int) -> int:
    """How many helpers to have: each should have a transaction's invoices to draft, and one alone
    is no help.
    """
    if work.helpers is None:
        return 0
    count = min(work.helpers.count, invoice_count // work.at_once)
    return count if count > 1 else 0


@contextmanager
def helping(helpers: Helpers | None, count: int) -> Iterator[Helped]:
    """So many helpers while the block runs; without any all is to be done here."""
    if helpers is None or not count:
        yield lambda tasks: ((task, None) for task in tasks)
        return
    pool = _Pool(helpers, count)
    try:
        yield pool.each
    finally:
        pool.end()


class _Pool:
    """Helpers, and a thread for each that gives it work."""

    def __init__(self, helpers: Helpers, count: int) -> None:
        self._count = count
        self._living = count
        self._lock = Lock()
        self._idle: SimpleQueue[_Helper | None] = SimpleQueue()
        self._helpers = [_Helper(helpers) for _ in range(count)]
        for one in self._helpers:
            self._idle.put(one)
        self._threads = ThreadPoolExecutor(count, "billing helper")

    def each(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, list[Made] | None]]:
        waiting: deque[tuple[Task, Future[list[Made] | None]]] = deque()
        for task in tasks:
            waiting.append((task, self._threads.submit(self._ask, task)))
            if len(waiting) > self._count + _AHEAD:
                first, found = waiting.popleft()
                yield first, found.result()
        while waiting:
            first, found = waiting.popleft()
            yield first, found.result()

    def _ask(self, task: Task) -> list[Made] | None:
        """What an idle helper makes of a task; None where none is left, or it could not."""
        helper = self._idle.get()
        if helper is None:
            self._idle.put(None)
            return None
        try:
            found = helper.ask(task)
        except (EOFError, OSError):
            _log.warning("a process that drafts has died; what it was at is drafted again")
            with self._lock:
                self._living -= 1
                if not self._living:
                    self._idle.put(None)
            return None
        self._idle.put(helper)
        if isinstance(found, str):
            _log.warning("a process that drafts could not, so it is tried again: %s", found)
            return None
        return found

    def end(self) -> None:
        """End all of them, whatever they are at."""
        for one in self._helpers:
            one.kill()
        self._threads.shutdown(cancel_futures=True)
        for one in self._helpers:
            one.close()


class _Helper:
    """One process, and our end of the way to it."""

    def __init__(self, helpers: Helpers) -> None:
        self._ours, theirs = _processes.Pipe()
        self._process = _processes.Process(
            target=_help, args=(helpers, theirs), name="billing helper", daemon=True
        )
        self._process.start()
        theirs.close()

    def ask(self, task: Task) -> list[Made] | str | None:
        """What it makes of a task, or why it could not. Raises EOFError or OSError if it dies."""
        self._ours.send(task)
        found: list[Made] | str | None = self._ours.recv()
        return found

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._process.join()
        self._process.close()
        self._ours.close()


def _help(helpers: Helpers, parent: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    Thread(target=_end_with_parent, name="parent's end", daemon=True).start()
    engine, usage = helpers.opened()

    def attempt(task: Task) -> list[Made] | str | None:
        try:
            with reading(engine) as tx:
                return made_apart(tx, usage, task, helpers.new_id)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the parent meets it as well
            return f"{type(error).__name__}: {error}"

    with collected_seldom():
        while True:
            parent.send(attempt(parent.recv()))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
