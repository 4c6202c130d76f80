"""The SQL of every question, built on one definition of which events match a metric.

Two relations are defined before: ``events`` (all that is stored) and ``marks`` (the places of those
that were superseded). Values from outside are parameters, never text.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from catchment.core.metering import GROWING, VALUING, Aggregation, Metric, fold
from catchment.usage import columns

CURRENT = "seq NOT IN (SELECT seq FROM marks)"


@dataclass(frozen=True, slots=True)
class Sql:
    """A query and its parameters."""

    text: str
    parameters: dict[str, Any]


def properties(metrics: Iterable[Metric]) -> set[str]:
    """The properties that ``metrics`` read."""
    return {
        name
        for metric in metrics
        for name in (metric.property, *(name for name, _ in metric.filters))
        if name is not None
    }


def matching(metric: Metric) -> Sql:
    """Which of ``events`` match ``metric`` between ``earliest`` and ``latest``: a condition."""
    parameters: dict[str, Any] = {"event_type": metric.event_type}
    conditions = ["event_type = $event_type", "event_at >= $earliest", "event_at < $latest"]
    for number, (name, alternatives) in enumerate(metric.filters):
        text = columns.text(name)
        if not metric.case_sensitive:
            text = f"lower({text})"
        found = f"coalesce(list_contains($texts_{number}::VARCHAR[], {text}), false)"
        conditions.append(f"NOT {found}" if name in metric.negated else found)
        same = str if metric.case_sensitive else fold
        texts = sorted({same(one) for one in alternatives})
        parameters[f"texts_{number}"] = texts
    return Sql(f"{' AND '.join(conditions)} AND {CURRENT}", parameters)


def matched(metric: Metric) -> Sql:
    """Events that match ``metric``, once for every row of ``spans`` they fall into."""
    condition = matching(metric)
    name = metric.property
    text, number = ("NULL", "NULL") if name is None else (columns.text(name), columns.number(name))
    return Sql(
        "SELECT query, member, seq, received_at, event_at, text, number FROM ("
        f"SELECT seq, received_at, alias, event_at, {text} AS text, {number} AS number FROM events"
        f" WHERE {condition.text})"
        " JOIN spans USING (alias) WHERE event_at >= from_at AND event_at < to_at",
        condition.parameters,
    )


def _quantity(aggregation: Aggregation) -> str:
    """The aggregate over matched events, as ``measure`` defines it; LATEST is of one member."""
    match aggregation:
        case Aggregation.COUNT:
            return "count(*)::DECIMAL(38, 12)"
        case Aggregation.UNIQUE:
            return "count(DISTINCT text)::DECIMAL(38, 12)"
        case Aggregation.SUM:
            return "coalesce(sum(number), 0)::DECIMAL(38, 12)"
        case Aggregation.MAX:
            return "coalesce(max(number), 0)::DECIMAL(38, 12)"
        case Aggregation.LATEST:
            return (
                "coalesce(arg_max(number, (event_at, seq)) FILTER (WHERE number IS NOT NULL), 0)"
                "::DECIMAL(38, 12)"
            )


def _measured(aggregation: Aggregation, rows: str, shown: str, *, by: str, each: str) -> str:
    """(``shown``, quantity, how many events) of matched events, grouped ``by``.

    ``each`` tells the members of every group apart.
    """
    value, count = _quantity(aggregation), "count(*)"
    if aggregation is Aggregation.LATEST:  # of each member by itself, then added up
        rows = f"SELECT {each}, {value} AS value, {count} AS events FROM ({rows}) GROUP BY {each}"
        value, count = "sum(value)::DECIMAL(38, 12)", "sum(events)::BIGINT"
    return f"SELECT {shown}, {value}, {count} FROM ({rows}) GROUP BY {by}"


def totals(metric: Metric) -> Sql:
    """(query, member or NULL for the pool, quantity, how many events)."""
    inner = matched(metric)
    by = "GROUPING SETS ((query, member), (query))"
    return Sql(
        _measured(metric.aggregation, inner.text, "query, member", by=by, each="query, member"),
        inner.parameters,
    )


def distribution(metric: Metric) -> Sql:
    """(query, member, value, how many events have it), values ascending, where asked for."""
    assert metric.aggregation in VALUING, metric
    inner = matched(metric)
    value = "1::DECIMAL(38, 12)" if metric.aggregation is Aggregation.COUNT else "number"
    return Sql(
        f"SELECT query, member, {value} AS value, count(*) FROM ({inner.text})"
        " WHERE list_contains($wanting::INTEGER[], query) AND value IS NOT NULL"
        " GROUP BY query, member, value ORDER BY query, value",
        inner.parameters,
    )


def parts_of_time(metric: Metric) -> Sql:
    """(query, part, sum, lowest, highest): what each stretch of time adds, where steps are asked.

    On its way from the first event of the part to the last, usage stands between ``lowest`` and
    ``highest`` above where it stood before, in whichever order the events came.
    """
    numbered = _numbered(metric)
    return Sql(
        "SELECT query, part, sum(number)::DECIMAL(38, 12) AS adds,"
        " coalesce(sum(number) FILTER (number < 0), 0)::DECIMAL(38, 12) AS lowest,"
        " coalesce(sum(number) FILTER (number > 0), 0)::DECIMAL(38, 12) AS highest"
        f" FROM ({numbered.text}) GROUP BY query, part",
        numbered.parameters,
    )


def walked(metric: Metric) -> Sql:
    """(query, member, step, the member's part of it) where a relation ``steps`` asks for it.

    ``steps`` holds (query, step, lower, upper), every step with an upper end; ``placed`` holds
    (query, part, stands, step) for every part of time: where usage stood before it, and the step
    in which it stays meanwhile. Only where it stays in none are events walked one by one.
    """
    numbered = _numbered(metric)
    part = "greatest(lower, least(stands, upper)) - greatest(lower, least(stands - number, upper))"
    return Sql(
        f"WITH numbered AS NOT MATERIALIZED ({numbered.text})"
        " SELECT query, member, step, sum(part)::DECIMAL(38, 12) FROM ("
        "SELECT query, member, step, sum(number) AS part FROM numbered"
        " JOIN placed USING (query, part) WHERE step IS NOT NULL GROUP BY query, member, step"
        " UNION ALL "
        f"SELECT query, member, steps.step, sum({part}) AS part FROM ("
        "SELECT query, member, number, (stands + sum(number) OVER"
        " (PARTITION BY query, part ORDER BY event_at, seq ROWS UNBOUNDED PRECEDING))"
        "::DECIMAL(38, 12) AS stands FROM numbered"
        " JOIN placed USING (query, part) WHERE step IS NULL)"
        " JOIN steps USING (query)"
        " WHERE greatest(stands, stands - number) > lower"
        " AND least(stands, stands - number) < upper"
        " GROUP BY query, member, steps.step"
        ") GROUP BY query, member, step",
        numbered.parameters,
    )


def _numbered(metric: Metric) -> Sql:
    """(query, member, event_at, seq, number, part) of events with a number, for ``stepping``."""
    assert metric.aggregation in GROWING, metric
    inner = matched(metric)
    number = "1::DECIMAL(38, 12)" if metric.aggregation is Aggregation.COUNT else "number"
    return Sql(
        f"SELECT query, member, event_at, seq, {number} AS number,"
        " ((event_at - $earliest) // $length)::INTEGER AS part"
        f" FROM ({inner.text}) WHERE list_contains($stepping::INTEGER[], query)"
        f" AND {number} IS NOT NULL",
        inner.parameters,
    )


def names(event_types: Collection[str]) -> Sql:
    """The aliases of events of these types, superseded ones included."""
    return Sql(
        "SELECT DISTINCT alias FROM events WHERE list_contains($types::VARCHAR[], event_type)"
        " AND event_at >= $earliest AND event_at < $latest",
        {"types": sorted(event_types)},
    )


def ends(metric: Metric) -> Sql:
    """(received at, place) of the matched events with the smallest and with the largest id."""
    inner = matched(metric)
    order = "(received_at // 1000, seq)"
    ends = ", ".join(
        f"arg_{end}({column}, {order})"
        for end in ("min", "max")
        for column in ("received_at", "seq")
    )
    return Sql(f"SELECT {ends} FROM ({inner.text})", inner.parameters)


def places(metric: Metric) -> Sql:
    """The place of each matched event."""
    inner = matched(metric)
    return Sql(f"SELECT seq FROM ({inner.text})", inner.parameters)


def series(metric: Metric) -> Sql:
    """(bucket, quantity, how many events) for the buckets that have any."""
    inner = matched(metric)
    rows = (
        f"SELECT used.*, bucket FROM ({inner.text}) AS used"
        " ASOF JOIN buckets ON used.event_at >= buckets.starts"
    )
    return Sql(
        _measured(metric.aggregation, rows, "bucket", by="bucket", each="bucket, member"),
        inner.parameters,
    )
