"""The oracle: what a contract has to be billed, found by walking it as slowly as one likes.

It is written from the rules of billing and families alone and imports nothing of the product, so that the two can only
agree by both being right, or by misreading a rule alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from tests.oracle.calendars import Service, services
from tests.oracle.contracts import (
    MINOR_DIGITS,
    Bill,
    Contract,
    Customer,
    Discount,
    Invoice,
    InvoiceKey,
    Line,
    LineKey,
    Minimum,
    Phase,
    Price,
    Rate,
    Schedule,
)
from tests.oracle.numbers import rounded, shared, spread, text
from tests.oracle.pricing import cost
from tests.oracle.usage import NOTHING, Charged, Used, used

_Cycle = list[tuple[Price, Service]]
"""The prices of a phase that fall due together, for the same days."""


def bill(contract: Contract, until: date) -> Bill:
    """Every line and invoice that is due by the day ``until``."""
    charged = [
        Charged(schedule, phase, price, services(schedule, phase, price, until))
        for schedule in contract.schedules
        for phase in schedule.phases
        for price in phase.prices
    ]
    usage = used(contract, charged)
    lines: dict[LineKey, Line] = {}
    for schedule in contract.schedules:
        for phase in schedule.phases:
            own = [one for one in charged if one.schedule is schedule and one.phase is phase]
            for cycle in _cycles(own, until):
                for key, line in _Settled(contract, schedule, phase, cycle, usage).lines():
                    assert key not in lines, key
                    lines[key] = line
    return Bill(lines, _invoices(lines))


def _invoices(lines: Mapping[LineKey, Line]) -> dict[InvoiceKey, Invoice]:
    """All lines of one schedule that are due on one day are one invoice."""
    found: dict[InvoiceKey, Invoice] = {}
    for (schedule, _, _), line in lines.items():
        net, tax, count = found.get((schedule, line.due), (0, 0, 0))
        found[schedule, line.due] = Invoice(net + line.net, tax + line.tax, count + 1)
    return found


def _cycles(charged: Sequence[Charged], until: date) -> list[_Cycle]:
    """Those that are due by the day ``until``."""
    found: dict[tuple[str, str, date], _Cycle] = {}
    for one in charged:
        for service in (service for service in one.services if service.due <= until):
            cycle = found.setdefault((*one.price.cadence, service.start), [])
            cycle.append((one.price, service))
    return list(found.values())


class _Settled:
    """The charges of one cycle, and what discounts and minimums make of them."""

    def __init__(
        self,
        contract: Contract,
        schedule: Schedule,
        phase: Phase,
        cycle: _Cycle,
        usage: Mapping[LineKey, Used],
    ) -> None:
        self.schedule, self.phase, self.cycle = schedule, phase, cycle
        self.digits = MINOR_DIGITS[schedule.currency]
        self.payer, self.rates = contract.customers[schedule.customer], contract.rates
        self.used = {
            price.id: usage.get((schedule.id, price.id, service.start), NOTHING)
            for price, service in cycle
        }
        self.charged = {price.id: self.charge(price, service) for price, service in cycle}

    def charge(self, price: Price, service: Service) -> int:
        if price.metric is None:
            return self.prorated(price.amount, service)
        own = self.used[price.id]
        return rounded(cost(price, own.pooled, own.values), self.digits)

    def prorated(self, amount: str, service: Service) -> int:
        days = (service.end - service.start).days
        return rounded(Fraction(amount) * days / service.full_days, self.digits)

    def lines(self) -> Iterator[tuple[LineKey, Line]]:
        left, taken = dict(self.charged), {}
        for discount in self.phase.discounts:
            taken[discount.id] = self.off(discount, left)
            for price, amount in taken[discount.id].items():
                left[price] -= amount
        for price, service in self.cycle:
            net = self.charged[price.id]
            for discount in self.phase.discounts:
                if _covers(discount, price):
                    off = taken[discount.id].get(price.id, 0)
                    if discount.separate:
                        yield self.line(f"{discount.id} of {price.id}", price, service, -off)
                    else:
                        net -= off
            yield self.line(price.id, price, service, net, self.used[price.id])
        for minimum in self.phase.minimums:
            covered = [
                (price, service)
                for price, service in self.cycle
                if price.metric is not None and _covers(minimum, price)
            ]
            if covered:
                price, service = covered[0]
                there = sum(left[one.id] for one, _ in covered)
                missing = max(0, self.prorated(minimum.amount, service) - there)
                yield self.line(minimum.id, price, service, missing)

    def off(self, discount: Discount, left: Mapping[str, int]) -> dict[str, int]:
        """What a discount takes off what the charges of the cycle still come to."""
        covered = {
            p.id: left[p.id] for p, _ in self.cycle if _covers(discount, p) and left[p.id] > 0
        }
        if discount.type == "PERCENTAGE":
            fraction = Fraction(discount.amount)
            return {price: rounded(net * fraction, 0) for price, net in covered.items()}
        if not covered:
            return {}
        sizes = list(covered.values())
        whole = min(rounded(Fraction(discount.amount), self.digits), sum(sizes))
        return dict(zip(covered, spread(whole, sizes), strict=True))

    def line(
        self, what: str, price: Price, service: Service, net: int, used: Used | None = None
    ) -> tuple[LineKey, Line]:
        tax = rounded(net * self.tax_of(price), 0)
        if used is None:
            quantity = "1" if net else "0"
        else:
            quantity = "1" if price.metric is None else text(used.pooled)
        shares = None
        if self.schedule.rolls_up and price.metric is not None and used is not None:
            weights = {who: figure for who, figure in used.members.items() if figure > 0}
            shares = shared(net, weights) if used.pooled > 0 else {}
        key = self.schedule.id, what, service.start
        return key, Line(service.due, service.end, quantity, net, tax, shares)

    def tax_of(self, price: Price) -> Fraction:
        if self.payer.status != "TAXED":
            return Fraction(0)
        named = self.schedule.rates.get(price.id)
        found = [one for one in self.rates if one.name == named] or _nearest(
            self.rates, self.payer, price.category
        )
        return Fraction(found[0].fraction) if found else Fraction(0)


def _nearest(rates: Sequence[Rate], payer: Customer, category: str | None) -> list[Rate]:
    """The rates where the payer is: of the category before the general, of the region before the country."""
    for wanted in (category, None):
        for region in (payer.region, None):
            found = [
                one
                for one in rates
                if (one.country, one.region, one.category) == (payer.country, region, wanted)
            ]
            if found:
                return found
    return []


def _covers(of: Discount | Minimum, price: Price) -> bool:
    return not of.prices or price.id in of.prices
