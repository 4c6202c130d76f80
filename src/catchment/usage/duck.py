"""The one place that speaks to DuckDB: an engine without a database of its own.

Everything it reads is named each time: segment files of the manifest, and what still waits in the
inbox as columns in memory. So there is no lock between processes and nothing to migrate.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

import glob
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catchment.usage.events import COLUMNS

Missing = duckdb.IOException
"""A file could not be read: another process has merged it away, or the disk failed."""

KEY = "md5_number_lower(customer_event_id)"
"""A number that finds an event by its sender's id; equal numbers are compared in full."""

MARKS = {"seq": pa.int64()}

_EMPTY_MARKS = pa.Table.from_batches([], pa.schema(list(MARKS.items())))


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
    cursor: duckdb.DuckDBPyConnection,
    name: str,
    files: Sequence[Path],
    more: pa.Table | None,
    schema: Mapping[str, pa.DataType],
) -> None:
    """Make ``name`` mean the rows of ``files`` and of ``more``."""
    columns = ", ".join(schema)
    parts = []
    if files:
        parts.append(f"SELECT {columns} FROM {parquet(files)}")
    if more is not None and len(more):
        cursor.register(f"{name}_in_memory", more)
        parts.append(f"SELECT {columns} FROM {name}_in_memory")
    if not parts:
        empty = pa.schema(list(schema.items())).empty_table()
        cursor.register(f"{name}_in_memory", empty)
        parts.append(f"SELECT {columns} FROM {name}_in_memory")
    cursor.execute(f"CREATE TEMP VIEW {name} AS {' UNION ALL '.join(parts)}")


def go_back(cursor: duckdb.DuckDBPyConnection, last_seq: int) -> None:
    """Make ``events`` and ``marks`` mean what they were when the event ``last_seq`` was the newest.

    ``events_now`` and ``marks_now`` are given. An event that was superseded only later counts then.
    """
    cursor.execute(
        f"CREATE TEMP VIEW events AS SELECT * FROM events_now WHERE seq <= {int(last_seq)}"
    )
    cursor.execute(
        "CREATE TEMP TABLE marks AS SELECT seq FROM (SELECT seq, lead(seq) OVER"
        " (PARTITION BY customer_event_id ORDER BY seq) AS later FROM events"
        " WHERE customer_event_id IN (SELECT customer_event_id FROM events_now"
        " WHERE seq IN (SELECT seq FROM marks_now))) WHERE later IS NOT NULL"
    )


def parquet(files: Sequence[Path]) -> str:
    """The table function that reads ``files``, whatever characters their names hold."""
    names = ", ".join("'" + glob.escape(str(file)).replace("'", "''") + "'" for file in files)
    return f"read_parquet([{names}], hive_partitioning = false)"


def numbers(cursor: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The result of ``sql`` as one column of places."""
    found = cursor.execute(sql).fetchnumpy()["seq"]
    return pa.table({"seq": pa.array(found, pa.int64())})


def superseded_by(
    cursor: duckdb.DuckDBPyConnection,
    fresh: pa.Table,
    files: Sequence[Path],
    marked: Sequence[Path],
) -> pa.Table:
    """The places of events that no longer count once ``fresh`` is there.

    ``fresh`` holds events later than those in ``files``; ``marked`` are files with the places that
    do not count already. An event is superseded by any later one with the same sender's id,
    whatever else they say.
    """
    cursor.register("fresh_rows", fresh)
    cursor.execute(
        f"CREATE TEMP TABLE fresh AS SELECT seq, customer_event_id, {KEY} AS key FROM fresh_rows"
    )
    within = numbers(
        cursor,
        "SELECT seq FROM (SELECT seq, lead(seq) OVER (PARTITION BY customer_event_id ORDER BY seq)"
        " AS later FROM fresh) WHERE later IS NOT NULL",
    )
    if not files:
        return within
    # Nearly always no key is found, and then only one column of numbers was read.
    cursor.execute(
        f"CREATE TEMP TABLE suspects AS SELECT seq FROM {parquet(files)}"
        " WHERE key IN (SELECT key FROM fresh)"
    )
    already = f"SELECT seq FROM {parquet(marked)}" if marked else "SELECT 0 WHERE false"
    before = (
        numbers(
            cursor,
            f"SELECT seq FROM {parquet(files)} WHERE seq IN (SELECT seq FROM suspects)"
            " AND customer_event_id IN (SELECT customer_event_id FROM fresh)"
            f" AND seq NOT IN ({already})",
        )
        if _any(cursor, "suspects")
        else _EMPTY_MARKS
    )
    return pa.concat_tables([within, before])


def _any(cursor: duckdb.DuckDBPyConnection, table: str) -> bool:
    return cursor.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


def write_events(cursor: duckdb.DuckDBPyConnection, source: str, file: Path) -> None:
    """Write the events of ``source`` to ``file`` in the order in which they are asked for."""
    columns = ", ".join(COLUMNS)
    _copy(
        cursor,
        f"SELECT {columns}, {KEY} AS key FROM {source} ORDER BY event_type, alias, event_at, seq",
        file,
    )


def write_marks(cursor: duckdb.DuckDBPyConnection, source: str, file: Path) -> None:
    """Write the places of ``source`` to ``file``, each once."""
    _copy(cursor, f"SELECT DISTINCT seq FROM {source} ORDER BY seq", file)


def _copy(cursor: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    name = str(file).replace("'", "''")
    cursor.execute(f"COPY ({select}) TO '{name}' (FORMAT parquet, COMPRESSION zstd)")


def rows(
    cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """The rows of a query; each ``$name`` in it is a parameter, others are left out."""
    return _executed(cursor, sql, parameters).fetchall()


def batches(
    cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any], size: int
) -> Iterator[list[tuple[Any, ...]]]:
    """The same, ``size`` rows at a time; nothing else may be asked meanwhile."""
    found = _executed(cursor, sql, parameters)
    while part := found.fetchmany(size):
        yield part


def _executed(
    cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]
) -> duckdb.DuckDBPyConnection:
    used = {name: value for name, value in parameters.items() if f"${name}" in sql}
    return cursor.execute(sql, used)
