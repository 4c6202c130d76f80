"""What a member weighs when a line is shared, and what that weight is made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from math import lcm
from operator import attrgetter, mul
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.pricing import Price, Segment, Tier, costs, event_tier, rate
from catchment.core.usage.metering import Steps, Usage
from catchment.core.values.money import EXACT, UNROUNDED, Money, exact_sum, scaled
from catchment.core.values.period import Period

_NONE = Decimal(0)
_QUANTITY, _FEE = attrgetter("quantity"), attrgetter("fee")

Used = Mapping[CustomerId, Decimal]
"""What members used, in the order in which they are weighed."""


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


class Weighing(NamedTuple):
    """What each of some members weighs: ``sizes`` in units of ``unit``, None for who has no share.

    ``terms`` says what a member's weight is made of: their sum, whose sign is the line's, or that
    of the lines it settles. The unit is kept as a numerator and a denominator: it is seldom asked.
    """

    by: By
    sizes: Sequence[int | None]
    ratio: tuple[int, int]
    terms: Callable[[CustomerId], tuple[Term | LineTerm, ...]]

    @property
    def unit(self) -> Fraction:
        return Fraction(*self.ratio)


def by_quantity(used: Used, usage: Usage) -> Weighing:
    """Every member by what it used, if that has the sign of what all did.

    Where nobody used anything, a minimum of seats is whose the usage says, in equal parts.
    """
    assert used, usage
    units, of_one = scaled(list(used.values()))
    sizes = _pulling(units, down=usage.pooled < 0)
    return Weighing(By.QUANTITY, sizes or [1] * len(used), (1, of_one), _no_terms)


def _no_terms(_: CustomerId) -> tuple[Term, ...]:
    return ()


def marginal(
    net: Money, price: Price, segments: Sequence[Segment], used: Used, usage: Usage
) -> Weighing | None:
    """Each segment's amount by who was there; events with a price of their own, by that price.

    None where the order of events tells nobody from another: all paid one rate.
    """
    tier = event_tier(price, usage.pooled)
    if tier is not None:
        return _by_event(net, tier, segments[0], used, usage)
    if len(segments) < 2 or not usage.steps.members or not all(map(_QUANTITY, segments)):
        return None
    return _by_segment(net, segments, used, usage)


def alone(net: Money, price: Price, used: Used, usage: Usage) -> Weighing | None:
    """What each member would have paid alone at the same price; None where nobody had paid."""
    values, reached = usage.member_values, usage.members_reached

    def terms(who: CustomerId) -> tuple[Term, ...]:
        paid = rate(price, used[who], values.get(who, ()), reached.get(who, _NONE))
        return tuple(Term(one, one.quantity, Fraction(one.amount)) for one in paid)

    weights, of_one = costs(price, used, values, reached)
    return _weighing(By.ALONE, net, weights, (1, of_one), terms)


def _by_event(
    net: Money, tier: Tier, segment: Segment, used: Used, usage: Usage
) -> Weighing | None:
    """What the tier made of each member's events, and its fee by the members' quantities."""
    above, below = usage.pooled.as_integer_ratio()

    def weight(who: CustomerId) -> Decimal:
        priced = exact_sum(
            EXACT.multiply(tier.price_of(value), Decimal(count))
            for value, count in usage.member_values.get(who, ())
        )
        # The pooled quantity on both sides keeps the fee's share free of a division.
        fee = EXACT.multiply(tier.fee, used[who])
        return EXACT.add(EXACT.multiply(priced, usage.pooled), fee)

    def terms(who: CustomerId) -> tuple[Term, ...]:
        amount = Fraction(weight(who)) * below / above
        return (Term(segment, used[who], amount),)

    weights, of_one = scaled([weight(who) for who in used])
    return _weighing(By.EVENTS, net, weights, (below, above * of_one), terms)


def _by_segment(
    net: Money, segments: Sequence[Segment], used: Used, usage: Usage
) -> Weighing | None:
    """What each segment came to, its fee included, by the quantities that fell into it.

    The steps count from what was reached before, the segments from zero.
    """
    steps = usage.steps
    per_unit, whole = _per_unit(segments)
    of_step = _segments_of(steps, segments, usage.reached)
    rates = [_NONE if place is None else per_unit[place] for place in of_step]
    nowhere = (_NONE,) * len(rates)

    def terms(who: CustomerId) -> tuple[Term, ...]:
        found: dict[int, Decimal] = {}  # what of each segment
        for place, part in zip(of_step, steps.members.get(who, nowhere), strict=True):
            if part and place is not None:
                found[place] = EXACT.add(found.get(place, _NONE), part)
        return tuple(
            Term(segments[place], part, Fraction(per_unit[place]) / whole * Fraction(part))
            for place, part in found.items()
        )

    with localcontext(UNROUNDED):
        exact = [sum(map(mul, rates, steps.members.get(who, nowhere)), _NONE) for who in used]
    weights, of_one = scaled(exact)
    return _weighing(By.SEGMENTS, net, weights, (1, whole * of_one), terms)


def _per_unit(segments: Sequence[Segment]) -> tuple[Sequence[Decimal], int]:
    """What a unit of each segment came to, in parts of 1 that are so many; its fee included."""
    if not any(map(_FEE, segments)):
        return [one.rate for one in segments], 1
    ratios = [
        (Fraction(one.amount) / Fraction(one.quantity)).as_integer_ratio() for one in segments
    ]
    whole = lcm(*[below for _, below in ratios])
    return [Decimal(above * (whole // below)) for above, below in ratios], whole


def _weighing(
    by: By,
    net: Money,
    weights: Sequence[int],
    ratio: tuple[int, int],
    terms: Callable[[CustomerId], tuple[Term, ...]],
) -> Weighing | None:
    """By the weights, in units of ``ratio``, that have the sign of ``net``; None without any."""
    sizes = _pulling(weights, down=net.minor < 0)
    return Weighing(by, sizes, ratio, terms) if sizes else None


def _pulling(weights: Sequence[int], *, down: bool) -> Sequence[int | None]:
    """Those above zero, or ``down`` those below it as sizes; none where there are none."""
    sizes = [-weight for weight in weights] if down else weights
    if min(sizes) > 0:
        return sizes
    found = [size if size > 0 else None for size in sizes]
    return found if any(found) else ()


def _segments_of(
    steps: Steps, segments: Sequence[Segment], reached: Decimal
) -> Sequence[int | None]:
    """Which segment each step lies in; None for one that was not reached.

    The steps begin at ``reached``, and each at a bound above that; the segments are contiguous.
    """
    bounds = [EXACT.add(reached, bound) for bound in steps.bounds] if reached else steps.bounds
    begins = [reached, *bounds]
    lowers = [one.lower or _NONE for one in segments]
    end = segments[-1].upper
    return [
        bisect_right(lowers, begin) - 1
        if begin >= lowers[0] and (end is None or begin < end)
        else None
        for begin in begins
    ]
