"""To apply a price: from a quantity to segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from operator import sub
from typing import NamedTuple, assert_never

from catchment.core.terms.pricing.models import (
    Fixed,
    Graduated,
    Linear,
    OneTime,
    Package,
    Price,
    Volume,
    continues,
)
from catchment.core.terms.pricing.seats import SeatBased, Stretches, cut, seat_steps
from catchment.core.terms.pricing.tiers import Step, Tier
from catchment.core.values.money import EXACT, exact_sum, scaled

Values = Sequence[tuple[Decimal, int]]
"""The values of single events, each with how many events have it.

For a seat price: seats in the order of time, each number with the days that it stood.
"""

ZERO = Decimal(0)
ONE = Decimal(1)


class Segment(NamedTuple):
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
    match price:
        case Graduated():
            if not reached:
                return _graduated(price.steps, ZERO, quantity)
            assert continues(price), (price, reached)
            return _graduated(price.steps, reached, EXACT.add(reached, quantity))
        case OneTime(amount) | Fixed(amount):
            return (_plain(ONE, amount),)
        case SeatBased():
            with localcontext(EXACT):
                return tuple(_seats(price, values))
        case _ if quantity <= 0:
            return ()
        case Linear(price_per_unit):
            return (_plain(quantity, price_per_unit),)
        case Package(size, price_per_package):
            return (_plain(_packages(quantity, size), price_per_package),)
        case Volume():
            return (_volume(price.steps, quantity, values),)
        case never:
            assert_never(never)


def costs(
    price: Price,
    quantities: Mapping[str, Decimal],
    values: Mapping[str, Values],
    reached: Mapping[str, Decimal],
) -> tuple[list[int], int]:
    """What each of several alone would pay: what the segments of ``rate`` come to, in their order.

    In whole numbers, and how many of those are 1. Who has no ``values`` or has ``reached`` nothing
    is left out there.
    """
    if not isinstance(price, Graduated):
        rated = (rate(price, units, values.get(who, ())) for who, units in quantities.items())
        return scaled([exact_sum([one.amount for one in segments]) for segments in rated])
    if not reached:
        return price.sums(*scaled(list(quantities.values())))
    begins = [reached.get(who, ZERO) for who in quantities]
    ends = map(EXACT.add, begins, quantities.values())
    sums, of_one = price.sums(*scaled([*begins, *ends]))
    return list(map(sub, sums[len(begins) :], sums)), of_one


def event_tier(price: Price, quantity: Decimal) -> Tier | None:
    """The tier that prices every event of ``quantity`` (above 0) by itself; None where none."""
    if not isinstance(price, Volume):
        return None
    tier = _reached(price.steps, quantity).tier
    return tier if tier.bounded else None


def _plain(quantity: Decimal, price: Decimal) -> Segment:
    return Segment(quantity, price, ZERO, EXACT.multiply(quantity, price))


def _packages(quantity: Decimal, size: Decimal) -> Decimal:
    whole, rest = EXACT.divmod(quantity, size)
    return EXACT.add(whole, ONE) if rest else whole


def _volume(steps: tuple[Step, ...], quantity: Decimal, values: Values) -> Segment:
    tier, lower, upper = _reached(steps, quantity)
    if not tier.bounded:
        amount = EXACT.fma(quantity, tier.price, tier.fee)
    else:
        assert values, (steps, quantity)
        priced = (EXACT.multiply(tier.price_of(value), Decimal(count)) for value, count in values)
        amount = EXACT.add(exact_sum(priced), tier.fee)
    return Segment(quantity, tier.price, tier.fee, amount, lower, upper)


def _reached(steps: tuple[Step, ...], quantity: Decimal) -> Step:
    for step in steps:
        if step.upper is None or quantity <= step.upper:
            return step
    raise AssertionError(steps)


def _graduated(steps: tuple[Step, ...], begin: Decimal, end: Decimal) -> tuple[Segment, ...]:
    """From where usage stood to where it stands; what it takes back has all signs turned."""
    grows = begin <= end
    low, high = (begin, end) if grows else (end, begin)
    low = max(low, ZERO)
    found = []
    for tier, lower, upper in steps:
        if high <= lower or low == high:
            break
        if upper is not None and upper <= low:
            continue
        entered = low <= lower
        start = lower if entered else low
        quantity = EXACT.subtract(high if upper is None else min(upper, high), start)
        fee = tier.fee if entered else ZERO
        if not grows:
            quantity, fee = EXACT.minus(quantity), EXACT.minus(fee)
        amount = EXACT.fma(quantity, tier.price, fee)
        found.append(Segment(quantity, tier.price, fee, amount, start, upper))
    return tuple(found)


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
