"""The one place that speaks to DuckDB: an engine without a database of its own.

Everything it reads is named each time: segment files of the manifest, and what still waits in the
inbox as columns in memory. So there is no lock between processes and nothing to migrate.
"""

from __future__ import annotations

import glob
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catchment.core.usage.properties import FRACTION_DIGITS
from catchment.core.values.period import Span

Missing = duckdb.IOException
"""A file could not be read: another process has merged it away, or the disk failed."""

DECIMAL = f"DECIMAL(38, {FRACTION_DIGITS})"
"""The type of a property's numbers."""

MARKS = pa.schema([("seq", pa.int64()), ("later", pa.int64())])
"""The place of an event, and of the one that superseded it."""

MOST_MEMORY = 3 << 29
"""Bytes that all questions of a process may take together; beyond that they use the disk."""

_GROUP_BYTES = 64
"""What each thread holds of a group that has a place of its own, about."""

_SOUGHT = 50_000
"""So many rows that a question joins events with make it skip what has none of their names. DuckDB
does so for 50 at first, which are five metrics of a family of five with two names each; a scan of
everything costs more than to look for many.
"""

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
                _limit(self._connection)
                # No file ever changes.
                self._connection.execute("SET GLOBAL parquet_metadata_cache = true")
                self._connection.execute(f"SET GLOBAL dynamic_or_filter_threshold = {_SOUGHT}")
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


_MEMORY = "parse_formatted_bytes(current_setting('memory_limit'))"
_MEMORY_EACH = f"{_MEMORY} // current_setting('threads')"


def _limit(connection: duckdb.DuckDBPyConnection) -> None:
    """Let it take MOST_MEMORY, or less where DuckDB finds that the machine has less to give."""
    [(given,)] = connection.execute(f"SELECT {_MEMORY}").fetchall()
    connection.execute(f"SET GLOBAL memory_limit = '{min(int(given), MOST_MEMORY)}B'")


def text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def parquet(files: Sequence[Path], *options: str, alike: bool = False) -> str:
    """The table function that reads ``files``, whatever characters their names hold.

    Those that are ``alike`` have the same columns, in the same order and of the same types.
    """
    by_name = () if alike else ("union_by_name",)
    switched = "".join(f", {option} = true" for option in (*by_name, *options))
    names = ", ".join(text(glob.escape(str(file))) for file in files)
    return f"read_parquet([{names}], hive_partitioning = false{switched})"


class Cursor:
    """A connection as questions see it: each name of ``relations`` means the rows of a subquery.

    All events happened ``within``; where it ``is_empty``, there are none.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        relations: Mapping[str, str],
        within: Span | None = None,
        *,
        is_empty: bool = False,
    ) -> None:
        self.within = within
        self.is_empty = is_empty
        self._connection = connection
        self._relations = relations
        self._named = re.compile(rf"\b(FROM|JOIN) ({'|'.join(relations)})\b")

    def rows(self, sql: str, parameters: Mapping[str, Any] = _NONE) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._execute(sql, parameters).fetchall()

    def dicts(self, sql: str, parameters: Mapping[str, Any] = _NONE) -> list[dict[str, Any]]:
        """The same, each row with the names of its columns."""
        found = self._execute(sql, parameters)
        names = [name for name, *_ in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def table(
        self, sql: str, parameters: Mapping[str, Any] = _NONE, *, groups: int = 0
    ) -> pa.Table:
        """The same as columns.

        Numbered ``groups`` have a place each in every thread, where a quarter of all memory has
        room for that, and are not looked for: DuckDB knows from tables that are kept between which
        numbers they lie.
        """
        if groups:
            bits = (groups + 1).bit_length()
            [(memory,)] = self._connection.execute(f"SELECT {_MEMORY_EACH}").fetchall()
            if _GROUP_BYTES << bits <= memory // 4:
                self._connection.execute(f"SET SESSION perfect_ht_threshold = {bits}")
        asked, used = self._asked(sql, parameters)
        return self._connection.sql(asked, params=used).to_arrow_table()

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
        return self._connection.execute(*self._asked(sql, parameters))

    def _asked(self, sql: str, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The query as DuckDB reads it, with those of ``parameters`` that are in it."""
        named = {name: parameters[name] for name in _PARAMETER.findall(sql)}
        # Last, for what a relation says may hold anything: names of files and properties are in it.
        return self._named.sub(self._subquery, sql), named

    def _subquery(self, found: re.Match[str]) -> str:
        return f"{found[1]} {self._relations[found[2]]} AS {found[2]}"
