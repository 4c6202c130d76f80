"""The SQL of every question, built on one definition of which events match a metric.

Two relations are defined before: ``events`` (all that is stored) and ``marks`` (the places of those
that were superseded). Values from outside are parameters, never text.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catchment.core.metering import ADDING_UP, NUMBER, Aggregation, Metric, fold

CURRENT = "seq NOT IN (SELECT seq FROM marks)"
_NUMBER_OF = (
    f"CASE WHEN regexp_full_match(text, '{NUMBER}') THEN TRY_CAST(text AS DECIMAL(38, 12)) END"
)


@dataclass(frozen=True, slots=True)
class Sql:
    """A query and its parameters."""

    text: str
    parameters: dict[str, Any]


def matching(metric: Metric) -> Sql:
    """Which of ``events`` match ``metric`` between ``earliest`` and ``latest``: a condition."""
    parameters: dict[str, Any] = {"event_type": metric.event_type}
    conditions = ["event_type = $event_type", "event_at >= $earliest", "event_at < $latest"]
    for number, (name, alternatives) in enumerate(metric.filters):
        text = f"texts[$name_{number}]"
        if not metric.case_sensitive:
            text = f"lower({text})"
        found = f"coalesce(list_contains($texts_{number}::VARCHAR[], {text}), false)"
        conditions.append(f"NOT {found}" if name in metric.negated else found)
        same = str if metric.case_sensitive else fold
        texts = sorted({same(one) for one in alternatives})
        parameters |= {f"name_{number}": name, f"texts_{number}": texts}
    return Sql(f"{' AND '.join(conditions)} AND {CURRENT}", parameters)


def matched(metric: Metric) -> Sql:
    """Events that match ``metric``, once for every row of ``spans`` they fall into."""
    condition = matching(metric)
    text = "NULL" if metric.property is None else "texts[$property]"
    return Sql(
        f"SELECT query, member, seq, id, event_at, text, {_NUMBER_OF} AS number FROM ("
        f"SELECT seq, id, alias, event_at, {text}::VARCHAR AS text FROM events"
        f" WHERE {condition.text})"
        " JOIN spans USING (alias) WHERE event_at >= from_at AND event_at < to_at",
        condition.parameters | {"property": metric.property},
    )


def quantity(aggregation: Aggregation) -> str:
    """The aggregate over matched events, as ``measure`` defines it."""
    match aggregation:
        case Aggregation.COUNT:
            return "count(*)::DECIMAL(38, 12)"
        case Aggregation.UNIQUE:
            return "count(DISTINCT text)::DECIMAL(38, 12)"
        case Aggregation.SUM:
            return "coalesce(sum(number), 0)::DECIMAL(38, 12)"
        case Aggregation.MAX:
            return "coalesce(max(number), 0)::DECIMAL(38, 12)"


def totals(metric: Metric) -> Sql:
    """(query, member or NULL for the pool, quantity, how many events)."""
    inner = matched(metric)
    return Sql(
        f"SELECT query, member, {quantity(metric.aggregation)}, count(*) FROM ({inner.text})"
        " GROUP BY GROUPING SETS ((query, member), (query))",
        inner.parameters,
    )


def distribution(metric: Metric) -> Sql:
    """(query, member, value, how many events have it), values ascending, where asked for."""
    assert metric.aggregation is not Aggregation.UNIQUE, metric
    inner = matched(metric)
    value = "1::DECIMAL(38, 12)" if metric.aggregation is Aggregation.COUNT else "number"
    return Sql(
        f"SELECT query, member, {value} AS value, count(*) FROM ({inner.text})"
        " WHERE list_contains($wanting::INTEGER[], query) AND value IS NOT NULL"
        " GROUP BY query, member, value ORDER BY query, value",
        inner.parameters,
    )


def walked(metric: Metric) -> Sql:
    """(query, member, step, the member's part of it) where a relation ``steps`` asks for it.

    ``steps`` holds (query, step, lower, upper), every step with an upper end.
    """
    assert metric.aggregation in ADDING_UP, metric
    inner = matched(metric)
    number = "1::DECIMAL(38, 12)" if metric.aggregation is Aggregation.COUNT else "number"
    part = "greatest(lower, least(stands, upper)) - greatest(lower, least(stands - number, upper))"
    return Sql(
        f"SELECT query, member, step, sum({part})::DECIMAL(38, 12) FROM ("
        "SELECT query, member, number, sum(number) OVER"
        " (PARTITION BY query ORDER BY event_at, seq ROWS UNBOUNDED PRECEDING)"
        "::DECIMAL(38, 12) AS stands FROM ("
        f"SELECT query, member, event_at, seq, {number} AS number FROM ({inner.text})"
        " WHERE list_contains($stepping::INTEGER[], query)) WHERE number IS NOT NULL)"
        " JOIN steps USING (query)"
        " WHERE greatest(stands, stands - number) > lower"
        " AND least(stands, stands - number) < upper"
        " GROUP BY query, member, step",
        inner.parameters,
    )


def ends(metric: Metric) -> Sql:
    """(smallest, largest id) of the matched events."""
    inner = matched(metric)
    return Sql(f"SELECT min(id), max(id) FROM ({inner.text})", inner.parameters)


def places(metric: Metric) -> Sql:
    """The place of each matched event."""
    inner = matched(metric)
    return Sql(f"SELECT seq FROM ({inner.text})", inner.parameters)


def series(metric: Metric) -> Sql:
    """(bucket, quantity, how many events) for the buckets that have any."""
    inner = matched(metric)
    return Sql(
        f"SELECT bucket, {quantity(metric.aggregation)}, count(*) FROM ({inner.text}) AS used"
        " ASOF JOIN buckets ON used.event_at >= buckets.starts GROUP BY bucket",
        inner.parameters,
    )
