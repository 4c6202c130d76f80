"""What runs in a process of its own, as long as its parent."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Event, Thread

from catchment.settings import Settings

_JOIN_SECONDS = 0.5


@contextmanager
def kept(keeper: Thread, stopping: Event) -> Iterator[None]:
    """Have ``keeper`` run while the block does; it ends because it finds us ``stopping``."""
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def apart(
    run: Callable[[Settings, Connection], None], settings: Settings, name: str, stopping: Event
) -> tuple[BaseProcess, Connection]:
    """The process called ``name`` that did ``run``, or still does as we are ``stopping``.

    The other end of the connection is its own. What it reads there ends once this one is closed, or
    this process is gone.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=run, args=(settings, theirs), name=name)
    process.start()
    theirs.close()
    while process.is_alive() and not stopping.is_set():
        process.join(_JOIN_SECONDS)
    return process, ours
