"""The oracle: what a contract has to be billed, found by walking it as slowly as one likes.

It is written from the rules of billing and families alone and imports nothing of the product, so that the two can only
agree by both being right, or by misreading a rule alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from tests.oracle.calendars import Service, services
from tests.oracle.contracts import (
    MINOR_DIGITS,
    NEVER,
    Bill,
    Contract,
    Customer,
    Discount,
    Invoice,
    InvoiceKey,
    Line,
    LineKey,
    Minimum,
    Price,
    Rate,
    Schedule,
    price_of,
)
from tests.oracle.numbers import decimals, rounded, shared, spread
from tests.oracle.payers import invoice_of
from tests.oracle.pricing import cost
from tests.oracle.seats import seat_cost, seats
from tests.oracle.usage import NOTHING, Charged, Used, key_of, used

_Cycle = list[tuple[Charged, Service]]
"""The charges of a phase for one cycle of prices of one frequency."""


def bill(contract: Contract, until: date) -> Bill:
    """Every line and invoice that is due by the day ``until``."""
    contract = as_agreed(contract)
    charged, usage = measured(contract, until)
    lines: dict[LineKey, Line] = {}
    for schedule in contract.schedules:
        for phase in schedule.phases:
            own = [one for one in charged if one.schedule is schedule and one.phase is phase]
            for cycle in _cycles(own, until, usage):
                for key, line in _Settled(contract, cycle, usage).lines():
                    assert key not in lines, key
                    lines[key] = line
    return Bill(lines, invoices(lines))


def as_agreed(contract: Contract) -> Contract:
    """The contract as it came to be.

    A schedule that was cancelled is one that had been agreed to end then. One that was suspended for a time has been
    billed in the end as if it had not. So has one whose milestones had been known from the start; before one that is
    never reached it stays until it ends.
    """
    schedules = (
        _ending(one, one.cancelled[1]) if one.cancelled else _waiting(one)
        for one in contract.schedules
    )
    return replace(contract, schedules=tuple(schedules))


def _waiting(schedule: Schedule) -> Schedule:
    for place, phase in enumerate(schedule.phases):
        if phase.milestone == NEVER:
            end = None if phase is schedule.phases[-1] else schedule.end
            last = replace(phase, end=end)
            return replace(schedule, phases=(*schedule.phases[:place], last))
    return schedule


def measured(contract: Contract, until: date) -> tuple[list[Charged], dict[LineKey, Used]]:
    """All that is charged, and what was used on each line.

    What is due by ``until`` may be for a year from then on, in which others have usage, too.
    """
    last = until + timedelta(days=366)
    charged = [
        Charged(schedule, phase, price, services(schedule, phase, price, last))
        for schedule in contract.schedules
        for phase in schedule.phases
        for price in phase.prices
    ]
    usage = used(contract, charged) | seats(contract, charged)
    return [one._replace(services=_services(one, usage)) for one in charged], usage


def _services(one: Charged, usage: Mapping[LineKey, Used]) -> Sequence[Service]:
    """Of a price per event one for each event of a day, in their order."""
    if not one.price.per_event:
        return one.services
    found = []
    for service in one.services:
        own = key_of(one, service)
        parts = [
            what.partition(" ")[2]
            for schedule, what, day in usage
            if (schedule, price_of(what), day) == own and what != own[1]
        ]
        found += [service._replace(part=part) for part in parts]
    return found


def used_before(one: Charged, service: Service, usage: Mapping[LineKey, Used]) -> Fraction:
    """What the same price was used before a service, since its tiers began."""
    earlier = (
        usage.get(key_of(one, other), NOTHING).pooled
        for other in one.services[: one.services.index(service)]
        if service.since is not None and service.since <= other.start
    )
    return sum(earlier, Fraction(0))


def _ending(schedule: Schedule, last: date) -> Schedule:
    phases = [phase for phase in schedule.phases if phase.start <= last]
    ends = [last if phase.end is None else min(phase.end, last) for phase in phases]
    kept = (replace(phase, end=end) for phase, end in zip(phases, ends, strict=True))
    return replace(schedule, phases=tuple(kept))


def invoices(lines: Mapping[LineKey, Line]) -> dict[InvoiceKey, Invoice]:
    """All lines that are on one of them."""
    found: dict[InvoiceKey, Invoice] = {}
    for line in lines.values():
        net, tax, count = found.get(line.invoice, (0, 0, 0))
        found[line.invoice] = Invoice(net + line.net, tax + line.tax, count + 1)
    return found


def _cycles(charged: Sequence[Charged], until: date, usage: Mapping[LineKey, Used]) -> list[_Cycle]:
    """What is due by the day ``until``: as it falls due, then in the order of the prices."""
    found: dict[object, _Cycle] = {}
    for one in charged:
        for service in (service for service in one.services if service.due <= until):
            if one.price.on_demand and key_of(one, service) not in usage:
                continue
            found.setdefault((one.price.frequency, service.cycle), []).append((one, service))
    return [sorted(own, key=lambda pair: pair[1].due) for own in found.values()]


class _Settled:
    """The charges of one cycle by their places, and what discounts and minimums make of them."""

    def __init__(self, contract: Contract, cycle: _Cycle, usage: Mapping[LineKey, Used]) -> None:
        self.schedule, self.phase = cycle[0][0].schedule, cycle[0][0].phase
        self.digits = MINOR_DIGITS[self.schedule.currency]
        self.contract = contract
        self.cycle, self.usage = cycle, usage
        self.charged = [self.charge(one, service) for one, service in cycle]

    def charge(self, one: Charged, service: Service) -> int:
        own = self.usage.get(key_of(one, service), NOTHING)
        if one.price.metric is None:
            return self.prorated(one.price.amount, service)
        if one.price.model == "SEAT_BASED":
            return rounded(seat_cost(one.price, service, own.daily)[0], self.digits)
        before = used_before(one, service, self.usage)
        return rounded(cost(one.price, own.pooled, own.events, before), self.digits)

    def prorated(self, amount: str, service: Service) -> int:
        return rounded(Fraction(amount) * service.days / service.cycle_days, self.digits)

    def lines(self) -> Iterator[tuple[LineKey, Line]]:
        left, taken = list(self.charged), {}
        for discount in self.phase.discounts:
            taken[discount.id] = self.off(discount, left)
            left = [net - off for net, off in zip(left, taken[discount.id], strict=True)]
        for place, (one, service) in enumerate(self.cycle):
            net = self.charged[place]
            for discount in self.phase.discounts:
                off = taken[discount.id][place]
                if discount.separate and _covers(discount, one.price):
                    yield self.beside(f"{discount.id} of {one.price.id}", one, service, -off)
                elif not discount.separate:
                    net -= off
            yield self.line(one, service, net)
        for minimum in self.phase.minimums:
            covered = [
                place
                for place, (one, _) in enumerate(self.cycle)
                if one.price.is_usage and _covers(minimum, one.price)
            ]
            if covered:
                one, first = self.cycle[covered[0]]
                service = first._replace(end=max(self.cycle[place][1].end for place in covered))
                there = sum(left[place] for place in covered)
                missing = max(0, self.prorated(minimum.amount, service) - there)
                yield self.beside(minimum.id, one, service, missing)

    def off(self, discount: Discount, left: Sequence[int]) -> list[int]:
        """What a discount takes off what each charge of the cycle still comes to.

        A nominal one is taken once: off what falls due first, then off what falls due later.
        """
        covered = [
            net if _covers(discount, one.price) else 0
            for net, (one, _) in zip(left, self.cycle, strict=True)
        ]
        if discount.type == "PERCENTAGE":
            return [rounded(net * Fraction(discount.amount), 0) for net in covered]
        amount = rounded(Fraction(discount.amount), self.digits)
        found: list[int] = []
        while len(found) < len(covered):  # one day after the other
            due = self.cycle[len(found)][1].due
            today = [n for n, (_, service) in enumerate(self.cycle) if service.due == due]
            taken = min(amount, max(0, sum(covered[: today[-1] + 1]))) - sum(found)
            sizes = [max(0, covered[n] if taken > 0 else -covered[n]) for n in today]
            found += spread(taken, sizes) if taken else [0] * len(today)
        return found

    def line(self, one: Charged, service: Service, net: int) -> tuple[LineKey, Line]:
        """The line of a charge, less the discounts within it."""
        own = self.usage.get(key_of(one, service), NOTHING)
        quantity, shares = Fraction(1), None
        if one.price.model == "SEAT_BASED":
            quantity = seat_cost(one.price, service, own.daily)[1]
        elif one.price.is_usage:
            quantity = own.pooled
        if self.schedule.rolls_up and one.price.metric is not None:
            shares = self.shares(one, service, own, net)
        key = key_of(one, service)
        return key, self.taxed(one, service, self.shown(one.price, quantity), net, shares)

    def taxed(
        self,
        one: Charged,
        service: Service,
        quantity: str,
        net: int,
        shares: Mapping[int, int] | None,
    ) -> Line:
        invoice = invoice_of(self.contract, self.schedule, service)
        if invoice.payer != self.schedule.customer and shares is None:
            shares = {self.schedule.customer: net}
        if shares is not None:
            shares = {who: part for who, part in shares.items() if part}
        rate = self.tax_of(one.price, self.contract.customers[invoice.payer])
        return Line(invoice, service.end, quantity, net, rate, rounded(net * rate, 0), shares)

    @staticmethod
    def shown(price: Price, quantity: Fraction) -> str:
        """All digits; of seats nine decimals, since their averages are rounded tier by tier."""
        return decimals(quantity, 9 if price.model == "SEAT_BASED" else 12)

    def shares(self, one: Charged, service: Service, own: Used, net: int) -> dict[int, int]:
        """By quantity, as far as that has the sign of what all used together."""
        sign = -1 if own.pooled < 0 else 1
        weights = {who: sign * figure for who, figure in own.members.items() if sign * figure > 0}
        if one.price.model == "SEAT_BASED":
            charged = seat_cost(one.price, service, own.daily)
            if not weights and own.members:  # a minimum is the payer's
                payer = self.schedule.customer
                weights = {payer if payer in own.members else min(own.members): Fraction(1)}
            return shared(net, weights) if any(charged) else {}
        before = used_before(one, service, self.usage)
        moves = max(before, Fraction(0)) != max(before + own.pooled, Fraction(0))
        return shared(net, weights) if moves and weights else {}

    def beside(self, what: str, one: Charged, service: Service, net: int) -> tuple[LineKey, Line]:
        """A line that stands beside that of a price, and is taxed like it."""
        key = self.schedule.id, f"{what} {service.part}".strip(), service.start
        line = self.taxed(one, service, "1" if net else "0", net, None)
        return key, line._replace(shares=None)

    def tax_of(self, price: Price, payer: Customer) -> Fraction:
        if payer.status != "TAXED":
            return Fraction(0)
        named = self.schedule.rates.get(price.id)
        rates = self.contract.rates
        found = [one for one in rates if one.name == named] or _nearest(
            rates, payer, price.category
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
