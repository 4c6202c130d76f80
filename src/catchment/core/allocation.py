"""Whose share of an amount is it: a line of a pooled invoice, pushed back to who caused it.

The shares of a line are made by one ``money.divide`` over all its members, so they add up to the
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
from catchment.core.money import CURRENCIES, Division, Money, divide
from catchment.core.pricing import Price, Segment
from catchment.core.taxes import tax_parts
from catchment.core.weights import By, LineTerm, Term, Weighing, alone, by_quantity, marginal


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

MemberWeights = Mapping[CustomerId, Sequence[Decimal | int | None]]
"""What an amount is shared by, by each of METHODS; None where a method gives a member no share."""


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
    made: dict[tuple[int | None, ...], tuple[int | None, ...]] = {}
    columns = []
    for parts in zip(*(share.parts for share in shares), strict=True):
        if parts not in made:  # mostly two methods share alike
            found = iter(tax_parts([part for part in parts if part is not None], fraction, tax))
            made[parts] = tuple(None if part is None else next(found) for part in parts)
        columns.append(made[parts])
    rows = zip(*columns, strict=True)
    return tuple(share._replace(taxes=own) for share, own in zip(shares, rows, strict=True))


def spread(amount: Money, weights: MemberWeights) -> MemberParts:
    """``amount`` by what members have already; by each method for itself."""
    columns: list[dict[CustomerId, int]] = []
    for place in range(len(METHODS)):
        known = sizes(weights, place)
        some = any(known.values())
        parts = divide(amount, list(known.values())).parts if some else [0] * len(known)
        columns.append(dict(zip(known, parts, strict=True)))
    return {who: tuple(column.get(who) for column in columns) for who in weights}


def sizes(weights: MemberWeights, place: int) -> dict[CustomerId, Decimal | int]:
    """What members weigh by the method at a place: who has less than nothing where all together
    have more weighs nothing, and the other way round.
    """
    known = {who: own[place] for who, own in weights.items()}
    found = {who: part for who, part in known.items() if part is not None}
    sign = -1 if sum(found.values()) < 0 else 1
    return {who: max(sign * part, 0) for who, part in found.items()}


def added(parts: Iterable[MemberParts]) -> MemberParts:
    """What members have of several amounts together, by customer id."""
    found: MemberParts = {}
    for one in parts:
        for who, own in one.items():
            known = found.get(who, (None,) * len(METHODS))
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


@dataclass(frozen=True, slots=True)
class Working:
    """A line shared by one method: what its members weigh, and the one division by it.

    ``quantities`` are what they used of it.
    """

    quantities: Mapping[CustomerId, Decimal]
    weighing: Weighing
    division: Division

    def parts(self) -> dict[CustomerId, int]:
        """The shares in minor units, by customer id."""
        return dict(zip(self.weighing.weights, self.division.parts, strict=True))

    def reckonings(self, wanted: Container[CustomerId]) -> dict[CustomerId, Reckoning]:
        """How the shares of the customers ``wanted`` came about; who has none is left out."""
        made, weighing = self.division, self.weighing
        currency = made.amount.currency
        unit = Money(-1 if made.amount.minor < 0 else 1, currency)
        nothing = Money(0, currency)
        some = next(place for place, weight in enumerate(made.weights) if weight)
        per_weight = Fraction(list(weighing.weights.values())[some]) / made.weights[some]
        whole = per_weight * made.whole * weighing.unit
        found = {}
        for place, (who, weight) in enumerate(weighing.weights.items()):
            if who not in wanted:
                continue
            leftover = unit if place in made.topped_up else nothing
            found[who] = Reckoning(
                quantity=self.quantities[who],
                by=weighing.by,
                weight=Fraction(weight) * weighing.unit,
                whole=whole,
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
    quantity = by_quantity(usage)
    weighings = {
        Method.PROPORTIONAL: quantity,
        Method.MARGINAL: marginal(net, price, segments, usage) or quantity,
        Method.STANDALONE: alone(net, price, usage) or quantity,
    }
    made: dict[int, Working] = {}
    for one in weighings.values():
        if id(one) not in made:  # mostly two methods are one
            made[id(one)] = Working(usage.members, one, divide(net, list(one.weights.values())))
    return {method: made[id(one)] for method, one in weighings.items()}


def shares(
    net: Money, price: Price, segments: Sequence[Segment], usage: Usage
) -> tuple[Share, ...]:
    """The members' shares of a usage line, by customer id; who has no share is left out."""
    return shares_of(workings(net, price, segments, usage))


def shares_of(made: Mapping[Method, Working]) -> tuple[Share, ...]:
    """The shares that come of a line's workings, by customer id; none of no workings."""
    if not made:
        return ()
    known = {id(one): one.parts() for one in made.values()}
    parts = [known[id(made[method])] for method in METHODS]
    quantities: dict[CustomerId, Decimal] = {}
    for used in {id(one.quantities): one.quantities for one in made.values()}.values():
        quantities.update(used)
    return tuple(
        Share(who, quantities[who], tuple(part.get(who) for part in parts))
        for who in sorted(set().union(*parts))
    )
