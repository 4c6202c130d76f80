"""Usage that is supposed: so much a month, spread evenly over its days.

Nobody knows which events will come. So only the pooled figure is supposed, and an aggregation says
how figures of several stretches become one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from catchment.core.usage.metering import GROWING, Aggregation, Values
from catchment.core.values.money import EXACT, exact_sum, quotient
from catchment.core.values.period import Period, months_after

_BY_TIME = GROWING | {Aggregation.TIME_WEIGHTED_SUM}
"""Those whose figures of two stretches add up to that of both."""

_HIGHEST = frozenset({Aggregation.MAX, Aggregation.UNIQUE})
"""Those of which the highest is taken; what is told apart is taken to be the same every month."""


class Stretch(NamedTuple):
    """What was used, or is supposed to be, in so many days."""

    figure: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Monthly:
    """What is used in every month but those of ``months``, which are named by their first day."""

    every: Decimal
    months: Mapping[date, Decimal] = field(default_factory=dict)

    def within(self, aggregation: Aggregation, days: Period) -> tuple[Stretch, ...]:
        """What is used in some days, month by month."""
        found = []
        for month, part in _by_month(days):
            figure = self.months.get(month.start, self.every)
            if aggregation in _BY_TIME:
                figure = quotient(EXACT.multiply(figure, part.days), month.days)
            found.append(Stretch(figure, part.days))
        return tuple(found)


def month_of(day: date) -> Period:
    """The calendar month that a day is in."""
    first = day.replace(day=1)
    return Period(first, months_after(first, 1, 1))


def joined(aggregation: Aggregation, stretches: Sequence[Stretch]) -> Decimal:
    """The figure of stretches that follow each other; of none it is 0.

    Averages and percentiles are averaged over the days, to 12 decimals.
    """
    figures = [one.figure for one in stretches]
    if not figures:
        return Decimal(0)
    if aggregation in _BY_TIME:
        return exact_sum(figures)
    if aggregation in _HIGHEST:
        return max(figures)
    if aggregation is Aggregation.LATEST:
        return figures[-1]
    weighed = exact_sum(EXACT.multiply(one.figure, one.days) for one in stretches)
    return quotient(weighed, sum(one.days for one in stretches))


def as_many(values: Values, times: Decimal) -> Values:
    """The values of single events as if they came so many ``times``; at least one of them does.

    Of values that follow each other as many are left as their counts add up to.
    """
    found: list[tuple[Decimal, int]] = []
    whole, taken = Decimal(0), 0
    for value, count in values:
        whole = EXACT.add(whole, EXACT.multiply(times, count))
        count_now = int(whole.to_integral_value(ROUND_HALF_UP)) - taken
        if count_now > 0:
            found.append((value, count_now))
            taken += count_now
    return tuple(found) or tuple((value, 1) for value, _ in values[len(values) // 2 :][:1])


def added(some: Values, others: Values) -> Values:
    """The values of the events of both, ascending."""
    counts: dict[Decimal, int] = {}
    for value, count in (*some, *others):
        counts[value] = counts.get(value, 0) + count
    return tuple(sorted(counts.items()))


def _by_month(days: Period) -> Iterator[tuple[Period, Period]]:
    """The months that ``days`` lie in, each with those of them that are its own."""
    month = month_of(days.start)
    while month.start < days.end:
        own = month.intersect(days)
        assert own is not None, (month, days)
        yield month, own
        month = month_of(month.end)
