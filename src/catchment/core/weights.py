"""What a member weighs when a line is shared, and what that weight is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Steps, Usage
from catchment.core.money import EXACT, MAX_DECIMALS, Money, exact_sum
from catchment.core.period import Period
from catchment.core.pricing import Price, Segment, Tier, event_tier, rate

_ONE = (1, 1)
_Weights = Mapping[CustomerId, Decimal | int]


class By(StrEnum):
    """What members are weighed by.

    QUANTITY: what each used. SEGMENTS: the line's segments, each by what of it was used by whom.
    EVENTS: the price that each event had by itself. ALONE: what each would have paid alone. LINES:
    what each has of other lines, which the line settles. OWNER: nothing, one customer has it all.
    """

    QUANTITY = "QUANTITY"
    SEGMENTS = "SEGMENTS"
    EVENTS = "EVENTS"
    ALONE = "ALONE"
    LINES = "LINES"
    OWNER = "OWNER"


class Term(NamedTuple):
    """A part of a weight: ``quantity`` of a segment, which comes to ``amount`` (major units).

    The segment is one of the line; weighed by ALONE, one that the member alone would have had.
    """

    segment: Segment
    quantity: Decimal
    amount: Fraction


class SettledLine(NamedTuple):
    """A line that another settles: the price it charges, what it is called, and for which days."""

    price_id: str
    title: str
    service: Period


class LineTerm(NamedTuple):
    """A part of a weight: what a member has of a line that is settled (major units), less its
    discounts so far.
    """

    line: SettledLine
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Weighing:
    """Members by what they weigh: sizes of 0 or more, by customer id, in units of ``unit``.

    ``terms`` says what a member's weight is made of: their sum, whose sign is the line's, or that
    of the lines it settles. The unit is kept as a numerator and a denominator: it is seldom asked.
    """

    by: By
    weights: _Weights
    ratio: tuple[int, int]
    terms: Callable[[CustomerId], tuple[Term | LineTerm, ...]]

    @property
    def unit(self) -> Fraction:
        return Fraction(*self.ratio)


def by_quantity(usage: Usage) -> Weighing:
    """Every member by what it used, if that has the sign of what all did.

    Where nobody used anything, a minimum of seats is whose the usage says, in equal parts.
    """
    known = usage.members
    used: dict[CustomerId, Decimal | int]
    if usage.pooled < 0:
        used = {who: EXACT.minus(known[who]) for who in sorted(known) if known[who] < 0}
    else:
        used = {who: known[who] for who in sorted(known) if known[who] > 0}
    used = used or dict.fromkeys(sorted(usage.members), 1)
    assert used, usage
    return Weighing(By.QUANTITY, used, _ONE, lambda _: ())


def marginal(
    net: Money, price: Price, segments: Sequence[Segment], usage: Usage
) -> Weighing | None:
    """Each segment's amount by who was there; events with a price of their own, by that price.

    None where the order of events tells nobody from another: all paid one rate.
    """
    tier = event_tier(price, usage.pooled)
    if tier is not None:
        return _by_event(net, tier, segments[0], usage)
    if len(segments) < 2 or not usage.steps.members or not all(one.quantity for one in segments):
        return None
    return _by_segment(net, segments, usage.steps, usage.reached)


def alone(net: Money, price: Price, usage: Usage) -> Weighing | None:
    """What each member would have paid alone at the same price; None where nobody had paid."""
    known: dict[object, tuple[Segment, ...]] = {}

    def paid(who: CustomerId) -> tuple[Segment, ...]:
        reached = usage.members_reached.get(who, Decimal(0))
        used = usage.members[who], usage.member_values.get(who, ()), reached
        if used not in known:
            known[used] = rate(price, *used)
        return known[used]

    def terms(who: CustomerId) -> tuple[Term, ...]:
        return tuple(Term(one, one.quantity, Fraction(one.amount)) for one in paid(who))

    weights = {who: exact_sum(one.amount for one in paid(who)) for who in usage.members}
    return _weighing(By.ALONE, net, weights, _ONE, terms)


def _by_event(net: Money, tier: Tier, segment: Segment, usage: Usage) -> Weighing | None:
    """What the tier made of each member's events, and its fee by the members' quantities."""
    above, below = usage.pooled.as_integer_ratio()

    def weight(who: CustomerId) -> Decimal:
        priced = exact_sum(
            EXACT.multiply(tier.price_of(value), Decimal(count))
            for value, count in usage.member_values.get(who, ())
        )
        # The pooled quantity on both sides keeps the fee's share free of a division.
        fee = EXACT.multiply(tier.fee, usage.members[who])
        return EXACT.add(EXACT.multiply(priced, usage.pooled), fee)

    def terms(who: CustomerId) -> tuple[Term, ...]:
        amount = Fraction(weight(who)) * below / above
        return (Term(segment, usage.members[who], amount),)

    weights = {who: weight(who) for who in usage.members}
    return _weighing(By.EVENTS, net, weights, (below, above), terms)


def _by_segment(
    net: Money, segments: Sequence[Segment], steps: Steps, reached: Decimal
) -> Weighing | None:
    """What each segment came to, its fee included, by the quantities that fell into it.

    The steps count from what was ``reached`` before, the segments from zero.
    """
    per_unit = [_ratio(one.amount, one.quantity) for one in segments]
    whole = lcm(*(below for _, below in per_unit))
    rates = [above * (whole // below) for above, below in per_unit]
    ratio = (1, whole * 10**MAX_DECIMALS)
    of_step = [_segment_of(lower, segments) for lower in _edges(steps, reached)]

    def used(who: CustomerId) -> dict[int, int]:
        """The member's units in each segment."""
        found: dict[int, int] = {}
        for place, part in zip(of_step, steps.members[who], strict=True):
            if part and place is not None:
                found[place] = found.get(place, 0) + _units(part)
        return found

    def terms(who: CustomerId) -> tuple[Term, ...]:
        return tuple(
            Term(
                segments[place],
                EXACT.scaleb(Decimal(units), -MAX_DECIMALS),
                rates[place] * units * Fraction(*ratio),
            )
            for place, units in used(who).items()
        )

    weights = {
        who: sum(rates[place] * units for place, units in used(who).items())
        for who in steps.members
    }
    return _weighing(By.SEGMENTS, net, weights, ratio, terms)


