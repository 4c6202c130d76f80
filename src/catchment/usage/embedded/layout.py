"""How events lie in a file: sorted by name, type, time and place, in small groups of rows.

So who asks for a customer reads a group or two of each file, however many metrics that is, and who
asks for everyone reads neighbours together. Only what a question needs is read: each column by
itself, and a number in 64 bits where all that a file has of its property fit. Files may lie in
other orders and have wider numbers, as earlier versions wrote them: both are for speed alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catchment.usage.embedded import sorting
from catchment.usage.intake import columns

VERSION = b"1"
"""Of the format, in the metadata of every file."""

ORDER = ("alias", "event_type", "event_at", "seq")
"""What events are sorted by. Texts in the order of their UTF-8 bytes."""

NARROW = pa.decimal128(18, 6)
"""Of numbers in 64 bits, which are read in a fifth of the time of wider ones."""

RANKED = ("alias", "event_type")
"""Of these the columns of texts: few different ones, which are compared by dictionaries."""

_GROUP = 20_480
_FEW = 1_000
_ONE_NUMBER = 2**63  # beyond what one holds
_DIFFERENCES = "DELTA_BINARY_PACKED"
_ENCODINGS = dict.fromkeys(("seq", "event_at", "later"), _DIFFERENCES) | {
    "customer_event_id": "DELTA_LENGTH_BYTE_ARRAY"
}
_REPEATED = frozenset({"alias", "event_type", "received_at"})
_FOR_GOOD = {"compression": "zstd", "compression_level": 1}
_BRIEFLY = {"compression": "lz4"}
_IN_TEXTS = "texts.key_value.key", "texts.key_value.value"


def ordered(events: pa.Table) -> pa.Table:
    """``events`` in the order of files; those of one name, type and time come by their places.

    Names and types become dictionaries, which ``write`` makes texts again.
    """
    for name in RANKED:
        coded = events[name].combine_chunks().dictionary_encode()
        events = events.set_column(events.column_names.index(name), name, coded)
    aliases, types = (_ranks(events[name].combine_chunks()) for name in RANKED)
    instants, places = events["event_at"].to_numpy(), events["seq"].to_numpy()
    earliest = instants.min(initial=_ONE_NUMBER - 1)
    numbers = aliases, types, instants - earliest
    _, kinds, moments = sizes = [int(one.max(initial=0)) + 1 for one in numbers]
    if math.prod(sizes) < _ONE_NUMBER:
        order = sorting.order((aliases * kinds + types) * moments + numbers[2], places)
    else:
        order = np.lexsort([places, instants, types, aliases])
    return events.take(pa.array(order))


def narrow(events: pa.Table) -> pa.Table:
    """``events`` with the numbers of a property in 64 bits each, where all of them fit."""
    return pa.table(
        {
            name: _narrow(column) if column.type == columns.NUMBERS else column
            for name, column in zip(events.column_names, events.columns, strict=True)
        }
    )


def _narrow(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        # A few at first: of all that do not fit each by itself costs an error.
        numbers.slice(0, _FEW).cast(NARROW)
        return numbers.cast(NARROW)
    except pa.ArrowInvalid:
        return numbers


def _ranks(coded: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    """For each text a number that sorts as it does."""
    ranks = np.empty(len(coded.dictionary), np.int64)
    ranks[pc.array_sort_indices(coded.dictionary)] = np.arange(len(ranks))
    found: npt.NDArray[np.int64] = ranks[coded.indices.to_numpy()]
    return found


def write(
    file: Path, *, schema: pa.Schema, tables: Iterable[pa.Table], briefly: bool = False
) -> None:
    """Write ``tables`` one after the other, as they come.

    What is kept ``briefly``, for it will be merged, is compressed less.
    """
    schema = schema.with_metadata({"catchment.version": VERSION})
    coming = iter(tables)
    first = next(coming, schema.empty_table())
    codec: dict[str, Any] = _BRIEFLY if briefly else _FOR_GOOD
    told = _told(first)
    with pq.ParquetWriter(
        file,
        schema,
        write_statistics=told,
        store_decimal_as_integer=True,
        sorting_columns=_sorting(schema),
        **codec,
        **_encodings(first, schema),
    ) as writer:
        for table in chain([first], coming):
            writer.write_table(table.cast(schema), row_group_size=_GROUP)


def _sorting(schema: pa.Schema) -> Sequence[pq.SortingColumn] | None:
    """What a file says of its order, if it is one of events."""
    if not set(ORDER) <= set(schema.names):
        return None
    by = [(name, "ascending") for name in ORDER]
    found: Sequence[pq.SortingColumn] = pq.SortingColumn.from_ordering(schema, by)
    return found


def row_count(file: Path) -> int:
    """How many rows a file has."""
    count: int = pq.read_metadata(file).num_rows
    return count


def _encodings(rows: pa.Table, schema: pa.Schema) -> dict[str, Any]:
    """Dictionaries where values repeat, as far as the first ``rows`` tell, and differences of
    whole numbers, which are short where these rise or are small.

    The lengths of ids are kept apart from their bytes: they are all the same, or nearly.
    """
    repeated = [name for name in rows.column_names if name in _REPEATED or _repeats(rows, name)]
    encodings = _ENCODINGS | {one.name: _DIFFERENCES for one in schema if one.type == NARROW}
    return {
        "use_dictionary": [*repeated, _IN_TEXTS[0]],
        "column_encoding": {
            name: encoding for name, encoding in encodings.items() if name in rows.column_names
        },
    }


def _told(rows: pa.Table) -> list[str]:
    """Of which columns a file tells, by groups of rows, what lies between its least and greatest.

    Not of ids and properties, which are in no order, as long as they have values. That they have
    none is worth knowing.
    """
    names = [
        name
        for name in rows.column_names
        if rows[name].null_count == len(rows)
        or (name != "customer_event_id" and columns.property_of(name) is None)
    ]
    return [*names, *_IN_TEXTS]


def _repeats(rows: pa.Table, name: str) -> bool:
    """Whether the texts of a property are mostly the same ones in a group of rows."""
    if not name.startswith(f"{columns.TEXT}_"):
        return False
    some = rows[name].slice(0, _GROUP)
    return bool(2 * pc.count_distinct(some).as_py() <= len(some) - some.null_count)
