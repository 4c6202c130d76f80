"""The process that moves usage events into segments, beside the one that takes them in.

Sorting and compressing would hold up requests if they shared an interpreter. The loader ends with
its parent, however that ends: it waits on a pipe that only the parent holds open. If it dies
itself, it is started again, and nothing is lost or doubled by that.
"""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from threading import Event, Thread

from catchment.jobs.apart import apart, kept
from catchment.settings import Settings
from catchment.stores import Built, build
from catchment.usage import UsageStore

LOOK_SECONDS = 0.5
"""How often the loader looks whether enough waits, for fewer and larger files."""

RETRY_SECONDS = 5.0
"""How long it waits where the disk is full, or what it needs is away."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""What ``mallopt`` sets, by glibc's malloc.h."""

_RESTART_SECONDS = 1.0


def watch(usage: UsageStore, ended: Callable[[float], bool]) -> None:
    """Load what comes, until ``ended``, which waits up to so many seconds, says so."""
    pause = 0.0
    while not ended(pause):
        usage.loading.if_worth_it()
        pause = RETRY_SECONDS if usage.loading.failing else LOOK_SECONDS


@contextmanager
def loading(built: Built) -> Iterator[None]:
    """Have a process of its own load while the block runs; this one does not.

    Unless usage is in chDB, which only one process can open.
    """
    if built.settings.usage_url.startswith("chdb:"):
        yield
        return
    built.usage.loading.elsewhere = True
    stopping = Event()
    keeper = Thread(target=_keep, args=(built.settings, stopping), name="loader's keeper")
    try:
        with kept(keeper, stopping):
            yield
    finally:
        built.usage.loading.elsewhere = False


def _keep(settings: Settings, stopping: Event) -> None:
    """See that a loader runs until ``stopping``; the one that runs then ends its batch."""
    while not stopping.is_set():
        process, ours = apart(_load, settings, "usage loader", stopping)
        ours.close()
        process.join()
        stopping.wait(_RESTART_SECONDS)


def _load(settings: Settings, parent: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _keep_memory()
    built = build(settings)
    watch(built.usage, parent.poll)  # there is something to read once the other end is gone
    built.usage.close()
    built.engine.dispose()


def _keep_memory() -> None:
    """Use what is freed again. Else every few events memory is given back to the system and taken
    from it anew, which is an eighth of decoding. Without glibc nothing is changed.
    """
    with suppress(OSError, AttributeError):
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_TRIM_THRESHOLD, 1 << 28)
        allocator.mallopt(_MMAP_THRESHOLD, 1 << 25)
