"""What a quantity costs, exactly, by each model of a price."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from tests.oracle.contracts import Price, Tier


def cost(
    price: Price, quantity: Fraction, values: Sequence[Fraction], before: Fraction = Fraction(0)
) -> Fraction:
    """In major units. ``values`` are those of the single events. Nothing used costs nothing.

    Where tiers go on, all that was used costs, less what was used ``before`` does.
    """
    if before:
        return cost(price, before + quantity, ()) - cost(price, before, ())
    if quantity <= 0:
        return Fraction(0)
    match price.model:
        case "LINEAR":
            return quantity * Fraction(price.amount)
        case "PACKAGE":
            return ceil(quantity / Fraction(price.size)) * Fraction(price.amount)
        case "VOLUME":
            reached = next(tier for tier in price.tiers if _reaches(tier, quantity))
            return _volume(reached, quantity, values)
        case "GRADUATED":
            return _graduated(price.tiers, quantity)
    raise AssertionError(price)


def _reaches(tier: Tier, quantity: Fraction) -> bool:
    return tier.upper is None or quantity <= Fraction(tier.upper)


def _volume(tier: Tier, quantity: Fraction, values: Sequence[Fraction]) -> Fraction:
    if tier.least is None and tier.most is None:
        return quantity * Fraction(tier.price) + Fraction(tier.fee)
    return sum((_event(tier, value) for value in values), Fraction(tier.fee))


def _event(tier: Tier, value: Fraction) -> Fraction:
    """What a single event comes to, between the bounds."""
    amount = value * Fraction(tier.price)
    if tier.least is not None and amount < Fraction(tier.least):
        return Fraction(tier.least)
    if tier.most is not None and amount > Fraction(tier.most):
        return Fraction(tier.most)
    return amount


def _graduated(tiers: Sequence[Tier], quantity: Fraction) -> Fraction:
    """Unit after unit through the tiers; whoever enters one pays its fee."""
    amount, lower = Fraction(0), Fraction(0)
    for tier in tiers:
        if quantity <= lower:
            break
        upper = quantity if tier.upper is None else min(quantity, Fraction(tier.upper))
        amount += (upper - lower) * Fraction(tier.price) + Fraction(tier.fee)
        lower = upper
    return amount
