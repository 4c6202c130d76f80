"""One session with ClickHouse as questions see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from catchment.core.values.period import Span
from catchment.store.chunks import chunks
from catchment.usage.clickhouse import rows

_NONE: Mapping[str, Any] = {}
_RELATION = re.compile(r"\b(FROM|JOIN) (stored|events|counting|marks)\b")
_PARAMETER = re.compile(r"\$(\w+)")
_LONG = 2**63
_NEW = "CREATE OR REPLACE TEMPORARY TABLE"

_AS_QUESTIONS_MEAN = {
    "aggregate_functions_null_for_empty": 0,
    "cast_keep_nullable": 1,
    "count_distinct_implementation": "uniqExact",
    "decimal_check_overflow": 1,
    "group_by_use_nulls": 1,
    "join_use_nulls": 1,
    "joined_subquery_requires_alias": 0,
    "max_query_size": 2**26,
    "output_format_decimal_trailing_zeros": 0,
    "prefer_column_name_to_alias": 1,
    "transform_null_in": 0,
}
"""Settings with which our SQL means what the standard says, whatever the server's profile."""


class ClickHouseCursor:
    """A session in which the name of each relation means the rows of a subquery.

    ``relations`` are asked what they are to a question of a given text. What is defined or kept is
    a temporary table; where there are shards, it is sent along. All events happened ``within``.
    """

    is_empty = False  # as far as is known

    def __init__(
        self,
        client: Any,
        relations: Callable[[str], Mapping[str, str]],
        within: Span | None = None,
    ) -> None:
        self.within = within
        self._client = client
        self._relations = relations

    def rows(self, sql: str, parameters: Mapping[str, Any] = _NONE) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return list(self._client.query(**self._asked(sql, parameters)).result_rows)

    def dicts(self, sql: str, parameters: Mapping[str, Any] = _NONE) -> list[dict[str, Any]]:
        """Rows of ``stored``, each with the names of its columns; ``properties`` are all it has."""
        found = self._client.query(**self._asked(sql, parameters))
        events = (dict(zip(found.column_names, row, strict=True)) for row in found.result_rows)
        return [event | {"properties": rows.properties_of(event)} for event in events]

    def table(
        self, sql: str, parameters: Mapping[str, Any] = _NONE, *, groups: int = 0
    ) -> pa.Table:
        """The rows of a query as columns; ``groups`` make no difference to ClickHouse."""
        del groups
        return self._client.query_arrow(**self._asked(sql, parameters))

    def batches(
        self, sql: str, parameters: Mapping[str, Any], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query, ``size`` at a time; nothing else may be asked meanwhile."""
        with self._client.query_rows_stream(**self._asked(sql, parameters)) as found:
            yield from chunks(found, size)

    def define(self, name: str, table: pa.Table) -> None:
        """Make ``name`` mean the rows of ``table``."""
        columns = ", ".join(
            f"{field.name} {_type(field.type, nullable=column.null_count > 0)}"
            for field, column in zip(table.schema, table.columns, strict=True)
        )
        self._client.command(f"{_NEW} {name} ({columns}) ENGINE = Memory")
        if len(table):
            self._client.insert_arrow(name, table)

    def keep(self, name: str, sql: str, parameters: Mapping[str, Any] = _NONE) -> None:
        """Make ``name`` mean the rows that a query finds now."""
        asked = self._asked(sql, parameters)
        table = f"{_NEW} {name} ENGINE = Memory AS {asked.pop('query')}"
        self._client.command(table, **asked)

    def _asked(self, sql: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The query as ClickHouse reads it, with those of ``parameters`` that are in it."""
        meaning = self._relations(sql)
        named = {name: parameters[name] for name in _PARAMETER.findall(sql)}
        typed = _PARAMETER.sub(lambda found: _placeholder(found[1], named[found[1]]), sql)
        return {
            # Last, for what a relation says may hold anything: names of properties are in it.
            "query": _RELATION.sub(
                lambda found: f"{found[1]} {meaning[found[2]]} AS {found[2]}", typed
            ),
            "parameters": {name: value for name, value in named.items() if value is not None},
            "settings": _AS_QUESTIONS_MEAN,
        }


def _placeholder(name: str, value: str | int | None) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            kind = "String"
        case int():
            kind = "Int64" if -_LONG <= value < _LONG else "Int128"
    return f"{{{name}:{kind}}}"


def _type(type: pa.DataType, *, nullable: bool) -> str:
    """The type of ClickHouse's for a column."""
    decimal = pa.types.is_decimal(type)
    kind = f"Decimal({type.precision}, {type.scale})" if decimal else _TYPES[type]
    return f"Nullable({kind})" if nullable else kind


_TYPES = {pa.string(): "String", pa.int32(): "Int32", pa.int64(): "Int64"}
