"""Tiers: contiguous steps from zero, each with its own rate and flat fee."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from catchment.core.errors import FieldError, TiersInvalid
from catchment.core.money import EXACT, decimal_text, exact_sum


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
    """A tier with both its bounds: above ``lower`` up to and including ``upper``.

    Where every tier prices only the units inside it, all units up to a last one in this tier come
    to the ``intercept`` and the tier's price for each of them.
    """

    tier: Tier
    lower: Decimal
    upper: Decimal | None
    intercept: Decimal


def steps(tiers: tuple[Tier, ...]) -> tuple[Step, ...]:
    """The tiers in order, each beginning where the one before ends."""
    found: list[Step] = []
    lower = rate = intercept = Decimal(0)
    for tier in tiers:
        rise = EXACT.multiply(EXACT.subtract(rate, tier.price), lower)
        intercept = exact_sum((intercept, rise, tier.fee))
        found.append(Step(tier, lower, tier.upper, intercept))
        lower, rate = tier.upper or lower, tier.price
    return tuple(found)


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
