"""What a request's worth of events is kept as.

The inbox keeps a JSON array in the shape of the wire, the request's own bytes wherever they can be
kept as they are. What an event lacks is filled in by whoever reads it: without a time it happened
when it was received, without an id of its sender's it has its own.

A place in the order of acknowledgement (``seq``) is made of the inbox row and the place in it, so
it is known as soon as the row is written and stays the event's own wherever the event is moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

PLACES = 1 << 14
"""How many events a row of the inbox has room for."""

_BEYOND = 1 << 40  # a row's id that no inbox comes to, and whose places have ids all the same
_SMALL = 4_096  # bytes: below, compressing costs more than it saves
_codec = pa.Codec("zstd", compression_level=1)


NO_PROPERTIES = msgspec.Raw(b"")


class SentEvent(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """An event as it was sent and checked. ``event_properties`` is a JSON object, or empty."""

    customer_alias: str
    event_type: str
    event_timestamp: datetime | None = None
    customer_event_id: str | None = None
    event_properties: msgspec.Raw = NO_PROPERTIES


def cancellation(customer_event_id: str) -> SentEvent:
    """What makes the event that has this id of its sender's count no more.

    It supersedes that event as a correction would, and is itself an event of nothing: nobody can
    send one without a type, so no question ever finds it.
    """
    return SentEvent("", "", None, customer_event_id)


@dataclass(frozen=True, slots=True)
class Batch:
    """One request's events: how many, and their JSON array.

    Raises ValueError for more than a row of the inbox has places for: what is beyond would have the
    places of the next row's. ``batches`` makes as many as it takes.
    """

    event_count: int
    json: bytes

    def __post_init__(self) -> None:
        if self.event_count > PLACES:
            raise ValueError(
                f"A batch has room for {PLACES:,} events, and these are {self.event_count:,}:"
                " accept them as several (batches makes them)"
            )


@dataclass(frozen=True, slots=True)
class InboxRow:
    """Accepted events. ``size`` is that of its JSON, ``body`` is what ``pack`` made of it."""

    id: int
    size: int
    body: bytes
    received_at: datetime


_decoder = msgspec.json.Decoder(list[SentEvent])
_encoder = msgspec.json.Encoder()


def batch(events: Sequence[SentEvent]) -> Batch:
    """``events``, up to ``PLACES`` of them, as one request keeps them."""
    return Batch(len(events), _encoder.encode(events))


def batches(events: Sequence[SentEvent]) -> Iterator[Batch]:
    """``events``, however many, as rows of the inbox keep them, in order."""
    for first in range(0, len(events), PLACES):
        yield batch(events[first : first + PLACES])


def joined(batches: Iterable[Batch]) -> Batch:
    """The events of all of them, up to ``PLACES``, in order."""
    some = [one for one in batches if one.event_count]
    arrays = (memoryview(one.json.strip())[1:-1] for one in some)
    return Batch(sum(one.event_count for one in some), b"[%b]" % b",".join(arrays))


def supposed(events: Sequence[SentEvent], received_at: datetime) -> list[InboxRow]:
    """Rows that are not there: as if ``events`` came after all that will ever be acknowledged."""
    return [
        InboxRow(_BEYOND + place, len(one.json), one.json, received_at)
        for place, one in enumerate(batches(events))
    ]


def sent_events(json: bytes) -> list[SentEvent]:
    """The events of a JSON array that was checked."""
    return _decoder.decode(json)


def pack(json: bytes) -> bytes:
    """``json`` as the inbox keeps it: compressed where that makes it shorter, else as it is."""
    if len(json) < _SMALL:
        return json
    packed: bytes = _codec.compress(json, asbytes=True)
    return packed if len(packed) < len(json) else json


def unpack(row: InboxRow) -> bytes:
    """The JSON array of a row."""
    if len(row.body) == row.size:
        return row.body
    json: bytes = _codec.decompress(row.body, row.size, asbytes=True)
    return json


def first_place(row_id: int) -> int:
    """The place of a row's first event; the others follow."""
    return row_id * PLACES


def last_place(row_id: int) -> int:
    """The last place that a row of the inbox has."""
    return row_id * PLACES + PLACES - 1


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """The instant that many microseconds after 1970."""
    return _EPOCH + micros * _MICROSECOND
