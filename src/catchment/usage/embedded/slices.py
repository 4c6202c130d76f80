"""All events of some files in the order of files, a slice at a time.

Each group of rows is read once, and what surely comes before all that is yet to be read makes a
slice. Of sorted files about half a group each waits for the next one, so memory does not depend on
how much there is; of files that lie otherwise, which do not say that they are sorted, all may wait.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catchment.usage.embedded import duck, layout

_ROWS = 100_000
"""About how many rows a slice has."""


class _Group(NamedTuple):
    """A group of rows in a file. None of them comes before ``least``."""

    least: tuple[Any, ...]
    file: pq.ParquetFile
    place: int


def opened(file: Path) -> pq.ParquetFile:
    """A file to be read. Raises ``duck.Missing``."""
    try:
        return pq.ParquetFile(file, read_dictionary=layout.RANKED)
    except FileNotFoundError as error:
        raise duck.Missing(str(error)) from error


def slices(
    files: Sequence[pq.ParquetFile], names: Sequence[str], since: int | None
) -> Iterator[pa.Table]:
    """Events that happened ``since`` an instant, in microseconds, or all: of the columns ``names``
    those that one of the files has.
    """
    groups = [
        _Group(_least(file.metadata.row_group(place)), file, place)
        for file in files
        for place in range(file.num_row_groups)
    ]
    groups.sort(key=attrgetter("least"))
    held: list[pa.Table] = []
    fresh = 0
    for group, following in zip_longest(groups, groups[1:]):
        held.append(_read(group, names, since))
        fresh += len(held[-1])
        if fresh >= _ROWS or following is None:
            ends = [_count_before(one, following and following.least) for one in held]
            ready = [one.slice(0, end) for one, end in zip(held, ends, strict=True)]
            if any(ends):
                yield layout.ordered(pa.concat_tables(ready, promote_options="permissive"))
            held = [one.slice(end) for one, end in zip(held, ends, strict=True) if end < len(one)]
            fresh = 0


def _least(group: pq.RowGroupMetaData) -> tuple[Any, ...]:
    """The least values of what files are sorted by, up to the first that is not told."""
    columns = map(group.column, range(group.num_columns))
    told = {one.path_in_schema: one.statistics for one in columns}
    least: list[Any] = []
    for name in layout.ORDER:
        statistics = told[name]
        if statistics is None or not statistics.has_min_max:
            break
        least.append(statistics.min)
    return tuple(least)


def _read(group: _Group, names: Sequence[str], since: int | None) -> pa.Table:
    """The wanted rows of a group, in order."""
    rows = group.file.read_row_group(group.place, columns=names, use_threads=False)
    if since is not None:
        rows = rows.filter(pc.greater_equal(rows["event_at"], since))
    sorted_by = group.file.metadata.row_group(group.place).sorting_columns
    return rows if sorted_by else layout.ordered(rows)


def _count_before(rows: pa.Table, cut: tuple[Any, ...] | None) -> int:
    """How many of ``rows``, which are in order, come before the place of ``cut``; None: all."""

    def values(place: int) -> tuple[Any, ...]:
        return tuple(rows[name][place].as_py() for name in layout.ORDER)

    return len(rows) if cut is None else bisect_left(range(len(rows)), cut, key=values)
