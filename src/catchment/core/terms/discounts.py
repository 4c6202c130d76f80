"""Discounts: what of the charges of one cycle is not to be paid.

They apply in the order agreed, each to what those before it left, and take no charge below zero; of
what is given back they take a fraction, as they did when it was paid. Whole minor units all the
way: what is taken is rounded once, and a nominal amount is spread over its charges without losing a
cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from catchment.core.values.money import EXACT, Money, divide


class DiscountType(StrEnum):
    """A fraction of every charge, or an amount off all charges of a cycle together."""

    PERCENTAGE = "PERCENTAGE"
    NOMINAL = "NOMINAL"


class SeatDiscountType(StrEnum):
    """Which seats of a seat price are discounted: those contracted, those beyond them, or all."""

    INCLUDED_SEATS_ONLY = "INCLUDED_SEATS_ONLY"
    OVERAGE_SEATS_ONLY = "OVERAGE_SEATS_ONLY"
    ALL_SEATS = "ALL_SEATS"


@dataclass(frozen=True, slots=True)
class Discount:
    """``amount`` is a fraction from 0 to 1 (0.1 being 10 %), or major units where NOMINAL.

    It reduces the charges of ``prices``, of all prices where none is named; of seat prices only
    those ``seats``, None being all. ``separate`` ones are lines of their own, called ``message``;
    others reduce the line of the charge itself.
    """

    id: str
    type: DiscountType
    amount: Decimal
    message: str
    separate: bool
    prices: frozenset[str] = frozenset()
    seats: SeatDiscountType | None = None

    def __post_init__(self) -> None:
        assert self.amount >= 0, self
        assert self.type is DiscountType.NOMINAL or self.amount <= 1, self

    def covers(self, price_id: str) -> bool:
        """Whether it reduces what that price charges, or some of its seats."""
        return not self.prices or price_id in self.prices


class Charged(NamedTuple):
    """What the price ``price_id`` charges, due on a day; ``included`` is what of that contracted
    seats come to, None where no seats are charged.
    """

    price_id: str
    due_on: date
    net: Money
    included: Money | None = None


class Reduction(NamedTuple):
    """What a discount takes off the charge at a ``place``: ``taken`` of what was ``left``."""

    discount: Discount
    place: int
    left: Money
    taken: Money


def reductions(discounts: Iterable[Discount], charged: Sequence[Charged]) -> tuple[Reduction, ...]:
    """What each discount takes off each charge that it covers, in the order they apply.

    ``charged`` are the charges of one cycle. A nominal discount is of all of them together: on
    every day on which some fall due it takes what it may take of all that is due up to then, less
    what it took before.
    """
    left = [_parts(one) for one in charged]
    found: list[Reduction] = []
    for discount in discounts:
        covered = {
            place: [part for part in _covered(discount, parts) if parts[part].minor]
            for place, parts in enumerate(left)
            if discount.covers(charged[place].price_id)
        }
        nets = {
            place: _sum(left[place][part] for part in own) for place, own in covered.items() if own
        }
        for place, taken in _taken(discount, charged, nets).items():
            parts = left[place]
            found.append(Reduction(discount, place, _sum(parts), taken))
            spread = _spread(taken, [parts[part] for part in covered[place]])
            for part, less in zip(covered[place], spread, strict=True):
                parts[part] -= less
    return tuple(found)


def _parts(one: Charged) -> list[Money]:
    """A charge; of seats the included ones and the others."""
    return [one.net] if one.included is None else [one.included, one.net - one.included]


def _covered(discount: Discount, parts: Sequence[Money]) -> Iterable[int]:
    """The places of the parts of a charge that are discounted."""
    every = range(len(parts))
    match discount.seats:
        case SeatDiscountType.INCLUDED_SEATS_ONLY:
            return every[:1]
        case SeatDiscountType.OVERAGE_SEATS_ONLY:
            return every[-1:]
        case _:
            return every


def _taken(
    discount: Discount, charged: Sequence[Charged], nets: Mapping[int, Money]
) -> dict[int, Money]:
    """What is taken off each of the ``nets``, by place; none of them is zero."""
    if discount.type is DiscountType.PERCENTAGE:
        return {place: _fraction(net, discount.amount) for place, net in nets.items()}
    found: dict[int, Money] = {}
    so_far = before = 0
    for day in sorted({charged[place].due_on for place in nets}):
        due = {place: net for place, net in nets.items() if charged[place].due_on == day}
        so_far += _sum(due.values()).minor
        currency = charged[0].net.currency
        taken = min(Money.rounded(discount.amount, currency).minor, max(so_far, 0))
        spread = _spread(Money(taken - before, currency), list(due.values()))
        found |= zip(due, spread, strict=True)
        before = taken
    return found


def _spread(amount: Money, nets: Sequence[Money]) -> list[Money]:
    """``amount`` in proportion to those of the ``nets`` that have its sign."""
    sizes = [max(amount.minor * net.minor, 0) for net in nets]  # whose product is positive
    parts = divide(amount, sizes).parts if amount.minor else [0] * len(sizes)
    return [Money(part, amount.currency) for part in parts]


def _fraction(net: Money, fraction: Decimal) -> Money:
    return Money.rounded(EXACT.multiply(net.decimal, fraction), net.currency)


def _sum(amounts: Iterable[Money]) -> Money:
    """Of at least one."""
    first, *others = amounts
    return sum(others, start=first)
