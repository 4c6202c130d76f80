"""The one place that speaks to DuckDB: an engine without a database of its own.

Everything it reads is named each time: segment files of the manifest, and what still waits in the
inbox as columns in memory. So there is no lock between processes and nothing to migrate.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

import glob
import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catchment.core.metering import FRACTION_DIGITS, NUMBER
from catchment.usage.intake import columns

Missing = duckdb.IOException
"""A file could not be read: another process has merged it away, or the disk failed."""

EVENTS = [name for name in columns.COLUMNS if name not in {"properties", "texts"}]

MARKS = pa.schema([("seq", pa.int64()), ("later", pa.int64())])
"""The place of an event, and of the one that superseded it."""

_NONE: Mapping[str, Any] = {}
_PARAMETER = re.compile(r"\$(\w+)")


class Duck:
    """An engine in this process. Cursors may be used by many threads at once, one each."""

    def __init__(self, spill_dir: Path) -> None:
        self._spill_dir = spill_dir
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own, forgotten with all its tables and views afterwards."""
        with self._lock:
            if self._connection is None:
                self._connection = duckdb.connect(
                    ":memory:",
                    config={
                        "autoinstall_known_extensions": "false",
                        "autoload_known_extensions": "false",
                        "temp_directory": str(self._spill_dir),
                    },
                )
            cursor = self._connection.cursor()
        try:
            cursor.execute("SET parquet_metadata_cache = true")  # no file ever changes
            yield cursor
        finally:
            cursor.close()

    def close(self) -> None:
        """Let go of the engine; it comes back when needed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def define(
    cursor: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path], more: pa.Table
) -> None:
    """Make ``name`` mean the rows of ``files`` and of ``more``, null where one has no column."""
    cursor.register(f"{name}_in_memory", more)
    parts = [f"SELECT * FROM {name}_in_memory"] if len(more) or not files else []
    if files:
        parts.append(f"SELECT * FROM {parquet(files)}")
    cursor.execute(f"CREATE TEMP VIEW {name} AS {' UNION ALL BY NAME '.join(parts)}")


def define_events(
    cursor: duckdb.DuckDBPyConnection, properties: Collection[str], last_seq: int
) -> None:
    """Make ``events``, ``counting`` and ``marks`` what they were at the place ``last_seq``.

    ``stored`` and ``superseded`` are defined. What a property is read from are the columns that
    are there.
    """
    there = {column for column, *_ in cursor.execute("SELECT * FROM stored LIMIT 0").description}
    read = [expression for name in sorted(properties) for expression in _read(name, there)]
    cursor.execute(
        f"CREATE TEMP VIEW events AS SELECT {', '.join([*EVENTS, *read])} FROM stored"
        f" WHERE seq <= {int(last_seq)} AND event_type <> ''"
    )
    cursor.execute(
        f"CREATE TEMP VIEW marks AS SELECT * FROM superseded WHERE later <= {int(last_seq)}"
    )
    cursor.execute(
        "CREATE TEMP VIEW counting AS SELECT * FROM events WHERE seq NOT IN (SELECT seq FROM marks)"
    )


def _read(name: str, there: Collection[str]) -> Iterator[str]:
    """What the columns of a property are made of."""
    text, number, flag = (columns.column(kind, name) for kind in columns.KINDS)
    digits = f"rtrim(rtrim({number}::VARCHAR, '0'), '.')"
    literal = "'" + name.replace("'", "''") + "'"
    written = [text] * (text in there) + [f"texts[{literal}]::VARCHAR"]
    texts = [*written, *[digits] * (number in there), *[f"{flag}::VARCHAR"] * (flag in there)]
    yield f"coalesce({', '.join(texts)}) AS {columns.text(name)}"
    yield f"lower(coalesce({', '.join(texts)})) AS {columns.folded(name)}"
    numbers = [*[number] * (number in there), *map(_parsed, written)]
    yield f"coalesce({', '.join(numbers)}) AS {columns.number(name)}"


def _parsed(text: str) -> str:
    return (
        f"CASE WHEN regexp_full_match({text}, '{NUMBER}')"
        f" THEN TRY_CAST({text} AS DECIMAL(38, {FRACTION_DIGITS})) END"
    )


def parquet(files: Sequence[Path], *options: str) -> str:
    """The table function that reads ``files``, whatever characters their names hold."""
    switched = "".join(f", {option} = true" for option in ("union_by_name", *options))
    names = ", ".join("'" + glob.escape(str(file)).replace("'", "''") + "'" for file in files)
    return f"read_parquet([{names}], hive_partitioning = false{switched})"


class Cursor:
    """A connection as questions see it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Mapping[str, Any] = _NONE) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._execute(sql, parameters).fetchall()

    def dicts(self, sql: str, parameters: Mapping[str, Any] = _NONE) -> list[dict[str, Any]]:
        """The same, each row with the names of its columns."""
        found = self._execute(sql, parameters)
        names = [name for name, *_ in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def batches(
        self, sql: str, parameters: Mapping[str, Any], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The same, ``size`` rows at a time; nothing else may be asked meanwhile."""
        found = self._execute(sql, parameters)
        while part := found.fetchmany(size):
            yield part

    def define(self, name: str, table: pa.Table) -> None:
        """Make ``name`` mean the rows of ``table``."""
        self._connection.register(name, table)

    def keep(self, name: str, sql: str, parameters: Mapping[str, Any] = _NONE) -> None:
        """Make ``name`` mean the rows that a query finds now."""
        self._execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", parameters)

    def _execute(self, sql: str, parameters: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        named = set(_PARAMETER.findall(sql))
        used = {name: value for name, value in parameters.items() if name in named}
        return self._connection.execute(sql, used)
