"""What a segment's footer says of the whole file. Read once: no file ever changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from catchment.usage.embedded import duck

_KNOWN = 4_096


class Footer(NamedTuple):
    """``names`` are all columns; ``used`` those of them that have a value somewhere."""

    names: tuple[str, ...]
    used: frozenset[str]
    has_cancellations: bool
    """Whether there may be events without a type."""


@lru_cache(_KNOWN)
def footer(file: Path) -> Footer:
    """Raises ``duck.Missing``."""
    try:
        metadata = pq.read_metadata(file)
    except FileNotFoundError as error:
        raise duck.Missing(str(error)) from error
    used: set[str] = set()
    cancelled = False
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for place in range(group.num_columns):
            column = group.column(place)
            name = column.path_in_schema.partition(".")[0]
            if name not in used and not _is_empty(column):
                used.add(name)
            if name == "event_type":
                cancelled = cancelled or not _starts_late(column)
    return Footer(tuple(metadata.schema.to_arrow_schema().names), frozenset(used), cancelled)


def _is_empty(column: pq.ColumnChunkMetaData) -> bool:
    found = column.statistics
    return found is not None and bool(found.null_count == column.num_values)


def _starts_late(column: pq.ColumnChunkMetaData) -> bool:
    """Whether the smallest text is known to have a letter."""
    found = column.statistics
    return found is not None and found.has_min_max and bool(found.min)
