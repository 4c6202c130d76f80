"""Money is whole minor units of one currency; prices, rates and quantities are Decimal.

The only way from a Decimal to Money is ``Money.rounded``, so that every rounding of money in
the product is one searchable word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import reduce
from math import lcm
from types import MappingProxyType
from typing import NamedTuple

EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
"""Room for every product and sum of amounts there is. Python's own 28 digits would round them."""

MAX_DECIMALS = 12
"""What rates and quantities carry at most."""

_UNITS = 10**MAX_DECIMALS
_LAST_DECIMAL = Decimal(1).scaleb(-MAX_DECIMALS)

UNROUNDED = Context(prec=20_000)
"""Room for weights, too: in the units that all of them are whole in they can be long."""

_WITHOUT_MINOR_UNIT = "CLP ISK JPY KRW"
_WITH_CENTS = """
    AED ARS AUD BGN BRL CAD CHF CNY COP CZK DKK EGP EUR GBP HKD ILS INR MXN NOK NZD PLN SAR SEK SGD
    THB USD UYU ZAR
"""
CURRENCIES: Mapping[str, int] = MappingProxyType(
    dict(
        sorted(
            [(c, 0) for c in _WITHOUT_MINOR_UNIT.split()] + [(c, 2) for c in _WITH_CENTS.split()]
        )
    )
)
"""Every currency a price can have, with its number of minor digits (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Money:
    """``minor`` minor units of ``currency``: cents for EUR, yen for JPY."""

    minor: int
    currency: str

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Money:
        """``amount`` major units, rounded half away from zero to a whole minor unit."""
        scaled = EXACT.scaleb(amount, CURRENCIES[currency])
        return cls(int(scaled.to_integral_value(ROUND_HALF_UP, EXACT)), currency)

    @property
    def decimal(self) -> Decimal:
        """The same in major units, exactly."""
        return EXACT.scaleb(Decimal(self.minor), -CURRENCIES[self.currency])

    def __add__(self, other: Money) -> Money:
        assert self.currency == other.currency, (self, other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)


class Taxed:
    """What comes to a net amount and its tax: a row of an invoice, a share, a whole invoice."""

    __slots__ = ()
    net: Money
    tax: Money

    @property
    def gross(self) -> Money:
        """What is to be paid."""
        return self.net + self.tax


class Amount(NamedTuple):
    """A net amount with its tax."""

    net: Money
    tax: Money

    @property
    def gross(self) -> Money:
        """What is to be paid."""
        return self.net + self.tax

    def plus(self, other: Amount | Taxed) -> Amount:
        """Both together."""
        return Amount(self.net + other.net, self.tax + other.tax)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of ``amounts``; an empty sum is zero ``currency``."""
    minor = 0
    for one in amounts:
        assert one.currency == currency, (one, currency)
        minor += one.minor
    return Money(minor, currency)


class Division(NamedTuple):
    """``amount`` shared by ``weights``, which are whole and in the proportions asked for.

    ``parts`` are minor units and add up to the amount: each is its exact part cut towards zero,
    and those at the places ``topped_up`` hold one of the units that this left over: one each of
    the largest remainders, earliest first.
    """

    amount: Money
    weights: Sequence[int]
    whole: int  # the sum of the weights
    parts: tuple[int, ...]

    @property
    def topped_up(self) -> frozenset[int]:
        size = abs(self.amount.minor)
        made = enumerate(zip(self.parts, self.weights, strict=True))
        return frozenset(i for i, (part, w) in made if abs(part) > size * w // self.whole)

    def exact(self, place: int) -> Fraction:
        """The part before it was rounded, in minor units."""
        return Fraction(self.amount.minor * self.weights[place], self.whole)


def divide(amount: Money, weights: Sequence[Decimal | int]) -> Division:
    """Share ``amount`` by ``weights`` (none negative, one above 0): the parts add up to it."""
    shares, _ = scaled(weights)
    return Division(amount, shares, sum(shares), parts_of(amount.minor, shares))


def parts_of(minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """The parts alone of such a division, by whole weights."""
    whole, size = sum(weights), abs(minor)
    assert whole > 0, weights
    assert min(weights) >= 0, weights
    parts = apportioned(size, weights, whole, size)
    return tuple(parts) if minor >= 0 else tuple([-part for part in parts])


def apportioned(factor: int, values: Sequence[int], divisor: int, whole: int) -> list[int]:
    """``values`` times ``factor / divisor`` (above 0), each cut down, adding up to ``whole``.

    The units that the cuts leave over go one each to the largest remainders, earliest first.
    """
    parts, remainders = [], []
    for value in values:
        part, remainder = divmod(factor * value, divisor)
        parts.append(part)
        remainders.append(remainder)
    left = whole - sum(parts)
    if left:
        by_size = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
        for place in by_size[:left]:
            parts[place] += 1
    return parts


def scaled(values: Sequence[Decimal | int]) -> tuple[list[int], int]:
    """``values`` as whole numbers of one unit, and how many of that unit are 1."""
    ratios = [one.as_integer_ratio() for one in values]
    shared = lcm(*[below for _, below in ratios])
    if shared == 1:
        return [above for above, _ in ratios], 1
    return [above * (shared // below) for above, below in ratios], shared


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """Add without rounding; an empty sum is 0."""
    return reduce(EXACT.add, values, Decimal(0))


def to_decimals(value: Decimal) -> Decimal:
    """``value`` with at most MAX_DECIMALS decimals, half away from zero: a figure to be shown."""
    return value.quantize(_LAST_DECIMAL, ROUND_HALF_UP, EXACT)


def quotient(dividend: Decimal, divisor: Decimal | int) -> Decimal:
    """``dividend / divisor`` to MAX_DECIMALS decimals, rounded once, half away from zero."""
    above, below = dividend.as_integer_ratio()
    divisor_above, divisor_below = divisor.as_integer_ratio()
    size, whole = abs(above * divisor_below * _UNITS), abs(below * divisor_above)
    units = (2 * size + whole) // (2 * whole)
    signed = -units if above * divisor_above < 0 else units
    return UNROUNDED.scaleb(Decimal(signed), -MAX_DECIMALS)


def decimal_text(value: Decimal) -> str:
    """Plain digits: no exponent, no trailing zeros, no negative zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def fraction_text(value: Fraction) -> str:
    """Plain digits where they say it exactly, else the fraction in lowest terms: ``1/3``."""
    rest = value.denominator
    twos = (rest & -rest).bit_length() - 1
    rest >>= twos
    fives = 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    digits = Decimal(value.numerator * 10**places // value.denominator)
    return decimal_text(digits.scaleb(-places, Context(prec=len(digits.as_tuple().digits) + 1)))


def money_text(money: Money) -> str:
    """Major units with all minor digits of the currency: ``10.00`` for EUR, ``10`` for JPY."""
    return format(money.decimal, "f")
