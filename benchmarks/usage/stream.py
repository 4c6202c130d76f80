"""Who sends without end: requests of 1,000 events over some connections, at a rate or as they go.

``python -m benchmarks.usage.stream '<Stream as JSON>'`` prints what came of it as JSON. Bodies are
made beforehand and sent again and again, each time under other ids; within them 5 % are events that
were sent before. So nothing but sending is done meanwhile, and what is distinct is known.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from threading import Lock, Thread

from benchmarks.usage import month

PATH = "/api/usage-events/batch"
_PARTS = 2
_ID_BYTES = 12
_ID = b'"customerEventId":"'


@dataclass(frozen=True, slots=True)
class Stream:
    """What to send: ``rate`` events a second for so many seconds; a rate of 0 is full speed."""

    port: int
    client_id: str
    secret: str
    rate: float
    seconds: float
    connections: int = 8


class Bodies:
    """Requests' bodies by number, none like another, and how many of their events are new."""

    def __init__(self) -> None:
        parts = [month.part(number, id_bytes=_ID_BYTES) for number in range(_PARTS)]
        self._bodies = [body for part in parts for body in part.bodies()]
        self._new = [new for part in parts for new in part.new]

    def body(self, number: int) -> bytes:
        turn, place = divmod(number, len(self._bodies))
        return self._bodies[place].replace(_ID, b"%b%08x" % (_ID, turn))

    def distinct(self, count: int) -> int:
        """How many events the first ``count`` bodies have, each counted once."""
        turns, left = divmod(count, len(self._new))
        return turns * sum(self._new) + sum(self._new[:left])


def send(stream: Stream) -> dict[str, float]:
    """Requests and events acknowledged, distinct ones, seconds, and a request's milliseconds."""
    bodies = Bodies()
    credentials = base64.b64encode(f"{stream.client_id}:{stream.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
    numbers, turn = count(), Lock()
    took: list[float] = []
    start = time.perf_counter()

    def run() -> None:
        connection = HTTPConnection("127.0.0.1", stream.port)
        while True:
            with turn:
                if time.perf_counter() - start >= stream.seconds:
                    return
                number = next(numbers)
                due = start + number * month.REQUEST / stream.rate if stream.rate else start
                time.sleep(max(0.0, due - time.perf_counter()))
            begun = time.perf_counter()
            connection.request("POST", PATH, bodies.body(number), headers)
            answer = connection.getresponse()
            told = answer.read()
            if answer.status != 200 or b'"refused":0' not in told:
                raise SystemExit(f"refused: {answer.status} {told[:500]!r}")
            took.append(time.perf_counter() - begun)

    threads = [Thread(target=run) for _ in range(stream.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    took.sort()
    return {
        "events": len(took) * month.REQUEST,
        "distinct": bodies.distinct(len(took)),
        "seconds": seconds,
        "p50 ms": took[len(took) // 2] * 1000,
        "p99 ms": took[len(took) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(send(Stream(**json.loads(sys.argv[1])))))
