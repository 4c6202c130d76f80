"""Discounts: what of the charges of one cycle is not to be paid.

They apply in the order agreed, each to what those before it left, and take no charge below zero.
Whole minor units all the way: what is taken is rounded once, and a nominal amount is spread over
its charges without losing a cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from catchment.core.money import EXACT, Money, divide


class DiscountType(StrEnum):
    """A fraction of every charge, or an amount off all charges of a cycle together."""

    PERCENTAGE = "PERCENTAGE"
    NOMINAL = "NOMINAL"


class SeatDiscountType(StrEnum):
    """Which seats of a seat price are discounted. Kept and shown; no seats are priced yet."""

    INCLUDED_SEATS_ONLY = "INCLUDED_SEATS_ONLY"
    OVERAGE_SEATS_ONLY = "OVERAGE_SEATS_ONLY"
    ALL_SEATS = "ALL_SEATS"


@dataclass(frozen=True, slots=True)
class Discount:
    """``amount`` is a fraction from 0 to 1 (0.1 being 10 %), or major units where NOMINAL.

    It reduces the charges of ``prices``, of all prices where none is named. ``separate`` ones are
    lines of their own, called ``message``; others reduce the line of the charge itself.
    """

    id: str
    type: DiscountType
    amount: Decimal
    message: str
    separate: bool
    prices: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        assert self.amount >= 0, self
        assert self.type is DiscountType.NOMINAL or self.amount <= 1, self

    def covers(self, price_id: str) -> bool:
        """Whether it reduces what that price charges."""
        return not self.prices or price_id in self.prices


class Reduction(NamedTuple):
    """What a discount takes off the charge at a ``place``: ``taken`` of what was ``left``."""

    discount: Discount
    place: int
    left: Money
    taken: Money


def reductions(
    discounts: Iterable[Discount], charged: Sequence[tuple[str, Money]]
) -> tuple[Reduction, ...]:
    """What each discount takes off each charge that it covers, in the order they apply.

    ``charged`` are the charges of one cycle, each with the id of its price. Of a credit nothing is
    taken.
    """
    left = [net for _, net in charged]
    found: list[Reduction] = []
    for discount in discounts:
        covered = {
            place: left[place]
            for place, (price, _) in enumerate(charged)
            if left[place].minor > 0 and discount.covers(price)
        }
        for place, taken in _taken(discount, covered).items():
            found.append(Reduction(discount, place, left[place], taken))
            left[place] -= taken
    return tuple(found)


def _taken(discount: Discount, covered: Mapping[int, Money]) -> dict[int, Money]:
    if discount.type is DiscountType.PERCENTAGE:
        return {place: _fraction(net, discount.amount) for place, net in covered.items()}
    if not covered:
        return {}
    currency = next(iter(covered.values())).currency
    weights = [net.minor for net in covered.values()]
    agreed = Money.rounded(discount.amount, currency)
    spread = divide(Money(min(agreed.minor, sum(weights)), currency), weights)
    return {place: Money(part, currency) for place, part in zip(covered, spread.parts, strict=True)}


def _fraction(net: Money, fraction: Decimal) -> Money:
    return Money.rounded(EXACT.multiply(net.decimal, fraction), net.currency)
