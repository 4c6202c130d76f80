"""The figures of members and pools as an engine gives them, in columns.

The engine counts, adds, compares and sorts. What may be rounded, and every expression, is worked
out here by the functions that ``core.usage.metering`` uses itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import repeat
from math import gcd
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from catchment.core.usage.metering import Aggregation, Metric, worth
from catchment.core.usage.properties import FRACTION_DIGITS
from catchment.core.usage.quantities import mean, value_hours
from catchment.core.values.money import EXACT
from catchment.usage.questions import queries
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.queries import rows

NOBODY = -1
"""Instead of a member's number: the pool."""

_NUMBER = pa.decimal128(38, FRACTION_DIGITS)
_FIGURES = pa.schema(
    [
        ("place", pa.int64()),
        ("member", pa.int32()),
        ("count", pa.int64()),
        ("quantity", _NUMBER),
        ("numbers", pa.int64()),  # of an average, how many it is of
    ]
)
_ONE = 10**FRACTION_DIGITS
_NOTHING = Decimal(0)
_ALWAYS = -(2**63)
_EVENTS_AT_ONCE = 50_000


class Figures(NamedTuple):
    """Columns: what a member used in a query, or anybody in a stretch of a chart, and by how many
    events. The pool is no member, but NOBODY: of a query it comes last, its members in order.
    """

    places: Sequence[int]
    members: Sequence[int]
    quantities: Sequence[Decimal]
    counts: Sequence[int]


class Used(NamedTuple):
    """What a pool used and by how many events; what its members did, and by how many each."""

    pooled: Decimal
    members: dict[str, Decimal]
    event_count: int
    member_events: dict[str, int]


def figures_of(
    cursor: Cursor,
    metric: Metric,
    bounds: Mapping[str, Any],
    *,
    found: queries.Sql | None = None,
    by_bucket: bool = False,
    few: bool = False,
) -> Figures:
    """The figure of each pool that has one, and, unless it is by bucket, of its members.

    ``spans`` are defined, and ``bounds`` are theirs. Where matched events have been ``found``, that
    tells where. Where figures are ``few``, there are some hundreds of them at most.
    """
    asked = queries.totals(metric, found or matched(cursor, metric, bounds), by_bucket=by_bucket)
    if metric.aggregation is Aggregation.TIME_WEIGHTED_SUM:
        always = {**bounds, "earliest": _ALWAYS}
        stood = rows(cursor, queries.stood(metric, by_bucket=by_bucket), always)
        return _time_weighted(rows(cursor, asked, bounds), stood)
    table = _table(cursor, asked, bounds, few=few)
    table = table.sort_by([("place", "ascending"), ("member", "ascending")])
    quantities = decimals(table["quantity"])
    if metric.aggregation is Aggregation.AVERAGE:
        quantities = list(map(mean, quantities, integers(table["numbers"])))
    members = integers(table["member"].fill_null(NOBODY))
    return Figures(integers(table["place"]), members, quantities, integers(table["count"]))


def matched(
    cursor: Cursor, metric: Metric, bounds: Mapping[str, Any], *, whole: bool = False
) -> queries.Sql:
    """As ``queries.matched``, once the engine knows what it cannot work out itself."""
    if metric.aggregation is Aggregation.CUSTOM:
        _evaluate(cursor, metric, bounds)
    return queries.matched(metric, whole=whole)


def _table(cursor: Cursor, asked: queries.Sql, bounds: Mapping[str, Any], *, few: bool) -> pa.Table:
    """Columns of _FIGURES, as many as there are; the member is null for the pool.

    Those of ``few`` rows are made here: DuckDB plans twice what it answers in columns, which takes
    longer than to make some rows.
    """
    if not few:
        found = cursor.table(asked.text, {**asked.parameters, **bounds})
        schema = pa.schema(list(_FIGURES)[: found.num_columns])
        return found.rename_columns(schema.names).cast(schema)
    columns = zip(*rows(cursor, asked, bounds), strict=True)
    made = [pa.array(values, kind) for values, kind in zip(columns, _FIGURES.types, strict=False)]
    schema = pa.schema(list(_FIGURES)[: len(made) or len(_FIGURES)])
    return pa.table(made, schema=schema) if made else schema.empty_table()


