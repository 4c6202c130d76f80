"""The process that writes events down, beside the one that receives and checks them.

In one process both wait for the interpreter most of the time: checking a large body holds it for as
long as that takes, and writing lets go of it in every statement. What the writer does not keep, and
what asks for more than to be kept, is the business of the server's own thread, which also does all
of it while there is no such process. It ends with its parent, however that ends. If it dies itself,
those whose events it had are told that nobody knows, and another is started.
"""

from __future__ import annotations

import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Event, Thread

from catchment.api.usage.intake import Intake
from catchment.api.usage.writing import program, wire
from catchment.api.usage.writing.channel import WriterChannel
from catchment.settings import Settings

_ROOM = 16 * 1024 * 1024
_RESTART_SECONDS = 1.0
_LOOK_SECONDS = 0.5


@contextmanager
def writing_apart(intake: Intake, settings: Settings) -> Iterator[None]:
    """Have a process of its own write for ``intake`` while the block runs, if it can be started."""
    stopping, started = Event(), Event()
    arguments = (intake, settings, stopping, started)
    keeper = Thread(target=_keep, args=arguments, name="writer's keeper")
    keeper.start()
    started.wait()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep(intake: Intake, settings: Settings, stopping: Event, started: Event) -> None:
    """See that a writer runs until ``stopping``; the one that runs then writes what it has."""
    database = wire.Database(
        settings.sqlalchemy_url(), settings.hashing_key(), settings.usage_inbox_limit_mib
    )
    while not stopping.is_set():
        ours, theirs = socket.socketpair()
        shared = _shared()
        process = subprocess.Popen(  # noqa: S603 -- nothing in it comes from outside
            [sys.executable, "-P", "-m", program.__name__, str(theirs.fileno()), str(shared)],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), shared),
        )
        theirs.close()
        room = memoryview(mmap.mmap(shared, _ROOM))
        os.close(shared)
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


def _shared() -> int:
    """Memory for two processes, as a file that has no name."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("usage")
    else:
        with TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.truncate(descriptor, _ROOM)
    return descriptor
