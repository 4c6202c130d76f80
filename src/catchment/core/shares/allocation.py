"""Whose share of an amount is it: a line of a pooled invoice, pushed back to who caused it.

The shares of a line are made by one division over all its members, so they add up to the
line to the minor unit, and whatever subtrees they are added up by, those add up too. Rounding each
share by itself would lose or find cents. What makes the shares also tells how they came about
(``Working.reckoning``), from the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial
from operator import add
from typing import NamedTuple, TypeGuard

from catchment.core.families.hierarchy import CustomerId
from catchment.core.shares.weights import (
    By,
    LineTerm,
    Term,
    Used,
    Weighing,
    alone,
    by_quantity,
    marginal,
)
from catchment.core.terms.pricing import Price, Segment
from catchment.core.terms.taxes import tax_parts
from catchment.core.usage.metering import Usage
from catchment.core.values.money import CURRENCIES, Money, divide, parts_of


class Method(StrEnum):
    """How a line is shared.

    PROPORTIONAL: by the members' quantities. MARGINAL: every segment by the quantities that fell
    into it in the order of the events. STANDALONE: by what each would have paid alone.
    """

    PROPORTIONAL = "PROPORTIONAL"
    MARGINAL = "MARGINAL"
    STANDALONE = "STANDALONE"


Methods = tuple[Method, ...]
"""Some methods, in no particular order."""

METHODS: Methods = tuple(Method)

Parts = tuple[int | None, ...]
"""Minor units by each of METHODS; None where a method gives no share, or is not asked for."""

Column = tuple[int | None, ...]
"""Minor units of each of some members by one method; None where that gives no share."""

MemberParts = dict[CustomerId, Parts]
"""What members have of an amount."""

MemberWeights = Mapping[CustomerId, Parts]
"""What an amount is shared by, by each of METHODS; None where a method gives a member no share."""

_NO_PARTS: Parts = (None,) * len(METHODS)


class Columns(NamedTuple):
    """What members have of an amount, or weigh: the parts of all by each method asked for.

    A family has thousands of members and a handful of lines, so they are worked with like this.
    Mostly two methods share alike.
    """

    customers: Sequence[CustomerId]
    parts: Mapping[Method, Column]

    @classmethod
    def of(cls, known: MemberWeights) -> Columns:
        """The same in columns, in the same order."""
        if not known:
            return NOBODYS
        columns = zip(*known.values(), strict=True)
        return cls(tuple(known), dict(zip(METHODS, columns, strict=True)))

    @property
    def rows(self) -> Iterator[Parts]:
        """The parts of one after the other."""
        not_asked = (None,) * len(self.customers)
        return zip(*[self.parts.get(method, not_asked) for method in METHODS], strict=True)

    @property
    def by_customer(self) -> MemberParts:
        return dict(zip(self.customers, self.rows, strict=True))

    def by(self, method: Method) -> dict[CustomerId, int | None]:
        """What each has by one of the methods asked for."""
        return dict(zip(self.customers, self.parts.get(method, ()), strict=True))

    def map(self, change: Callable[[Column], Column]) -> Columns:
        """With all columns changed, those that are alike once."""
        made = {one: change(one) for one in set(self.parts.values())}
        return Columns(self.customers, {method: made[own] for method, own in self.parts.items()})

    @property
    def sharing(self) -> Columns:
        """Only those who have a part by some method."""
        if any(None not in own for own in self.parts.values()):
            return self
        rows = zip(self.customers, self.rows, strict=True)
        return _among(self, [who for who, own in rows if own != _NO_PARTS])

    def taxes(self, fraction: Decimal, tax: Money) -> Columns:
        """What they have of the ``tax``, which is ``fraction`` of the amount."""
        return self.map(partial(_taxes, fraction, tax))


NOBODYS = Columns((), {})


def _taxes(fraction: Decimal, tax: Money, parts: Column) -> Column:
    """The tax on the parts that members have by one method."""
    if _all_share(parts):
        return tax_parts(parts, fraction, tax)
    each = iter(tax_parts([part for part in parts if part is not None], fraction, tax))
    return tuple([None if part is None else next(each) for part in parts])


def spread(amount: Money, weights: MemberWeights) -> MemberParts:
    """``amount`` by what members have already; by each method for itself."""
    return spread_over(amount, Columns.of(weights)).by_customer


def spread_over(amount: Money, weights: Columns) -> Columns:
    """The same in columns."""

    def spread_by(weighed: Column) -> Column:
        known = sizes(weighed)
        return parts_by(amount, known) if any(known) else known

    return weights.map(spread_by)


def sizes(weighed: Column) -> Column:
    """What members weigh by a method: who has less than nothing where all together have more weighs
    nothing, and the other way round.
    """
    known = [part for part in weighed if part is not None]
    if min(known, default=0) >= 0:
        return weighed
    sign = -1 if sum(known) < 0 else 1
    return tuple([None if part is None else max(sign * part, 0) for part in weighed])


def parts_by(amount: Money, sizes: Sequence[int | None]) -> Column:
    """``amount`` in minor units by ``sizes``, one of them above 0; None where there is no share."""
    if _all_share(sizes):
        return parts_of(amount.minor, sizes)
    parts = parts_of(amount.minor, [size or 0 for size in sizes])
    return tuple([None if size is None else p for size, p in zip(sizes, parts, strict=True)])


def _all_share(column: Sequence[int | None]) -> TypeGuard[Sequence[int]]:
    return None not in column


def added(parts: Iterable[MemberParts]) -> MemberParts:
    """What members have of several amounts together, by customer id."""
    return dict(sorted(added_up([Columns.of(one) for one in parts]).by_customer.items()))


def added_up(several: Iterable[Columns]) -> Columns:
    """The same in columns; the customers are in order where they are so in each of ``several``."""
    found, *others = [one for one in several if one.customers] or [NOBODYS]
    for other in others:
        found = _plus(found, other)
    return found


def _plus(one: Columns, other: Columns) -> Columns:
    if one.customers != other.customers:
        everyone = sorted({*one.customers, *other.customers})
        one, other = _among(one, everyone), _among(other, everyone)
    parts = {method: _sum(own, other.parts[method]) for method, own in one.parts.items()}
    return Columns(one.customers, parts)


def _among(one: Columns, everyone: Sequence[CustomerId]) -> Columns:
    """With columns for ``everyone``, in which others have no share."""
    places = {who: place for place, who in enumerate(one.customers)}
    wanted = [places.get(who) for who in everyone]
    return Columns(
        everyone,
        {
            method: tuple([None if at is None else own[at] for at in wanted])
            for method, own in one.parts.items()
        },
    )


def _sum(one: Column, other: Column) -> Column:
    if None not in one and None not in other:
        return tuple(map(add, one, other))
    both = zip(one, other, strict=True)
    return tuple([a if b is None else b + (a or 0) for a, b in both])


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How a member's share came about: ``weight`` of ``whole`` is its exact part of the line.

    ``exact`` (major units) is cut towards zero to ``cut``; ``leftover`` is nothing, or the one
    minor unit that the largest remainders get; both together are the share. ``terms`` are what the
    weight is made of, none where the quantity is the weight.
    """

    quantity: Decimal
    by: By
    weight: Fraction
    whole: Fraction
    terms: tuple[Term | LineTerm, ...]
    exact: Fraction
    cut: Money
    leftover: Money

    @property
    def share(self) -> Money:
        return self.cut + self.leftover

    @classmethod
    def none(cls, currency: str) -> Reckoning:
        """That of whoever had nothing."""
        nothing = Money(0, currency)
        zero = Fraction(0)
        return cls(Decimal(0), By.QUANTITY, zero, zero, (), zero, nothing, nothing)

    @classmethod
    def all_of(cls, quantity: Decimal, net: Money) -> Reckoning:
        """That of whoever has a line by itself."""
        one, nothing = Fraction(1), Money(0, net.currency)
        return cls(quantity, By.OWNER, one, one, (), Fraction(net.decimal), net, nothing)


