"""Many numbers become one: the arithmetic that a usage store leaves to Python, to be exact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter

from catchment.core.values.money import EXACT, quotient
from catchment.core.values.period import FOREVER, Span, union

_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1) // _MICROSECOND


def mean(total: Decimal, count: int) -> Decimal:
    """An average to 12 decimals, half away from zero; of nothing it is 0."""
    return quotient(total, count) if count else Decimal(0)


def nearest_rank(percentile: Decimal, count: int) -> int:
    """The place (from 1) of a percentile among ``count`` ascending values.

    The value there is the smallest that at least this fraction of all values do not exceed.
    """
    above, below = percentile.as_integer_ratio()
    return -(-above * count // below)


def value_hours(value_microseconds: Decimal) -> Decimal:
    """Values by the microseconds they stood as values by hours, to 12 decimals, half away."""
    return quotient(value_microseconds, _HOUR)


def stood(told: Sequence[tuple[datetime, Decimal]], spans: Sequence[Span]) -> list[Decimal]:
    """Each value by the microseconds for which it stood within ``spans``; 0 is one, too.

    A value stands from its instant until the next one, whenever that is: what was there before a
    span began counts in it. Of those of one instant the last in ``told`` stands.
    """
    values = [*sorted(told, key=itemgetter(0)), (FOREVER, Decimal(0))]
    return [
        EXACT.multiply(value, Decimal((end - start) // _MICROSECOND))
        for (at, value), (until, _) in pairwise(values)
        for span in union(spans)
        if (start := max(at, span.start)) < (end := min(until, span.end))
    ]
