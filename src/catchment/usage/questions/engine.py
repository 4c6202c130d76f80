"""What a question asks of an engine, whichever answers it.

Questions are SQL that every engine reads alike, over relations that a storage has made. What
engines would do differently (lower a letter, read a number in a text) is a column of these:

``events``    all that was acknowledged up to a place, but for cancellations. Of each property asked
              for there are ``columns.text``, ``columns.folded`` and ``columns.number``
``counting``  those of them that count: not superseded by that place
``marks``     the ``seq`` of each event that was superseded by that place, and ``later``, the first
              place that did so
``stored``    all there is, cancellations too, as ``tables.table`` makes it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import pyarrow as pa

from catchment.core.values.period import Span
from catchment.store.chunks import chunks

_ROWS_AT_ONCE = 100_000


class Cursor(Protocol):
    """One snapshot to ask. Each ``$name`` in a query is a parameter; others are left out."""

    @property
    def within(self) -> Span | None:
        """When all ``events``, and so those ``counting``, happened; None: at any time."""

    @property
    def is_empty(self) -> bool:
        """Whether there surely are no ``events``."""

    def rows(self, sql: str, parameters: Mapping[str, Any] = ...) -> list[tuple[Any, ...]]:
        """The rows of a query."""

    def dicts(self, sql: str, parameters: Mapping[str, Any] = ...) -> list[dict[str, Any]]:
        """The same, each row with the names of its columns."""

    def table(
        self, sql: str, parameters: Mapping[str, Any] = ..., *, groups: int = ...
    ) -> pa.Table:
        """The rows of a query as columns.

        ``groups``: it groups by a whole number from 0 on that is below that and made of tables that
        are kept, and most of these numbers occur; 0: it does not.
        """

    def batches(
        self, sql: str, parameters: Mapping[str, Any], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The same, ``size`` rows at a time; nothing else may be asked meanwhile."""

    def define(self, name: str, table: pa.Table) -> None:
        """Make ``name`` mean the rows of ``table``."""

    def keep(self, name: str, sql: str, parameters: Mapping[str, Any] = ...) -> None:
        """Make ``name`` mean the rows that a query finds now."""


def define_rows(
    cursor: Cursor, name: str, schema: pa.Schema, rows: Iterable[tuple[Any, ...]]
) -> None:
    """Make ``name`` mean ``rows``, which may be many: they are never all in memory as they are."""
    parts = [
        pa.record_batch(
            [
                pa.array(values, kind)
                for values, kind in zip(zip(*part, strict=True), schema.types, strict=True)
            ],
            schema=schema,
        )
        for part in chunks(rows, _ROWS_AT_ONCE)
    ]
    cursor.define(name, pa.Table.from_batches(parts, schema))
