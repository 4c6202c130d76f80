"""What credits pay of an invoice: its charges and the grants there are in, draws out.

Charges stand as discounts and minimums have left them. Grants in units come first, then money;
among those the soonest to expire, then the oldest. A draw takes at most what is left of its grant
and of what it pays, so no grant and no charge falls below zero, and neither does an invoice: what
it gives back to the customer is taken off before anything is paid.

A unit is worth what a unit of its charge comes to: all usage has been through the tiers by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.credits import CreditUnit, Grant
from catchment.core.terms.taxes import tax_on
from catchment.core.values.money import EXACT, Amount, Money, divide
from catchment.core.values.period import Period


@dataclass(frozen=True, slots=True)
class Payable:
    """A charge with its discounts, or what is missing to a minimum; ``place`` tells it apart.

    ``customer`` is that of the schedule that charges it. ``quantity`` is what a metric measured.
    ``fraction`` is its tax rate. What gives something back has a ``net`` below zero.
    """

    place: int
    customer: CustomerId
    schedule_id: str
    price_id: str
    metric_id: str | None
    service: Period
    quantity: Decimal
    net: Money
    tax: Money
    fraction: Decimal


class Available(NamedTuple):
    """A grant and what is left of it, in its own unit."""

    grant: Grant
    rest: Decimal


class Draw(NamedTuple):
    """What a grant pays of the charge at ``place``: ``net`` of what was left ``before``.

    ``amount`` is what that takes from the grant, in its own unit. ``tax`` is what it takes off the
    charge's tax: nothing is left of that once nothing is left of the charge, nor of the invoice's
    once nothing is left of that.
    """

    grant: Grant
    place: int
    amount: Decimal
    before: Money
    net: Money
    tax: Money


def owed(payables: Sequence[Payable]) -> dict[int, Amount]:
    """What is to be paid of each charge before any credit pays, by its place.

    What the invoice gives back is taken off. Together they owe the tax of the invoice.
    """
    return {one.charge.place: Amount(one.net, one.tax) for one in _open(payables)}


def drawn(
    payables: Sequence[Payable], available: Iterable[Available], payer: CustomerId
) -> tuple[Draw, ...]:
    """What grants pay of an invoice to ``payer``, in the order in which they do.

    A charge is paid by grants of the customer whose schedule makes it, then by those of who is
    invoiced.
    """
    open_charges = _open(payables)
    found: list[Draw] = []
    for grant, rest in sorted(available, key=lambda one: _turn(one.grant, payer)):
        covered = [one for one in open_charges if _covers(grant, one.charge, payer)]
        if grant.unit is CreditUnit.METRIC:
            found += _units(grant, rest, covered)
        else:
            found += _money(grant, rest, covered)
    return tuple(_within(found, sum(one.tax.minor for one in payables)))


@dataclass(slots=True)
class _Open:
    """What is still to be paid of a charge."""

    charge: Payable
    net: Money
    tax: Money
    quantity: Decimal
    rate: Decimal | Fraction

    def pay(self, grant: Grant, amount: Decimal, net: Money) -> Draw:
        """Pay ``net`` by ``amount`` of the grant."""
        before, tax = self.net, self.tax
        self.take_off(net)
        return Draw(grant, self.charge.place, amount, before, net, tax - self.tax)

    def take_off(self, net: Money) -> None:
        """Leave so much less, with the tax on that."""
        self.net -= net
        due = tax_on(self.net, self.rate).minor
        self.tax = Money(min(due, self.tax.minor), net.currency)

    def owe(self, more: int) -> None:
        """Owe so many minor units more in tax, or less, in proportion to what is left."""
        self.tax = Money(max(self.tax.minor + more, 0), self.tax.currency)
        self.rate = Fraction(self.tax.minor, self.net.minor)


def _turn(grant: Grant, payer: CustomerId) -> tuple[object, ...]:
    return (
        grant.unit is not CreditUnit.METRIC,
        grant.customer == payer,
        grant.expiry or date.max,
        grant.effective,
        grant.created_at,
        grant.id,
    )


def _covers(grant: Grant, charge: Payable, payer: CustomerId) -> bool:
    if grant.unit is CreditUnit.METRIC:
        counted = grant.metric_id == charge.metric_id
    else:
        counted = grant.currency == charge.net.currency
    return (
        counted
        and grant.customer in {charge.customer, payer}
        and grant.schedule_id in {None, charge.schedule_id}
        and (not grant.prices or charge.price_id in grant.prices)
        and grant.in_force(charge.service)
    )


def _open(payables: Sequence[Payable]) -> list[_Open]:
    """What is to be paid: what an invoice gives back is taken off, first where tax is the same."""
    found = [
        _Open(
            one, one.net, Money(max(one.tax.minor, 0), one.tax.currency), one.quantity, one.fraction
        )
        for one in payables
        if one.net.minor > 0
    ]
    for back in (one for one in payables if one.net.minor < 0):
        given = -back.net
        alike = [one for one in found if one.charge.fraction == back.fraction]
        for among in (alike, found):
            for one, part in _spread(given, among):
                one.take_off(part)
                given -= part
    _settle_tax(found, max(sum(one.tax.minor for one in payables), 0))
    return found


def _settle_tax(found: Iterable[_Open], whole: int) -> None:
    """Let all owe together the ``whole`` tax of the invoice, in minor units.

    What was given back at another rate, or rounded by itself, left them with more or less. Who is
    taxed at all owes that, if there is anybody.
    """
    unpaid = [one for one in found if one.net.minor > 0]
    owing = [one for one in unpaid if one.charge.fraction] or unpaid
    missing = whole - sum(one.tax.minor for one in unpaid)
    if owing and missing:
        weights = [
            EXACT.multiply(one.net.decimal, one.charge.fraction or Decimal(1)) for one in owing
        ]
        spread = divide(Money(missing, owing[0].tax.currency), weights)
        for one, part in zip(owing, spread.parts, strict=True):
            one.owe(part)


def _within(draws: Iterable[Draw], room: int) -> Iterator[Draw]:
    """The draws, which together take off no more than ``room`` minor units of tax."""
    for draw in draws:
        tax = min(draw.tax.minor, max(room, 0))
        room -= tax
        yield draw._replace(tax=Money(tax, draw.tax.currency))


def _money(grant: Grant, rest: Decimal, covered: Sequence[_Open]) -> Iterator[Draw]:
    """All charges are paid alike: so nobody's share of them is paid before another's."""
    for one, part in _spread(Money.rounded(rest, grant.currency), covered):
        if part.minor:
            yield one.pay(grant, part.decimal, part)


def _units(grant: Grant, rest: Decimal, covered: Sequence[_Open]) -> Iterator[Draw]:
    """One charge after the other; what costs nothing uses up no credit."""
    for one in covered:
        units = min(rest, one.quantity)
        if units <= 0 or one.net.minor <= 0:
            continue
        worth = EXACT.divide(EXACT.multiply(one.net.decimal, units), one.quantity)
        net = one.net if units == one.quantity else Money.rounded(worth, one.net.currency)
        one.quantity = EXACT.subtract(one.quantity, units)
        rest = EXACT.subtract(rest, units)
        yield one.pay(grant, units, net)


def _spread(amount: Money, among: Sequence[_Open]) -> Iterator[tuple[_Open, Money]]:
    """``amount``, or all that is to be paid if that is less, in proportion to what is."""
    unpaid = [one for one in among if one.net.minor > 0]
    if not unpaid or amount.minor <= 0:
        return
    weights = [one.net.minor for one in unpaid]
    spread = divide(Money(min(amount.minor, sum(weights)), amount.currency), weights)
    for one, part in zip(unpaid, spread.parts, strict=True):
        yield one, Money(part, amount.currency)
