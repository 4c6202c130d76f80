"""What the server and the writer's process say to each other, in frames of one size each way.

Frames go through a socket, in the order of the requests both ways. Bodies do not: they lie in
memory that both see, the sender's key before the JSON, until their request is answered.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from catchment.api.usage.group_commit import Told
from catchment.flows.usage.ingest_usage import Arrival, Place
from catchment.store.access import Key
from catchment.usage import Batch
from catchment.usage.intake.events import instant, micros

_HANDED = struct.Struct("<QIII")
_TOLD = struct.Struct("<qq36s")

READ = 8 * 1024
"""How much of what the other says is read at once, so that few enough are kept together."""

READY = b"+"
"""What the writer says before its first frame."""


class Database(msgspec.Struct):
    """What the server says before its first frame."""

    url: str
    hashing_key: bytes
    inbox_limit_mib: int


def greet(writer: socket.socket, database: Database) -> bool:
    """Tell the writer what to write to; whether it is ready to, or could not be."""
    try:
        writer.sendall(msgspec.json.encode(database))
        return writer.recv(len(READY)) == READY
    except ConnectionError:
        return False


def greeted(server: socket.socket) -> Database:
    """What the server told."""
    return msgspec.json.decode(server.recv(READ), type=Database)


class Handed(NamedTuple):
    """Where a request lies: ``key_size`` bytes of its sender's key, then its JSON."""

    place: int
    key_size: int
    json_size: int
    event_count: int

    def frame(self) -> bytes:
        """As it is said."""
        return _HANDED.pack(*self)

    def arrival(self, room: memoryview) -> Arrival:
        """The request, copied out of ``room``."""
        begin = self.place + self.key_size
        client_id, _, secret = str(room[self.place : begin], "utf-8").partition(":")
        json = bytes(room[begin : begin + self.json_size])
        return Arrival(Key(client_id, secret), Batch(self.event_count, json))


def hand_over(key: bytes, batch: Batch, room: memoryview, place: int) -> Handed:
    """Lay a request into ``room``."""
    handed = Handed(place, len(key), len(batch.json), batch.event_count)
    begin = place + handed.key_size
    room[place:begin] = key
    room[begin : begin + handed.json_size] = batch.json
    return handed


def key_bytes(key: Key) -> bytes:
    """A key as it lies before a body: its id has no colon, for it came by basic authentication."""
    return f"{key.client_id}:{key.secret}".encode()


def told(outcome: Told) -> bytes:
    """What became of a request: where it was kept, or that it was not."""
    if not isinstance(outcome, Place):
        return _TOLD.pack(-1, 0, b"")
    return _TOLD.pack(outcome.first_seq, micros(outcome.received_at), outcome.workspace_id.encode())


class Frames:
    """Whole frames out of what is read from a socket, which ends anywhere."""

    def __init__(self) -> None:
        self._rest = b""

    def handed(self, read: bytes) -> list[Handed]:
        """The requests that are whole by now."""
        return [Handed(*one) for one in self._whole(_HANDED, read)]

    def told(self, read: bytes) -> list[Place | None]:
        """What became of the oldest requests; None is one that was surely not kept."""
        return [
            None if seq < 0 else Place(workspace_id.decode(), instant(at), seq)
            for seq, at, workspace_id in self._whole(_TOLD, read)
        ]

    def _whole(self, frame: struct.Struct, read: bytes) -> Iterator[tuple[Any, ...]]:
        read = self._rest + read
        end = len(read) - len(read) % frame.size
        self._rest = read[end:]
        return frame.iter_unpack(read[:end])
