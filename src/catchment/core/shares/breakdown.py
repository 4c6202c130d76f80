"""Who used what: the members of a roll-up, each with its own figures, for the invoice to show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar, overload

from catchment.core.due.pools import NO_POOL, Pool, PoolMember
from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.schedules import Charge, PricedItem, Scope
from catchment.core.usage.metering import ADDING_UP, NO_USAGE, Aggregation, Member, Usage
from catchment.core.values.money import EXACT, decimal_text, exact_sum
from catchment.core.values.period import Period, Span, outermost

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Basis:
    """What a measurement read, so that it can be shown and repeated.

    ``aliases`` and ``links`` (ids of the parent links that led to it) are by member. Events up to
    the place ``last_seq`` were counted; links and aliases as known at ``known_at``. The schedule
    left out its ``exclusions``. ``before`` had used something earlier that moved the tiers. Seat
    events counted up to ``last_seat`` in an order of their own.
    """

    span: Span
    aliases: Mapping[CustomerId, tuple[str, ...]]
    links: Mapping[CustomerId, tuple[str, ...]]
    last_seq: int
    known_at: datetime
    exclusions: frozenset[CustomerId] = frozenset()
    before: tuple[Member, ...] = ()
    last_seat: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """A charge with what it asked for; fixed and one-time prices ask for nothing.

    ``pool`` has the members that used something; ``beside`` are the charge's own, measured.
    """

    charge: Charge
    usage: Usage = NO_USAGE
    pool: Pool = NO_POOL
    basis: Basis | None = None
    beside: tuple[Measured, ...] = ()
    _known: dict[object, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def once(self, make: Callable[..., _T], *given: Hashable) -> _T:
        """What ``make`` works out of it and of what is ``given``, worked out when it is asked for
        first: the same charge may stand beside many.
        """
        key = make, given
        found: _T | None = self._known.get(key)
        if found is None:
            found = self._known[key] = make(self, *given)
        return found


class ShownMetric(NamedTuple):
    """A metric as members' usage of it is shown.

    The lines of ``product_id`` that ``schedule_id`` charges are for it, the first of them where
    several schedules measured it.
    """

    metric_id: str
    title: str
    unit: str | None
    product_id: str
    schedule_id: str


class UsageItem(NamedTuple):
    """What a member used of one metric."""

    shown: ShownMetric
    value: Decimal


@dataclass(frozen=True, slots=True)
class UsageGroup:
    """A member with its usage. ``path`` leads from the payer, whose depth is 0, to the member."""

    customer: CustomerId
    name: str
    depth: int
    path: tuple[CustomerId, ...]
    path_names: tuple[str, ...]
    items: tuple[UsageItem, ...]


class _Figure(NamedTuple):
    """What members used of a metric's prices of one scope, as the first charge for it says it."""

    shown: ShownMetric
    used: Mapping[CustomerId, Decimal]


