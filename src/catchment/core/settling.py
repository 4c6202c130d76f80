"""What a charge comes to: its price applied, then what discounts and minimums make of it.

A discount or a minimum that is a line of its own is a charge like any other: it is priced by the
charges it stands beside, all measured again, and never by lines that were made before. So it is
billed once, adjusted, shared and verified by the same rules as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import NamedTuple, assert_never

from catchment.core import allocation
from catchment.core.allocation import METHODS, Parts, Share
from catchment.core.breakdown import Measured
from catchment.core.discounts import Charged, Discount, Reduction, reductions
from catchment.core.hierarchy import CustomerId
from catchment.core.minimums import Minimum, true_up
from catchment.core.money import EXACT, MAX_DECIMALS, Money, divide, exact_sum
from catchment.core.pricing import Price, SeatBased, Segment, included, rate, within
from catchment.core.schedules import Charge


class StepKind(StrEnum):
    """What a step of a line is."""

    DISCOUNT = "DISCOUNT"
    MINIMUM = "MINIMUM"


class Step(NamedTuple):
    """What a discount takes off, or a minimum adds, once the price is applied.

    ``amount`` takes ``before`` to what is charged after it; it is below zero for a discount.
    ``before`` of a minimum is what the charges that count towards it come to.
    """

    kind: StepKind
    id: str
    message: str
    before: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Applied:
    """A price applied to its charge: ``net`` is the sum of the segments, rounded once.

    The ``price`` is that of the charge's service.
    """

    price: Price
    quantity: Decimal
    segments: tuple[Segment, ...]
    net: Money


def applied(measured: Measured) -> Applied:
    """What the price alone makes of a charge, rounded once."""
    found: Applied | None = measured.known.get(applied)
    if found is None:
        found = measured.known[applied] = _applied(measured)
    return found


def priced_shares(measured: Measured, net: Money) -> tuple[Share, ...]:
    """The members' shares of ``net``, which is left of what the price makes of a charge."""
    key = priced_shares, net
    found: tuple[Share, ...] | None = measured.known.get(key)
    if found is None:
        made = applied(measured)
        found = allocation.shares(net, made.price, made.segments, measured.usage)
        measured.known[key] = found
    return found


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
    net = Money.rounded(exact_sum(segment.amount for segment in segments), item.currency)
    return Applied(price, quantity, segments, net)


def steps(measured: Measured) -> tuple[Step, ...]:
    """What is taken off a priced charge within its line; the one step of what settles others."""
    item = measured.charge.item
    match item.settles:
        case None:
            return tuple(
                _step(one) for one in _reductions_of(measured) if not one.discount.separate
            )
        case Discount():
            return tuple(
                _step(one) for one in _reductions_of(measured) if one.discount.id == item.settles.id
            )
        case Minimum():
            return _true_up(measured, item.settles)
        case _:
            assert_never(item.settles)


def settled(measured: Measured) -> Measured | None:
    """The charge it stands beside that is of the same price and service: of a priced one itself."""
    charge = measured.charge
    return next((one for one in measured.beside if one.charge.billed_as == charge.priced_as), None)


def shares(measured: Measured) -> tuple[Share, ...]:
    """The members' shares of what settles others, by customer id.

    A discount is shared as what it reduces is, so no member has less than nothing; a minimum as
    what counts towards it, which may be by quantity alone. There are none of nothing, nor where
    nobody has used anything.
    """
    item, made = measured.charge.item, steps(measured)
    if not any(one.amount.minor for one in made):
        return ()
    match item.settles:
        case Discount():
            found = dict(_reduced(measured, _place(measured)))[item.settles.id]
        case Minimum():
            covered = {
                place: one
                for place, one in enumerate(measured.beside)
                if _counts(one, measured.charge, item.settles)
            }
            weights: _Weights = _sums(_left(measured, place) for place in covered)
            if made[0].before.minor <= 0:
                weights = next(filter(None, map(_quantities, covered.values())), {})
            found = _shared(made[0].amount, weights)
        case _:
            raise AssertionError(item)
    return tuple(Share(who, Decimal(0), parts) for who, parts in sorted(found.items()))


_Parts = dict[CustomerId, Parts]
_Weights = Mapping[CustomerId, Sequence[Decimal | int | None]]


def _step(one: Reduction) -> Step:
    return Step(StepKind.DISCOUNT, one.discount.id, one.discount.message, one.left, -one.taken)


