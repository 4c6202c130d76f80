"""One segment in the place of several, within bounded memory and with the same answers.

Only neighbours in the order of acknowledgement are merged, so that segments stay apart by their
places, and mostly by time. Events come from sorted files and are written sorted: slice by slice,
each so small that memory does not depend on how much there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import duckdb
import pyarrow as pa

from catchment.usage.embedded import duck, keys, layout
from catchment.usage.embedded.footers import footer
from catchment.usage.embedded.segments import Kind, Segment
from catchment.usage.embedded.slices import opened, slices

FAN_IN = 16
"""How many segments of one size are merged into one of the next."""

LARGEST = {Kind.EVENTS: 4_000_000, Kind.KEYS: 32_000_000, Kind.MARKS: 8_000_000}
"""Segments of that many rows are left alone. So whole batches of a loader are merged once."""

_PATIENCE = 4

_FEW_KEYS = 4
"""So many files of keys are one, whatever waits: each event is looked for in all of them, and that
takes longer than to merge them.
"""


def too_many(known: Sequence[Segment]) -> list[Segment]:
    """A crowd so large that it is merged even while more waits to be loaded."""
    return _crowd(known, FAN_IN * _PATIENCE)


def crowd(known: Sequence[Segment]) -> list[Segment]:
    """A crowd that is merged where nothing else is to be done."""
    return _crowd(known, FAN_IN)


def _crowd(known: Sequence[Segment], many: int) -> list[Segment]:
    """Neighbours of one kind, ``many`` of about one size or more; none if all is well.

    Smaller ones that lie between them go along.
    """
    for kind, largest in LARGEST.items():
        least = min(many, _FEW_KEYS) if kind is Kind.KEYS else many
        own = [one for one in known if one.kind is kind]
        for size in sorted({_size(one) for one in own if one.row_count < largest}):
            runs = groupby(own, lambda one: one.row_count < largest and _size(one) <= size)  # noqa: B023
            for small, run in runs:
                found = list(run)
                if small and sum(_size(one) == size for one in found) >= least:
                    return found
    return []


def packed(known: Sequence[Segment]) -> list[Segment]:
    """Neighbours of one kind that fit into one segment; none if there are no more."""
    for kind, largest in LARGEST.items():
        group: list[Segment] = []
        for one in (one for one in known if one.kind is kind):
            if sum(other.row_count for other in group) + one.row_count > largest:
                if len(group) > 1:
                    return group
                group = []
            group.append(one)
        if len(group) > 1:
            return group
    return []


def _size(one: Segment) -> int:
    return one.row_count.bit_length() // 3


def write(
    cursor: duckdb.DuckDBPyConnection, kind: Kind, sources: Sequence[Path], file: Path
) -> None:
    """Write what ``sources`` hold to ``file``."""
    match kind:
        case Kind.EVENTS:
            rewrite(sources, file)
            there, written = (sum(map(layout.row_count, some)) for some in (sources, [file]))
            assert written == there, (written, there)
        case Kind.KEYS:
            keys.write(keys.merged(sources), file)
        case Kind.MARKS:
            found = f"SELECT seq, later FROM {duck.parquet(sources)} ORDER BY seq"  # noqa: S608
            layout.write(file, schema=duck.MARKS, tables=[cursor.sql(found).to_arrow_table()])


def rewrite(sources: Sequence[Path], file: Path, since: int | None = None) -> None:
    """Write those events of ``sources`` to ``file`` that happened ``since`` an instant, which is
    microseconds since 1970, UTC, or all. Raises ``duck.Missing``.
    """
    used = {name for source in sources for name in footer(source).used}
    with ExitStack() as held:
        files = [held.enter_context(opened(source)) for source in sources]
        schemas = [one.metadata.schema.to_arrow_schema() for one in files]
        schema = pa.unify_schemas(schemas, promote_options="permissive")
        there = [name for name in schema.names if name in used or name in layout.ORDER]
        coming = _ahead(slices(files, there, since))
        layout.write(file, schema=schema, tables=(_complete(one, schema) for one in coming))


def _complete(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """``rows`` with the columns that are empty."""
    there = set(rows.column_names)
    return pa.table(
        {
            field.name: rows[field.name] if field.name in there else pa.nulls(len(rows), field.type)
            for field in schema
        }
    )


def _ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """``tables``, of which the next is made while one is written."""
    with ThreadPoolExecutor(1, "usage merger") as beside:
        coming = beside.submit(next, tables, None)
        while (table := coming.result()) is not None:
            coming = beside.submit(next, tables, None)
            yield table
