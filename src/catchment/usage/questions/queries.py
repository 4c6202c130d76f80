"""The SQL of every question, built on one definition of which events match a metric.

A storage has defined what there is (see ``engine``). ``spans`` says whose events are asked for,
``kinds`` of which types (see ``spans``), ``evaluated`` what a CUSTOM metric makes of the numbers it
reads. Values from outside are parameters, never text.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from catchment.core.usage.metering import GROWING, VALUING, Aggregation, Metric
from catchment.core.usage.properties import FRACTION_DIGITS, fold
from catchment.usage.intake.columns import folded, number, text
from catchment.usage.questions.engine import Cursor

IN_ORDER = ("received_at - received_at % 1000", "seq")
"""What ids are ordered by: their millisecond, then their place."""

NUMBER = f"DECIMAL(38, {FRACTION_DIGITS})"
"""The type of every number, to engines."""

_WHOLE = "Int128"
_NONE: Mapping[str, str] = {}
_ENDS = ("argMin", "argMax")
_PLACE = ("received_at", "seq")
_ONE = f"{10**FRACTION_DIGITS}::{_WHOLE}"
_SUM = f"coalesce(sum(number), 0)::{NUMBER}"
_REACHED = f"place * {_ONE} >= $percentile::{_WHOLE} * numbers"
FIGURES = {
    Aggregation.COUNT: f"count(*)::{NUMBER}",
    Aggregation.UNIQUE: f"count(DISTINCT text)::{NUMBER}",
    Aggregation.SUM: _SUM,
    Aggregation.CUSTOM: _SUM,
    Aggregation.AVERAGE: f"{_SUM}, count(number)",
    Aggregation.MAX: f"coalesce(max(number), 0)::{NUMBER}",
    # Of one member.
    Aggregation.LATEST: "coalesce(argMax(number, (event_at, seq))"
    f" FILTER (WHERE number IS NOT NULL), 0)::{NUMBER}",
    # Of rows that have their place among the numbers of their group.
    Aggregation.PERCENTILE: f"coalesce(min(number) FILTER (WHERE {_REACHED}), 0)::{NUMBER}",
    # Of this only events are counted; see ``stood``.
    Aggregation.TIME_WEIGHTED_SUM: "NULL",
}
"""Aggregates over matched events, of which Python makes what ``measure`` defines."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A query and its parameters."""

    text: str
    parameters: dict[str, Any]


def properties(metrics: Iterable[Metric]) -> set[str]:
    """The properties that ``metrics`` read: ``events`` must have their columns."""
    found: set[str] = set()
    for metric in metrics:
        found.update(name for name, _ in metric.filters)
        if metric.aggregation is Aggregation.CUSTOM:
            found.update(metric.operands())
        elif metric.property is not None:
            found.add(metric.property)
    return found


def shape(metric: Metric) -> Metric:
    """What is asked, whatever the type of the events: metrics of one shape are measured together.

    All but TIME_WEIGHTED_SUM, which reads what was told before.
    """
    if metric.aggregation is Aggregation.TIME_WEIGHTED_SUM:
        return metric
    return replace(metric, id="", event_type="")


def matching(metric: Metric, *, whole: bool = False) -> Sql:
    """Which of ``counting`` match ``metric`` between ``earliest`` and ``latest``: a condition.

    ``whole``: all of them happened then.
    """
    passing = passes(metric, whole=whole)
    return Sql(
        f"event_type = $event_type AND {passing.text}",
        passing.parameters | {"event_type": metric.event_type},
    )


def passes(metric: Metric, *, whole: bool = False) -> Sql:
    """A condition on events of any type; of ``whole`` snapshots, whose events all happened then."""
    parameters: dict[str, Any] = {}
    conditions = ["true"] if whole else ["event_at >= $earliest", "event_at < $latest"]
    for place, (name, alternatives) in enumerate(metric.filters):
        read, same = (text, str) if metric.case_sensitive else (folded, fold)
        one = _among(read(name), f"texts_{place}", {same(one) for one in alternatives})
        found = f"coalesce({one.text}, false)"
        conditions.append(f"NOT {found}" if name in metric.negated else found)
        parameters |= one.parameters
    return Sql(" AND ".join(conditions), parameters)


def _among(column: str, name: str, texts: Collection[str]) -> Sql:
    """Whether a column is one of ``texts``, of which there are few."""
    if not texts:
        return Sql("false", {})
    parameters = {f"{name}_{place}": one for place, one in enumerate(sorted(texts))}
    return Sql(f"{column} IN ({', '.join(f'${one}' for one in parameters)})", parameters)


def operand(place: int) -> str:
    """The column for the property that a CUSTOM metric reads in that place."""
    return f"operand_{place}"


