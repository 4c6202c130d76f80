"""Whose share of an amount is it: a line of a pooled invoice, pushed back to who caused it.

The shares of a line are made by one division over all its members, so they add up to the
line to the minor unit, and whatever subtrees they are added up by, those add up too. Rounding each
share by itself would lose or find cents. What makes the shares also tells how they came about
(``Working.reckoning``), from the same values.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Usage
from catchment.core.money import CURRENCIES, Money, divide, parts_of
from catchment.core.pricing import Price, Segment
from catchment.core.taxes import tax_parts
from catchment.core.weights import By, LineTerm, Term, Used, Weighing, alone, by_quantity, marginal


class Method(StrEnum):
    """How a line is shared.

    PROPORTIONAL: by the members' quantities. MARGINAL: every segment by the quantities that fell
    into it in the order of the events. STANDALONE: by what each would have paid alone.
    """

    PROPORTIONAL = "PROPORTIONAL"
    MARGINAL = "MARGINAL"
    STANDALONE = "STANDALONE"


METHODS = tuple(Method)

Parts = tuple[int | None, ...]
"""Minor units by each of METHODS; None where a method gives no share."""


MemberParts = dict[CustomerId, Parts]
"""What members have of an amount."""

MemberWeights = Mapping[CustomerId, Parts]
"""What an amount is shared by, by each of METHODS; None where a method gives a member no share."""


_NO_PARTS: Parts = (None,) * len(METHODS)


class Share(NamedTuple):
    """What a member used of a line, and its parts of the net and of the tax; none is untaxed."""

    customer: CustomerId
    quantity: Decimal
    parts: Parts
    taxes: Parts = ()


def whole(customer: CustomerId, quantity: Decimal, net: Money) -> tuple[Share, ...]:
    """The one share of a line that is all of one member's, by whatever method."""
    return (Share(customer, quantity, (net.minor,) * len(METHODS)),)


def taxed(shares: Sequence[Share], fraction: Decimal, tax: Money) -> tuple[Share, ...]:
    """The shares of a line with those of its ``tax``, which is ``fraction`` of its net."""
    if not fraction:
        return tuple(shares)
    columns = list(zip(*[share.parts for share in shares], strict=True))
    made = {one: _taxes(one, fraction, tax) for one in set(columns)}  # mostly two are alike
    rows = zip(*[made[one] for one in columns], strict=True)
    return tuple(
        [
            Share(customer, quantity, parts, taxes)
            for (customer, quantity, parts, _), taxes in zip(shares, rows, strict=True)
        ]
    )


def _taxes(parts: Parts, fraction: Decimal, tax: Money) -> Parts:
    """The tax on the parts that members have by one method."""
    known = [part for part in parts if part is not None]
    found = tax_parts(known, fraction, tax)
    if len(known) == len(parts):
        return found
    each = iter(found)
    return tuple([None if part is None else next(each) for part in parts])


def spread(amount: Money, weights: MemberWeights) -> MemberParts:
    """``amount`` by what members have already; by each method for itself."""
    columns = []
    for place in range(len(METHODS)):
        known = sizes(weights, place)
        if any(known):
            columns.append(parts_by(amount, known))
        else:
            columns.append(tuple(known))
    return dict(zip(weights, zip(*columns, strict=True), strict=True))


def sizes(weights: MemberWeights, place: int) -> list[int | None]:
    """What members weigh by the method at a place: who has less than nothing where all together
    have more weighs nothing, and the other way round.
    """
    known = [own[place] for own in weights.values()]
    sign = -1 if sum(part for part in known if part is not None) < 0 else 1
    return [None if part is None else max(sign * part, 0) for part in known]


def parts_by(amount: Money, sizes: Sequence[int | None]) -> Parts:
    """``amount`` in minor units by ``sizes``, one of them above 0; None where there is no share."""
    parts = parts_of(amount.minor, [size or 0 for size in sizes])
    if None not in sizes:
        return parts
    return tuple([None if size is None else p for size, p in zip(sizes, parts, strict=True)])


def added(parts: Iterable[MemberParts]) -> MemberParts:
    """What members have of several amounts together, by customer id."""
    found: MemberParts = {}
    for one in parts:
        for who, own in one.items():
            known = found.get(who, _NO_PARTS)
            found[who] = tuple(map(_sum, known, own))
    return dict(sorted(found.items()))


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else other + (one or 0)


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
    def parts(self) -> Parts:
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
    used = {who: usage.members[who] for who in sorted(usage.members)}
    quantity = by_quantity(used, usage)
    return {
        Method.PROPORTIONAL: Working(net, used, quantity),
        Method.MARGINAL: Working(
            net, used, marginal(net, price, segments, used, usage) or quantity
        ),
        Method.STANDALONE: Working(net, used, alone(net, price, used, usage) or quantity),
    }


def shares(
    net: Money, price: Price, segments: Sequence[Segment], usage: Usage
) -> tuple[Share, ...]:
    """The members' shares of a usage line, by customer id; who has no share is left out."""
    if segments and len(usage.members) == 1:
        [(only, quantity)] = usage.members.items()
        return whole(only, quantity, net)
    return shares_of(workings(net, price, segments, usage))


def shares_of(made: Mapping[Method, Working]) -> tuple[Share, ...]:
    """The shares that come of a line's workings, by customer id; none of no workings."""
    if not made:
        return ()
    used = made[Method.PROPORTIONAL].used
    known = {id(one.weighing): one.parts for one in made.values()}  # mostly two methods are one
    rows = zip(*[known[id(made[method].weighing)] for method in METHODS], strict=True)
    every = zip(used.items(), rows, strict=True)
    return tuple([Share(*one, parts) for one, parts in every if parts != _NO_PARTS])
