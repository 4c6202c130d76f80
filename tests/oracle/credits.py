"""What customers have in advance, and what of every invoice that pays.

Invoices are paid one after the other, by the days on which they fall due, and whoever draws from a grant leaves less to
those that come later. A draft holds what it draws; a final invoice has taken it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.oracle.calendars import DAY, services
from tests.oracle.contracts import (
    MINOR_DIGITS,
    Account,
    Contract,
    InvoiceKey,
    Line,
    LineKey,
    Metric,
    Phase,
    PhaseGrant,
    Price,
    Schedule,
)
from tests.oracle.numbers import decimals
from tests.oracle.payables import payables
from tests.oracle.paying import Draw, Payable, Purse, pay


@dataclass
class _Given:
    """A grant: it pays for days from ``first`` to ``last``, both included. That of a phase pays its schedule alone."""

    customer: int
    amount: Fraction
    currency: str
    metric: Metric | None
    first: date
    last: date | None
    schedule: str | None = None
    prices: frozenset[str] = frozenset()
    taken_back: bool = False

    def pays(self, one: Payable, invoice: _Invoice) -> bool:
        counted = self.metric == one.metric if self.metric else self.currency == invoice.currency
        until = invoice.lines[one.line].until
        return (
            counted
            and self.customer in {one.schedule.customer, invoice.key.payer}
            and self.schedule in {None, one.schedule.id}
            and (not self.prices or one.price in self.prices)
            and self.first < until
            and (self.last is None or one.line[2] <= self.last)
        )


@dataclass
class _Invoice:
    """What a run has drafted, without its credits; and what those draw."""

    key: InvoiceKey
    currency: str
    is_final: bool
    lines: dict[LineKey, Line]
    draws: list[Draw]


class Credits:
    """All grants of a contract by name, in the order in which they were made, and all invoices."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.schedules = {one.id: one for one in contract.schedules}
        self.given: dict[str, _Given] = {}
        self.invoices: list[_Invoice] = []

    def before(self, place: int) -> None:
        """Grant and take back what is before a run; other drafts of the customer are paid anew."""
        for one in self.contract.grants:
            if one.come == place:
                self.given[one.id] = _Given(
                    one.customer,
                    Fraction(one.amount),
                    one.currency,
                    one.metric,
                    one.first,
                    one.last,
                )
                self._pay_drafts(one.customer)
        for one in self.contract.grants:
            if one.taken_back == place:
                self.given[one.id].taken_back = True
                self._pay_drafts(one.customer)

    def bill(self, lines: Mapping[LineKey, Line], day: date) -> None:
        """Pay the invoices of a run, once phases have granted what they grant by its day."""
        for schedule in self.contract.schedules:
            for phase in schedule.phases:
                for one in phase.grants:
                    self._grant_by_phase(schedule, phase, one, day)
        found: dict[InvoiceKey, _Invoice] = {}
        for key, line in lines.items():
            host = self.schedules[line.invoice.schedule]
            made = _Invoice(line.invoice, host.currency, host.issues, {}, [])
            found.setdefault(line.invoice, made).lines[key] = line
        in_order = sorted(found.values(), key=lambda one: (one.key.due, one.key))
        self.invoices += in_order
        self._pay(in_order)

    def void(self, key: InvoiceKey | None) -> None:
        """Give back what an invoice has taken."""
        self.invoices = [one for one in self.invoices if one.key != key]

    def lines(self) -> Iterator[tuple[LineKey, Line]]:
        """One for each charge that a grant pays, taxed like that."""
        for invoice in self.invoices:
            for grant, paid, amount, net, tax in invoice.draws:
                schedule, what, start = paid.line
                what = what.partition(" adjusted ")[0]
                late = f" late on {invoice.key.due}" if paid.late else ""
                quantity = decimals(-amount, 12) if self.given[grant].metric else "1"
                was = invoice.lines[paid.line]
                line = Line(invoice.key, was.until, quantity, -net, was.rate, -tax, None)
                yield (schedule, f"{grant} pays {what}{late}", start), line

    def accounts(self) -> dict[str, Account]:
        """What became of each grant; what a draft holds is still left."""
        found = {}
        for name, one in self.given.items():
            final = [invoice for invoice in self.invoices if invoice.is_final]
            applied = _drawn(name, final)
            left = Fraction(0) if one.taken_back else one.amount - applied
            figures = (one.amount, applied, one.amount - applied - left, left)
            found[name] = Account(*(decimals(figure, 12) for figure in figures))
        return found

    def _grant_by_phase(self, schedule: Schedule, phase: Phase, one: PhaseGrant, day: date) -> None:
        for first, last in _refreshed(schedule, phase, one, day):
            made = _Given(
                schedule.customer,
                Fraction(one.amount),
                schedule.currency,
                one.metric,
                first,
                last,
                schedule.id,
                one.prices,
            )
            self.given.setdefault(f"{one.id} {first}", made)

    def _pay_drafts(self, customer: int) -> None:
        """Those to a customer, or with lines of its schedules."""
        concerned = [
            one
            for one in self.invoices
            if not one.is_final
            and customer
            in {one.key.payer, *(self.schedules[id].customer for id, _, _ in one.lines)}
        ]
        self._pay(sorted(concerned, key=lambda one: one.key.due))

    def _pay(self, invoices: Sequence[_Invoice]) -> None:
        for one in invoices:
            one.draws = []
        beside = {key: one.lines for one in self.invoices for key in one.lines}
        for one in invoices if self.given else ():
            there = payables(self.contract, one.lines, beside)
            purses = [
                Purse(
                    name,
                    given.metric is not None,
                    given.amount - _drawn(name, self.invoices),
                    [payable for payable in there if given.pays(payable, one)],
                )
                for name, given in self._in_turn(one.key.payer)
            ]
            one.draws = list(pay(there, purses, MINOR_DIGITS[one.currency]))

    def _in_turn(self, payer: int) -> list[tuple[str, _Given]]:
        """Units before money, a child's own before its payer's, the soonest to expire, then the oldest."""
        there = [(name, one) for name, one in self.given.items() if not one.taken_back]

        def turn(named: tuple[str, _Given]) -> tuple[object, ...]:
            one = named[1]
            return one.metric is None, one.customer == payer, one.last or date.max, one.first

        return sorted(there, key=turn)


def _drawn(grant: str, invoices: Iterable[_Invoice]) -> Fraction:
    amounts = (draw.amount for one in invoices for draw in one.draws if draw.grant == grant)
    return sum(amounts, Fraction(0))


def _refreshed(
    schedule: Schedule, phase: Phase, one: PhaseGrant, until: date
) -> Iterator[tuple[date, date | None]]:
    """Since when a phase has granted something, and until when that can be used."""
    if phase.start > until:
        return
    if one.refresh == "NONE":
        found = [(phase.start, phase.end)]
    else:
        cycle = Price("", "FIXED", one.refresh, "IN_ADVANCE")
        cycles = services(schedule, phase, cycle, until)
        found = [(service.start, service.end - DAY) for service in cycles if service.start <= until]
    rolled = {"ON_GRANT_REFRESH": phase.end, "ON_GRANT_REFRESH_AND_PHASE": schedule.end}
    for first, last in found:
        yield first, rolled.get(one.rollover, last)
