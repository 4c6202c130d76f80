"""Who is charged for an event, and how much was used: one event after the other, nothing in between.

An event belongs to the nearest customer, going up from its own by the tree of its instant, with a schedule that
prices its metric on that day and reaches it. What stands for a time is cut wherever anything could change, and
each piece asked about like an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from tests.oracle.calendars import Service, beginning, day_of
from tests.oracle.contracts import (
    Contract,
    Event,
    LineKey,
    Metric,
    Phase,
    Price,
    Schedule,
    part_of_event,
)
from tests.oracle.numbers import number, to_twelve

_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1) // _MICROSECOND

EXPRESSIONS: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "n * w": lambda n, w: n * w,
    "max(n, 0) * 1.5 + w": lambda n, w: max(n, Fraction(0)) * Fraction(3, 2) + w,
    "(n + w) / 3": lambda n, w: to_twelve((n + w) / 3),
}
"""What a CUSTOM metric makes of the properties n and w: one for each expression there is."""


class Charged(NamedTuple):
    """A price of a phase, with all days it is charged for."""

    schedule: Schedule
    phase: Phase
    price: Price
    services: Sequence[Service]


class Used(NamedTuple):
    """What was used on one line: in all, by each customer, and what each of its events says.

    Of seats there is one value for every day.
    """

    pooled: Fraction
    members: Mapping[int, Fraction]
    values: Mapping[int, Sequence[Fraction]]

    @property
    def events(self) -> list[Fraction]:
        """The values of all events."""
        return [value for own in self.values.values() for value in own]

    @property
    def daily(self) -> list[Fraction]:
        """The seats of all together on every day."""
        return [sum(day, Fraction(0)) for day in zip(*self.values.values(), strict=True)]


NOTHING = Used(Fraction(0), {}, {})


def used(contract: Contract, charged: Sequence[Charged]) -> dict[LineKey, Used]:
    """What was used on every line that anything was used on."""
    metrics = {one.price.metric for one in charged if one.price.is_usage and one.price.metric}
    last = {event.sent_as: event for event in contract.events}
    events = [event for event in contract.events if last[event.sent_as] is event]
    found: dict[LineKey, Used] = {}
    for metric in metrics:
        priced = [one for one in charged if one.price.metric == metric]
        counted = [event for event in events if _counts(metric, event)]
        if metric.kind == "TIME_WEIGHTED_SUM":
            found |= _stood(contract, priced, metric, counted)
            continue
        own: dict[LineKey, dict[int, list[Event]]] = {}
        for event in counted:
            for key in payers(contract, priced, event.customer, event.at):
                assert event.customer is not None
                own.setdefault(key, {}).setdefault(event.customer, []).append(event)
        found |= {key: _together(metric, members) for key, members in own.items()}
        for key, members in own.items():
            found |= _one_by_one(metric, key, members, counted)
    return found


def _one_by_one(
    metric: Metric, key: LineKey, members: Mapping[int, list[Event]], counted: Sequence[Event]
) -> Iterator[tuple[LineKey, Used]]:
    """What was used on the lines that each event would have, in the order of their instants, then as acknowledged."""
    schedule, what, start = key
    whose = [(event, who) for who, own in members.items() for event in own]
    for event, who in sorted(whose, key=lambda one: (one[0].at, counted.index(one[0]))):
        part = part_of_event(event.sent_as)
        yield (schedule, f"{what} {part}", start), _together(metric, {who: [event]})


def key_of(one: Charged, service: Service) -> LineKey:
    """The line of a price for a service."""
    return one.schedule.id, f"{one.price.id} {service.part}".strip(), service.start


def payers(
    contract: Contract, priced: Iterable[Charged], customer: int | None, at: datetime
) -> Iterator[LineKey]:
    """The lines that have what a customer used at an instant, given who prices its metric at all."""
    way = [] if customer is None else way_up(contract, customer, at)
    day = day_of(at, contract.zone)
    live = [
        (one, service)
        for one in priced
        for service in one.services
        if service.start <= day < service.end
    ]
    for place, payer in enumerate(way):
        below = way[: place + 1]
        schedules = {one.schedule.id: one.schedule for one, _ in live}
        for schedule in sorted(schedules.values(), key=lambda one: (one.start, one.id)):
            if schedule.customer == payer and _reaches(schedule, below):
                here = [pair for pair in live if pair[0].schedule is schedule]
                deciding = _deciding(here, below)
                yield from (key_of(one, service) for one, service in deciding)
                if deciding:
                    return


def way_up(contract: Contract, customer: int, at: datetime) -> list[int]:
    """The customer, its parent at that instant, the parent of that and so on."""
    way = [customer]
    while True:
        parent = None
        for move in contract.moves:
            if move.customer == way[-1] and move.at <= at:
                parent = move.parent
        if parent is None:
            return way
        way.append(parent)


def _reaches(schedule: Schedule, way: Sequence[int]) -> bool:
    return len(way) == 1 or (schedule.rolls_up and not schedule.exclusions.intersection(way))


def _deciding(
    live: Sequence[tuple[Charged, Service]], way: Sequence[int]
) -> Sequence[tuple[Charged, Service]]:
    """The prices that name the nearest customer on the way; else those that name nobody."""
    for customer in way:
        naming = [pair for pair in live if customer in pair[0].price.names]
        if naming:
            return naming
    return [pair for pair in live if not pair[0].price.names]


def _counts(metric: Metric, event: Event) -> bool:
    if event.type != metric.event_type:
        return False
    for name, wanted in metric.filters:
        said = event.properties.get(name)
        meets = said is not None and any(_same(metric, said, one) for one in wanted)
        if meets == (name in metric.negated):
            return False
    return True


def _same(metric: Metric, one: str, other: str) -> bool:
    return one == other or (not metric.case_sensitive and one.lower() == other.lower())


def _together(metric: Metric, members: Mapping[int, list[Event]]) -> Used:
    """One line's usage, from each member's events in the order they were acknowledged."""
    everything = [event for own in members.values() for event in own]
    figures = {who: _figure(metric, own) for who, own in members.items()}
    pooled = sum(figures.values()) if metric.kind == "LATEST" else _figure(metric, everything)
    values = {who: _values(metric, own) for who, own in members.items()}
    return Used(Fraction(pooled), figures, values)


def _figure(metric: Metric, events: Sequence[Event]) -> Fraction:
    values = _values(metric, events)
    match metric.kind:
        case "COUNT" | "SUM" | "CUSTOM":
            return sum(values, Fraction(0))
        case "UNIQUE":
            assert metric.property is not None
            return Fraction(
                len({event.properties.get(metric.property) for event in events} - {None})
            )
        case "MAX":
            return max(values, default=Fraction(0))
        case "LATEST":
            told = [event for event in events if _values(metric, [event])]
            newest = sorted(told, key=lambda event: event.at)[-1:]
            return next(iter(_values(metric, newest)), Fraction(0))
        case "AVERAGE":
            return to_twelve(sum(values, Fraction(0)) / len(values)) if values else Fraction(0)
        case "PERCENTILE":
            assert metric.percentile is not None
            place = ceil(Fraction(metric.percentile) * len(values))
            return sorted(values)[place - 1] if values else Fraction(0)
    raise AssertionError(metric)


def _values(metric: Metric, events: Iterable[Event]) -> list[Fraction]:
    """What single events say; those that say nothing are left out."""
    if metric.kind == "COUNT":
        return [Fraction(1) for _ in events]
    if metric.expression is not None:
        read = [(number(e.properties.get("n")), number(e.properties.get("w"))) for e in events]
        made = EXPRESSIONS[metric.expression]
        return [to_twelve(made(n, w)) for n, w in read if n is not None and w is not None]
    assert metric.property is not None
    said = [number(event.properties.get(metric.property)) for event in events]
    return [value for value in said if value is not None]


def _stood(
    contract: Contract, priced: Sequence[Charged], metric: Metric, events: Sequence[Event]
) -> dict[LineKey, Used]:
    """Values by the hours for which they stood, each from its instant to its customer's next one."""
    days = {day for one in priced for s in one.services for day in (s.start, s.end)}
    cuts = {beginning(day, contract.zone) for day in days} | {move.at for move in contract.moves}
    own: dict[LineKey, dict[int, Fraction]] = {}
    for customer in {event.customer for event in events if event.customer is not None}:
        told = [(e.at, v) for e in events if e.customer == customer for v in _values(metric, [e])]
        instants = sorted(cuts | {at for at, _ in told})
        for since, until in pairwise(instants):
            standing = [pair for pair in told if pair[0] <= since]
            if not standing:
                continue
            value = sorted(standing, key=lambda pair: pair[0]).pop()[1]  # the last of equals
            for key in payers(contract, priced, customer, since):
                whose = own.setdefault(key, {})
                stretch = value * ((until - since) // _MICROSECOND)
                whose[customer] = whose.get(customer, Fraction(0)) + stretch
    return {key: _hours(members) for key, members in own.items()}


def _hours(members: Mapping[int, Fraction]) -> Used:
    figures = {who: to_twelve(value / _HOUR) for who, value in members.items()}
    return Used(sum(figures.values(), Fraction(0)), figures, {})
