"""From events to one quantity: what a usage metric means, independent of any database.

``measure`` is the meaning. The usage store answers the same question in SQL and is tested against
it, so every rule that SQL must repeat (what is a number, what is the same text) is written here
once, in a form that both can follow to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal
from enum import StrEnum
from functools import reduce
from itertools import pairwise

from catchment.core.period import Span

WHOLE_DIGITS = 15
"""A property's number is below 10 to this power, in both directions."""

FRACTION_DIGITS = 12
"""A property's number has at most this many decimals."""

NUMBER = rf"-?0*[0-9]{{1,{WHOLE_DIGITS}}}(\.[0-9]{{1,{FRACTION_DIGITS}}})?"
"""The texts that are a number: a pattern over the whole text. Others are passed over."""

_number = re.compile(NUMBER)
Values = tuple[tuple[Decimal, int], ...]
"""The values of events, ascending, each with how many events have it."""

_exact = Context(prec=76)  # sums of as many events as fit on a disk are not rounded


class Aggregation(StrEnum):
    """How the values of the matching events become one quantity."""

    COUNT = "COUNT"
    SUM = "SUM"
    UNIQUE = "UNIQUE"
    MAX = "MAX"
    LATEST = "LATEST"


ADDING_UP = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.LATEST})
"""The aggregations whose members' figures add up to the pooled one."""

GROWING = frozenset({Aggregation.COUNT, Aggregation.SUM})
"""Those where every event adds its own value, so that usage grows in the order of events."""

VALUING = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.MAX})
"""Those that give every event a number. Of LATEST only a member's last event says anything."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What is counted: events of one type that pass every filter.

    ``filters`` are (property, alternatives): the property's text must be one of the alternatives,
    or none of them where the property is ``negated``. An event without the property fails a filter
    and passes a negated one.
    """

    id: str
    event_type: str
    aggregation: Aggregation
    property: str | None = None  # COUNT has none, the others must have one
    filters: tuple[tuple[str, frozenset[str]], ...] = ()
    negated: frozenset[str] = frozenset()
    case_sensitive: bool = True  # of filters only; UNIQUE always tells "a" from "A"

    def __post_init__(self) -> None:
        assert self.aggregation is Aggregation.COUNT or self.property is not None, self


@dataclass(frozen=True, slots=True)
class Event:
    """A fact sent to us. ``properties`` holds what ``text_of`` reads in its values."""

    id: str  # ours, never twice
    customer_event_id: str  # the sender's: a later event with the same one replaces this one
    alias: str
    event_type: str
    at: datetime
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Member:
    """A customer of a pool: events of any of ``aliases`` during any of ``spans`` are its usage."""

    customer: str
    aliases: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """Usage of ``metric`` by ``members`` taken together.

    No customer is a member twice, and no two members share an alias at one instant. ``bounds``
    (ascending, above 0) asks who used while the pooled usage was below the first, between it and
    the next, and so on.
    """

    metric: Metric
    members: tuple[Member, ...]
    want_values: bool = False
    bounds: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Steps:
    """The members' parts of the pooled usage up to each of ``bounds``, and above the last.

    Events are walked in the order of their instants, those of one instant as they were
    acknowledged. A negative one takes back from where the pooled usage stands; what lies below
    zero is in no step. The parts of a step add up to what of it was used in the end.
    """

    bounds: tuple[Decimal, ...]
    members: Mapping[str, tuple[Decimal, ...]]


NO_STEPS = Steps((), {})


@dataclass(frozen=True, slots=True)
class Usage:
    """An answer. ``pooled`` is over all members' events at once: it need not be the members' sum.

    Only LATEST is of each member by itself, and their sum. ``event_count`` counts the matching
    events, also those whose property gives no value. A member without one is left out of
    ``members``. ``values`` is (value of an event, how many events have it), ascending, only where
    asked for and only for VALUING aggregations: COUNT gives every event 1, SUM and MAX its
    property. ``member_values`` is the same for every member that has some. ``steps`` are there
    where a GROWING aggregation was asked for them and the usage of several members goes beyond the
    first bound.
    """

    pooled: Decimal
    members: Mapping[str, Decimal]
    event_count: int
    member_events: Mapping[str, int]
    values: Values = ()
    member_values: Mapping[str, Values] = field(default_factory=dict)
    steps: Steps = NO_STEPS


NO_USAGE = Usage(Decimal(0), {}, 0, {})


def plain(number: Decimal | int) -> str | None:
    """Its digits without exponent or trailing zeros; None where it is beyond the bounds."""
    if isinstance(number, int):
        return str(number) if abs(number) < 10**WHOLE_DIGITS else None
    if not number:
        return "0"
    if not number.is_finite() or not -FRACTION_DIGITS <= number.adjusted() < WHOLE_DIGITS:
        return None
    text = format(number, "f")
    if "." not in text:
        return text
    text = text.rstrip("0").rstrip(".")
    return text if len(text.partition(".")[2]) <= FRACTION_DIGITS else None


