"""From events to one quantity: what a usage metric means, independent of any database.

``measure`` is the meaning. The usage store answers the same question in SQL and is tested against
it, so every rule that SQL must repeat is written here once, or for the values of properties in
``properties``, in a form that both can follow to the letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from catchment.core.usage.expressions import evaluate, parse
from catchment.core.usage.properties import bounded, fold, number_of
from catchment.core.usage.quantities import mean, nearest_rank, stood, value_hours
from catchment.core.values.money import EXACT, exact_sum
from catchment.core.values.period import BEGINNING, Span

Values = tuple[tuple[Decimal, int], ...]
"""The values of events, ascending, each with how many events have it."""


class Aggregation(StrEnum):
    """How the values of the matching events become one quantity."""

    COUNT = "COUNT"
    SUM = "SUM"
    UNIQUE = "UNIQUE"
    MAX = "MAX"
    LATEST = "LATEST"
    AVERAGE = "AVERAGE"
    PERCENTILE = "PERCENTILE"
    TIME_WEIGHTED_SUM = "TIME_WEIGHTED_SUM"
    CUSTOM = "CUSTOM"
    SEATS = "SEATS"

    def reads_from(self, start: datetime) -> datetime:
        """How far back events may matter to usage from ``start`` on."""
        stands = self in {Aggregation.TIME_WEIGHTED_SUM, Aggregation.SEATS}
        return BEGINNING if stands else start


OF_EVENTS = tuple(kind for kind in Aggregation if kind is not Aggregation.SEATS)
"""Those of usage events. Seats have events of their own (``core.usage.seat_balances``)."""

GROWING = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.CUSTOM})
"""Those where every event adds its own value, so that usage grows in the order of events."""

BY_MEMBER = frozenset({Aggregation.LATEST, Aggregation.TIME_WEIGHTED_SUM})
"""Those that are of each member by itself; the pooled figure is their sum."""

ADDING_UP = GROWING | BY_MEMBER
"""The aggregations whose members' figures add up to the pooled one."""