def _found(metric: Metric, columns: Mapping[str, str] = _NONE, *, whole: bool = False) -> Sql:
    """Events that match ``metric``, once for every row of ``spans`` they fall into.

    ``columns`` are read of each, beside its place and instants and whose it is. ``whole``: all
    spans are the one stretch of time in which all events happened.
    What lies outside the names of all spans is skipped without a look.
    """
    condition = passes(metric, whole=whole)
    own = "seq, received_at, event_at"
    read = ", ".join((own, *(f"{column} AS {name}" for name, column in columns.items())))
    then = "" if whole else " WHERE event_at >= from_at AND event_at < to_at"
    return Sql(
        f"SELECT {', '.join(('pool + kind AS query', 'member', own, *columns))} FROM"
        f" (SELECT event_type, alias, {read} FROM counting"
        f" WHERE alias BETWEEN $first_alias AND $last_alias AND {condition.text})"
        f" JOIN kinds USING (event_type) JOIN spans USING (alias){then}",
        condition.parameters,
    )


def matched(metric: Metric, columns: Mapping[str, str] = _NONE, *, whole: bool = False) -> Sql:
    """The same with the ``text`` of the metric's property and the ``number`` an event gives."""
    if metric.aggregation is Aggregation.CUSTOM:
        read = _operands(metric, columns)
        operands = ", ".join(operand(place) for place in range(len(metric.operands())))
        return Sql(
            f"SELECT *, NULL AS text FROM ({read.text}) LEFT JOIN evaluated USING ({operands})",
            read.parameters,
        )
    return _found(metric, {**reads(metric), **columns}, whole=whole)


def reads(metric: Metric) -> Mapping[str, str]:
    """What makes the ``text`` and the ``number`` of an event, but for a CUSTOM metric."""
    if metric.aggregation is Aggregation.COUNT:
        return {"text": "NULL", "number": f"1::{NUMBER}"}
    name = metric.property  # which may be named by no letter at all
    assert name is not None, metric
    return {"text": text(name), "number": number(name)}


def _operands(metric: Metric, columns: Mapping[str, str] = _NONE) -> Sql:
    """Matched events with the numbers that the expression reads."""
    read = {operand(place): number(name) for place, name in enumerate(metric.operands())}
    return _found(metric, {**read, **columns})


def combinations(metric: Metric) -> Sql:
    """All that the matched events give the expression to read, each combination once."""
    read = _operands(metric)
    columns = [operand(place) for place in range(len(metric.operands()))]
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return Sql(
        f"SELECT DISTINCT {', '.join(columns)} FROM ({read.text}) WHERE {there}", read.parameters
    )


def kept(found: Sql, most: int) -> Sql:
    """What figures and walks read of events ``matched`` by a growing metric; at ``most`` so many
    of them.
    """
    return Sql(
        f"SELECT query, member, event_at, seq, number FROM ({found.text}) LIMIT {most}",
        found.parameters,
    )


def totals(metric: Metric, inner: Sql, *, by_bucket: bool = False) -> Sql:
    """(query, member or NULL for the pool, how many events, figures) of the events ``matched``.

    ``by_bucket``: (bucket, NULL, how many events, figures) for the buckets that have any.
    """
    rows, pool = inner.text, "query"
    if by_bucket:
        rows, pool = _in_buckets(rows), "bucket"
    alone = [] if by_bucket else [f"{pool}, member"]
    parameters = inner.parameters
    if metric.aggregation is Aggregation.PERCENTILE:
        assert metric.percentile is not None, metric
        parameters = parameters | {"percentile": int(metric.percentile.scaleb(FRACTION_DIGITS))}
        groups = (_ranked(group, pool) for group in (*alone, pool))
        return Sql(f"WITH found AS ({rows}) {' UNION ALL '.join(groups)}", parameters)
    count, figures = "count(*)", FIGURES[metric.aggregation]
    if metric.aggregation is Aggregation.LATEST:  # of each member by itself, then added up
        rows = (
            f"SELECT {pool}, member, count(*) AS event_count, {figures} AS value FROM ({rows})"
            f" GROUP BY {pool}, member"
        )
        count, figures = "sum(event_count)::BIGINT", f"sum(value)::{NUMBER}"
    sets = ", ".join(f"({group})" for group in (*alone, pool))
    member = "member" if alone else "NULL"
    return Sql(
        f"SELECT {pool}, {member}, {count}, {figures} FROM ({rows})"
        f" GROUP BY GROUPING SETS ({sets})",
        parameters,
    )


def _in_buckets(rows: str) -> str:
    """With the bucket that each event falls into; all are of one query."""
    return (
        f"SELECT used.*, buckets.bucket FROM ({rows}) AS used ASOF JOIN buckets"
        " ON used.query = buckets.query AND used.event_at >= buckets.starts"
    )


def _ranked(group: str, pool: str) -> str:
    """A percentile of ``found`` rows by ``group``; those without a number come last."""
    member = "NULL" if group == pool else "member"
    return (
        f"SELECT {pool}, {member}, count(*), {FIGURES[Aggregation.PERCENTILE]} FROM (SELECT *,"
        f" row_number() OVER (PARTITION BY {group} ORDER BY number NULLS LAST) AS place,"
        f" count(number) OVER (PARTITION BY {group}) AS numbers FROM found) GROUP BY {group}"
    )