def text_of(value: object) -> str | None:
    """The text of a property's value; None where it has none: null, objects and arrays."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return plain(value)
        case _:
            return None


def number_of(text: str | None) -> Decimal | None:
    """What SUM, MAX and LATEST read in a text; None where it is not a number in plain digits."""
    return Decimal(text) if text is not None and _number.fullmatch(text) else None


def fold(text: str) -> str:
    """A text without its case, letter by letter and of the same length.

    Not ``casefold``: the store must do the same, and its ``lower`` maps every letter by itself, the
    dotted capital I to a plain i.
    """
    return "".join(map(str.lower, text.replace("\u0130", "i")))


def current(events: Iterable[Event]) -> list[Event]:
    """The events that count, as they came: of those with one ``customer_event_id`` the last."""
    newest: dict[str, Event] = {}
    for event in reversed(list(events)):
        newest.setdefault(event.customer_event_id, event)
    return list(reversed(newest.values()))


def matches(metric: Metric, event: Event) -> bool:
    """Whether the event has the metric's type and passes all its filters."""
    if event.event_type != metric.event_type:
        return False
    same = str if metric.case_sensitive else fold
    for name, alternatives in metric.filters:
        text = event.properties.get(name)
        found = text is not None and same(text) in {same(one) for one in alternatives}
        if found == (name in metric.negated):
            return False
    return True


def measure(query: UsageQuery, events: Iterable[Event]) -> Usage:
    """The answer to ``query``, given all events in the order they were acknowledged."""
    metric = query.metric
    known = list(events)
    matching = [event for event in current(known) if matches(metric, event)]
    used = {
        member.customer: [
            event
            for event in matching
            if event.alias in member.aliases
            and any(span.start <= event.at < span.end for span in member.spans)
        ]
        for member in query.members
    }
    used = {customer: own for customer, own in used.items() if own}
    pool = [event for own in used.values() for event in own]
    members = {customer: _quantity(metric, own) for customer, own in used.items()}
    if metric.aggregation is Aggregation.LATEST:
        pooled = reduce(_exact.add, members.values(), Decimal(0))
    else:
        pooled = _quantity(metric, pool)
    values = {customer: _distribution(metric, own) for customer, own in used.items()}
    return Usage(
        pooled=pooled,
        members=members,
        event_count=len(pool),
        member_events={customer: len(own) for customer, own in used.items()},
        values=_distribution(metric, pool) if query.want_values else (),
        member_values={who: own for who, own in values.items() if own and query.want_values},
        steps=_steps(query, used, known) if asks_for_steps(query, pooled, len(used)) else NO_STEPS,
    )


def asks_for_steps(query: UsageQuery, pooled: Decimal, members: int) -> bool:
    """Whether the answer has steps, where that many ``members`` have events."""
    if not query.bounds or query.metric.aggregation not in GROWING:
        return False
    return members > 1 and pooled > query.bounds[0]


def _quantity(metric: Metric, events: list[Event]) -> Decimal:
    """Of events in the order they were acknowledged."""
    if metric.aggregation is Aggregation.UNIQUE:
        assert metric.property is not None, metric
        texts = {event.properties.get(metric.property) for event in events}
        return Decimal(len(texts - {None}))
    if metric.aggregation is Aggregation.LATEST:
        events = sorted(events, key=lambda event: event.at)  # of one instant the later one wins
        return next(iter(_numbers(metric, reversed(events))), Decimal(0))
    numbers = _numbers(metric, events)
    if metric.aggregation is Aggregation.MAX:
        return max(numbers, default=Decimal(0))
    return reduce(_exact.add, numbers, Decimal(0))


def _numbers(metric: Metric, events: Iterable[Event]) -> list[Decimal]:
    if metric.aggregation is Aggregation.COUNT:
        return [Decimal(1) for _ in events]
    assert metric.property is not None, metric
    read = (number_of(event.properties.get(metric.property)) for event in events)
    return [number for number in read if number is not None]


def _steps(query: UsageQuery, used: Mapping[str, list[Event]], known: list[Event]) -> Steps:
    places = {event.id: place for place, event in enumerate(known)}
    walk = [
        (event.at, places[event.id], customer, number)
        for customer, own in used.items()
        for event in own
        for number in _numbers(query.metric, [event])
    ]
    edges = [(Decimal(0), query.bounds[0]), *pairwise(query.bounds), (query.bounds[-1], None)]
    parts = {customer: [Decimal(0)] * len(edges) for customer in used}
    stands = Decimal(0)
    for _, _, customer, number in sorted(walk):
        before, stands = stands, _exact.add(stands, number)
        for step, (lower, upper) in enumerate(edges):
            part = _exact.subtract(_clamped(stands, lower, upper), _clamped(before, lower, upper))
            parts[customer][step] = _exact.add(parts[customer][step], part)
    return Steps(query.bounds, {customer: tuple(own) for customer, own in parts.items()})


def _clamped(value: Decimal, lower: Decimal, upper: Decimal | None) -> Decimal:
    return max(lower, value if upper is None else min(value, upper))


def _distribution(metric: Metric, events: list[Event]) -> Values:
    if metric.aggregation not in VALUING:
        return ()
    counts: dict[Decimal, int] = {}
    for number in _numbers(metric, events):
        counts[number] = counts.get(number, 0) + 1
    return tuple(sorted(counts.items()))