def integers(column: pa.ChunkedArray) -> list[int]:
    """The whole numbers of a column, none of them null: Arrow would make each by itself."""
    found: list[int] = column.to_numpy().tolist()
    return found


def decimals(column: pa.ChunkedArray) -> list[Decimal]:
    """The numbers of a column, none of them null, with as many decimals as one of them needs.

    Engines and Arrow make each of them from text, which takes longer than all the rest; and to
    reckon with digits that say nothing takes longer, too.
    """
    array = column.cast(_NUMBER).combine_chunks()
    _, data = array.buffers()
    words = np.frombuffer(data, "<i8")[2 * array.offset : 2 * (array.offset + len(array))]
    low, high = words[::2], words[1::2]
    units: list[int] = low.tolist()
    if (high != low >> 63).any():  # they need more than 64 bits
        units = [
            (above << 64) + unit % 2**64 for above, unit in zip(high.tolist(), units, strict=True)
        ]
    shared, digits = gcd(_ONE, *units), FRACTION_DIGITS
    while digits and shared % 10 == 0:
        shared, digits = shared // 10, digits - 1
    if digits < FRACTION_DIGITS:
        spare = 10 ** (FRACTION_DIGITS - digits)
        units = [unit // spare for unit in units]
    whole = map(Decimal, units)
    return list(map(EXACT.scaleb, whole, repeat(Decimal(-digits)))) if digits else list(whole)


def _time_weighted(counted: Iterable[tuple[Any, ...]], stood: Iterable[tuple[Any, ...]]) -> Figures:
    """From how many events there were, and what stood: whole values and decimals, by time."""
    counts = {(place, member): count for place, member, count, _ in counted}
    quantities = {
        (place, member): value_hours(
            EXACT.add(Decimal(whole), EXACT.scaleb(Decimal(decimals), -FRACTION_DIGITS))
        )
        for place, member, whole, decimals in stood
    }
    pooled: dict[int, Decimal] = {}
    found: list[tuple[int, int, Decimal, int]] = []
    for place, member in counts.keys() | quantities.keys():
        if member is not None:
            own = quantities.get((place, member), _NOTHING)
            pooled[place] = EXACT.add(pooled.get(place, _NOTHING), own)
            found.append((place, member, own, counts.get((place, member), 0)))
        else:
            pooled.setdefault(place, _NOTHING)
    for place, quantity in pooled.items():
        found.append((place, NOBODY, quantity, counts.get((place, None), 0)))
    found.sort(key=lambda one: (one[0], one[1] == NOBODY, one[1]))
    return Figures(*zip(*found, strict=True)) if found else Figures((), (), (), ())


def _evaluate(cursor: Cursor, metric: Metric, bounds: Mapping[str, Any]) -> None:
    """Make ``evaluated`` mean what the expression makes of each combination of numbers there is.

    In Python, because no engine multiplies and divides decimals of this size without rounding. It
    takes a pass over the events and as many evaluations as there are combinations, at worst one for
    each event.
    """
    operands = len(metric.operands())
    schema = pa.schema([(queries.operand(n), _NUMBER) for n in range(operands)])
    schema = schema.append(pa.field("number", _NUMBER))
    batches = []
    asked = queries.combinations(metric)
    for part in cursor.batches(asked.text, {**asked.parameters, **bounds}, _EVENTS_AT_ONCE):
        evaluated = [(*numbers, worth(metric, numbers)) for numbers in part]
        columns = [pa.array(column, _NUMBER) for column in zip(*evaluated, strict=True)]
        batches.append(pa.record_batch(columns, schema=schema))
    cursor.define("evaluated", pa.Table.from_batches(batches, schema))