def stood(metric: Metric, *, by_bucket: bool = False) -> Sql:
    """(query or bucket, member, whole values, decimals) by the microseconds they stood.

    Decimals are in units of the last one, so that both sums are whole numbers of less than 38
    digits. ``earliest`` must leave out nothing: all that a member ever told is read, for what stood
    before a span.
    """
    assert metric.property is not None, metric
    condition = matching(metric)
    asked = (
        "(SELECT pool + kind AS query, member, alias, from_at, to_at FROM spans CROSS JOIN kinds)"
    )
    stretches, place = asked, "query"
    if by_bucket:
        place = "bucket"
        stretches = (
            "(SELECT query, member, alias, bucket, greatest(from_at, starts) AS from_at,"
            f" least(to_at, ends) AS to_at FROM {asked} JOIN buckets USING (query)"
            " WHERE from_at < ends AND to_at > starts)"
        )
    return Sql(
        "WITH told AS (SELECT query, member, seq, event_at, number FROM"
        f" (SELECT seq, alias, event_at, {number(metric.property)} AS number FROM counting"
        f" WHERE {condition.text})"
        f" JOIN (SELECT DISTINCT query, member, alias FROM {asked}) USING (alias)"
        " WHERE number IS NOT NULL),"
        " lasting AS (SELECT query, member, event_at, number, lead(event_at, 1, $latest) OVER"
        " (PARTITION BY query, member ORDER BY event_at, seq) AS until FROM told),"
        f" stretches AS (SELECT DISTINCT query, member, {place}, from_at, to_at FROM {stretches}),"
        f" parts AS (SELECT {place}, member, number,"
        " least(until, to_at) - greatest(event_at, from_at) AS lasted"
        " FROM lasting JOIN stretches USING (query, member)"
        " WHERE event_at < to_at AND until > from_at)"
        f" SELECT {place}, member, sum(trunc(number)::{_WHOLE} * lasted),"
        f" sum(((number - trunc(number)) * {_ONE})::{_WHOLE} * lasted)"
        f" FROM parts WHERE lasted > 0 GROUP BY {place}, member",
        condition.parameters,
    )


def distribution(metric: Metric) -> Sql:
    """(query, member, value, how many events have it), values ascending, of those ``wanting``."""
    assert metric.aggregation in VALUING, metric
    inner = matched(metric)
    return Sql(
        f"SELECT query, member, number, count(*) FROM ({inner.text})"
        " WHERE query IN (SELECT query FROM wanting) AND number IS NOT NULL"
        " GROUP BY query, member, number ORDER BY query, number",
        inner.parameters,
    )


def singled(metric: Metric) -> Sql:
    """(query, the sender's id, when, member, number) of every matched event of those ``singling``,
    in the order in which they count.
    """
    assert metric.aggregation in GROWING, metric
    inner = matched(metric, {"sender_id": "customer_event_id"})
    return Sql(
        f"SELECT query, sender_id, event_at, member, number FROM ({inner.text})"
        " WHERE query IN (SELECT query FROM singling) ORDER BY query, event_at, seq",
        inner.parameters,
    )


def names(event_types: Collection[str]) -> Sql:
    """The aliases of events of these types, superseded ones included."""
    types = _among("event_type", "types", event_types)
    return Sql(
        f"SELECT DISTINCT alias FROM events WHERE {types.text}"
        " AND event_at >= $earliest AND event_at < $latest",
        types.parameters,
    )


def ends(metric: Metric) -> Sql:
    """(received at, place) of the matched events with the smallest and with the largest id."""
    inner = _found(metric)
    order = f"({', '.join(IN_ORDER)})"
    found = (f"{end}({column}, {order})" for end in _ENDS for column in _PLACE)
    return Sql(f"SELECT {', '.join(found)} FROM ({inner.text})", inner.parameters)


def days(metric: Metric) -> Sql:
    """(query, day) wherever a matched event falls into one of ``days``: (type of event, day, when
    it starts).
    """
    inner = _found(metric, {"of_type": "event_type"})
    return Sql(
        f"SELECT DISTINCT query, day FROM ({inner.text}) AS used ASOF JOIN days"
        " ON used.of_type = days.of_type AND used.event_at >= days.starts",
        inner.parameters,
    )


def places(metric: Metric, sender_id: str | None = None) -> Sql:
    """The place of each matched event; of that with the sender's id, if it is given."""
    inner = _found(metric, {"sender_id": "customer_event_id"})
    if sender_id is None:
        return Sql(f"SELECT seq FROM ({inner.text})", inner.parameters)
    parameters = {**inner.parameters, "sender_id": sender_id}
    return Sql(f"SELECT seq FROM ({inner.text}) WHERE sender_id = $sender_id", parameters)


def rows(cursor: Cursor, sql: Sql, bounds: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a query put to an engine; ``bounds`` are parameters besides its own."""
    return cursor.rows(sql.text, {**sql.parameters, **bounds})