def _reductions(measured: Measured) -> tuple[Reduction, ...]:
    """What discounts take off all charges of the cycle, by their places beside this one."""
    if not measured.charge.discounts:
        return ()
    return reductions(measured.charge.discounts, [_charged(one) for one in measured.beside])


def _charged(measured: Measured) -> Charged:
    charge, made = measured.charge, applied(measured)
    contracted = None
    if isinstance(made.price, SeatBased):
        amount = included(made.price, measured.usage.values)
        contracted = Money.rounded(amount, charge.item.currency)
    return Charged(charge.item.id, charge.due_on, made.net, contracted)


def _reductions_of(measured: Measured) -> Iterator[Reduction]:
    """What discounts take off the charge itself, or the one that it settles."""
    if measured.beside:
        place = _place(measured)
        yield from (one for one in _reductions(measured) if one.place == place)


def _place(measured: Measured) -> int:
    """Where the charge itself, or the one that it settles, stands among those beside it."""
    keys = [one.charge.billed_as for one in measured.beside]
    return keys.index(measured.charge.priced_as)


def _true_up(measured: Measured, minimum: Minimum) -> tuple[Step, ...]:
    charge = measured.charge
    nets = {
        place: applied(one).net
        for place, one in enumerate(measured.beside)
        if _counts(one, charge, minimum)
    }
    if not nets:
        return ()
    for one in _reductions(measured):
        if one.place in nets:
            nets[one.place] -= one.taken
    least = applied(Measured(charge)).net
    missing = true_up(least, nets.values())
    before = sum(nets.values(), start=least - least)
    return (Step(StepKind.MINIMUM, minimum.id, charge.item.name, before, missing),)


def _counts(one: Measured, charge: Charge, minimum: Minimum) -> bool:
    """Whether what stands beside the charge of a minimum counts towards it."""
    item = one.charge.item
    return item.is_usage and minimum.covers(item.id) and one.charge.due_on == charge.due_on


def _reduced(measured: Measured, place: int) -> list[tuple[str, _Parts]]:
    """The shares of what each separate discount takes off the charge at a place, in order."""
    left = _of_line(measured, place)
    found = []
    for one in _reductions(measured):
        if one.place == place and one.discount.separate:
            taken = _shared(-one.taken, left)
            left = _sums((left, taken))
            found.append((one.discount.id, taken))
    return found


def _left(measured: Measured, place: int) -> _Parts:
    """The shares of what all discounts leave of the charge at a place."""
    return _sums((_of_line(measured, place), *(own for _, own in _reduced(measured, place))))


def _of_line(measured: Measured, place: int) -> _Parts:
    """The shares of the line of the charge at a place, less the discounts within it."""
    own = measured.beside[place]
    if own.charge.item.metric is None:
        return {}
    priced = applied(own)
    inside = (
        one.taken.minor
        for one in _reductions(measured)
        if one.place == place and not one.discount.separate
    )
    net = Money(priced.net.minor - sum(inside), priced.net.currency)
    return {one.customer: one.parts for one in priced_shares(own, net)}


def _quantities(measured: Measured) -> _Weights:
    """What members used, for every method alike."""
    used = sorted(measured.usage.members.items())
    return {who: (quantity,) * len(METHODS) for who, quantity in used if quantity > 0}


def _shared(amount: Money, weights: _Weights) -> _Parts:
    """``amount`` by what members have already; by each method for itself.

    Who has less than nothing where all together have more has no share, and the other way round.
    """
    if not weights:
        return {}
    columns: list[Sequence[int | None]] = []
    for place in range(len(METHODS)):
        own = [parts[place] for parts in weights.values()]
        known = [part for part in own if part is not None]
        sign = -1 if sum(known) < 0 else 1
        sizes = [max(sign * part, 0) for part in known]
        made = iter(divide(amount, sizes).parts if any(sizes) else [0] * len(sizes))
        columns.append([None if part is None else next(made) for part in own])
    return dict(zip(weights, zip(*columns, strict=True), strict=True))


def _sums(parts: Iterable[_Parts]) -> _Parts:
    found: _Parts = {}
    for one in parts:
        for who, own in one.items():
            known = found.get(who, (None,) * len(METHODS))
            found[who] = tuple(map(_sum, known, own))
    return dict(sorted(found.items()))


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else other + (one or 0)


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
