"""Exact numbers, and the one way in which they are rounded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,12})?")


def number(text: str | None) -> Fraction | None:
    """The number that a property says in plain digits, if it says one."""
    return Fraction(text) if text is not None and _NUMBER.fullmatch(text) else None


def rounded(value: Fraction, places: int) -> int:
    """In units of the last of ``places`` decimals, half away from zero."""
    scaled = abs(value) * 10**places
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return units if value >= 0 else -units


def to_twelve(value: Fraction) -> Fraction:
    """With the twelve decimals that quantities have at most."""
    return Fraction(rounded(value, 12), 10**12)


def decimals(value: Fraction, places: int) -> str:
    """Digits up to so many decimals, and no zeros behind them."""
    units = rounded(value, places)
    whole, rest = divmod(abs(units), 10**places)
    digits = f"{whole}.{rest:0{places}}".rstrip("0").rstrip(".")
    return f"-{digits}" if units < 0 else digits


def shared(amount: int, weights: Mapping[int, Fraction]) -> dict[int, int]:
    """Minor units by weight: whole ones first, those left over to the largest remainders.

    Of equal remainders the smaller key comes first.
    """
    whole = sum(weights.values())
    sign = -1 if amount < 0 else 1
    exact = {who: abs(amount) * weight / whole for who, weight in sorted(weights.items())}
    parts = {who: int(part) for who, part in exact.items()}
    left = abs(amount) - sum(parts.values())
    for who in sorted(exact, key=lambda one: (parts[one] - exact[one], one))[:left]:
        parts[who] += 1
    return {who: sign * part for who, part in parts.items()}


def spread(amount: int, over: Sequence[int | Fraction]) -> list[int]:
    """The same over places in order."""
    parts = shared(amount, {place: Fraction(size) for place, size in enumerate(over)})
    return [parts[place] for place in range(len(over))]