VALUING = GROWING | {Aggregation.MAX}
"""Those where the price of a single event makes sense. Of LATEST only the last says anything."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What is counted: events of one type that pass every filter.

    ``filters`` are (property, alternatives): the property's text must be one of the alternatives,
    or none of them where the property is ``negated``. An event without the property fails a filter
    and passes a negated one. CUSTOM adds up ``expression``, in which a name is one of the
    ``parameters`` or else a property.
    """

    id: str
    event_type: str
    aggregation: Aggregation
    property: str | None = None  # COUNT and CUSTOM have none, the others must have one
    filters: tuple[tuple[str, frozenset[str]], ...] = ()
    negated: frozenset[str] = frozenset()
    case_sensitive: bool = True  # of filters only; UNIQUE always tells "a" from "A"
    percentile: Decimal | None = None  # PERCENTILE has one: above 0, up to and including 1
    expression: str | None = None  # CUSTOM has one, with at least one property
    parameters: tuple[tuple[str, Decimal], ...] = ()

    def __post_init__(self) -> None:
        match self.aggregation:
            case Aggregation.COUNT:
                pass
            case Aggregation.CUSTOM:
                assert self.operands(), self
            case aggregation:
                assert self.property is not None, self
                assert (aggregation is Aggregation.PERCENTILE) == (self.percentile is not None), (
                    self
                )

    def operands(self) -> tuple[str, ...]:
        """The properties that the expression reads."""
        assert self.expression is not None, self
        given = dict(self.parameters)
        return tuple(name for name in parse(self.expression).names if name not in given)


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
    the next, and so on. ``want_events`` asks for each event by itself.
    """

    metric: Metric
    members: tuple[Member, ...]
    want_values: bool = False
    bounds: tuple[Decimal, ...] = ()
    want_events: bool = False


class SingleEvent(NamedTuple):
    """An event that counted, by its sender's ``id``; its ``value`` is 0 where it gives none."""

    id: str
    at: datetime
    customer: str
    value: Decimal


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

    Where BY_MEMBER it is. ``event_count`` counts the matching events, also those that give no
    value. A member without one is left out of ``members``, unless a value of TIME_WEIGHTED_SUM
    stood there from before. ``values`` is (value of an event, how many events have it), ascending,
    only where asked for and only for VALUING aggregations: COUNT gives every event 1, SUM and MAX
    its property, CUSTOM its expression. ``member_values`` is the same for every member that has
    some. ``steps`` are there where a GROWING aggregation was asked for them and the usage of
    several members goes beyond the first bound. ``events``, in the order of their instants and of
    one instant as they were acknowledged, are there where a GROWING aggregation was asked for them.
    What was used before, since the tiers of a price began, is ``reached``, and of it the members'
    own are ``members_reached``.
    """

    pooled: Decimal
    members: Mapping[str, Decimal]
    event_count: int
    member_events: Mapping[str, int]
    values: Values = ()
    member_values: Mapping[str, Values] = field(default_factory=dict)
    steps: Steps = NO_STEPS
    events: tuple[SingleEvent, ...] = ()
    reached: Decimal = Decimal(0)
    members_reached: Mapping[str, Decimal] = field(default_factory=dict)


NO_USAGE = Usage(Decimal(0), {}, 0, {})


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
    told = {
        member.customer: [event for event in matching if event.alias in member.aliases]
        for member in query.members
    }
    used = {
        member.customer: [
            event
            for event in told[member.customer]
            if any(event.at in span for span in member.spans)
        ]
        for member in query.members
    }
    members = {
        member.customer: figure
        for member in query.members
        if (figure := _figure(metric, member, told[member.customer], used[member.customer]))
        is not None
    }
    used = {who: used[who] for who in members}
    pool = [event for own in used.values() for event in own]
    if metric.aggregation in BY_MEMBER:
        pooled = exact_sum(members.values())
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
        events=_events(query, used, known),
    )


def asks_for_steps(query: UsageQuery, pooled: Decimal, members: int) -> bool:
    """Whether the answer has steps, where that many ``members`` have events."""
    return may_ask_for_steps(query) and members > 1 and pooled > query.bounds[0]


def may_ask_for_steps(query: UsageQuery) -> bool:
    """Whether the answer has steps where it comes to enough, and more than one has used it."""
    return bool(query.bounds) and len(query.members) > 1 and query.metric.aggregation in GROWING


def worth(metric: Metric, numbers: Sequence[Decimal]) -> Decimal | None:
    """What CUSTOM makes of an event whose ``operands`` are ``numbers``: the value of its
    expression, to 12 decimals.

    None where it divides by zero, or where the value is beyond what a property's number may be.
    """
    assert metric.expression is not None, metric
    read = dict(zip(metric.operands(), numbers, strict=True))
    value = evaluate(parse(metric.expression), read | dict(metric.parameters))
    return None if value is None else bounded(value)


def _figure(
    metric: Metric, member: Member, told: Sequence[Event], used: Sequence[Event]
) -> Decimal | None:
    """What ``member`` used by itself, if anything. It ``told`` us events at any time."""
    if metric.aggregation is not Aggregation.TIME_WEIGHTED_SUM:
        return _quantity(metric, used) if used else None
    numbers = [(event.at, _number_in(metric, event)) for event in told]
    values = stood([(at, n) for at, n in numbers if n is not None], member.spans)
    return value_hours(exact_sum(values)) if values or used else None


def _quantity(metric: Metric, events: Sequence[Event]) -> Decimal:
    """Of events in the order they were acknowledged."""
    if metric.aggregation is Aggregation.UNIQUE:
        assert metric.property is not None, metric
        texts = {event.properties.get(metric.property) for event in events}
        return Decimal(len(texts - {None}))
    if metric.aggregation is Aggregation.LATEST:
        events = sorted(events, key=lambda event: event.at)  # of one instant the later one wins
        return next(iter(_numbers(metric, reversed(events))), Decimal(0))
    numbers = _numbers(metric, events)
    match metric.aggregation:
        case Aggregation.MAX:
            return max(numbers, default=Decimal(0))
        case Aggregation.AVERAGE:
            return mean(exact_sum(numbers), len(numbers))
        case Aggregation.PERCENTILE:
            assert metric.percentile is not None, metric
            place = nearest_rank(metric.percentile, len(numbers))
            return sorted(numbers)[place - 1] if numbers else Decimal(0)
        case _:
            assert metric.aggregation in GROWING, metric
            return exact_sum(numbers)


def _numbers(metric: Metric, events: Iterable[Event]) -> list[Decimal]:
    read = (_number_in(metric, event) for event in events)
    return [number for number in read if number is not None]


def _number_in(metric: Metric, event: Event) -> Decimal | None:
    """What an event says; None where it gives no value."""
    if metric.aggregation is Aggregation.COUNT:
        return Decimal(1)
    if metric.aggregation is Aggregation.CUSTOM:
        read = [number_of(event.properties.get(name)) for name in metric.operands()]
        numbers = [number for number in read if number is not None]
        return worth(metric, numbers) if len(numbers) == len(read) else None
    assert metric.property is not None, metric
    return number_of(event.properties.get(metric.property))


def _events(
    query: UsageQuery, used: Mapping[str, list[Event]], known: list[Event]
) -> tuple[SingleEvent, ...]:
    if not query.want_events or query.metric.aggregation not in GROWING:
        return ()
    places = {event.id: place for place, event in enumerate(known)}
    walk = [
        (event.at, places[event.id], event, customer)
        for customer, own in used.items()
        for event in own
    ]
    return tuple(
        SingleEvent(
            event.customer_event_id, at, customer, _number_in(query.metric, event) or Decimal(0)
        )
        for at, _, event, customer in sorted(walk, key=lambda one: one[:2])
    )


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
        before, stands = stands, EXACT.add(stands, number)
        for step, (lower, upper) in enumerate(edges):
            part = EXACT.subtract(_clamped(stands, lower, upper), _clamped(before, lower, upper))
            parts[customer][step] = EXACT.add(parts[customer][step], part)
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
