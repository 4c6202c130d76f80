"""What a charge comes to: its price applied, then what discounts and minimums make of it.

A discount or a minimum that is a line of its own is a charge like any other: it is priced by the
charges it stands beside, all measured again, and never by lines that were made before. So it is
billed once, adjusted, shared and verified by the same rules as they are.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import NamedTuple, assert_never

from catchment.core.shares.breakdown import Measured
from catchment.core.terms.discounts import Charged, Discount, Reduction, reductions
from catchment.core.terms.minimums import Minimum, true_up
from catchment.core.terms.pricing import Price, SeatBased, Segment, included, rate, within
from catchment.core.terms.schedules import Charge
from catchment.core.values.money import EXACT, MAX_DECIMALS, Money, exact_sum, total


class StepKind(StrEnum):
    """What a step of a line is."""

    DISCOUNT = "DISCOUNT"
    MINIMUM = "MINIMUM"
    CREDIT = "CREDIT"


class Step(NamedTuple):
    """What a discount takes off, a minimum adds or a credit pays, once the price is applied.

    ``amount`` takes ``before`` to what is charged after it; it is below zero for a discount and a
    credit. ``before`` of a minimum is what the charges that count towards it come to.
    """

    kind: StepKind
    id: str
    message: str
    before: Money
    amount: Money


class Applied(NamedTuple):
    """A price applied to its charge: ``net`` is the sum of the segments, rounded once.

    The ``price`` is that of the charge's service.
    """

    price: Price
    quantity: Decimal
    segments: tuple[Segment, ...]
    net: Money


def applied(measured: Measured) -> Applied:
    """What the price alone makes of a charge, rounded once."""
    return measured.once(_applied)


def _applied(measured: Measured) -> Applied:
    """Rounded here and only here."""
    charge, usage = measured.charge, measured.usage
    item = charge.item
    price = within(item.price, charge.full.days, charge.part)
    if item.metric is None:
        quantity, segments = Decimal(1), _prorated(charge)
    else:
        quantity = usage.pooled
        segments = rate(price, quantity, usage.values, usage.reached)
    if isinstance(price, SeatBased):
        quantity = exact_sum(segment.quantity for segment in segments)
    net = Money.rounded(exact_sum([segment.amount for segment in segments]), item.currency)
    return Applied(price, quantity, segments, net)


def steps(measured: Measured) -> tuple[Step, ...]:
    """What is taken off a priced charge within its line; the one step of what settles others."""
    item = measured.charge.item
    match item.settles:
        case None:
            return tuple(
                [_step(one) for one in _reductions_of(measured) if not one.discount.separate]
            )
        case Discount(id=id):
            return tuple([_step(one) for one in _reductions_of(measured) if one.discount.id == id])
        case Minimum():
            return _true_up(measured, item.settles)
        case _:
            assert_never(item.settles)


def settled(measured: Measured) -> Measured | None:
    """The charge it stands beside that is of the same price and service: of a priced one itself."""
    wanted = measured.charge.priced_as
    return next((one for one in measured.beside if one.charge.billed_as == wanted), None)


def _step(one: Reduction) -> Step:
    return Step(StepKind.DISCOUNT, one.discount.id, one.discount.message, one.left, -one.taken)


def reductions_of_cycle(measured: Measured) -> tuple[Reduction, ...]:
    """What discounts take off all charges of the cycle, by their places beside this one."""
    return measured.once(_reductions) if measured.charge.discounts else ()


def _reductions(measured: Measured) -> tuple[Reduction, ...]:
    return reductions(measured.charge.discounts, [_charged(one) for one in measured.beside])


def _charged(measured: Measured) -> Charged:
    charge, made = measured.charge, applied(measured)
    contracted = None
    if isinstance(made.price, SeatBased):
        amount = included(made.price, measured.usage.values)
        contracted = Money.rounded(amount, charge.item.currency)
    return Charged(charge.item.id, charge.due_on, made.net, contracted)


def _reductions_of(measured: Measured) -> tuple[Reduction, ...]:
    """What discounts take off the charge itself, or the one that it settles."""
    if not reductions_of_cycle(measured):
        return ()
    return reductions_at(measured, place_of(measured))


def reductions_at(measured: Measured, place: int) -> tuple[Reduction, ...]:
    """What discounts take off the charge at a place beside this one, in the order they apply."""
    return tuple([one for one in reductions_of_cycle(measured) if one.place == place])


def place_of(measured: Measured) -> int:
    """Where the charge itself, or the one that it settles, stands among those beside it."""
    keys = [one.charge.billed_as for one in measured.beside]
    return keys.index(measured.charge.priced_as)


def _true_up(measured: Measured, minimum: Minimum) -> tuple[Step, ...]:
    charge = measured.charge
    nets = {
        place: applied(one).net
        for place, one in enumerate(measured.beside)
        if counts(one, charge, minimum)
    }
    if not nets:
        return ()
    for one in reductions_of_cycle(measured):
        if one.place in nets:
            nets[one.place] -= one.taken
    least = applied(Measured(charge)).net
    missing = true_up(least, nets.values())
    before = total(nets.values(), least.currency)
    return (Step(StepKind.MINIMUM, minimum.id, charge.item.name, before, missing),)


def counts(one: Measured, charge: Charge, minimum: Minimum) -> bool:
    """Whether what stands beside the charge of a minimum counts towards it."""
    item = one.charge.item
    return item.is_usage and minimum.covers(item.id) and one.charge.due_on == charge.due_on


def _prorated(charge: Charge) -> tuple[Segment, ...]:
    """The price by the days of the service within its full cycle.

    The rate is cut after 12 decimals, not rounded: so no amount below half a minor unit can grow
    to a half and be rounded up after all.
    """
    (whole,) = rate(charge.item.price, Decimal(1))
    if charge.service == charge.full:
        return (whole,)
    part = EXACT.divide(
        EXACT.multiply(whole.rate, Decimal(charge.service.days)), Decimal(charge.full.days)
    )
    cut = part.quantize(Decimal(1).scaleb(-MAX_DECIMALS), ROUND_DOWN, EXACT)
    return (Segment(whole.quantity, cut, whole.fee, cut),)
