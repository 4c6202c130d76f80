"""Sixteen clients that send on and on, again where they got no answer, to a server that keeps being killed."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Condition

ROOT = Path(__file__).parents[2]
CLIENTS = 16
REQUESTS = 6
"""Of each client, for each server that is killed."""

EVENTS = 5
_PATIENCE = 300  # seconds for one answer, restart included, on a busy machine


class Server:
    """A server process, with a loader or not, started again and again on one socket."""

    def __init__(self, environment: dict[str, str], *, loader: bool) -> None:
        self._flags = ["--loader"] * loader
        self._environment = os.environ | environment
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        descriptor = self._listener.fileno()
        command = [sys.executable, "-m", "tests.faults.server", str(descriptor), *self._flags]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environment,
            pass_fds=[descriptor],
            start_new_session=True,
        )

    def kill(self, *, loader: bool) -> None:
        """Kill the server, and its loader too or not; that ends once it notices."""
        if loader:
            with suppress(ProcessLookupError):  # it was killed before
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        self._process = self._start()

    def close(self) -> None:
        self.kill(loader=True)
        self._listener.close()


def body(client: int, request: int) -> list[dict[str, object]]:
    """What a client sends in one request: five events, two of which come again in the next."""
    return [
        {
            "customerAlias": "a",
            "eventType": "call",
            "eventTimestamp": "2026-03-02T10:00:00Z",
            "customerEventId": f"{client}-{request * (EVENTS - 2) + n}",
            "eventProperties": {"v": str(request * (EVENTS - 2) + n)},
        }
        for n in range(EVENTS)
    ]


def send_through(server: Server, key: tuple[str, str], kills: int, chance: random.Random) -> int:
    """Have everything sent and answered while the server is killed so often; how often it was sent."""
    answered = Condition()
    counts = {"answered": 0, "sent": 0}
    token = base64.b64encode(":".join(key).encode()).decode()

    def tell(what: str) -> None:
        with answered:
            counts[what] += 1
            answered.notify_all()

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE)
        for request in range(REQUESTS * (kills + 1)):
            headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
            if number % 2:
                headers["Idempotency-Key"] = f"{number}-{request}"
            content = json.dumps(body(number, request))
            status = 0
            while status != 200:
                tell("sent")
                try:
                    connection.request("POST", "/api/usage-events/batch", content, headers)
                    response = connection.getresponse()
                    text = response.read()
                    status = response.status
                except (ConnectionError, http.client.HTTPException):
                    connection.close()
                    continue
                assert status in {200, 503}, text
            tell("answered")
        connection.close()

    def killer() -> None:
        a_round = CLIENTS * REQUESTS
        for number in range(kills):
            due = number * a_round + chance.randrange(1, a_round)
            with answered:
                answered.wait_for(lambda: counts["answered"] >= due, _PATIENCE)  # noqa: B023
            server.kill(loader=chance.random() < 0.5)
            server.restart()

    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        work = [threads.submit(killer), *(threads.submit(client, n) for n in range(CLIENTS))]
        for one in work:
            one.result()
    return counts["sent"]


def ids_of(client: int, requests: int) -> Sequence[str]:
    """The ids of all that a client sends in so many requests."""
    found = {str(one["customerEventId"]) for n in range(requests) for one in body(client, n)}
    return sorted(found)
