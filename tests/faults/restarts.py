"""Sixteen clients that send on and on, again where they got no answer, to a server that keeps being killed."""

from __future__ import annotations

import base64
import http.client
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition

from tests.programs import Program

CLIENTS = 16
REQUESTS = 6
"""Of each client, for each server that is killed."""

EVENTS = 5
_PATIENCE = 300  # seconds for one answer, restart included, on a busy machine


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


def send_through(server: Program, key: tuple[str, str], kills: int, chance: random.Random) -> int:
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
            server.kill(children=chance.random() < 0.5)
            server.start()

    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        work = [threads.submit(killer), *(threads.submit(client, n) for n in range(CLIENTS))]
        for one in work:
            one.result()
    return counts["sent"]


def ids_of(client: int, requests: int) -> Sequence[str]:
    """The ids of all that a client sends in so many requests."""
    found = {str(one["customerEventId"]) for n in range(requests) for one in body(client, n)}
    return sorted(found)
