"""Seat prices: what seats cost that come and go within a cycle, by the days on which they count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from catchment.core.terms.pricing.tiers import Step, Tier, check_steps, steps
from catchment.core.values.errors import FieldError, PriceInvalid
from catchment.core.values.money import EXACT, MAX_DECIMALS, exact_sum, quotient

Stretches = Sequence[tuple[Decimal, int]]
"""Seats in the order of time, each number with the days that it stood."""


class Proration(StrEnum):
    """Which seats of a day are charged.

    USE_MAXIMUM: the most there were on any day, on all of them. PRORATE_INCREMENTS: the most there
    were up to that day, so what was removed counts until the service ends. PRORATE_ALL_CHANGES:
    those there are.
    """

    USE_MAXIMUM = "USE_MAXIMUM"
    PRORATE_INCREMENTS = "PRORATE_INCREMENTS"
    PRORATE_ALL_CHANGES = "PRORATE_ALL_CHANGES"


class SeatPart(StrEnum):
    """Which seats a charge is for.

    COMMITTED are those known when the cycle begins: the contracted minimum, and where overages have
    no billing frequency of their own, what there is on the first day. OVERAGES are all others.
    """

    ALL = ""
    COMMITTED = "COMMITTED"
    OVERAGES = "OVERAGES"


@dataclass(frozen=True, slots=True)
class SeatBased:
    """``price_per_seat`` for a cycle, or graduated ``tiers`` where there are any; by days.

    On every day at least ``minimum`` seats are charged. A tier's fee is due once where the tier is
    reached; with ``prorate_fees`` for the days on which it is. ``overages`` is the billing
    frequency of seats above the minimum, if they have one of their own, or NONE. ``cycle_days`` are
    those of the full cycle; where None the service is one. ``part`` is what it is applied to.
    Raises PriceInvalid, TiersInvalid.
    """

    price_per_seat: Decimal
    tiers: tuple[Tier, ...] = ()
    proration: Proration = Proration.USE_MAXIMUM
    minimum: int = 0
    overages: str | None = None
    prorate_fees: bool = False
    cycle_days: int | None = None
    part: SeatPart = SeatPart.ALL

    def __post_init__(self) -> None:
        if self.tiers:
            check_steps(self.tiers)
        if self.minimum < 0:
            message = "Fewer than 0 seats cannot be contracted."
            error = FieldError("/contractedMinimumSeats", PriceInvalid.code, message)
            raise PriceInvalid(message, errors=(error,))

    @property
    def apart(self) -> bool:
        """Whether overages have a billing frequency of their own."""
        return self.overages not in {None, "NONE"}

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its tiers; without any, one that has no end."""
        return steps(self.tiers or (Tier(None, self.price_per_seat),))


@dataclass(frozen=True, slots=True)
class SeatStep:
    """What one tier comes to: ``seat_days`` in it, and its ``fee`` (exact, major units)."""

    step: Step
    seat_days: Decimal
    cycle_days: int
    fee: Fraction

    @property
    def quantity(self) -> Decimal:
        """Its seats, averaged over the full cycle, to 12 decimals."""
        return quotient(self.seat_days, self.cycle_days)

    @property
    def amount(self) -> Fraction:
        """The fee, and the price for each seat by its part of the cycle."""
        priced = Fraction(self.seat_days) * Fraction(self.step.tier.price)
        return self.fee + priced / self.cycle_days

    def less(self, other: SeatStep) -> SeatStep:
        """What it comes to beyond another of the same tier."""
        seat_days = EXACT.subtract(self.seat_days, other.seat_days)
        return replace(self, seat_days=seat_days, fee=self.fee - other.fee)


def charged(price: SeatBased, there: Stretches) -> Stretches:
    """All seats that are charged for, given those that were ``there``; one for each stretch."""
    most = max((seats for seats, _ in there), default=Decimal(0))
    found = []
    up_to_then = Decimal(0)
    for seats, days in there:
        up_to_then = max(up_to_then, seats)
        match price.proration:
            case Proration.USE_MAXIMUM:
                counted = most
            case Proration.PRORATE_INCREMENTS:
                counted = up_to_then
            case Proration.PRORATE_ALL_CHANGES:
                counted = seats
        found.append((max(counted, Decimal(price.minimum)), days))
    return found


def committed(price: SeatBased, there: Stretches) -> Stretches:
    """The seats of all those days that are charged for when the cycle begins."""
    first = there[0][0] if there and not price.apart else Decimal(0)
    return [(max(first, Decimal(price.minimum)), days) for _, days in there]


def included(price: SeatBased, there: Stretches) -> Decimal:
    """What the contracted minimum comes to of what the price's part charges (exact, major units):
    all other seats are above it.
    """
    if price.part is SeatPart.OVERAGES:
        return Decimal(0)
    contracted = [(Decimal(price.minimum), days) for _, days in there]
    return cut(sum((one.amount for one in _steps(price, contracted)), Fraction(0)))


def seats_of_part(price: SeatBased, there: Stretches) -> Stretches:
    """The seats that the price's part charges for; of overages they may be below zero."""
    match price.part:
        case SeatPart.ALL:
            return charged(price, there)
        case SeatPart.COMMITTED:
            return committed(price, there)
        case SeatPart.OVERAGES:
            known = committed(price, there)
            every = charged(price, there)
            return [
                (EXACT.subtract(seats, before), days)
                for (seats, days), (before, _) in zip(every, known, strict=True)
            ]


def seat_steps(price: SeatBased, there: Stretches) -> list[SeatStep]:
    """The tiers that the seats of the price's part are in, lowest first.

    Of overages that is the difference to what is committed, which may be below zero.
    """
    match price.part:
        case SeatPart.ALL:
            return list(_steps(price, charged(price, there)))
        case SeatPart.COMMITTED:
            return list(_steps(price, committed(price, there)))
        case SeatPart.OVERAGES:
            known = {one.step: one for one in _steps(price, committed(price, there))}
            every = _steps(price, charged(price, there))
            differing = (one.less(known[one.step]) if one.step in known else one for one in every)
            return [one for one in differing if one.seat_days or one.fee]


def _steps(price: SeatBased, counted: Stretches) -> Iterator[SeatStep]:
    cycle_days = price.cycle_days or sum(days for _, days in counted)
    for step in price.steps:
        entered = [(seats, days) for seats, days in counted if seats > step.lower]
        if entered:
            fee = Fraction(step.tier.fee)
            if price.prorate_fees:
                fee = fee * sum(days for _, days in entered) / cycle_days
            seat_days = exact_sum(_in(step, *one) for one in entered)
            yield SeatStep(step, seat_days, cycle_days, fee)


def cut(amount: Fraction) -> Decimal:
    """``amount`` cut towards zero after 12 decimals.

    It is cut rather than rounded: so none below half a minor unit can grow to a half.
    """
    whole = abs(amount.numerator) * 10**MAX_DECIMALS // amount.denominator
    return EXACT.scaleb(Decimal(whole if amount > 0 else -whole), -MAX_DECIMALS)


def _in(step: Step, seats: Decimal, days: int) -> Decimal:
    """The seat days of a stretch that lie in a tier."""
    upper = seats if step.upper is None else min(seats, step.upper)
    return EXACT.multiply(EXACT.subtract(upper, step.lower), Decimal(days))
