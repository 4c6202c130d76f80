"""Whose a discount is, or what is missing to a minimum: shared as the lines that it settles are.

The shares of those lines are made anew from what was measured, never read from lines that were made
before, as is all that settles them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.settling import Step, applied, counts, place_of, reductions_at, steps
from catchment.core.shares import allocation
from catchment.core.shares.allocation import METHODS, NOBODYS, Columns, Method, Methods, Working
from catchment.core.shares.breakdown import Measured
from catchment.core.shares.line_shares import NO_SHARES, Shares
from catchment.core.shares.weights import By, LineTerm, SettledLine, Used, Weighing
from catchment.core.terms.discounts import Discount, Reduction
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.schedules import Charge
from catchment.core.terms.taxes import NOT_TAXED, Taxation, tax_on
from catchment.core.values.money import Money, scaled

_NOTHING = Decimal(0)


def workings(measured: Measured) -> dict[Method, Working]:
    """How what settles others is shared by each method.

    A discount is shared as what it reduces is, so no member has less than nothing; a minimum as
    what counts towards it, or by quantity where all of that is free. None of nothing is shared, nor
    where nobody has used anything.
    """
    made = steps(measured)
    if not any(one.amount.minor for one in made):
        return {}
    found = _shared_by(measured, made[0], METHODS)
    if not found.weights.customers:
        return {}
    return {method: working(made[0].amount, found, method) for method in METHODS}


def shares(
    measured: Measured, taxation: Taxation = NOT_TAXED, methods: Methods = METHODS
) -> Shares:
    """The members' shares of what settles others and of its tax by some ``methods``, by customer
    id.
    """
    made = steps(measured)
    if not any(one.amount.minor for one in made):
        return NO_SHARES
    [step] = made
    settles = measured.charge.item.settles
    if isinstance(settles, Discount):
        found = _discounted(measured, settles, methods).taken
    else:
        found = allocation.spread_over(step.amount, _shared_by(measured, step, methods).weights)
    return _shares(found, {}, step.amount, taxation)


def priced_shares(measured: Measured, net: Money, taxation: Taxation, methods: Methods) -> Shares:
    """The members' shares of ``net``, which is left of what the price makes of a charge, and of its
    tax, by some ``methods``.
    """
    found = measured.once(_priced, net, methods)
    return _shares(found, measured.usage.members, net, taxation)


def _shares(found: Columns, used: Used, net: Money, taxation: Taxation) -> Shares:
    """The shares of those who have any."""
    fraction = taxation.fraction
    return Shares(found.sharing, used).taxed(fraction, tax_on(net, fraction))


def _priced(measured: Measured, net: Money, methods: Methods) -> Columns:
    """What members have of ``net``."""
    made = applied(measured)
    return allocation.columns(net, made.price, made.segments, measured.usage, methods)


class SharedBy(NamedTuple):
    """What members weigh by each method asked for, and what of each line settled that is made of.

    The weights are in units of ``ratio``, of a numerator and a denominator.
    """

    by: By
    weights: Columns
    ratio: tuple[int, int]
    lines: Sequence[tuple[SettledLine, Columns]]

    @classmethod
    def of_lines(
        cls, currency: str, weights: Columns, lines: Sequence[tuple[SettledLine, Columns]]
    ) -> SharedBy:
        """By what members have of ``lines``, in minor units."""
        return cls(By.LINES, weights, Money(1, currency).decimal.as_integer_ratio(), lines)


def working(amount: Money, found: SharedBy, method: Method) -> Working:
    """How the amount is shared by one of the methods asked for; somebody weighs something."""
    unit = Fraction(*found.ratio)

    @cache
    def parts() -> list[tuple[SettledLine, dict[CustomerId, int | None]]]:
        return [(line, own.by(method)) for line, own in found.lines]

    def terms(who: CustomerId) -> tuple[LineTerm, ...]:
        own = ((line, known.get(who)) for line, known in parts())
        return tuple(LineTerm(line, part * unit) for line, part in own if part)

    sizes = allocation.sizes(found.weights.parts[method])
    nothing = dict.fromkeys(found.weights.customers, _NOTHING)
    return Working(amount, nothing, Weighing(found.by, sizes, found.ratio, terms))


def _shared_by(measured: Measured, step: Step, methods: Methods) -> SharedBy:
    settles = measured.charge.item.settles
    match settles:
        case Discount():
            of = measured.beside[place_of(measured)].charge
            lines = [(_called(of), _discounted(measured, settles, methods).before)]
        case Minimum():
            covered = {
                place: one
                for place, one in enumerate(measured.beside)
                if counts(one, measured.charge, settles)
            }
            if step.before.minor <= 0:
                return _by_quantity(covered.values(), methods)
            lines = [
                (_called(one.charge), _left(one, reductions_at(measured, place), methods))
                for place, one in covered.items()
            ]
        case _:
            raise AssertionError(measured.charge.item)
    weights = allocation.added_up(parts for _, parts in lines)
    return SharedBy.of_lines(step.amount.currency, weights, lines)


def _called(charge: Charge) -> SettledLine:
    return SettledLine(charge.item.id, charge.item.name, charge.service)


def _by_quantity(covered: Iterable[Measured], methods: Methods) -> SharedBy:
    """What members used of the first of the charges of which they used something."""
    used = ({who: q for who, q in one.usage.members.items() if q > 0} for one in covered)
    known = sorted(next(filter(None, used), {}).items())
    units, of_one = scaled([quantity for _, quantity in known])
    weights = Columns([who for who, _ in known], dict.fromkeys(methods, tuple(units)))
    return SharedBy(By.QUANTITY, weights, (1, of_one), ())


class Discounted(NamedTuple):
    """What members have of a charge ``before`` a separate discount, and of what that takes off."""

    before: Columns
    taken: Columns


def _discounted(measured: Measured, discount: Discount, methods: Methods) -> Discounted:
    """Of the charge that a line of the discount settles."""
    place = place_of(measured)
    own, reduced = measured.beside[place], reductions_at(measured, place)
    return own.once(_reduced, reduced, methods)[discount.id]


def _reduced(
    own: Measured, reduced: Sequence[Reduction], methods: Methods
) -> dict[str, Discounted]:
    """What each separate discount of a charge makes of it, in order."""
    left = _of_line(own, reduced, methods)
    found = {}
    for one in reduced:
        if one.discount.separate:
            taken = allocation.spread_over(-one.taken, left)
            found[one.discount.id] = Discounted(left, taken)
            left = allocation.added_up((left, taken))
    return found


def _left(own: Measured, reduced: Sequence[Reduction], methods: Methods) -> Columns:
    """The shares of what all discounts leave of a charge."""
    taken = (one.taken for one in own.once(_reduced, reduced, methods).values())
    return allocation.added_up((_of_line(own, reduced, methods), *taken))


def _of_line(own: Measured, reduced: Iterable[Reduction], methods: Methods) -> Columns:
    """The shares of the line of a charge, less the discounts within it."""
    if own.charge.item.metric is None:
        return NOBODYS
    net = applied(own).net
    inside = sum([one.taken.minor for one in reduced if not one.discount.separate])
    return own.once(_priced, Money(net.minor - inside, net.currency), methods)
