"""What questions ask of files: the relations of one snapshot, as subqueries.

A question reads no more than it needs: a property where it has values, places where some lie beyond
the snapshot, marks where some are kept apart from their events. So most questions read the columns
that they name and nothing else.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are numbers and quoted texts

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from catchment.core.usage.properties import NUMBER
from catchment.core.values.period import Span
from catchment.usage.embedded import duck
from catchment.usage.embedded.footers import Footer, footer
from catchment.usage.intake import columns
from catchment.usage.intake.events import micros

_FEW_NAMES = 50
_FEW_ROWS = 1_000_000
_LITTLE_MORE = 2
"""So many times as many rows as there need be may be read to look for no name by itself."""
_NO_MARKS = "SELECT 0 AS seq, 0 AS later WHERE false"
_EVENTS = [name for name in columns.COLUMNS if name not in {"properties", "texts"}]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Events in ``files`` and ``fresh`` ones, of which those up to ``last_seq`` are asked for.

    ``newest`` is the last place there is. ``marked`` files and ``marks`` tell of what was
    superseded by events of other files; what was by events beside it says so in ``later``. What
    happened before ``kept_since`` is no event any more, whether or not its files are there yet.
    What did not happen ``within`` is not asked for; where ``all_within``, there is none of that.
    Other events than those of ``aliases`` need not be there; None: those of any.
    """

    files: Sequence[Path]
    fresh: pa.Table
    marked: Sequence[Path]
    marks: pa.Table
    last_seq: int
    newest: int
    kept_since: datetime | None = None
    within: Span | None = None
    all_within: bool = False
    aliases: frozenset[str] | None = None


def of(
    cursor: duckdb.DuckDBPyConnection, snapshot: Snapshot, properties: Collection[str]
) -> dict[str, str]:
    """Each relation of ``questions.engine`` by its name; those of ``properties`` have columns.

    ``cursor`` gets the tables in memory that they name.
    """
    footers = [footer(file) for file in snapshot.files]
    there = {name for one in footers for name in one.used} | _used(snapshot.fresh)
    if len(snapshot.fresh) or not snapshot.files:
        cursor.register("fresh_events", snapshot.fresh)
    if len(snapshot.marks):
        cursor.register("fresh_marks", snapshot.marks)
    alike = all(one.columns == footers[0].columns for one in footers)
    in_files = _read_files(snapshot.files, alike=alike)
    if snapshot.aliases is not None and snapshot.files:
        in_files = _near(in_files, sorted(snapshot.aliases), footers)
    stored = _together("fresh_events", snapshot.fresh, in_files)
    apart = _together("fresh_marks", snapshot.marks, _read_files(snapshot.marked, alike=True))
    is_apart = bool(snapshot.marked) or len(snapshot.marks) > 0
    is_beside = "later" in there
    is_earlier = snapshot.last_seq < snapshot.newest

    wanted, counts, marks = [], [], []
    if is_earlier:
        wanted.append(f"seq <= {snapshot.last_seq}")
    if len(snapshot.fresh) or any(one.has_cancellations for one in footers):
        wanted.append("event_type <> ''")
    if snapshot.kept_since is not None:
        wanted.append(f"event_at >= {micros(snapshot.kept_since)}")
    if snapshot.within is not None and not snapshot.all_within:
        wanted.append(f"event_at >= {micros(snapshot.within.start)}")
        wanted.append(f"event_at < {micros(snapshot.within.end)}")
    if is_beside:
        since = f" OR later > {snapshot.last_seq}" if is_earlier else ""
        counts.append(f"(later IS NULL{since})")
        marks.append(f"SELECT seq, later FROM {stored} WHERE later <= {snapshot.last_seq}")
    if is_apart:
        known = f"SELECT seq, later FROM {apart} WHERE later <= {snapshot.last_seq}"
        counts.append(f"seq NOT IN (SELECT seq FROM ({known}))")
        marks.append(known)
    read = [expression for name in sorted(properties) for expression in _read(name, there)]
    events = f"SELECT {', '.join([*_EVENTS, *read])} FROM {stored}"
    return {
        "stored": stored,
        "events": f"({events}{_where(wanted)})",
        "counting": f"({events}{_where([*wanted, *counts])})",
        "marks": f"({' UNION ALL '.join(marks or [_NO_MARKS])})",
    }


def _used(table: pa.Table) -> set[str]:
    """The columns that have a value somewhere."""
    return {name for name in table.column_names if table[name].null_count < len(table)}


def _together(name: str, table: pa.Table, in_files: str) -> str:
    """The rows of files and of ``table``, null where one has no column."""
    parts = [f"SELECT * FROM {name}"] if len(table) or not in_files else []
    return f"({' UNION ALL BY NAME '.join([*parts, in_files] if in_files else parts)})"


def _read_files(files: Sequence[Path], *, alike: bool) -> str:
    """All rows of ``files``; nothing where there are none."""
    return f"SELECT * FROM {duck.parquet(files, alike=alike)}" if files else ""


def _near(in_files: str, aliases: Sequence[str], footers: Sequence[Footer]) -> str:
    """Of the rows of files those of ``aliases`` (ascending), where they are few: or, of many names
    that lie close together, all rows from the first to the last.

    They are found before anything else is asked of them. Else DuckDB looks for whatever a question
    says of time, type, marks and each of the names in each group of rows as well, which takes
    longer than to read the few that have the names.
    """
    rows = sum(one.rows_near(aliases) for one in footers)
    if rows > _FEW_ROWS:
        return in_files
    if len(aliases) <= _FEW_NAMES:
        condition = f"alias IN ({', '.join(map(duck.text, aliases))})" if aliases else "false"
    else:
        ends = aliases[0], aliases[-1]
        if sum(one.rows_between(ends) for one in footers) > _LITTLE_MORE * rows:
            return in_files
        condition = f"alias BETWEEN {duck.text(ends[0])} AND {duck.text(ends[1])}"
    return f"(WITH near AS MATERIALIZED ({in_files} WHERE {condition}) SELECT * FROM near)"


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _read(name: str, there: Collection[str]) -> Iterator[str]:
    """What the columns of a property are made of: of those that have values."""
    text, number, flag = (columns.column(kind, name) for kind in columns.KINDS)
    literal = duck.text(name)
    written = [text] * (text in there) + [f"texts[{literal}]::VARCHAR"] * ("texts" in there)
    digits = [f"rtrim(rtrim({number}::VARCHAR, '0'), '.')"] * (number in there)
    flags = [f"{flag}::VARCHAR"] * (flag in there)
    found = _first("VARCHAR", [*written, *digits, *flags])
    yield f"{found} AS {columns.text(name)}"
    yield f"lower({found}) AS {columns.folded(name)}"
    numbers = [*[number] * (number in there), *map(_parsed, written)]
    yield f"{_first(duck.DECIMAL, numbers)} AS {columns.number(name)}"


def _first(kind: str, expressions: Sequence[str]) -> str:
    """The first of ``expressions`` that has a value; of none, null of that ``kind``."""
    return f"coalesce({', '.join(expressions or [f'NULL::{kind}'])})"


def _parsed(text: str) -> str:
    return (
        f"CASE WHEN regexp_full_match({text}, '{NUMBER}')"
        f" THEN TRY_CAST({text} AS {duck.DECIMAL}) END"
    )
