"""Whose a discount is, or what is missing to a minimum: shared as the lines that it settles are.

The shares of those lines are made anew from what was measured, never read from lines that were made
before, as is all that settles them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from catchment.core import allocation
from catchment.core.allocation import METHODS, MemberParts, MemberWeights, Method, Share, Working
from catchment.core.breakdown import Measured
from catchment.core.discounts import Discount
from catchment.core.hierarchy import CustomerId
from catchment.core.minimums import Minimum
from catchment.core.money import Money, scaled
from catchment.core.schedules import Charge
from catchment.core.settling import Step, applied, counts, place_of, reductions_of_cycle, steps
from catchment.core.weights import By, LineTerm, SettledLine, Weighing


def workings(measured: Measured) -> dict[Method, Working]:
    """How what settles others is shared by each method.

    A discount is shared as what it reduces is, so no member has less than nothing; a minimum as
    what counts towards it, or by quantity where all of that is free. None of nothing is shared, nor
    where nobody has used anything.
    """
    made = steps(measured)
    if not any(one.amount.minor for one in made):
        return {}
    found = _shared_by(measured, made[0])
    if not found.weights:
        return {}
    return {method: working(made[0].amount, found, place) for place, method in enumerate(METHODS)}


def shares(measured: Measured) -> tuple[Share, ...]:
    """The members' shares of what settles others, by customer id."""
    return allocation.shares_of(workings(measured))


def priced_shares(measured: Measured, net: Money) -> tuple[Share, ...]:
    """The members' shares of ``net``, which is left of what the price makes of a charge."""
    key = priced_shares, net.minor
    found: tuple[Share, ...] | None = measured.known.get(key)
    if found is None:
        made = applied(measured)
        found = allocation.shares(net, made.price, made.segments, measured.usage)
        measured.known[key] = found
    return found


class SharedBy(NamedTuple):
    """What members weigh by each method, and what of each line settled that is made of.

    The weights are in units of ``ratio``, of a numerator and a denominator.
    """

    by: By
    weights: MemberWeights
    ratio: tuple[int, int]
    lines: Sequence[tuple[SettledLine, MemberParts]]

    @classmethod
    def of_lines(
        cls, currency: str, weights: MemberWeights, lines: Sequence[tuple[SettledLine, MemberParts]]
    ) -> SharedBy:
        """By what members have of ``lines``, in minor units."""
        return cls(By.LINES, weights, Money(1, currency).decimal.as_integer_ratio(), lines)


def working(amount: Money, found: SharedBy, place: int) -> Working:
    """How the amount is shared by the method at a place; somebody weighs something."""
    unit = Fraction(*found.ratio)

    def terms(who: CustomerId) -> tuple[LineTerm, ...]:
        own = ((line, parts[who][place]) for line, parts in found.lines if who in parts)
        return tuple(LineTerm(line, part * unit) for line, part in own if part)

    sizes = allocation.sizes(found.weights, place)
    nothing = dict.fromkeys(found.weights, Decimal(0))
    return Working(amount, nothing, Weighing(found.by, sizes, found.ratio, terms))


def _shared_by(measured: Measured, step: Step) -> SharedBy:
    settles = measured.charge.item.settles
    match settles:
        case Discount():
            place = place_of(measured)
            before, _ = _reduced(measured, place)[settles.id]
            lines = [(_called(measured.beside[place].charge), before)]
        case Minimum():
            covered = {
                place: one
                for place, one in enumerate(measured.beside)
                if counts(one, measured.charge, settles)
            }
            if step.before.minor <= 0:
                return _by_quantity(covered.values())
            lines = [
                (_called(one.charge), _left(measured, place)) for place, one in covered.items()
            ]
        case _:
            raise AssertionError(measured.charge.item)
    weights = allocation.added(parts for _, parts in lines)
    return SharedBy.of_lines(step.amount.currency, weights, lines)


def _called(charge: Charge) -> SettledLine:
    return SettledLine(charge.item.id, charge.item.name, charge.service)


def _by_quantity(covered: Iterable[Measured]) -> SharedBy:
    """What members used of the first of the charges of which they used something."""
    used = ({who: q for who, q in one.usage.members.items() if q > 0} for one in covered)
    known = sorted(next(filter(None, used), {}).items())
    units, of_one = scaled([quantity for _, quantity in known])
    weights = {who: (unit,) * len(METHODS) for (who, _), unit in zip(known, units, strict=True)}
    return SharedBy(By.QUANTITY, weights, (1, of_one), ())


def _reduced(measured: Measured, place: int) -> dict[str, tuple[MemberParts, MemberParts]]:
    """By each separate discount of the charge at a place, in order: what members have of it before,
    and of what is taken off.
    """
    left = _of_line(measured, place)
    found = {}
    for one in reductions_of_cycle(measured):
        if one.place == place and one.discount.separate:
            taken = allocation.spread(-one.taken, left)
            found[one.discount.id] = left, taken
            left = allocation.added((left, taken))
    return found


def _left(measured: Measured, place: int) -> MemberParts:
    """The shares of what all discounts leave of the charge at a place."""
    taken = (own for _, own in _reduced(measured, place).values())
    return allocation.added((_of_line(measured, place), *taken))


def _of_line(measured: Measured, place: int) -> MemberParts:
    """The shares of the line of the charge at a place, less the discounts within it."""
    own = measured.beside[place]
    if own.charge.item.metric is None:
        return {}
    priced = applied(own)
    inside = (
        one.taken.minor
        for one in reductions_of_cycle(measured)
        if one.place == place and not one.discount.separate
    )
    net = Money(priced.net.minor - sum(inside), priced.net.currency)
    return {one.customer: one.parts for one in priced_shares(own, net)}
