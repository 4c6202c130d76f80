"""An accepted event, and how a request's worth of them is packed into one row of the inbox.

A place in the order of acknowledgement (``seq``) is made of the inbox row and the place in it, so
it is known as soon as the row is written and stays the event's own wherever the event is moved.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

PLACES = 1 << 14
"""How many events a row of the inbox has room for."""


class AcceptedEvent(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An event as it is kept. ``texts`` is what metrics read of its properties."""

    id: str
    customer_event_id: str
    alias: str
    event_type: str
    at: int  # microseconds since 1970, UTC
    properties: str  # JSON object
    texts: dict[str, str]


COLUMNS = {
    "seq": pa.int64(),
    "id": pa.string(),
    "customer_event_id": pa.string(),
    "alias": pa.string(),
    "event_type": pa.string(),
    "event_at": pa.int64(),
    "properties": pa.string(),
    "texts": pa.map_(pa.string(), pa.string()),
}

_decoder = msgspec.msgpack.Decoder(list[AcceptedEvent])


def last_place(row_id: int) -> int:
    """The last place that a row of the inbox has."""
    return row_id * PLACES + PLACES - 1


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """The instant that many microseconds after 1970."""
    return _EPOCH + micros * _MICROSECOND


def pack(events: Sequence[AcceptedEvent]) -> bytes:
    """The body of an inbox row."""
    assert 0 < len(events) <= PLACES, len(events)
    return zlib.compress(msgspec.msgpack.encode(events), 1)


def table(rows: Iterable[tuple[int, bytes]]) -> pa.Table:
    """The events of inbox rows (id, body) as columns, with their places."""
    seqs: list[int] = []
    events: list[AcceptedEvent] = []
    for row_id, body in rows:
        unpacked = _decoder.decode(zlib.decompress(body))
        seqs.extend(range(row_id * PLACES, row_id * PLACES + len(unpacked)))
        events.extend(unpacked)
    columns = {
        "seq": seqs,
        "id": [event.id for event in events],
        "customer_event_id": [event.customer_event_id for event in events],
        "alias": [event.alias for event in events],
        "event_type": [event.event_type for event in events],
        "event_at": [event.at for event in events],
        "properties": [event.properties for event in events],
    }
    arrays = [pa.array(columns[name], COLUMNS[name]) for name in columns]
    return pa.table([*arrays, _texts(events)], names=list(COLUMNS))


def _texts(events: Sequence[AcceptedEvent]) -> pa.MapArray:
    offsets = [0]
    for event in events:
        offsets.append(offsets[-1] + len(event.texts))
    names = [name for event in events for name in event.texts]
    texts = [text for event in events for text in event.texts.values()]
    return pa.MapArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(names, pa.string()), pa.array(texts, pa.string())
    )
