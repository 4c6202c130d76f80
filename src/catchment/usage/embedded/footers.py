"""What a segment's footer says of the whole file. Read once: no file ever changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from catchment.usage.embedded import duck

_KNOWN = 4_096


class Group(NamedTuple):
    """A group of rows, and between which aliases those of its events are; None: any."""

    rows: int
    aliases: tuple[str, str] | None


class Footer(NamedTuple):
    """``columns`` are all there are; ``used`` those of them that have a value somewhere."""

    columns: pa.Schema
    used: frozenset[str]
    has_cancellations: bool
    """Whether there may be events without a type."""
    groups: tuple[Group, ...]

    def rows_near(self, aliases: Sequence[str]) -> int:
        """How many rows the groups have that may have events of ``aliases`` (ascending)."""
        return sum(group.rows for group in self.groups if _may_have(group, aliases))

    def rows_between(self, ends: tuple[str, str]) -> int:
        """The same of all aliases from the first to the last."""
        return sum(group.rows for group in self.groups if _may_lie(group, ends))


@lru_cache(_KNOWN)
def footer(file: Path) -> Footer:
    """Raises ``duck.Missing``."""
    try:
        metadata = pq.read_metadata(file)
    except FileNotFoundError as error:
        raise duck.Missing(str(error)) from error
    used: set[str] = set()
    groups: list[Group] = []
    cancelled = False
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for place in range(group.num_columns):
            column = group.column(place)
            name = column.path_in_schema.partition(".")[0]
            if name not in used and not _is_empty(column):
                used.add(name)
            if name == "event_type":
                cancelled = cancelled or not _starts_late(column)
            if name == "alias":
                groups.append(Group(group.num_rows, _ends(column)))
    columns = metadata.schema.to_arrow_schema().remove_metadata()
    return Footer(columns, frozenset(used), cancelled, tuple(groups))


def _is_empty(column: pq.ColumnChunkMetaData) -> bool:
    found = column.statistics
    return found is not None and bool(found.null_count == column.num_values)


def _starts_late(column: pq.ColumnChunkMetaData) -> bool:
    """Whether the smallest text is known to have a letter."""
    found = column.statistics
    return found is not None and found.has_min_max and bool(found.min)


def _ends(column: pq.ColumnChunkMetaData) -> tuple[str, str] | None:
    """The smallest and the largest text, where they are known."""
    found = column.statistics
    return (found.min, found.max) if found is not None and found.has_min_max else None


def _may_lie(group: Group, ends: tuple[str, str]) -> bool:
    return group.aliases is None or (group.aliases[0] <= ends[1] and ends[0] <= group.aliases[1])


def _may_have(group: Group, aliases: Sequence[str]) -> bool:
    if group.aliases is None:
        return True
    first, last = group.aliases
    place = bisect_left(aliases, first)
    return place < len(aliases) and aliases[place] <= last
