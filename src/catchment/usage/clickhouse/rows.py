"""An event as ClickHouse keeps it: one row, with its properties in maps by the kind of their value.

A property may have any name, so there is no column for each as there is in files: that would make
every new name of a sender a change of all servers' tables. What is neither text, number nor flag
stays with its event as JSON in ``properties``, which is empty for nearly all; what metrics read of
that is among ``texts``. The row of an event that was superseded says so itself (``later``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catchment.core.values.money import decimal_text
from catchment.usage.intake import columns

COLUMNS = {
    "workspace_id": "LowCardinality(String)",
    "event_type": "LowCardinality(String)",
    "alias": "String CODEC(ZSTD(1))",
    "event_at": "Int64 CODEC(Delta, ZSTD(1))",
    "seq": "Int64 CODEC(Delta, ZSTD(1))",
    "received_at": "Int64 CODEC(Delta, ZSTD(1))",
    "customer_event_id": "String CODEC(ZSTD(1))",
    "texts": "Map(LowCardinality(String), String) CODEC(ZSTD(1))",
    "numbers": "Map(LowCardinality(String), Decimal(38, 12)) CODEC(ZSTD(1))",
    "flags": "Map(LowCardinality(String), Bool) CODEC(ZSTD(1))",
    "properties": "String CODEC(ZSTD(1))",
    "later": "Int64 CODEC(ZSTD(1))",
    "version": "UInt8",
}
"""Of ``usage_events``. Instants are microseconds since 1970, UTC; ``later`` is the place of the
event that superseded this one, 0 for none, and ``version`` is 1 where it is known.
"""

IDS = ("workspace_id", "customer_event_id", "seq", "event_type", "alias", "event_at")
"""Of these columns ``usage_ids`` is: where the row is that an id of a sender's stands for."""

_MAPS = {
    "texts": (columns.TEXT, pa.string()),
    "numbers": (columns.NUMBER, columns.NUMBERS),
    "flags": (columns.FLAG, pa.bool_()),
}
_TAKEN = ("event_type", "alias", "event_at", "seq", "received_at", "customer_event_id")
_rest = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()

Places = npt.NDArray[np.int64]


def table(workspace_id: str, events: pa.Table, later: Places) -> pa.Table:
    """Rows for ``events`` (see ``intake.columns``), each with its ``later``; 0 for none."""
    events = events.combine_chunks()
    found: dict[str, Any] = {"workspace_id": _same(workspace_id, len(events))}
    found |= {name: events[name] for name in _TAKEN}
    found |= {name: _map(events, kind, values) for name, (kind, values) in _MAPS.items()}
    found["properties"] = pc.fill_null(events["properties"], "")
    found["later"] = pa.array(later)
    found["version"] = pa.array((later > 0).astype(np.uint8))
    return pa.table({name: found[name] for name in COLUMNS})


def ids(events: pa.Table) -> pa.Table:
    """What ``usage_ids`` keeps of rows made by ``table``."""
    return events.select(IDS)


def successors(events: pa.Table) -> Places:
    """For each of ``events``, in the order of their places, where its id comes next; 0 nowhere."""
    codes = events["customer_event_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    again = codes[order[1:]] == codes[order[:-1]]
    later = np.zeros(len(events), np.int64)
    later[order[:-1][again]] = events["seq"].to_numpy()[order[1:][again]]
    return later


def properties_of(row: Mapping[str, Any]) -> str:
    """The JSON object of an event's properties, by name, from its maps and its ``properties``."""
    found: dict[str, Any] = {**row["texts"], **row["flags"]}
    for name, number in row["numbers"].items():
        found[name] = msgspec.Raw(decimal_text(number).encode())
    found |= _rest.decode(row["properties"] or "{}")
    return _encoder.encode(dict(sorted(found.items()))).decode()


def _same(text: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), pa.array([text]))


def _map(events: pa.Table, kind: str, values: pa.DataType) -> pa.MapArray:
    """A map of the properties that have a value of this kind, for each event."""
    known: dict[str, int] = {}  # one may be in a column and among the rest
    rows: list[Places] = []
    codes: list[Places] = []
    parts: list[pa.Array] = []
    for own_rows, own_names, own_codes, own_values in _entries(events, kind):
        rows.append(own_rows)
        places = [known.setdefault(name, len(known)) for name in own_names]
        codes.append(np.array(places, np.int64)[own_codes])
        parts.append(own_values.cast(values))
    if not parts:
        empty = pa.array([], pa.string()), pa.array([], values)
        return pa.MapArray.from_arrays(np.zeros(len(events) + 1, np.int32), *empty)
    all_rows = np.concatenate(rows)
    order = np.argsort(all_rows, kind="stable")
    offsets = np.zeros(len(events) + 1, np.int64)
    np.cumsum(np.bincount(all_rows, minlength=len(events)), out=offsets[1:])
    keys = pa.DictionaryArray.from_arrays(
        np.concatenate(codes)[order].astype(np.int32), pa.array(list(known), pa.string())
    )
    items = pa.concat_arrays(parts).take(pa.array(order))
    return pa.MapArray.from_arrays(offsets.astype(np.int32), keys, items)


def _entries(events: pa.Table, kind: str) -> Iterator[tuple[Places, list[str], Places, pa.Array]]:
    """(rows, names, places among the names, values) of each column of ``kind``; rows ascend."""
    for column in sorted(events.column_names):
        split = columns.property_of(column)
        if split is not None and split[0] == kind:
            values = _one(events[column])
            rows = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
            if len(rows) < len(values):
                values = values.take(pa.array(rows))
            yield rows, [split[1]], np.zeros(len(rows), np.int64), values
    if kind == columns.TEXT and events["texts"].null_count < len(events):
        read = _one(events["texts"])
        ends = read.offsets.to_numpy()
        own = slice(ends[0], ends[-1])
        keys = read.keys[own].dictionary_encode()
        rows = np.repeat(np.arange(len(events)), np.diff(ends))
        yield rows, keys.dictionary.to_pylist(), keys.indices.to_numpy(), read.items[own]


def _one(chunked: pa.ChunkedArray) -> pa.Array:
    """The same in one piece."""
    found = chunked.combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) else found
