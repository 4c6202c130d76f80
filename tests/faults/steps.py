"""Every step at which a life touches the database or the disk, and what may go wrong there.

The database: before and after each statement and each COMMIT. The disk: each file opened to be written,
synced, renamed, removed or touched, each folder made. Files are written by libraries in C, so a full
disk is a limit of the operating system on how long a file of this process may become: what is beyond
it is refused in the middle of a write.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tests.faults.story import Say


class Fault(StrEnum):
    """What happens at a step."""

    KILL = "KILL"  # the process is killed
    POWER = "POWER"  # it is killed, and files lose what was not synced
    TORN = "TORN"  # it is killed, and what SQLite wrote after its last commit is rubbish
    FAIL = "FAIL"  # that step and some after it fail
    FULL = "FULL"  # no file may grow for some steps


DEADLY = frozenset({Fault.KILL, Fault.POWER, Fault.TORN})


@dataclass(frozen=True)
class Plan:
    """``fault`` at step ``first``, over before step ``last``; no file is longer than ``room``."""

    fault: Fault | None
    first: int = 0
    last: int = 0
    room: int = 0


class Steps:
    """Counts steps, and lets the plan happen."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self._plan = plan
        self._say = say
        self._mutex = threading.Lock()
        self.count = 0

    def step(self, error: Callable[[], Exception]) -> None:
        """One step, which fails with ``error`` if it must."""
        with self._mutex:
            number = self.count
            self.count += 1
            plan = self._plan
            if number == plan.first and plan.fault is not None:
                self._say({"did": "fault"})
                if plan.fault in DEADLY:
                    self.die()
            if plan.fault is Fault.FULL and number in {plan.first, plan.last}:
                room = plan.room if number == plan.first else resource.RLIM_INFINITY
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        if plan.fault is Fault.FAIL and plan.first <= number < plan.last:
            raise error()

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def disk_failed(self) -> Exception:
        code = errno.ENOSPC if self.count % 2 else errno.EIO
        return OSError(code, os.strerror(code))

    def watch_database(self, engine: Engine) -> None:
        dialect = engine.dialect

        def failed() -> Exception:
            return dialect.dbapi.OperationalError("database or disk is full")

        def watched(real: Callable[..., Any]) -> Callable[..., Any]:
            def run(*arguments: Any, **named: Any) -> Any:
                self.step(failed)
                answer = real(*arguments, **named)
                self.step(failed)
                return answer

            return run

        for name in ("do_execute", "do_execute_no_params", "do_executemany", "do_commit"):
            setattr(dialect, name, watched(getattr(dialect, name)))

    def watch_files(self, data_dir: Path, shadow: Path) -> None:
        """Nothing is really synced: what would have been is said, and its content kept aside."""
        folder = os.fspath(data_dir / "usage")
        syncing = threading.Lock()

        def fsync(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            self.step(self.disk_failed)
            with syncing:  # or one who looked earlier might say so later
                about = path.stat()
                said: dict[str, Any] = {"did": "sync", "path": str(path)}
                if path.is_dir():
                    said["entries"] = {one.name: one.stat().st_ino for one in path.iterdir()}
                else:
                    said |= {"inode": about.st_ino, "size": about.st_size}
                    if not (shadow / str(about.st_ino)).exists():
                        os.link(path, shadow / str(about.st_ino))
                self._say(said)
            self.step(self.disk_failed)

        def audit(name: str, arguments: tuple[Any, ...]) -> None:
            if name == "open":
                path, mode, _ = arguments
                if not isinstance(mode, str) or not set(mode) & set("wax+"):
                    return
            elif name not in {"os.rename", "os.remove", "os.utime", "os.mkdir"}:
                return
            path = str(arguments[0])
            if path.startswith(folder):
                if name == "os.utime":
                    self._say({"did": "retire", "path": path})
                self.step(self.disk_failed)

        os.fsync = fsync
        sys.addaudithook(audit)
