"""Who sends: a process of its own with plain sockets, requests made beforehand, answers counted."""

from __future__ import annotations

import base64
import itertools
import json
import os
import random
import re
import selectors
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any

ALIASES = 100_000
EVENTS = 200_000
"""How many different events are made before the first is sent."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send where: ``events`` a request over ``connections``, for so many seconds."""

    port: int
    path: str
    events: int
    connections: int
    seconds: float
    key: tuple[str, str] = ("", "")


def event(number: int, chance: random.Random) -> dict[str, Any]:
    """An event of about 224 bytes whose id is its own."""
    day, hour, minute = chance.randrange(1, 29), chance.randrange(24), chance.randrange(60)
    second = f"{chance.randrange(10**6):06d}"
    return {
        "customerAlias": f"customer-{chance.randrange(ALIASES):06d}",
        "eventType": f"type_{chance.randrange(10)}",
        "customerEventId": f"{os.getpid():08x}{number:024x}",
        "eventTimestamp": f"2026-03-{day:02d}T{hour:02d}:{minute:02d}:00.{second}Z",
        "eventProperties": {
            "value": chance.randrange(10**6) / 1000,
            "region": "eu",
            "model": f"m{chance.randrange(9)}",
        },
    }


def requests(load: Load, count: int = EVENTS) -> list[bytes]:
    """Whole requests of ``count`` events, headers and all, none like another."""
    chance = random.Random(0)
    credentials = base64.b64encode(":".join(load.key).encode()).decode()
    made = []
    for start in range(0, count, load.events):
        sent = [event(number, chance) for number in range(start, start + load.events)]
        one = sent[0] if load.path.endswith("/usage-events") else sent
        body = json.dumps(one, separators=(",", ":")).encode()
        head = (
            f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Basic {credentials}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def send(load: Load) -> dict[str, float]:
    """Send for ``load.seconds``, each connection one request after the other.

    How many were answered, events a second, the median and the 99th percentile of a request's
    milliseconds, and the processor seconds that sending took.
    """
    ready = itertools.cycle(requests(load))
    selector = selectors.DefaultSelector()
    connections = [_Connection(load.port) for _ in range(load.connections)]
    took: list[float] = []
    cpu = time.process_time()
    start = now = time.perf_counter()
    for one in connections:
        selector.register(one.socket, selectors.EVENT_READ, one)
        one.begin(next(ready), selector)
    while (now := time.perf_counter()) - start < load.seconds:
        for key, mask in selector.select(0.1):
            one = key.data
            if mask & selectors.EVENT_WRITE:
                one.push(selector)
            if mask & selectors.EVENT_READ and one.is_answered():
                took.append(time.perf_counter() - one.started)
                one.begin(next(ready), selector)
    cpu = time.process_time() - cpu
    took.sort()
    return {
        "requests": len(took),
        "events a second": len(took) * load.events / (now - start),
        "p50 ms": took[len(took) // 2] * 1000,
        "p99 ms": took[len(took) * 99 // 100] * 1000,
        "sender's CPU ms": cpu / len(took) * 1000,
    }


class _Connection:
    """Costs next to nothing: the selector hears of it again only where a socket is full."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.started = 0.0
        self._left = memoryview(b"")
        self._heard = b""

    def begin(self, request: bytes, selector: selectors.BaseSelector) -> None:
        self.started = time.perf_counter()
        sent = self._send(request)
        if sent < len(request):
            self._left = memoryview(request)[sent:]
            selector.modify(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def push(self, selector: selectors.BaseSelector) -> None:
        self._left = self._left[self._send(self._left) :]
        if not self._left:
            selector.modify(self.socket, selectors.EVENT_READ, self)

    def is_answered(self) -> bool:
        """Whether all of an answer has come. Ends the process where it is a refusal."""
        heard = self._heard + self.socket.recv(65536)
        head = heard.find(b"\r\n\r\n")
        self._heard = heard
        if head < 0:
            return False
        if not heard.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise SystemExit(f"refused: {heard[:500]!r}")
        found = _LENGTH.search(heard)
        assert found, heard[:head]
        if len(heard) < head + 4 + int(found[1]):
            return False
        self._heard = b""
        return True

    def _send(self, left: bytes | memoryview) -> int:
        try:
            return self.socket.send(left)
        except BlockingIOError:
            return 0


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(send(Load(**given | {"key": tuple(given["key"])}))))