class Working(NamedTuple):
    """The ``net`` of a line shared by one method: by what its members weigh.

    ``used`` is what they used of it, by customer id.
    """

    net: Money
    used: Used
    weighing: Weighing

    @property
    def parts(self) -> Column:
        """The shares of all of them, in minor units."""
        return parts_by(self.net, self.weighing.sizes)

    def reckonings(self, wanted: Container[CustomerId]) -> dict[CustomerId, Reckoning]:
        """How the shares of the customers ``wanted`` came about; who has none is left out."""
        weighing, currency = self.weighing, self.net.currency
        made = divide(self.net, [size or 0 for size in weighing.sizes])
        unit = Money(-1 if self.net.minor < 0 else 1, currency)
        nothing = Money(0, currency)
        topped_up = made.topped_up
        found = {}
        for place, (who, quantity) in enumerate(self.used.items()):
            weight = weighing.sizes[place]
            if weight is None or who not in wanted:
                continue
            leftover = unit if place in topped_up else nothing
            found[who] = Reckoning(
                quantity=quantity,
                by=weighing.by,
                weight=weight * weighing.unit,
                whole=made.whole * weighing.unit,
                terms=weighing.terms(who),
                exact=made.exact(place) / 10 ** CURRENCIES[currency],
                cut=Money(made.parts[place], currency) - leftover,
                leftover=leftover,
            )
        return found


def workings(
    net: Money, price: Price, segments: Sequence[Segment], usage: Usage
) -> dict[Method, Working]:
    """How a usage line is shared by each method; no usage, no segments, no shares.

    A member counts with its own figure, also where those do not add up to the pooled one (UNIQUE,
    MAX). A method counts only what pulls the way the line goes: a figure below zero has no share,
    nor an amount of the other sign. Where that leaves nobody, as when each alone would have stayed
    in a free tier, it shares by quantity.
    """
    if not segments:
        return {}
    used = _used(usage)
    quantity = by_quantity(used, usage)
    return {
        method: Working(net, used, _weighing(method, net, price, segments, used, usage) or quantity)
        for method in METHODS
    }


def _used(usage: Usage) -> dict[CustomerId, Decimal]:
    """What members used, by customer id."""
    members = usage.members
    return {who: members[who] for who in sorted(members)}


def _weighing(
    method: Method,
    net: Money,
    price: Price,
    segments: Sequence[Segment],
    used: Used,
    usage: Usage,
) -> Weighing | None:
    """What members weigh by a method; None where that is what they used."""
    match method:
        case Method.PROPORTIONAL:
            return None
        case Method.MARGINAL:
            return marginal(net, price, segments, used, usage)
        case Method.STANDALONE:
            return alone(net, price, used, usage)


def columns(
    net: Money,
    price: Price,
    segments: Sequence[Segment],
    usage: Usage,
    methods: Methods = METHODS,
) -> Columns:
    """What members have of a usage line by some ``methods``, with whoever has nothing."""
    if not segments:
        return NOBODYS
    if len(usage.members) == 1:
        return Columns(tuple(usage.members), dict.fromkeys(methods, (net.minor,)))
    used = _used(usage)
    weighed = {one: _weighing(one, net, price, segments, used, usage) for one in methods}
    alike: Column = ()
    if None in weighed.values():
        alike = parts_by(net, by_quantity(used, usage).sizes)
    return Columns(
        tuple(used),
        {
            method: alike if own is None else parts_by(net, own.sizes)
            for method, own in weighed.items()
        },
    )
