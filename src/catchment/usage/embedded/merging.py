"""One segment in the place of several, within bounded memory and with the same answers.

Only neighbours in the order of acknowledgement are merged, so that segments stay apart by their
places, and mostly by time. Events come from sorted files and are written sorted: slice by slice,
each so small that memory does not depend on how much there is.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catchment.usage.embedded import duck, keys, layout
from catchment.usage.embedded.footers import footer
from catchment.usage.embedded.segments import Kind, Segment

FAN_IN = 16
"""How many segments of one size are merged into one of the next."""

LARGEST = {Kind.EVENTS: 4_000_000, Kind.KEYS: 32_000_000, Kind.MARKS: 8_000_000}
"""Segments of that many rows are left alone. So whole batches of a loader are merged once."""

_PATIENCE = 4

_FEW_KEYS = 4
"""So many files of keys are one, whatever waits: each event is looked for in all of them, and that
takes longer than to merge them.
"""

_SAMPLED = 25_000
_SLICE = 400_000


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
            rewrite(cursor, sources, file)
            there, written = (sum(map(layout.row_count, some)) for some in (sources, [file]))
            assert written == there, (written, there)
        case Kind.KEYS:
            keys.write(keys.merged(sources), file)
        case Kind.MARKS:
            found = f"SELECT seq, later FROM {duck.parquet(sources)} ORDER BY seq"
            layout.write(file, schema=duck.MARKS, tables=[cursor.sql(found).to_arrow_table()])


def rewrite(
    cursor: duckdb.DuckDBPyConnection, sources: Sequence[Path], file: Path, wanted: str = "true"
) -> None:
    """Write those events of ``sources`` to ``file`` that are ``wanted``, a condition."""
    schema = _schema(cursor, sources)
    used = {name for source in sources for name in footer(source).used}
    there = [name for name in schema.names if name in used or name in layout.ORDER]
    slices = _ahead(_slices(cursor, sources, there, wanted))
    layout.write(file, schema=schema, tables=(_complete(one, schema) for one in slices))


def _schema(cursor: duckdb.DuckDBPyConnection, sources: Sequence[Path]) -> pa.Schema:
    """The columns of all sources together."""
    none = cursor.sql(f"SELECT * FROM {duck.parquet(sources)} LIMIT 0")
    schema: pa.Schema = none.to_arrow_table().schema
    return schema


def _complete(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """``rows`` with the columns that are empty."""
    there = set(rows.column_names)
    return pa.table(
        [
            rows[field.name] if field.name in there else pa.nulls(len(rows), field.type)
            for field in schema
        ],
        schema=schema,
    )


def _slices(
    cursor: duckdb.DuckDBPyConnection, sources: Sequence[Path], names: Sequence[str], wanted: str
) -> Iterator[pa.Table]:
    """All wanted rows in order, some at a time: these columns of them."""
    order = ", ".join(layout.ORDER)
    samples = cursor.execute(
        f"SELECT {order} FROM {duck.parquet(sources, 'file_row_number')}"
        f" WHERE file_row_number % {_SAMPLED} = 0 AND {wanted} ORDER BY ALL"
    ).fetchall()
    cuts = [None, *samples[_SLICE // _SAMPLED :: _SLICE // _SAMPLED], None]
    for lower, upper in pairwise(cuts):
        where, parameters = _between(lower, upper)
        found = cursor.sql(
            f"SELECT {', '.join(names)} FROM {duck.parquet(sources)} WHERE {where} AND {wanted}",
            params=parameters,
        )
        yield layout.ordered(found.to_arrow_table())


def _ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """``tables``, of which the next is made while one is written."""
    with ThreadPoolExecutor(1, "usage merger") as beside:
        coming = beside.submit(next, tables, None)
        while (table := coming.result()) is not None:
            coming = beside.submit(next, tables, None)
            yield table


def _between(
    lower: tuple[Any, ...] | None, upper: tuple[Any, ...] | None
) -> tuple[str, dict[str, Any]]:
    """A condition on rows of one slice.

    The bounds of names let whole groups of rows be skipped, and all is compared only where a name
    is that of a bound.
    """
    conditions = ["true"]
    parameters: dict[str, Any] = {}
    name, *rest = layout.ORDER
    for bound, cut, beyond in (("lower", lower, ">="), ("upper", upper, "<")):
        if cut is not None:
            own = {f"{bound}_{column}": at for column, at in zip(layout.ORDER, cut, strict=True)}
            parameters |= own
            first, *others = (f"${one}" for one in own)
            conditions.append(f"{name} {beyond[0]}= {first}")
            within = f"({', '.join(rest)}) {beyond} ({', '.join(others)})"
            conditions.append(f"({name} {beyond[0]} {first} OR {within})")
    if lower is not None and upper is not None and lower[0] == upper[0]:
        conditions.append("event_type BETWEEN $lower_event_type AND $upper_event_type")
    return " AND ".join(conditions), parameters
