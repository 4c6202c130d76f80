"""Days and instants: half-open stretches of both, and the billing cycles that tile a schedule.

A ``Period`` is made of calendar days, a ``Span`` of instants. The bridge between them is the
time zone of the workspace: a day begins at its first instant there.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Since always: no fact is older."""

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Without end. Used inside only: on the wire and in the database it is None."""

NO_END = date.max
"""The day an open-ended period ends; the day of FOREVER."""

ONE_DAY = timedelta(days=1)

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Instants (UTC) from ``start`` up to but not including ``end``; empty when they are equal."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        assert self.start <= self.end, self

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end


ALWAYS = Span(BEGINNING, FOREVER)


def instant(at: datetime) -> Span:
    """The shortest span there is, with ``at`` in it."""
    return Span(at, at + timedelta(microseconds=1))


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from ``start`` up to but not including ``end``; never empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        assert self.start < self.end, self

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        return self.end - ONE_DAY

    def intersect(self, other: Period) -> Period | None:
        """The days in both, or None when there are none."""
        if other.start <= self.start and self.end <= other.end:
            return self
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def span(self, zone: tzinfo) -> Span:
        """The instants of these days in ``zone``: neighbours meet without gap or overlap."""
        return Span(first_instant(self.start, zone), first_instant(self.end, zone))


@dataclass(frozen=True, slots=True)
class Cycle:
    """One billing cycle; ``full`` is the uncut one that a first, shorter ``period`` belongs to."""

    period: Period
    full: Period


def day_after(day: date | None) -> date:
    """The exclusive end that belongs to an inclusive last day; NO_END for None."""
    return NO_END if day is None or day == date.max else day + ONE_DAY


def days_up_to(day: date) -> Period:
    """All days there ever were until ``day``, which is one of them."""
    return Period(BEGINNING.date(), day_after(day))


@lru_cache(1_024)  # a run asks for the same few days again and again
def first_instant(day: date, zone: tzinfo) -> datetime:
    """When ``day`` begins in ``zone``, in UTC, never before BEGINNING nor after FOREVER.

    Where clocks jump over midnight the day begins at the jump; where midnight comes twice, at
    the first one. A day that a zone left out altogether begins, and ends, where the next begins.
    """
    if day < BEGINNING.date():
        return BEGINNING
    if day >= NO_END:
        return FOREVER
    return max(BEGINNING, datetime.combine(day, time(), zone).astimezone(UTC))


def months_after(anchor: date, billing_day: int, n: int) -> date:
    """The ``billing_day`` of the month ``n`` months from ``anchor``'s month.

    A month without that day gives its last one; the next longer month has the day again.
    Beyond the calendar it is the calendar's own first or last day.
    """
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + n, 12)
    if year > date.max.year:
        return date.max
    if year < date.min.year:
        return date.min
    return date(year, month0 + 1, min(billing_day, monthrange(year, month0 + 1)[1]))


def first_billing_day(start: date, billing_day: int) -> date:
    """The first billing day on or after ``start``."""
    same_month = months_after(start, billing_day, 0)
    return same_month if same_month >= start else months_after(start, billing_day, 1)


def cycles(start: date, billing_day: int, months: int, until: date) -> Iterator[Cycle]:
    """The cycles of ``months`` that begin at ``start`` or later and before ``until``, in order.

    They are anchored at the first billing day on or after ``start``. What lies before the anchor
    is a cycle of its own, cut from the full one that would end at the anchor.
    """
    anchor = first_billing_day(start, billing_day)
    if start < min(anchor, until):
        full = Period(months_after(anchor, billing_day, -months), anchor)
        yield Cycle(Period(start, anchor), full)
    n = 0
    while (begin := months_after(anchor, billing_day, n)) < until:
        period = Period(begin, months_after(anchor, billing_day, n + months))
        yield Cycle(period, period)
        n += months


def outermost(periods: Iterable[Period]) -> list[Period]:
    """Those that lie within no other one, in order."""
    found = list(periods)
    if len(found) < 2:
        return found
    kept: list[Period] = []
    for period in sorted(found, key=lambda one: (one.start, -one.days)):
        if not kept or kept[-1].end < period.end:
            kept.append(period)
    return kept


def overlaps(periods: Iterable[Period]) -> list[Period]:
    """The days that each of the outermost shares with the next one, which both of them count."""
    found = (one.intersect(following) for one, following in pairwise(outermost(periods)))
    return [days for days in found if days is not None]


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same instants as sorted spans that neither overlap nor touch; empty ones vanish."""
    merged: list[Span] = []
    for span in sorted(spans):
        if span.start == span.end:
            continue
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def intersect(spans: tuple[Span, ...], within: Span) -> tuple[Span, ...]:
    """The parts of ``spans`` (sorted, apart) that lie in ``within``."""
    if spans and within.start <= spans[0].start and spans[-1].end <= within.end:
        return spans  # the usual case: a million members then share one tuple
    cut = ((max(s.start, within.start), min(s.end, within.end)) for s in spans)
    return tuple(Span(start, end) for start, end in cut if start < end)


def minus(spans: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """The instants of ``spans`` that are in none of ``others``, as ``union`` would give them."""
    holes = union(others)
    left: list[Span] = []
    for span in union(spans):
        start = span.start
        for hole in holes:
            if hole.start >= span.end:
                break
            if hole.start > start:
                left.append(Span(start, hole.start))
            start = max(start, hole.end)
        if start < span.end:
            left.append(Span(start, span.end))
    return tuple(left)


def day_text(on: date, space: str = " ") -> str:
    """``2 March 2026``."""
    return f"{on.day}{space}{_MONTHS[on.month - 1]}{space}{on.year}"


def days_text(period: Period, space: str = " ") -> str:
    """First to last day, saying nothing twice: ``1 – 31 March 2026``."""
    first, last = period.start, period.last_day
    if first == last:
        return day_text(last, space)
    if first.year != last.year:
        start = day_text(first, space)
    elif first.month != last.month:
        start = f"{first.day}{space}{_MONTHS[first.month - 1]}"
    else:
        start = str(first.day)
    return f"{start} – {day_text(last, space)}"
