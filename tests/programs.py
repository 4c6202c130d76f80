"""Programs of the tests that are killed and started again.

A server's socket outlives it: whoever connects while none runs waits for the next one, so nobody has to try
again and again.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]


def listening(port: str) -> socket.socket:
    """The socket a program was told: a port of this machine, or ``fd:N``, which it inherits."""
    if port.startswith("fd:"):
        return socket.socket(fileno=int(port.removeprefix("fd:")))
    return socket.create_server(("127.0.0.1", int(port)))


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", module, *arguments]


class Program:
    """A command that is started again and again."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        inherited: Sequence[int] = (),
    ) -> None:
        self._command = command
        self._environment = {**os.environ, **(environment or {})}
        self._inherited = inherited
        self.start()

    def start(self) -> None:
        """Start it (again)."""
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            pass_fds=self._inherited,
            start_new_session=True,
        )

    def kill(self, *, children: bool = True) -> None:
        """Kill it, and the processes it started too or not; those end once they notice."""
        if children:
            with suppress(ProcessLookupError):  # it was killed before
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()

    def kill_child(self, module: str) -> None:
        """Kill the process that it started to run ``module``, if there is one now."""
        command = ["pgrep", "-g", str(self._process.pid), "-f", module]
        found = subprocess.run(command, check=False, capture_output=True, text=True)
        for pid in found.stdout.split():
            with suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(int(pid), signal.SIGKILL)

    def close(self) -> None:
        """Kill it for good."""
        self.kill()


class Server(Program):
    """``python -m MODULE fd:N ARGUMENTS``, on a socket that stays."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        descriptor = self._listener.fileno()
        command = python(module, f"fd:{descriptor}", *arguments)
        super().__init__(command, environment, [descriptor])

    def close(self) -> None:
        """Kill it for good."""
        super().close()
        self._listener.close()
