"""Requests that are taken at the connection are answered as the application would answer them."""

import asyncio
import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, cast

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from catchment import ids
from catchment.api.edge.route import MAX_BODY
from catchment.api.server import config
from catchment.api.usage import event_protocol
from catchment.api.usage.event_protocol import EventProtocol
from catchment.settings import Settings
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import lock, writing
from catchment.store.usage import kept_usage
from tests.api.test_usage_events import EVENT
from tests.conftest import Clock

ONE = json.dumps(EVENT).encode()
TWO = b"[%b,%b]" % (ONE, ONE)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


class Wire:
    """A connection with a key."""

    def __init__(self, port: int, key: tuple[str, str]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._authorization = base64.b64encode(":".join(key).encode()).decode()
        self._file = self.socket.makefile("rb")

    def head(self, length: int, path: str = "", **more: str) -> bytes:
        headers = {
            "Host": "catchment",
            "Authorization": f"Basic {self._authorization}",
            "Content-Length": str(length),
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([f"POST /api/usage-events{path} HTTP/1.1", *lines, "\r\n"]).encode()

    def send(self, body: bytes, path: str = "", **more: str) -> None:
        self.socket.sendall(self.head(len(body), path, **more) + body)

    def answer(self) -> Answer:
        status = int(self._file.readline().split()[1])
        headers = {}
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.decode().strip().partition(": ")
            headers[name.lower()] = value
        body = self._file.read(int(headers["content-length"]))
        return Answer(status, headers, json.loads(body))

    def ask(self, body: bytes, path: str = "", **more: str) -> Answer:
        self.send(body, path, **more)
        return self.answer()

    def is_over(self) -> bool:
        return self._file.read() == b""


class Watched:
    """The application, and what reached it."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.state = app.state
        self.asked: list[str] = []
        self.reached = Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["method"])
        self.reached.set()
        await self._app(scope, receive, send)


@dataclass
class Served:
    app: Watched
    server: uvicorn.Server
    port: int
    key: tuple[str, str]

    @contextmanager
    def wire(self) -> Iterator[Wire]:
        """A connection whose key is known, from where nothing has reached the application yet."""
        wire = Wire(self.port, self.key)
        with wire.socket:
            assert wire.ask(ONE).status == 201
            self.app.asked.clear()
            self.app.reached.clear()
            yield wire


@pytest.fixture
def served(
    client: TestClient, engine: Engine, workspace: Workspace, settings: Settings, clock: Clock
) -> Iterator[Served]:
    with writing(engine) as tx:
        key = access.create_key(
            tx, workspace.id, id=ids.new_id(), at=clock(), hashing_key=settings.hashing_key()
        )
    app = Watched(cast("FastAPI", client.app))
    listener = socket.create_server(("127.0.0.1", 0))  # callers wait here until it runs
    server = uvicorn.Server(config(cast("FastAPI", app)))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield Served(app, server, listener.getsockname()[1], key)
    server.should_exit = True
    thread.join()
    listener.close()


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["code"]


@pytest.mark.parametrize(("body", "path"), [(ONE, ""), (TWO, "/batch"), (b"[]", "/batch")])
def test_a_plain_request_is_answered_as_the_application_would(
    served: Served, body: bytes, path: str
) -> None:
    with served.wire() as wire:
        here = wire.ask(body, path)
        assert served.app.asked == []
        there = wire.ask(body, path, Sequence_Version="2024-07-30")

    assert served.app.asked == ["POST"]
    assert here.headers["x-request-id"] != there.headers["x-request-id"]
    for one in (here, there):
        one.body.pop("id", None)
        one.headers = one.headers | {"date": "", "x-request-id": ""}
    assert here == there


@pytest.mark.parametrize(
    "more",
    [
        {"Idempotency_Key": "k"},
        {"Expect": "nothing"},
        {"Content_Encoding": "identity"},
        {"Content_Type": "application/cloudevents+json"},
        {"ce_specversion": "1.0"},
        {"Connection": "close"},
        {"Upgrade": "h2c"},
        {"path": "?ids=true"},
        {"path": "/batch?ids=true"},
        {"path": "/nowhere"},
        {"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="},
    ],
    ids="".join,
)
def test_a_request_that_asks_for_more_is_the_applications(
    served: Served, more: dict[str, str]
) -> None:
    with served.wire() as wire:
        wire.ask(ONE, **more)

    assert served.app.asked == ["POST"]


def test_a_retry_is_answered_with_what_was_answered_before(served: Served) -> None:
    with served.wire() as wire:
        first, again = (wire.ask(ONE, Idempotency_Key="k") for _ in range(2))

    assert first.body == again.body


def test_faults_are_explained(served: Served) -> None:
    with served.wire() as wire:
        one = wire.ask(b'{"customerAlias":""}')
        many = wire.ask(b"[%b,7]" % ONE, "/batch")
        after = wire.ask(ONE)

    assert served.app.asked == ["POST", "POST"]
    assert refused(one) == (400, "invalid")
    assert (many.body["accepted"], many.body["refused"]) == (1, 1)
    assert after.status == 201


def test_a_body_in_pieces_is_taken_whole(served: Served) -> None:
    body = b"[%b]" % b",".join([ONE] * 3000)
    with served.wire() as wire:
        wire.socket.sendall(wire.head(len(body), "/batch"))
        for start in range(0, len(body), 50_000):
            wire.socket.sendall(body[start : start + 50_000])
        answer = wire.answer()

    assert served.app.asked == []
    assert answer.body == {"accepted": 3000, "refused": 0, "items": []}


def test_a_body_beyond_the_limit_is_refused(served: Served) -> None:
    with served.wire() as wire:
        wire.send(b" " * (MAX_BODY + 1), "/batch")

        assert refused(wire.answer()) == (413, "too_large")


def test_whoever_takes_its_time_is_waited_for_by_the_application(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served.wire() as wire:
        monkeypatch.setattr(event_protocol, "_PROMPT", 0)
        wire.socket.sendall(wire.head(len(ONE)) + ONE[:20])
        assert served.app.reached.wait(30)
        wire.socket.sendall(ONE[20:])

        assert wire.answer().body["customerEventId"] == EVENT["customerEventId"]


def test_requests_that_come_together_are_answered_in_their_order(served: Served) -> None:
    names = [f"e{n}" for n in range(4)]
    bodies = [json.dumps(EVENT | {"customerEventId": name}).encode() for name in names]
    with served.wire() as wire:
        sent = [
            wire.head(len(body), **({"Idempotency_Key": "k"} if n % 3 == 1 else {})) + body
            for n, body in enumerate(bodies)
        ]
        wire.socket.sendall(b"".join(sent))

        assert [wire.answer().body["customerEventId"] for _ in names] == names


def test_what_comes_right_behind_much_waits_for_it(served: Served) -> None:
    many = b"[%b]" % b",".join([ONE] * 1000)
    with served.wire() as wire:
        both = wire.head(len(many), "/batch") + many + wire.head(len(ONE)) + ONE
        wire.socket.sendall(both)

        assert wire.answer().body["accepted"] == 1000
        assert wire.answer().status == 201


class Endless(asyncio.Transport):
    """A peer that sends whenever it may, until nobody wants more."""

    def __init__(self) -> None:
        super().__init__()
        self.paused = self.over = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def is_closing(self) -> bool:
        return self.over

    def abort(self) -> None:
        self.over = True

    def close(self) -> None:
        self.over = True


def test_of_a_body_that_nobody_reads_little_is_taken(client: TestClient) -> None:
    gone = asyncio.Event()

    async def waiting(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await gone.wait()

    async def taken() -> int:
        waiting.state = cast("FastAPI", client.app).state  # type: ignore[attr-defined]
        using = config(cast("FastAPI", waiting))
        using.load()
        peer = Endless()
        connection = EventProtocol(using, ServerState(), {})
        connection.connection_made(peer)
        connection.data_received(b"POST /api/x HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n")
        size = 0
        for _ in range(200):
            while not peer.paused and size < 100_000_000:
                connection.data_received(bytes(100_000))
                size += 100_000
            await asyncio.sleep(0)  # a turn of the loop
        connection.connection_lost(None)
        gone.set()
        await asyncio.sleep(0)
        return size

    assert 1_000_000 < asyncio.run(taken()) < 4_000_000


def test_much_that_came_before_a_connection_ended_is_kept(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = calls(monkeypatch, served.app.state.intake, "keep_plainly")
    with served.wire() as wire:
        kept.clear()
        wire.send(b"[%b]" % b",".join([ONE] * 1000), "/batch")
        wire.socket.shutdown(socket.SHUT_RDWR)

        assert kept.wait(30)


def test_a_key_that_was_revoked_opens_nothing_and_is_forgotten(
    served: Served, engine: Engine, clock: Clock
) -> None:
    with served.wire() as wire:
        with writing(engine) as tx:
            access.revoke_key(tx, served.key[0], clock())
        answers = [wire.ask(ONE), wire.ask(ONE)]

    assert [refused(one) for one in answers] == [(401, "unauthenticated")] * 2
    assert "www-authenticate" in answers[0].headers
    assert served.app.asked == ["POST"]


def test_a_full_inbox_asks_to_come_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.wire() as wire:
        monkeypatch.setattr(served.app.state.intake.pressure, "_limit", 0)
        answer = wire.ask(ONE)

    assert refused(answer) == (429, "usage_inbox_full")
    assert answer.headers["retry-after"] == "30"


def test_where_a_commit_fails_nobody_tries_again(served: Served, engine: Engine) -> None:
    commits = []

    def no_space(connection: Connection) -> None:
        commits.append(connection)
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    with served.wire() as wire:
        event.listen(engine, "commit", no_space)
        try:
            failed = wire.ask(ONE)
        finally:
            event.remove(engine, "commit", no_space)
        after = wire.ask(ONE)

    assert (refused(failed), len(commits)) == ((503, "unavailable"), 1)
    assert after.status == 201


def calls(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> Event:
    """Set once what ``owner`` has under ``name`` has been called."""
    called, real = Event(), getattr(owner, name)

    def spy(*args: Any) -> Any:
        result = real(*args)
        called.set()
        return result

    monkeypatch.setattr(owner, name, spy)
    return called


def test_a_server_that_stops_answers_whoever_waits(
    served: Served, engine: Engine, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = calls(monkeypatch, served.app.state.intake, "keep_plainly")
    stopping = calls(monkeypatch, EventProtocol, "shutdown")
    with served.wire() as wire:
        with writing(engine) as tx:
            lock(tx, "usage", workspace.id)
            waits.clear()
            wire.send(ONE)
            assert waits.wait(30)
            served.server.should_exit = True
            assert stopping.wait(30)
        answer = wire.answer()

        assert (answer.status, answer.headers["connection"]) == (201, "close")
        assert wire.is_over()


def test_a_server_that_stops_lets_a_body_come_to_its_end(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrives = calls(monkeypatch, EventProtocol, "data_received")
    stopping = calls(monkeypatch, EventProtocol, "shutdown")
    with served.wire() as wire:
        arrives.clear()
        wire.socket.sendall(wire.head(len(ONE)) + ONE[:20])
        assert arrives.wait(30)
        served.server.should_exit = True
        assert stopping.wait(30)
        wire.socket.sendall(ONE[20:])

        assert wire.answer().status == 201
        assert wire.is_over()


def test_a_sender_that_goes_away_leaves_its_events_and_harms_nobody(
    served: Served, client: TestClient, engine: Engine, workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    waits = calls(monkeypatch, served.app.state.intake, "keep_plainly")
    gone = calls(monkeypatch, EventProtocol, "connection_lost")
    with served.wire() as wire, served.wire() as other, writing(engine) as tx:
        lock(tx, "usage", workspace.id)
        waits.clear()
        wire.send(json.dumps(EVENT | {"customerEventId": "left"}).encode())
        assert waits.wait(30)
        wire.socket.shutdown(socket.SHUT_RDWR)
        assert gone.wait(30)
        other.send(json.dumps(EVENT | {"customerEventId": "stayed"}).encode())
        tx.commit()

        assert other.answer().status == 201
    kept = {one["customerEventId"] for one in client.get("/usage-events").json()["items"]}
    assert {"left", "stayed"} <= kept


def test_events_are_loaded_once_there_are_enough(
    served: Served, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = calls(monkeypatch, served.app.state.usage.loading, "if_worth_it")
    monkeypatch.setattr(served.app.state.intake, "worth_a_look", lambda *_: True)
    with served.wire() as wire:
        loaded.clear()
        wire.ask(ONE)
        assert loaded.wait(30)

    assert served.app.asked == []


def test_where_usage_was_dropped_the_application_looks_at_every_event(
    served: Served, engine: Engine, workspace: Workspace
) -> None:
    with served.wire() as wire:
        with writing(engine) as tx:
            kept_usage.keep_since(tx, workspace.id, datetime(9000, 1, 1, tzinfo=UTC))

        told = [wire.ask(ONE) for _ in range(2)]

        assert [(one.status, one.body["code"]) for one in told] == [
            (503, "unavailable"),  # who sends was known to have nothing dropped
            (400, "invalid"),
        ]
        assert told[1].body["errors"][0]["code"] == "usage_too_old"
        assert served.app.asked == ["POST"]
