"""Requests with usage events, taken at the connection.

For each request uvicorn makes a task and two dozen objects, and stops a large body every 64 KiB
until somebody has read it: several times the work of checking its events. So the plain requests,
and nearly all are, go straight from the parser to the writer here: a key that was good before,
nothing else asked for, a body that is there within a second and has no fault in it. All others go
on to the application as they came, which explains, waits, unpacks, repeats and refuses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from catchment import ids
from catchment.api.edge import frame, problems
from catchment.api.edge.route import MAX_BODY
from catchment.api.usage import event_answers, event_reader
from catchment.api.usage.event_reader import Taken
from catchment.api.usage.group_commit import Told
from catchment.api.usage.large_reads import LARGE
from catchment.flows.usage.ingest_usage import Place
from catchment.store.access import Key
from catchment.usage import Batch

_PROMPT = 1.0
"""Seconds that a body may take here."""

_MOST_UNREAD = 1024 * 1024
"""Bytes that may come on a connection before it is its turn, and at most one read more."""

_JSON = b"application/json"
_KEPT = b"%b%bcontent-type: application/json\r\ncontent-length: %d\r\nx-request-id: %b\r\n%b\r\n%b"
_MORE = frozenset(
    {
        b"ce-specversion",
        b"content-encoding",
        b"expect",
        b"idempotency-key",
        b"sequence-version",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers that ask for more than to keep the events."""


class _Operation(NamedTuple):
    read: Callable[[bytes], Batch | None]
    status: HTTPStatus
    answer: Callable[[Batch, Place], bytes]


def _counts(batch: Batch, _: Place) -> bytes:
    return event_answers.many(Taken(batch))


_OPERATIONS = {
    b"/api/usage-events": _Operation(
        event_reader.surely_one, HTTPStatus.CREATED, event_answers.one
    ),
    b"/api/usage-events/batch": _Operation(event_reader.surely_many, HTTPStatus.OK, _counts),
}


@dataclass(slots=True)
class _Arriving:
    """A plain request whose body is not there yet."""

    operation: _Operation
    sender: Key
    pieces: list[bytes] = field(default_factory=list)


class EventProtocol(HttpToolsProtocol):
    """A connection of a server whose application is Catchment's."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.catchment = config.app.state  # type: ignore[union-attr]
        self._arriving: _Arriving | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._unread: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        if self._unread:
            self._unread.append(data)
            if sum(map(len, self._unread)) >= _MOST_UNREAD:
                self.flow.pause_reading()
        elif len(data) < LARGE:
            self._read(data)
        else:
            self._unset_keepalive_if_required()
            self._unread.append(data)
            self.catchment.large_reads.add(self.loop, self._read_on)

    def _read_on(self) -> None:
        """Read what has come meanwhile."""
        unread, self._unread = self._unread, []
        if sum(map(len, unread)) >= _MOST_UNREAD and not self.transport.is_closing():
            self.flow.resume_reading()  # before it is read: then it may be too much for others
        try:
            for data in unread:
                self._read(data)
        except BaseException:
            self.transport.abort()
            raise

    def _read(self, data: bytes) -> None:
        super().data_received(data)
        if self._arriving is not None and self._patience is None:
            self._patience = self.loop.call_later(_PROMPT, self._pass_on)

    def on_headers_complete(self) -> None:
        self._arriving = self._plain()
        if self._arriving is None:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._arriving is None:
            super().on_body(body)
        else:
            self._arriving.pieces.append(body)

    def on_message_complete(self) -> None:
        if self._arriving is not None:
            arrived = self._arriving
            batch = arrived.operation.read(b"".join(arrived.pieces))
            if batch is not None:
                self._done_arriving()
                kept = _Keeping(self, arrived.operation, batch)
                self.cycle = kept  # type: ignore[assignment]  # requests behind it wait for it
                self.catchment.intake.keep_plainly(arrived.sender, batch, kept.told)
                return
            self._pass_on()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._read_on()
        self._done_arriving()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._read_on()
        self._pass_on()  # so that the body may come to its end
        super().shutdown()

    def _plain(self) -> _Arriving | None:
        operation = _OPERATIONS.get(self.url)
        if operation is None or self.parser.get_method() != b"POST":
            return None
        headers = dict(self.headers)
        if len(headers) < len(self.headers) or not _MORE.isdisjoint(headers):
            return None
        length = int(headers.get(b"content-length", MAX_BODY + 1))
        idle = self.cycle is None or self.cycle.response_complete
        if length > MAX_BODY or not idle or not self.parser.should_keep_alive():
            return None
        if not headers.get(b"content-type", _JSON).startswith(_JSON):
            return None
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        sender = self.catchment.intake.known(authorization)
        if sender is None or not self.catchment.intake.takes_all(sender):
            return None
        return _Arriving(operation, sender)

    def _pass_on(self) -> None:
        """Give what has arrived to the application, and what is still to come."""
        arrived = self._arriving
        if arrived is None:
            return
        self._done_arriving()
        super().on_headers_complete()
        for piece in arrived.pieces:
            super().on_body(piece)

    def _done_arriving(self) -> None:
        self._arriving = None
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class _Keeping:
    """A request whose events are being kept, in the place of uvicorn's cycle for it."""

    message_event = asyncio.Event()  # nobody waits for it

    def __init__(self, connection: EventProtocol, operation: _Operation, batch: Batch) -> None:
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self._connection = connection
        self._scope = connection.scope
        self._operation = operation
        self._batch = batch

    def told(self, outcome: Told) -> None:
        """Answer, unless whoever asked has gone away."""
        connection = self._connection
        lines = b"".join([b"%b: %b\r\n" % one for one in connection.server_state.default_headers])
        if not self.keep_alive:
            lines += b"connection: close\r\n"
        if isinstance(outcome, Place):
            answer = self._kept(outcome, lines)
            self._load(outcome)
        else:
            assert isinstance(outcome, Exception), outcome
            answer = self._refused(outcome, lines)
        self.response_complete = True
        transport = connection.transport
        if transport.is_closing():
            return
        transport.write(answer)
        if not self.keep_alive:
            transport.close()
        connection.on_response_complete()

    def _kept(self, place: Place, lines: bytes) -> bytes:
        """The whole answer, ``lines`` of headers included."""
        body = self._operation.answer(self._batch, place)
        status, id = STATUS_LINE[self._operation.status], ids.new_id().encode()
        return _KEPT % (status, lines, len(body), id, frame.IN_API, body)

    def _refused(self, refusal: Exception, lines: bytes) -> bytes:
        request_id = ids.new_id()
        self._scope["state"]["request_id"] = request_id
        problem = problems.told(Request(self._scope), refusal)  # type: ignore[arg-type]
        headers = problem.raw_headers + frame.in_api(request_id)
        own = [b"%b: %b\r\n" % header for header in headers]
        status = STATUS_LINE[problem.status_code]
        return b"".join([status, lines, *own, b"\r\n", bytes(problem.body)])

    def _load(self, place: Place) -> None:
        """Have the events moved out of the inbox where there are enough of them."""
        connection, state = self._connection, self._connection.catchment
        if state.intake.worth_a_look(place.workspace_id, self._batch.event_count):
            loading = run_in_threadpool(state.usage.loading.if_worth_it, place.workspace_id)
            task = connection.loop.create_task(loading)
            connection.tasks.add(task)
            task.add_done_callback(connection.tasks.discard)
