"""The process that writes events down, beside the one that receives and checks them.

In one process both wait for the interpreter most of the time: checking a large body holds it for as
long as that takes, and writing lets go of it in every statement. What the writer does not keep, and
what asks for more than to be kept, is the business of the server's own thread, which also does all
of it while there is no such process. It ends with its parent, however that ends. If it dies itself,
those whose events it had are told that nobody knows, and another is started.
"""

from __future__ import annotations

import logging
import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Event, Thread
from typing import IO

from catchment.api.usage.intake import Intake
from catchment.api.usage.writing import program, wire
from catchment.api.usage.writing.channel import WriterChannel
from catchment.settings import Settings

_ROOM = 16 * 1024 * 1024
_RESTART_SECONDS = 1.0
_LOOK_SECONDS = 0.5
_log = logging.getLogger("catchment.usage")


@contextmanager
def writing_apart(intake: Intake, settings: Settings) -> Iterator[None]:
    """Have a process of its own write for ``intake`` while the block runs, if it can be started."""
    database = wire.Database(
        settings.sqlalchemy_url(), settings.hashing_key(), settings.usage_inbox_limit_mib
    )
    stopping, started = Event(), Event()
    arguments = (intake, database, stopping, started)
    keeper = Thread(target=_keep, args=arguments, name="writer's keeper")
    keeper.start()
    started.wait()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep(intake: Intake, database: wire.Database, stopping: Event, started: Event) -> None:
    """See that a writer runs until ``stopping``; ``started`` once one does, or cannot."""
    while not stopping.is_set():
        try:
            _run(intake, database, stopping, started)
        except OSError:  # no memory, or too many processes
            _log.exception("The server writes usage events itself: no process could be started.")
            started.set()
            stopping.wait(_RESTART_SECONDS)


def _run(intake: Intake, database: wire.Database, stopping: Event, started: Event) -> None:
    """Have a writer run until it dies, or until ``stopping``: then it writes what it has."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs, _unnamed() as shared:
            shared.truncate(_ROOM)
            handed = theirs.fileno(), shared.fileno()
            process = subprocess.Popen(  # noqa: S603 -- nothing in it comes from outside
                [sys.executable, "-P", "-m", program.__name__, *map(str, handed)],
                stdin=subprocess.DEVNULL,
                pass_fds=handed,
            )
            room = memoryview(mmap.mmap(shared.fileno(), _ROOM))
        channel = WriterChannel(ours, room, intake.keep_here)
        if wire.greet(ours, database):
            intake.apart = channel
        started.set()
        while process.poll() is None and not stopping.is_set():
            stopping.wait(_LOOK_SECONDS)
        intake.apart = None
        stopping.wait(_RESTART_SECONDS)  # the loop hears of its end meanwhile
        channel.close()
        process.wait()


def _unnamed() -> IO[bytes]:
    """A file that goes with whoever has it open; in memory where there are such files."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("usage"), "w+b")
    return TemporaryFile()