class UsageGroups(Sequence[UsageGroup]):
    """Members of an invoice with their usage, in the order shown.

    Each is made when it is looked at: of a large family that is mostly a page.
    """

    __slots__ = ("_figures", "_members", "_names")

    def __init__(
        self,
        members: Sequence[PoolMember],
        names: Mapping[CustomerId, str],
        figures: Sequence[_Figure],
    ) -> None:
        self._members = members
        self._names = names
        self._figures = figures

    @property
    def customers(self) -> tuple[CustomerId, ...]:
        """Who they are."""
        return tuple([member.customer for member in self._members])

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[UsageGroup]:
        return map(self._made, self._members)

    @overload
    def __getitem__(self, place: int) -> UsageGroup: ...

    @overload
    def __getitem__(self, place: slice) -> UsageGroups: ...

    def __getitem__(self, place: int | slice) -> UsageGroup | UsageGroups:
        if isinstance(place, slice):
            return UsageGroups(self._members[place], self._names, self._figures)
        return self._made(self._members[place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _made(self, member: PoolMember) -> UsageGroup:
        names = self._names
        return UsageGroup(
            member.customer,
            names[member.customer],
            member.depth,
            member.path,
            tuple([names[customer] for customer in member.path]),
            tuple(self._items(member.customer)),
        )

    def _items(self, customer: CustomerId) -> Collection[UsageItem]:
        """One for each metric, as the first of its figures says it."""
        found: dict[str, UsageItem] = {}
        for shown, used in self._figures:
            value = used.get(customer)
            if value is not None:
                known = found.get(shown.metric_id)
                found[shown.metric_id] = (
                    UsageItem(shown, value)
                    if known is None
                    else UsageItem(known.shown, EXACT.add(known.value, value))
                )
        return found.values()


def named(measured: Iterable[Measured]) -> frozenset[CustomerId]:
    """Everyone whose name ``usage_groups`` needs: members with usage and who stands above them."""
    return frozenset(
        customer for users in _distinct(measured) for member in users for customer in member.path
    )


def usage_groups(
    parts: Iterable[Sequence[Measured]],
    names: Mapping[CustomerId, str],
    children: Iterable[tuple[CustomerId, ...]] = (),
) -> UsageGroups:
    """Every member with an event, parents before their children, siblings by name.

    ``parts`` are what each schedule measured. Items are one per metric, in the order of the
    charges, whatever schedules measured it. Whoever has seats only beyond the committed ones, whose
    figure is shown, is there without an item. ``children``, by their paths, are there even without
    an event. ``names`` has them and all that ``named`` asks for.
    """
    figures: list[_Figure] = []
    places: dict[CustomerId, PoolMember] = {}
    for measured in parts:
        for users in _distinct(measured):
            for member in users:
                places[member.customer] = _later(places.get(member.customer), member)
        figures += (one for scopes in _by_metric(measured) for one in _shown(scopes))
    for path in children:
        places.setdefault(path[-1], PoolMember(path[-1], (), len(path) - 1, path))
    known = {who for member in places.values() for who in member.path}
    order = {who: _place(who, names) for who in known}
    members = sorted(places.values(), key=lambda member: [order[who] for who in member.path])
    return UsageGroups(members, names, figures)


def _shown(scopes: _Scopes) -> Iterator[_Figure]:
    """What to show of each member: all of its figures, as the first charge says that it is in."""
    used = _members(_figures(scopes))
    if len(scopes) == 1:
        yield _Figure(_as_shown(scopes[0][0]), used)
        return
    left = dict(used)
    for first, figures in scopes:
        own = (member.customer for one in figures for member in _users(one))
        yield _Figure(_as_shown(first), {who: left.pop(who) for who in own if who in left})


def _distinct(measured: Iterable[Measured]) -> Iterable[Sequence[PoolMember]]:
    """The members with usage of each of ``measured``; most share one sequence, which is once."""
    return {id(users): users for users in map(_users, measured)}.values()


def _users(one: Measured) -> Sequence[PoolMember]:
    return one.once(_with_usage)


def _with_usage(one: Measured) -> Sequence[PoolMember]:
    """The members with usage: mostly all there are, and then their own sequence."""
    used, members = one.usage.members, one.pool.members
    some = [member for member in members if member.customer in used]
    return members if len(some) == len(members) else some


def tree_order(
    path: Sequence[CustomerId], names: Mapping[CustomerId, str]
) -> tuple[tuple[str, str, str], ...]:
    """Sorts paths so that parents come before their children, and siblings by name."""
    return tuple(_place(customer, names) for customer in path)


def _place(customer: CustomerId, names: Mapping[CustomerId, str]) -> tuple[str, str, str]:
    return names[customer].casefold(), names[customer], customer


def notes(measured: Sequence[Measured]) -> tuple[str, ...]:
    """A sentence for every metric whose members' figures do not add up to what is billed."""
    found: list[str] = []
    for scopes in _by_metric(measured):
        figures, (first, _) = _figures(scopes), scopes[0]
        assert first.item.metric is not None, first
        if first.item.metric.aggregation in ADDING_UP:
            continue
        billed = exact_sum([one.usage.pooled for one in figures])
        added = exact_sum(_members(figures).values())
        if added != billed:
            found.append(_note(first.item, len(figures), _figure(billed), _figure(added)))
    return tuple(found)


def _figure(value: Decimal) -> str:
    """``1234.50`` as a sentence has it: ``1,234.5``."""
    whole, point, rest = decimal_text(abs(value)).partition(".")
    return f"{'-' if value < 0 else ''}{int(whole):,}{point}{rest}"


_ONE_VALUE = {
    Aggregation.MAX: ("the highest value of all customers together", "highest values"),
    Aggregation.AVERAGE: ("the average over the events of all customers together", "averages"),
    Aggregation.PERCENTILE: ("the percentile of all customers together", "percentiles"),
}
"""What is billed and what that is of each member, where it is one value and no sum."""


def _note(priced: PricedItem, parts: int, billed: str, added: str) -> str:
    assert priced.metric is not None, priced
    title = _title(priced)
    if priced.metric.aggregation in _ONE_VALUE:
        together, alone = _ONE_VALUE[priced.metric.aggregation]
        if parts > 1:
            return (
                f"{title}: {together} is billed for each period and each price, {parts} values"
                f" that add up to {billed}; the customers' own {alone} add up to {added}."
            )
        return (
            f"{title}: {together} is billed, which is {billed};"
            f" the customers' own {alone} add up to {added}."
        )
    return (
        f"{title}: what several customers have in common is billed once, so {billed} is billed; "
        f"the customers' own figures add up to {added}."
    )


_Scopes = list[tuple[Charge, list[Measured]]]
"""For each scope of a metric's prices the first charge for it, and the measurements that count.

Prices of different scopes have no usage in common.
"""


def _by_metric(measured: Sequence[Measured]) -> list[_Scopes]:
    """What to show of each metric, in the order of the charges.

    One usage can be priced twice, by two prices of one scope or by a month within its quarter. It
    is shown once: what lies within a longer service is left out.
    """
    found: dict[str, dict[Scope, list[Measured]]] = {}
    for one in measured:
        item = one.charge.item
        if item.metric is not None:
            found.setdefault(item.metric.id, {}).setdefault(item.scope, []).append(one)
    return [
        [(group[0].charge, _longest(group)) for group in scopes.values()]
        for scopes in found.values()
    ]


def _longest(measured: list[Measured]) -> list[Measured]:
    """Services that fall due together are apart or one within the other: the outermost, each with
    all events that one price charges by themselves.
    """
    if len(measured) == 1:
        return measured
    found: dict[Period, list[Measured]] = {}
    for one in measured:
        known = found.setdefault(one.charge.service, [])
        first = known[0].charge if known else one.charge
        if not known or (first.event and one.charge.event and first.item.id == one.charge.item.id):
            known.append(one)
    return [one for service in outermost(found) for one in found[service]]


def _figures(scopes: _Scopes) -> list[Measured]:
    return [one for _, figures in scopes for one in figures]


def _members(figures: Sequence[Measured]) -> Mapping[CustomerId, Decimal]:
    """Each member's own usage over all the services."""
    first, *others = figures
    if not others:
        return first.usage.members
    found = dict(first.usage.members)
    for one in others:
        for customer, value in one.usage.members.items():
            known = found.get(customer)
            found[customer] = value if known is None else EXACT.add(known, value)
    return found


def _later(known: PoolMember | None, member: PoolMember) -> PoolMember:
    if known is None or known.spans[-1].end <= member.spans[-1].end:
        return member
    return known


def _as_shown(charge: Charge) -> ShownMetric:
    priced = charge.item
    assert priced.metric is not None, priced
    title = _title(priced)
    return ShownMetric(priced.metric.id, title, priced.unit, priced.product_id, charge.schedule_id)


def _title(priced: PricedItem) -> str:
    return priced.metric_name or priced.name
