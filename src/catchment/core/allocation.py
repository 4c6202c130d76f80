"""Whose share of an amount is it: a line of a pooled invoice, pushed back to who caused it.

The shares of a line are made by one ``money.split`` over all its members, so they add up to the
line to the minor unit, and whatever subtrees they are added up by, those add up too. Rounding each
share by itself would lose or find cents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Usage
from catchment.core.money import EXACT, Money, exact_sum, split
from catchment.core.pricing import Price, Segment, event_tier, rate

_Weights = Mapping[CustomerId, Decimal | int]


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


class Share(NamedTuple):
    """What a member used of a line, and its parts of the net."""

    customer: CustomerId
    quantity: Decimal
    parts: Parts


def whole(customer: CustomerId, quantity: Decimal, net: Money) -> tuple[Share, ...]:
    """The one share of a line that is all of one member's, by whatever method."""
    return (Share(customer, quantity, (net.minor,) * len(METHODS)),)


def shares(
    net: Money, price: Price, segments: Sequence[Segment], usage: Usage
) -> tuple[Share, ...]:
    """The members' shares of a usage line, by customer id; who has no share is left out.

    A member counts with its own figure, also where those do not add up to the pooled one (UNIQUE,
    MAX). A method counts only what pulls the way the line goes: a figure below zero has no share,
    nor an amount of the other sign. Where that leaves nobody, as when each alone would have stayed
    in a free tier, it shares by quantity. No usage, no segments, no shares.
    """
    if not segments:
        return ()
    by_quantity = {who: value for who, value in sorted(usage.members.items()) if value > 0}
    assert by_quantity, usage
    weights: dict[Method, _Weights] = {
        Method.PROPORTIONAL: by_quantity,
        Method.MARGINAL: _marginal(net, price, segments, usage) or by_quantity,
        Method.STANDALONE: _standalone(net, price, usage) or by_quantity,
    }
    known: dict[int, dict[CustomerId, int]] = {}
    for weighed in weights.values():
        if id(weighed) not in known:  # mostly two methods are one
            divided = (part.minor for part in split(net, list(weighed.values())))
            known[id(weighed)] = dict(zip(weighed, divided, strict=True))
    parts = [known[id(weights[method])] for method in METHODS]
    return tuple(
        Share(who, usage.members[who], tuple(part.get(who) for part in parts))
        for who in sorted(set().union(*parts))
    )


def _marginal(net: Money, price: Price, segments: Sequence[Segment], usage: Usage) -> _Weights:
    """Each segment's amount by who was there; events with a price of their own, by that price.

    Empty where the order of events tells nobody from another: all paid one rate.
    """
    tier = event_tier(price, usage.pooled)
    if tier is not None:
        return _towards(
            net,
            {
                who: EXACT.add(
                    # The pooled quantity on both sides keeps the fee's share free of a division.
                    EXACT.multiply(
                        exact_sum(
                            EXACT.multiply(tier.price_of(value), Decimal(count))
                            for value, count in usage.member_values.get(who, ())
                        ),
                        usage.pooled,
                    ),
                    EXACT.multiply(tier.fee, used),
                )
                for who, used in usage.members.items()
            },
        )
    steps = usage.steps
    if len(segments) < 2 or not steps.members:
        return {}
    per_unit = [Fraction(one.amount) / Fraction(one.quantity) for one in segments]
    whole = lcm(*(rate.denominator for rate in per_unit))
    rates = [int(rate * whole) for rate in per_unit]
    of_step = [_segment_of(lower, segments) for lower in (Decimal(0), *steps.bounds)]
    reached = [(step, rates[place]) for step, place in enumerate(of_step) if place is not None]
    return _towards(
        net,
        {
            who: sum(rate * _units(parts[step]) for step, rate in reached if parts[step])
            for who, parts in steps.members.items()
        },
    )


def _standalone(net: Money, price: Price, usage: Usage) -> _Weights:
    """What each member would have paid alone at the same price."""
    known: dict[object, Decimal] = {}
    alone: dict[CustomerId, Decimal] = {}
    for who, used in usage.members.items():
        values = usage.member_values.get(who, ())
        if (used, values) not in known:
            amount = exact_sum(one.amount for one in rate(price, used, values))
            known[used, values] = amount
        alone[who] = known[used, values]
    return _towards(net, alone)


def _towards(net: Money, weights: _Weights) -> _Weights:
    """The weights that have the sign of ``net``, as sizes, by customer id."""
    if net.minor < 0:
        return {who: -weights[who] for who in sorted(weights) if weights[who] < 0}
    return {who: weights[who] for who in sorted(weights) if weights[who] > 0}


def _segment_of(lower: Decimal, segments: Sequence[Segment]) -> int | None:
    """Which segment the step above ``lower`` lies in; None for one that was not reached."""
    for place, one in enumerate(segments):
        if (one.lower or 0) <= lower and (one.upper is None or lower < one.upper):
            return place
    return None


def _units(quantity: Decimal) -> int:
    """A quantity in whole units of its smallest decimal."""
    return int(EXACT.scaleb(quantity, 12))