def _weighing(
    by: By,
    net: Money,
    weights: _Weights,
    ratio: tuple[int, int],
    terms: Callable[[CustomerId], tuple[Term, ...]],
) -> Weighing | None:
    """The weights that have the sign of ``net``, as sizes, by customer id; None without any."""
    if net.minor < 0:
        sizes = {who: -weights[who] for who in sorted(weights) if weights[who] < 0}
    else:
        sizes = {who: weights[who] for who in sorted(weights) if weights[who] > 0}
    return Weighing(by, sizes, ratio, terms) if sizes else None


def _edges(steps: Steps, reached: Decimal) -> Sequence[Decimal]:
    """Where each step begins, counted from zero."""
    return [reached, *(EXACT.add(reached, bound) for bound in steps.bounds)]


def _segment_of(lower: Decimal, segments: Sequence[Segment]) -> int | None:
    """Which segment the step above ``lower`` lies in; None for one that was not reached."""
    for place, one in enumerate(segments):
        if (one.lower or 0) <= lower and (one.upper is None or lower < one.upper):
            return place
    return None


def _ratio(amount: Decimal, quantity: Decimal) -> tuple[int, int]:
    """``amount / quantity`` in lowest terms, the second above 0."""
    above, below = amount.as_integer_ratio()
    quantity_above, quantity_below = quantity.as_integer_ratio()
    found = above * quantity_below, below * quantity_above
    shared = gcd(*found) if found[1] > 0 else -gcd(*found)
    return found[0] // shared, found[1] // shared


def _units(quantity: Decimal) -> int:
    """A quantity in whole units of its smallest decimal."""
    return int(EXACT.scaleb(quantity, MAX_DECIMALS))
