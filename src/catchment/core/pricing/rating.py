"""To apply a price: from a quantity to segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import assert_never

from catchment.core.money import EXACT, exact_sum
from catchment.core.pricing.models import (
    Fixed,
    Graduated,
    Linear,
    OneTime,
    Package,
    Price,
    Volume,
    continues,
)
from catchment.core.pricing.seats import SeatBased, Stretches, cut, seat_steps
from catchment.core.pricing.tiers import Step, Tier, steps

Values = Sequence[tuple[Decimal, int]]
"""The values of single events, each with how many events have it.

For a seat price: seats in the order of time, each number with the days that it stood.
"""

ZERO = Decimal(0)
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part that explains its ``amount`` (exact, major units): ``quantity`` x ``rate`` + ``fee``.

    Only where a tier bounds the price of each event is the amount what the events come to.
    ``lower`` and ``upper`` are the bounds of the tier, above and up to and including; an ``upper``
    of None has no end, and both are None where there are no tiers. In a tier that earlier usage had
    entered, ``lower`` is where that stood.
    """

    quantity: Decimal
    rate: Decimal
    fee: Decimal
    amount: Decimal
    lower: Decimal | None = None
    upper: Decimal | None = None


def rate(  # noqa: PLR0911 -- one for each model
    price: Price, quantity: Decimal, values: Values = (), reached: Decimal = ZERO
) -> tuple[Segment, ...]:
    """Price ``quantity`` units; ``values`` are wanted where ``needs_values(price)``.

    Usage of zero or less reaches no tier and costs nothing: there are no segments. A one-time or
    fixed price does not depend on the quantity, and a seat price only on the ``values``. Where the
    price ``continues``, the units come after the ``reached`` ones: they cost what all cost together
    less what those did, which is below zero where less than nothing was used.
    """
    with localcontext(EXACT):
        match price:
            case OneTime(amount) | Fixed(amount):
                return (_plain(ONE, amount),)
            case Graduated(tiers):
                assert continues(price) or not reached, (price, reached)
                return tuple(_graduated(tiers, reached, reached + quantity))
            case SeatBased():
                return tuple(_seats(price, values))
            case _ if quantity <= 0:
                return ()
            case Linear(price_per_unit):
                return (_plain(quantity, price_per_unit),)
            case Package(size, price_per_package):
                return (_plain(_packages(quantity, size), price_per_package),)
            case Volume(tiers):
                return (_volume(tiers, quantity, values),)
            case never:
                assert_never(never)


def event_tier(price: Price, quantity: Decimal) -> Tier | None:
    """The tier that prices every event of ``quantity`` (above 0) by itself; None where none."""
    if not isinstance(price, Volume):
        return None
    tier = _reached(price.tiers, quantity).tier
    return tier if tier.bounded else None


def _plain(quantity: Decimal, price: Decimal) -> Segment:
    return Segment(quantity, price, ZERO, quantity * price)


def _packages(quantity: Decimal, size: Decimal) -> Decimal:
    whole, rest = divmod(quantity, size)
    return whole + 1 if rest else whole


def _volume(tiers: tuple[Tier, ...], quantity: Decimal, values: Values) -> Segment:
    step = _reached(tiers, quantity)
    tier = step.tier
    if not tier.bounded:
        return _of(step, quantity, step.lower)
    assert values, (tiers, quantity)
    amount = exact_sum(tier.price_of(value) * count for value, count in values) + tier.fee
    return Segment(quantity, tier.price, tier.fee, amount, step.lower, step.upper)


def _reached(tiers: tuple[Tier, ...], quantity: Decimal) -> Step:
    return next(step for step in steps(tiers) if step.reaches(quantity))


def _graduated(tiers: tuple[Tier, ...], begin: Decimal, end: Decimal) -> Iterator[Segment]:
    """From where usage stood to where it stands; what it takes back has all signs turned."""
    low, high = sorted((max(begin, ZERO), max(end, ZERO)))
    sign = ONE if begin <= end else -ONE
    for step in steps(tiers):
        lower = max(step.lower, low)
        upper = high if step.upper is None else min(high, step.upper)
        if lower < upper:
            entered = low <= step.lower
            yield _of(step, sign * (upper - lower), lower, sign * entered)


def _seats(price: SeatBased, there: Stretches) -> Iterator[Segment]:
    """The last decimals of parts that are cut go to the next part: their sum is cut only once."""
    exact, before = Fraction(0), ZERO
    for one in seat_steps(price, there):
        exact += one.amount
        sum_to_here = cut(exact)
        lower, upper = (one.step.lower, one.step.upper) if price.tiers else (None, None)
        yield Segment(
            one.quantity, one.step.tier.price, cut(one.fee), sum_to_here - before, lower, upper
        )
        before = sum_to_here


def _of(step: Step, quantity: Decimal, lower: Decimal, entered: Decimal = ONE) -> Segment:
    tier = step.tier
    fee = tier.fee * entered
    amount = quantity * tier.price + fee
    return Segment(quantity, tier.price, fee, amount, lower, step.upper)
