"""Minimums: what is paid for usage at least, however little is used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from catchment.core.values.money import Money, total


@dataclass(frozen=True, slots=True)
class Minimum:
    """``amount`` (major units) for a full cycle of the usage prices ``prices``.

    Of all usage prices where none is named.
    """

    id: str
    amount: Decimal
    prices: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        assert self.amount >= 0, self

    def covers(self, price_id: str) -> bool:
        """Whether what that price charges counts towards it."""
        return not self.prices or price_id in self.prices


def true_up(least: Money, nets: Iterable[Money]) -> Money:
    """What is missing to ``least``: nothing once ``nets``, net of discounts, reach it."""
    missing = least - total(nets, least.currency)
    return Money(max(missing.minor, 0), least.currency)
