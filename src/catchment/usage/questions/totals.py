"""How much each of many members used, as columns: what a month of a whole workspace comes to.

Figures are those that ``core.usage.metering.measure`` gives every member by itself. Nothing is made
for each member or event, and metrics of one shape are answered in one pass over their events.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from catchment.core.usage.metering import Aggregation, Metric
from catchment.core.values.period import Span
from catchment.usage.intake.events import instant
from catchment.usage.questions import figures, queries, spans
from catchment.usage.questions.engine import Cursor

NAMES = pa.schema(
    [
        ("member", pa.int32()),
        ("alias", pa.string()),
        ("from_at", pa.int64()),
        ("to_at", pa.int64()),
    ]
)
"""Whose an alias is from one instant until before another, in microseconds since 1970, UTC. Nobody
has one twice at an instant, nor have two.
"""

TOTALS = pa.schema(
    [
        ("metric", pa.int32()),
        ("member", pa.int32()),
        ("quantity", pa.decimal128(38, 12)),
        ("event_count", pa.int64()),
    ]
)
"""What a member used of the metric in that place, and how many events matched, in no order."""


class Totals(NamedTuple):
    """Columns of TOTALS, counted up to the place ``last_seq``; who used nothing is in none."""

    rows: pa.Table
    last_seq: int


def totals(cursor: Cursor, metrics: Sequence[Metric], names: pa.Table) -> pa.Table:
    """Columns of TOTALS: what those who have ``names`` (NAMES) used of each of ``metrics``."""
    if not len(names):
        return TOTALS.empty_table()
    cursor.define("names", names)
    first = f"member::BIGINT * {len(metrics)}"
    cursor.keep("owners", f"SELECT {first} AS first, alias, from_at, to_at FROM names")
    bounds = _bounds(names)
    alike = all(pc.min_max(names[end])["min"] == pc.min_max(names[end])["max"] for end in _ENDS)
    whole = alike and cursor.within == _stretch(bounds)
    parts = [TOTALS.empty_table()]
    groups = (pc.max(names["member"]).as_py() + 1) * len(metrics)
    by_shape: dict[Metric, dict[int, str]] = {}
    for place, metric in enumerate(metrics):
        if metric.aggregation in _IN_COLUMNS:
            by_shape.setdefault(queries.shape(metric), {})[place] = metric.event_type
        else:
            parts.append(_numbered(place, _one_by_one(cursor, metric, names, bounds)))
    for shape, kinds in by_shape.items():
        cursor.define("kinds", pa.table([list(kinds), list(kinds.values())], schema=_KINDS))
        cursor.keep("asked", "SELECT metric, event_type FROM kinds")
        sql = _of_members(shape, whole=whole)
        found = cursor.table(sql.text, sql.parameters | bounds, groups=groups)
        parts.append(_by_metric(found, len(metrics)))
    return pa.concat_tables(parts)


def hull(metrics: Sequence[Metric], names: pa.Table) -> Span | None:
    """When all that is read happened; None where that may be at any time."""
    if not len(names) or Aggregation.TIME_WEIGHTED_SUM in {one.aggregation for one in metrics}:
        return None
    return _stretch(_bounds(names))


_ENDS = ("from_at", "to_at")
_IN_COLUMNS = frozenset(
    {
        Aggregation.COUNT,
        Aggregation.UNIQUE,
        Aggregation.SUM,
        Aggregation.MAX,
        Aggregation.LATEST,
    }
)
"""Aggregations whose figures need nothing that only Python works out."""

_KINDS = pa.schema([("metric", pa.int32()), ("event_type", pa.string())])


def _of_members(metric: Metric, *, whole: bool) -> queries.Sql:
    """(total, quantity, event_count), where ``owners`` says whose a name is and ``asked`` which
    metrics, all of this shape, a type of events is for: ``total`` is their ``first`` and ``metric``
    added up. So sums are told apart by one whole number instead of two.

    ``whole``: names are everyone's for the one stretch of time in which all events happened.
    """
    condition = queries.passes(metric, whole=whole)
    read = ", ".join(f"{column} AS {name}" for name, column in queries.reads(metric).items())
    then = "" if whole else " WHERE event_at >= from_at AND event_at < to_at"
    return queries.Sql(
        f"SELECT first + metric AS total, {queries.FIGURES[metric.aggregation]} AS quantity,"
        " count(*)::BIGINT AS event_count FROM"
        f" (SELECT event_type, alias, seq, event_at, {read} FROM counting WHERE {condition.text})"
        f" JOIN asked USING (event_type) JOIN owners USING (alias){then} GROUP BY total",
        condition.parameters,
    )


def _by_metric(found: pa.Table, metric_count: int) -> pa.Table:
    """Columns of TOTALS from those that ``_of_members`` finds."""
    member = pc.divide(found["total"], metric_count)
    metric = pc.subtract(found["total"], pc.multiply(member, metric_count))
    columns = [metric, member, found["quantity"], found["event_count"]]
    return pa.table(columns, names=TOTALS.names).cast(TOTALS)


def _bounds(names: pa.Table) -> dict[str, Any]:
    aliases = pc.min_max(names["alias"]).as_py()
    return {
        "earliest": pc.min(names["from_at"]).as_py(),
        "latest": pc.max(names["to_at"]).as_py(),
        "first_alias": aliases["min"],
        "last_alias": aliases["max"],
    }


def _stretch(bounds: Mapping[str, Any]) -> Span:
    return Span(instant(bounds["earliest"]), instant(bounds["latest"]))


def _one_by_one(
    cursor: Cursor, metric: Metric, names: pa.Table, bounds: Mapping[str, Any]
) -> pa.Table:
    """By the questions that answer ``measure``, of one query with all members."""
    pool = pa.repeat(pa.scalar(0, pa.int64()), len(names))
    cursor.define("spans", names.add_column(0, "pool", pool))
    cursor.define("kinds", pa.table([[0], [metric.event_type]], schema=spans.KINDS))
    _, members, quantities, counts = figures.figures_of(cursor, metric, bounds)
    columns = pa.table([members, quantities, counts], schema=pa.schema(list(TOTALS)[1:]))
    return columns.filter(pc.field("member") != figures.NOBODY)


def _numbered(place: int, found: pa.Table) -> pa.Table:
    metric = pa.repeat(pa.scalar(place, pa.int32()), len(found))
    return found.append_column("metric", metric).select(TOTALS.names).cast(TOTALS)
