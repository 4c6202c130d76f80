"""What a request's worth of events is kept as, and how it becomes columns.

The inbox keeps a JSON array in the shape of the wire, the request's own bytes wherever they can be
kept as they are. What an event lacks is filled in by whoever reads it: without a time it happened
when it was received, without an id of its sender's it has its own.

A place in the order of acknowledgement (``seq``) is made of the inbox row and the place in it, so
it is known as soon as the row is written and stays the event's own wherever the event is moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa

from catchment.usage import properties
from catchment.usage.event_ids import event_ids

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

PLACES = 1 << 14
"""How many events a row of the inbox has room for."""

_SMALL = 2_048  # bytes: below, compressing costs more than it saves
_codec = pa.Codec("zstd", compression_level=1)


NO_PROPERTIES = msgspec.Raw(b"")


class SentEvent(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """An event as it was sent and checked. ``event_properties`` is a JSON object, or empty."""

    customer_alias: str
    event_type: str
    event_timestamp: datetime | None = None
    customer_event_id: str | None = None
    event_properties: msgspec.Raw = NO_PROPERTIES


@dataclass(frozen=True, slots=True)
class Batch:
    """One request's events: how many, and their JSON array."""

    event_count: int
    json: bytes


@dataclass(frozen=True, slots=True)
class InboxRow:
    """An accepted request. ``size`` is that of its JSON, ``body`` is what ``pack`` made of it."""

    id: int
    size: int
    body: bytes
    received_at: datetime


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

_decoder = msgspec.json.Decoder(list[SentEvent])
_encoder = msgspec.json.Encoder()


def batch(events: Sequence[SentEvent]) -> Batch:
    """``events`` as one request keeps them."""
    return Batch(len(events), _encoder.encode(events))


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


def table(workspace_id: str, rows: Iterable[InboxRow]) -> pa.Table:
    """The events of inbox rows as columns, with their places."""
    columns: dict[str, list[object]] = {name: [] for name in COLUMNS if name != "texts"}
    texts: list[dict[str, str]] = []
    for row in rows:
        events = sent_events(unpack(row))
        seqs = range(first_place(row.id), first_place(row.id) + len(events))
        ids = list(event_ids(workspace_id, row.received_at, seqs))
        received = micros(row.received_at)
        kept = [properties.kept(event.event_properties) for event in events]
        columns["seq"].extend(seqs)
        columns["id"].extend(ids)
        columns["customer_event_id"].extend(
            event.customer_event_id or id for event, id in zip(events, ids, strict=True)
        )
        columns["alias"].extend(event.customer_alias for event in events)
        columns["event_type"].extend(event.event_type for event in events)
        columns["event_at"].extend(
            received if event.event_timestamp is None else micros(event.event_timestamp)
            for event in events
        )
        columns["properties"].extend(json for json, _ in kept)
        texts.extend(own for _, own in kept)
    arrays = [pa.array(columns[name], COLUMNS[name]) for name in columns]
    return pa.table([*arrays, _texts(texts)], names=list(COLUMNS))


def _texts(events: Sequence[dict[str, str]]) -> pa.MapArray:
    offsets = [0]
    for texts in events:
        offsets.append(offsets[-1] + len(texts))
    names = [name for texts in events for name in texts]
    values = [text for texts in events for text in texts.values()]
    return pa.MapArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(names, pa.string()), pa.array(values, pa.string())
    )
