"""What a price makes of a quantity: lines a second on one core, with the segments that explain."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial

from benchmarks.families.measuring import Figures
from catchment.core.terms.pricing import Graduated, Linear, Package, Price, Tier, Volume, rate
from catchment.core.values.money import Money

_LINES = 200_000
_ROUNDS = 3
_TIERS = (
    Tier(Decimal(50), Decimal("0.01")),
    Tier(Decimal(200), Decimal("0.008"), Decimal("0.5")),
    Tier(None, Decimal("0.005")),
)
PRICES: dict[str, Price] = {
    "per unit": Linear(Decimal("0.0123")),
    "package": Package(Decimal(100), Decimal("1.5")),
    "volume, 3 tiers": Volume(_TIERS),
    "graduated, 3 tiers": Graduated(_TIERS),
}


def rating() -> dict[str, Figures]:
    """Lines a second by price model, the best of a few rounds; each amount is checked."""
    quantities = [Decimal(number % 400) / 4 for number in range(1, _LINES + 1)]
    found = {}
    for name, price in PRICES.items():
        _check(price, quantities[:1_600])
        rounds = range(_ROUNDS)
        rated = min(_seconds(partial(rate, price), quantities) for _ in rounds)
        found[name] = {"lines/s": _LINES / rated, "µs a line": rated / _LINES * 1e6}
    rounds = range(_ROUNDS)
    rounded = min(_seconds(lambda q: Money.rounded(q, "EUR"), quantities) for _ in rounds)
    found["rounding a line"] = {"lines/s": _LINES / rounded, "µs a line": rounded / _LINES * 1e6}
    return found


def _seconds(make: Callable[[Decimal], object], quantities: list[Decimal]) -> float:
    begun = time.process_time()
    for quantity in quantities:
        make(quantity)
    return time.process_time() - begun


def _check(price: Price, quantities: list[Decimal]) -> None:
    """By fractions, which round nothing."""
    for quantity in quantities:
        amount = sum(Fraction(one.amount) for one in rate(price, quantity))
        assert amount == _exactly(price, Fraction(quantity)), (price, quantity)


def _exactly(price: Price, quantity: Fraction) -> Fraction:
    match price:
        case Linear(unit):
            return quantity * Fraction(unit)
        case Package(size, each):
            return -(-quantity // Fraction(size)) * Fraction(each)
        case Volume(tiers):
            tier = next(t for t in tiers if t.upper is None or quantity <= t.upper)
            return quantity * Fraction(tier.price) + Fraction(tier.fee)
        case Graduated(tiers):
            whole, lower = Fraction(0), Fraction(0)
            for tier in tiers:
                if quantity > lower:
                    upper = quantity if tier.upper is None else min(quantity, Fraction(tier.upper))
                    whole += (upper - lower) * Fraction(tier.price) + Fraction(tier.fee)
                    lower = upper
            return whole
        case _:
            raise AssertionError(price)
