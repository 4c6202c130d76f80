"""How events lie in a file: sorted by type, name, time and place, in small groups of rows.

So who asks for one metric of one customer reads a few groups of each file, and who asks for all of
them reads neighbours together. Only what a question needs is read: each column by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catchment.usage.intake import columns

VERSION = b"1"
"""Of the format, in the metadata of every file."""

ORDER = ("event_type", "alias", "event_at", "seq")
"""What events are sorted by. Texts in the order of their UTF-8 bytes."""

_GROUP = 20_480
_RISING = ("seq", "event_at", "later")
_REPEATED = frozenset({"alias", "event_type", "received_at"})


def ordered(events: pa.Table) -> pa.Table:
    """``events`` in the order of files; they come in the order of their places."""
    by = [events["event_at"].to_numpy(), _ranks(events["alias"]), _ranks(events["event_type"])]
    return events.take(pa.array(np.lexsort(by)))


def _ranks(texts: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """For each text a number that sorts as it does."""
    coded = texts.combine_chunks().dictionary_encode()
    ranks = np.empty(len(coded.dictionary), np.int64)
    ranks[pc.array_sort_indices(coded.dictionary)] = np.arange(len(ranks))
    found: npt.NDArray[np.int64] = ranks[coded.indices.to_numpy()]
    return found


def write(file: Path, *, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write ``tables`` one after the other, as they come."""
    schema = schema.with_metadata({"catchment.version": VERSION})
    with pq.ParquetWriter(file, schema, **_options(schema)) as writer:
        for table in tables:
            writer.write_table(table.cast(schema), row_group_size=_GROUP)


def row_count(file: Path) -> int:
    """How many rows a file has."""
    count: int = pq.read_metadata(file).num_rows
    return count


def _options(schema: pa.Schema) -> dict[str, Any]:
    """Dictionaries where values repeat, differences where they rise, and zstd over all."""
    repeated = [
        name
        for name in schema.names
        if name in _REPEATED or name.startswith((f"{columns.TEXT}_", f"{columns.FLAG}_"))
    ]
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [*repeated, "texts.key_value.key"],
        "column_encoding": {
            name: "DELTA_BINARY_PACKED" for name in _RISING if name in schema.names
        },
    }
