"""Sixteen clients that send on and on, again where they got no answer, to servers that keep being killed."""

from __future__ import annotations

import base64
import http.client
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition

from catchment.usage import EventFilter, EventPageRequest, StoredEvent, UsageStore

CLIENTS = 16
REQUESTS = 6
"""Of each client, for each process that is killed."""

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


def send_through(
    ports: Sequence[int], key: tuple[str, str], kills: int, strike: Callable[[], None], seed: int
) -> int:
    """Have everything sent to any of ``ports`` and answered, and ``strike`` so often meanwhile.

    Returns how often something was sent.
    """
    answered = Condition()
    counts = {"answered": 0, "sent": 0}
    token = base64.b64encode(":".join(key).encode()).decode()

    def tell(what: str) -> None:
        with answered:
            counts[what] += 1
            answered.notify_all()

    def client(number: int) -> None:
        chance = random.Random(f"{seed} {number}")
        connection = _connection(chance.choice(ports))
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
                    connection = _connection(chance.choice(ports))
                    continue
                assert status in {200, 503}, text
            tell("answered")
        connection.close()

    def killer() -> None:
        chance = random.Random(seed)
        a_round = CLIENTS * REQUESTS
        for number in range(kills):
            due = number * a_round + chance.randrange(1, a_round)
            with answered:
                answered.wait_for(lambda: counts["answered"] >= due, _PATIENCE)  # noqa: B023
            strike()

    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        work = [threads.submit(killer), *(threads.submit(client, n) for n in range(CLIENTS))]
        for one in work:
            one.result()
    return counts["sent"]


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)


def wrong(usage: UsageStore, workspace_id: str, requests: int, sent: int) -> Iterator[str]:
    """What is wrong with what is stored of ``requests`` of every client, ``sent`` so often in all."""
    before = _stored(usage, workspace_id)
    yield from _not_once(before, requests, sent)
    for name, change in (("loaded", usage.catch_up), ("merged", usage.compact)):
        change(workspace_id)
        if _stored(usage, workspace_id) != before:
            yield f"{name}: other events than were found"
    said = usage.stats(workspace_id, [])
    counting = sum(one.counts for one in before)
    if (said.events, said.events - said.superseded_events) != (len(before), counting):
        yield f"statistics say {said}, events are {len(before)}, {counting} count"
    if (said.events_in_files, said.waiting_events) != (len(before), 0):
        yield f"statistics say {said}, all {len(before)} are loaded"


def _stored(usage: UsageStore, workspace_id: str) -> list[StoredEvent]:
    page = usage.events(workspace_id, EventFilter(), EventPageRequest(limit=1_000_000, by_id=True))
    assert page.total == len(page.events), page.total
    return page.events


def _not_once(stored: Sequence[StoredEvent], requests: int, sent: int) -> Iterator[str]:
    """Each id counts once; what has an Idempotency-Key is there once even where it was resent."""
    counting = Counter(one.customer_event_id for one in stored if one.counts)
    due = {id for client in range(CLIENTS) for id in ids_of(client, requests)}
    if missing := due - counting.keys():
        yield f"lost: {sorted(missing)}"
    if unknown := counting.keys() - due:
        yield f"never sent: {sorted(unknown)}"
    if doubled := {id for id, times in counting.items() if times > 1}:
        yield f"count more than once: {sorted(doubled)}"
    copies = Counter(int(one.customer_event_id.partition("-")[0]) for one in stored)
    for client in range(CLIENTS):
        expected = EVENTS * requests
        if copies[client] < expected or (client % 2 and copies[client] > expected):
            yield f"{copies[client]} events of client {client}, which sent {expected}"
    if len(stored) > EVENTS * sent:
        yield f"{len(stored)} events, though only {sent} requests were sent"


def ids_of(client: int, requests: int) -> Sequence[str]:
    """The ids of all that a client sends in so many requests."""
    found = {str(one["customerEventId"]) for n in range(requests) for one in body(client, n)}
    return sorted(found)
