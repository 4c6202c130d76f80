"""From seat events to seats by day: what a customer had, and what a pool of customers has together.

A seat event says how many seats there are from its instant on. The last one of a day says what
counts on that day, and so does the tree: a member's seats count on the days at whose end it
belongs to the pool. So every seat of a day is in one pool, as every usage event is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from catchment.core.usage.metering import NO_STEPS, Member, Steps, Usage
from catchment.core.values.money import EXACT, exact_sum, quotient
from catchment.core.values.period import ONE_DAY, Period, Span, first_instant

Changes = tuple[tuple[date, int], ...]
"""How many seats there are from each of these days on; the first is that on which a service
begins, and no two in a row are equal.
"""


class SeatTotal(NamedTuple):
    """So many seats from an instant on. Of those of one instant the greatest ``place`` counts."""

    at: datetime
    place: int
    seats: int


def measure(
    members: Sequence[Member],
    totals: Mapping[str, Sequence[SeatTotal]],
    service: Period,
    zone: tzinfo,
    *,
    payer: str,
    bounds: Sequence[Decimal] = (),
    first_day: bool = False,
) -> Usage:
    """The seats of ``members`` together; ``totals`` are by alias, in any order.

    What members had is averaged over the days of ``service``; who never had any is left out. Where
    nobody had, the ``payer`` is there with none, or who comes first: a minimum is somebody's. Who
    belongs to the pool at the end of no day is not there.
    ``values`` are the seats of all, in the order of time, each number with its days, and
    ``member_values`` those of each. Events count that are within the service. With ``first_day``
    everything is as if nothing changed after that.
    """
    within = counted_days(service, first_day=first_day)
    daily: dict[str, Changes] = {}
    events: dict[str, int] = {}
    for member in members:
        own = sorted(one for alias in member.aliases for one in totals.get(alias, ()))
        events[member.customer] = _counted(own, member.spans, within.span(zone))
        changes = by_day(own, member.spans, service, zone)
        if first_day:
            changes = changes[:1]
        if any(seats for _, seats in changes):
            daily[member.customer] = changes
    there = sorted(one.customer for one in members if _there(one.spans, service, zone))
    if there and not daily:
        who = payer if payer in there else there[0]
        daily[who] = ((service.start, 0),)
    averages = {
        who: quotient(_seat_days(stretches(changes, service)), service.days)
        for who, changes in sorted(daily.items())
    }
    together = stretches(added(daily.values(), service), service) if there else ()
    return Usage(
        pooled=exact_sum(averages.values()),
        members=averages,
        event_count=sum(events[who] for who in averages),
        member_events={who: events[who] for who in averages},
        values=together,
        member_values={who: stretches(daily[who], service) for who in averages},
        steps=_steps(daily, service, bounds) if bounds and len(daily) > 1 else NO_STEPS,
    )


def counted_days(service: Period, *, first_day: bool) -> Period:
    """The days of a service whose events count."""
    return Period(service.start, service.start + ONE_DAY) if first_day else service


def deciding(totals: Iterable[SeatTotal], within: Span) -> list[SeatTotal]:
    """Those of ``totals`` that say how many seats there are in a time: the last one before it, and
    all within it.
    """
    ordered = sorted(one for one in totals if one.at < within.end)
    place = bisect_left(ordered, within.start, key=lambda one: one.at)
    return ordered[max(place - 1, 0) :]


def by_day(
    totals: Sequence[SeatTotal], spans: Collection[Span], service: Period, zone: tzinfo
) -> Changes:
    """The seats that count on the days of a service. ``totals`` are in order, ``spans`` those of
    membership.
    """
    first, last = service.start, service.last_day
    moves = [at for span in spans for at in (span.start, span.end)]
    within = service.span(zone)
    instants = [at for at in (*(one.at for one in totals), *moves) if at in within]
    days = {first, *(min(last, at.astimezone(zone).date()) for at in instants)}
    found: list[tuple[date, int]] = []
    for day in sorted(days):
        closing = first_instant(day + ONE_DAY, zone)
        seats = 0
        if _is_in(spans, closing):
            place = bisect_left(totals, closing, key=lambda one: one.at)
            seats = totals[place - 1].seats if place else 0
        if not found or found[-1][1] != seats:
            found.append((day, seats))
    return tuple(found)


def _there(spans: Collection[Span], service: Period, zone: tzinfo) -> bool:
    """Whether a member belongs to the pool at the end of some day of a service."""
    days = {max(service.start, span.start.astimezone(zone).date()) for span in spans}
    return any(
        day < service.end and _is_in(spans, first_instant(day + ONE_DAY, zone)) for day in days
    )


def _is_in(spans: Collection[Span], closing: datetime) -> bool:
    """Whether a member belongs to the pool at the end of the day that closes at that instant."""
    return any(span.start < closing <= span.end for span in spans)


def added(parts: Iterable[Changes], service: Period) -> Changes:
    """The seats of all ``parts`` together, day by day."""
    steps: dict[date, int] = {service.start: 0}
    for changes in parts:
        before = 0
        for day, seats in changes:
            steps[day] = steps.get(day, 0) + seats - before
            before = seats
    found: list[tuple[date, int]] = []
    now = 0
    for day, step in sorted(steps.items()):
        now += step
        if step or not found:
            found.append((day, now))
    return tuple(found)


def stretches(changes: Changes, service: Period) -> tuple[tuple[Decimal, int], ...]:
    """Each number of seats with the days that it stood, in the order of time."""
    edges = [*changes, (service.end, 0)]
    return tuple(
        (Decimal(seats), (until - day).days) for (day, seats), (until, _) in pairwise(edges)
    )


def _seat_days(there: Iterable[tuple[Decimal, int]]) -> Decimal:
    return exact_sum(EXACT.multiply(seats, Decimal(days)) for seats, days in there)


def _counted(totals: Iterable[SeatTotal], spans: Collection[Span], within: Span) -> int:
    """How many events of a member there are in a service."""
    return sum(one.at in within and any(one.at in span for span in spans) for one in totals)


def _steps(daily: Mapping[str, Changes], service: Period, bounds: Sequence[Decimal]) -> Steps:
    """Whose seats were below each of ``bounds``, in seat days.

    Seats are stacked in the order in which they came, those of one day by customer id. Who removes
    some removes its latest, and what stands above moves down.
    """
    edges = list(pairwise([Decimal(0), *bounds, Decimal("Infinity")]))
    found = {who: [Decimal(0)] * len(edges) for who in daily}
    stack: list[tuple[str, int]] = []
    moves = sorted((day, who, seats) for who, own in daily.items() for day, seats in own)
    ends = [day for day, _, _ in moves[1:]] + [service.end]
    for (day, who, seats), until in zip(moves, ends, strict=True):
        stack = _restacked(stack, who, seats)
        height = 0
        for owner, part in stack if until > day else ():
            for step, (lower, upper) in enumerate(edges):
                inside = min(upper, Decimal(height + part)) - max(lower, Decimal(height))
                if inside > 0:
                    found[owner][step] += inside * (until - day).days
            height += part
    return Steps(tuple(bounds), {who: tuple(parts) for who, parts in found.items()})


def _restacked(stack: list[tuple[str, int]], who: str, seats: int) -> list[tuple[str, int]]:
    """The stack once ``who`` has so many seats."""
    more = seats - sum(part for owner, part in stack if owner == who)
    if more >= 0:
        return [*stack, (who, more)] if more else stack
    kept: list[tuple[str, int]] = []
    for owner, part in reversed(stack):
        taken = min(part, -more) if owner == who else 0
        more += taken
        if part > taken:
            kept.append((owner, part - taken))
    return kept[::-1]
