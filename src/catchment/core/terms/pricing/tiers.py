"""Tiers: contiguous steps from zero, each with its own rate and flat fee."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple

from catchment.core.values.errors import FieldError, TiersInvalid
from catchment.core.values.money import EXACT, decimal_text, scaled


@dataclass(frozen=True, slots=True)
class Tier:
    """Units above the tier before, up to and including ``upper``; None has no end.

    ``price`` is for each unit, or where ``percentage`` a fraction of the usage (0.05 is 5 %).
    ``fee`` is due once where the tier is reached. ``min_price`` and ``max_price`` bound what a
    percentage comes to for each single event.
    """

    upper: Decimal | None
    price: Decimal
    fee: Decimal = Decimal(0)
    percentage: bool = False
    min_price: Decimal | None = None
    max_price: Decimal | None = None

    @property
    def bounded(self) -> bool:
        """Whether every event has to be priced by itself."""
        return self.min_price is not None or self.max_price is not None

    def price_of(self, value: Decimal) -> Decimal:
        """What one event of that value comes to, between the bounds."""
        amount = EXACT.multiply(value, self.price)
        if self.min_price is not None:
            amount = max(amount, self.min_price)
        if self.max_price is not None:
            amount = min(amount, self.max_price)
        return amount


class Step(NamedTuple):
    """A tier with both its bounds: above ``lower`` up to and including ``upper``."""

    tier: Tier
    lower: Decimal
    upper: Decimal | None


def steps(tiers: tuple[Tier, ...]) -> tuple[Step, ...]:
    """The tiers in order, each beginning where the one before ends."""
    lowers = [Decimal(0), *[tier.upper or Decimal(0) for tier in tiers]]
    return tuple(
        [Step(tier, lower, tier.upper) for tier, lower in zip(tiers, lowers, strict=False)]
    )


class Sums:
    """What graduated units come to in all, in whole numbers: quickly for many quantities.

    All units up to a last one in some tier come to that tier's price for each of them and an
    intercept: the fees so far, and what the tiers below charge more or less.
    """

    __slots__ = ("_of_one", "_steps")

    def __init__(self, tiers: tuple[Tier, ...]) -> None:
        prices, fees = [one.price for one in tiers], [one.fee for one in tiers]
        uppers = [one.upper for one in tiers if one.upper is not None]
        whole, of_one = scaled([*prices, *fees, *uppers])
        count, lower, before, intercept = len(tiers), 0, 0, 0
        found: list[tuple[int | None, int, int]] = []
        for price, fee, upper in zip_longest(
            whole[:count], whole[count : 2 * count], whole[2 * count :]
        ):
            intercept += (before - price) * lower + fee * of_one
            found.append((upper, price * of_one, intercept))
            lower, before = upper, price
        self._steps, self._of_one = found, of_one

    def __call__(self, units: Iterable[int], of_one: int) -> tuple[list[int], int]:
        """What each of several quantities comes to, from the first unit on.

        Both are whole numbers, and so many of them are 1.
        """
        steps = [
            (None if upper is None else upper * of_one, price, intercept * of_one)
            for upper, price, intercept in self._steps
        ]
        found = []
        for one in units:
            amount, place = 0, one * self._of_one
            if place > 0:
                for upper, price, intercept in steps:
                    if upper is None or place <= upper:
                        amount = price * one + intercept
                        break
            found.append(amount)
        return found, self._of_one**2 * of_one


def check_steps(tiers: tuple[Tier, ...]) -> None:
    """Raises TiersInvalid unless the tiers rise from zero and only the last has no upper bound.

    Its pointers lead into the structure: ``/tiers/1/upperBound``.
    """
    if not tiers:
        raise _refusal([("/tiers", "At least one tier is needed.")])
    wrong: list[tuple[str, str]] = []
    lower = Decimal(0)
    for index, tier in enumerate(tiers):
        pointer = f"/tiers/{index}/upperBound"
        if index == len(tiers) - 1:
            if tier.upper is not None:
                wrong.append((pointer, "The last tier must have no upper bound."))
        elif tier.upper is None:
            wrong.append((pointer, "Only the last tier can have no upper bound."))
        else:
            if tier.upper <= lower:
                wrong.append((pointer, f"Must be above {decimal_text(lower)}."))
            lower = tier.upper
    if wrong:
        raise _refusal(wrong)


def check_bounds(tiers: tuple[Tier, ...], *, allowed: bool) -> None:
    """Raises TiersInvalid where a price for each event is bounded and cannot be, or wrongly."""
    wrong: list[tuple[str, str]] = []
    for index, tier in enumerate(tiers):
        for name, bound in (("minPrice", tier.min_price), ("maxPrice", tier.max_price)):
            pointer = f"/tiers/{index}/{name}"
            if bound is not None and not (allowed and tier.percentage):
                wrong.append((pointer, "Only a volume tier with a percentage can be bounded."))
        if (
            tier.min_price is not None
            and tier.max_price is not None
            and tier.min_price > tier.max_price
        ):
            wrong.append((f"/tiers/{index}/maxPrice", "Must not be below minPrice."))
    if wrong:
        raise _refusal(wrong)


def _refusal(wrong: list[tuple[str, str]]) -> TiersInvalid:
    errors = tuple(FieldError(pointer, TiersInvalid.code, message) for pointer, message in wrong)
    return TiersInvalid(wrong[0][1], errors=errors)
