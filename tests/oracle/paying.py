"""What credits pay of one invoice, charge by charge, and what that takes off its tax.

What an invoice gives back is taken off first, where tax is the same before elsewhere; so neither a grant nor a charge
nor the invoice falls below zero. Amounts are in minor units.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.contracts import LineKey, Metric, Schedule
from tests.oracle.numbers import rounded, spread


@dataclass(eq=False)
class Payable:
    """A charge with the discounts that stand beside it, or what is missing to a minimum; less what is paid already.

    ``line`` is the first of its lines. A minimum is of no ``price``. One that is ``late`` adjusts an earlier line.
    """

    line: LineKey
    schedule: Schedule
    price: str | None
    metric: Metric | None
    quantity: Fraction
    net: int
    tax: int
    rate: Fraction
    late: bool

    def take_off(self, net: int) -> int:
        """Leave so much less, and tell what tax that takes off: none is left on nothing."""
        before = self.tax
        self.net -= net
        self.tax = min(before, rounded(self.net * self.rate, 0))
        return before - self.tax


class Purse(NamedTuple):
    """What is left of a grant in its own unit, major ones of money, and what it may pay."""

    grant: str
    in_units: bool
    left: Fraction
    covered: Collection[Payable]


class Draw(NamedTuple):
    """What a grant pays: ``amount`` is in its own unit, and what it takes off net and tax is in minor ones."""

    grant: str
    paid: Payable
    amount: Fraction
    net: int
    tax: int


def pay(payables: Sequence[Payable], purses: Sequence[Purse], digits: int) -> Iterator[Draw]:
    """What every grant in its turn pays of an invoice, whose tax does not fall below zero either."""
    whole = max(0, sum(one.tax for one in payables))
    _give_back(payables, whole)
    for purse in purses:
        there = [one for one in payables if one.net > 0 and one in purse.covered]
        parts = _units(purse, there) if purse.in_units else _money(purse, there, digits)
        for one, amount, net in parts:
            tax = min(one.take_off(net), whole)
            whole -= tax
            yield Draw(purse.grant, one, amount, net, tax)


def _units(purse: Purse, there: Sequence[Payable]) -> Iterator[tuple[Payable, Fraction, int]]:
    """One charge after the other; a unit is worth what one of the charge comes to."""
    left = purse.left
    for one in there:
        units = min(left, one.quantity)
        if units > 0:
            net = rounded(one.net * units / one.quantity, 0)
            one.quantity -= units
            left -= units
            yield one, units, net


def _money(
    purse: Purse, there: Sequence[Payable], digits: int
) -> Iterator[tuple[Payable, Fraction, int]]:
    """All in proportion."""
    for one, part in _in_proportion(rounded(purse.left, digits), there):
        yield one, Fraction(part, 10**digits), part


def _in_proportion(amount: int, over: Sequence[Payable]) -> list[tuple[Payable, int]]:
    """Those that get something of an amount, or of all there is to be paid if that is less."""
    unpaid = [one for one in over if one.net > 0]
    sizes = [one.net for one in unpaid]
    amount = min(amount, sum(sizes))
    if not amount:
        return []
    parts = zip(unpaid, spread(amount, sizes), strict=True)
    return [(one, part) for one, part in parts if part]


def _give_back(payables: Sequence[Payable], whole: int) -> None:
    """Take off what is below zero, and let what is left to be paid owe the ``whole`` tax together."""
    owing = [one for one in payables if one.net > 0]
    for one in owing:
        one.tax = max(one.tax, 0)
    for back in [one for one in payables if one.net < 0]:
        given = -back.net
        for among in ([one for one in owing if one.rate == back.rate], owing):
            for one, part in _in_proportion(given, among):
                one.take_off(part)
                given -= part
    unpaid = [one for one in owing if one.net > 0]
    missing = whole - sum(one.tax for one in unpaid)
    taxed = [one for one in unpaid if one.rate] or unpaid
    if missing and taxed:
        weights = [one.net * (one.rate or Fraction(1)) for one in taxed]
        for one, part in zip(taxed, spread(missing, weights), strict=True):
            one.tax = max(0, one.tax + part)
            one.rate = Fraction(one.tax, one.net)
