"""Who sends: a process of its own with plain sockets, requests made beforehand, answers counted."""

from __future__ import annotations

import base64
import json
import os
import random
import selectors
import socket
import sys
import time
from contextlib import suppress
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


def requests(load: Load, first: int = 0) -> list[bytes]:
    """Whole requests, headers and all, none like another."""
    chance = random.Random(first)
    credentials = base64.b64encode(":".join(load.key).encode()).decode()
    made = []
    for start in range(first, first + EVENTS, load.events):
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

    Events a second, the median and the 99th percentile of a request's milliseconds.
    """
    ready = requests(load)
    selector = selectors.DefaultSelector()
    started: dict[socket.socket, float] = {}
    pending: dict[socket.socket, memoryview] = {}
    heard: dict[socket.socket, bytes] = {}
    took: list[float] = []
    sent = 0

    def begin(one: socket.socket) -> None:
        nonlocal sent
        pending[one] = memoryview(ready[sent % len(ready)])
        sent += 1
        started[one] = time.perf_counter()
        push(one)

    def push(one: socket.socket) -> None:
        left = pending[one]
        with suppress(BlockingIOError):
            left = left[one.send(left) :]
        pending[one] = left
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if left else 0)
        selector.modify(one, wanted)

    start = time.perf_counter()
    for _ in range(load.connections):
        one = socket.create_connection(("127.0.0.1", load.port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setblocking(False)
        selector.register(one, selectors.EVENT_READ)
        begin(one)
    while (now := time.perf_counter()) - start < load.seconds:
        for key, mask in selector.select(0.1):
            one = key.fileobj  # type: ignore[assignment]
            if mask & selectors.EVENT_WRITE:
                push(one)
            if mask & selectors.EVENT_READ:
                heard[one] = heard.get(one, b"") + one.recv(65536)
                if not _whole(heard[one]):
                    continue
                del heard[one]
                took.append(time.perf_counter() - started[one])
                begin(one)
    took.sort()
    return {
        "events a second": len(took) * load.events / (now - start),
        "requests a second": len(took) / (now - start),
        "p50 ms": took[len(took) // 2] * 1000,
        "p99 ms": took[len(took) * 99 // 100] * 1000,
        "sender's CPU": time.process_time(),
    }


def _whole(answer: bytes) -> bool:
    """Whether all of an answer has come. Ends the process where it is a refusal."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise SystemExit(f"refused: {answer[:500]!r}")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return len(body) >= length


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(send(Load(**given | {"key": tuple(given["key"])}))))
