"""Billing run after run: what is final, what comes late for it, and what credits pay.

Lines of a charge that are final and its adjustments add up to what the charge costs by all that is known. So an
adjustment is the difference of two bills: that of now, and what was billed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from tests.oracle.biller import bill, invoices
from tests.oracle.calendars import DAY
from tests.oracle.contracts import (
    Bill,
    Contract,
    InvoiceKey,
    Line,
    LineKey,
    Schedule,
    adjustments,
    price_of,
)
from tests.oracle.credits import Credits
from tests.oracle.numbers import decimals, rounded

_Lines = Mapping[LineKey, Line]


def bill_by_runs(contract: Contract, days: Sequence[date]) -> Bill:
    """Every line and invoice there is after billing runs on some days."""
    comes = {event.come for event in contract.events}
    now: _Lines = {}
    ledger = _Ledger(contract)
    credits = Credits(contract)
    for place, day in enumerate(days):
        if place in comes | {0}:
            known = tuple(event for event in contract.events if event.come <= place)
            now = bill(replace(contract, events=known), days[-1]).lines
        credits.before(place)
        before = set(ledger.lines)
        ledger.run({key: line for key, line in now.items() if line.due <= day}, day)
        made = {key: line for key, line in ledger.lines.items() if key not in before}
        credits.bill(made, day)
        for void in contract.voids:
            if void.place == place:
                credits.void(ledger.void(void.schedule))
    lines = ledger.lines | dict(credits.lines())
    return Bill(lines, invoices(lines), credits.accounts())


class _Ledger:
    """All lines that were billed, and what those of each charge come to together."""

    def __init__(self, contract: Contract) -> None:
        self.schedules = {one.id: one for one in contract.schedules}
        self.lines: dict[LineKey, Line] = {}
        self.standing: dict[LineKey, Line] = {}
        self.stood: defaultdict[LineKey, list[tuple[InvoiceKey, Line]]] = defaultdict(list)
        self.drafts: set[LineKey] = set()  # charges with a line that is not final

    def run(self, due: _Lines, day: date) -> None:
        """Bill what is not billed yet, and on the same invoices what has changed."""
        gone = {key: _nothing(line) for key, line in self.standing.items() if key not in due}
        due = gone | dict(due)
        fresh = {
            key: line
            for key, line in due.items()
            if key not in self.standing and not self.too_late(key)
        }
        made = {key: self.apart(key, line) for key, line in fresh.items()}
        coming = sorted({line.invoice for line in made.values()}, key=lambda one: one[1::-1])
        for key, on in list(self.placed(self.changed(due), coming, day)):
            again = next(one for one in adjustments(key) if one not in self.lines)
            self.lines[again] = _beyond(due[key], self.standing[key], on)
            self.stand(key, due[key], on)
        self.lines |= made
        for key, line in fresh.items():
            self.stand(key, line, made[key].invoice)

    def apart(self, key: LineKey, line: Line) -> Line:
        """A line that finds the invoice which it joins final is on one of its own schedule's, for who pays."""
        on = line.invoice
        final = self.schedules[on.schedule].issues and any(
            one.invoice == on for one in self.lines.values()
        )
        return line._replace(invoice=on._replace(schedule=key[0])) if final else line

    def too_late(self, key: LineKey) -> bool:
        """Whether it is an event of a day of which others are final, and nothing late is to be billed."""
        schedule, what, start = key
        price = price_of(what)
        return (
            price != what
            and not self.schedules[schedule].adjusts
            and any((id, price_of(of), on) == (schedule, price, start) for id, of, on in self.lines)
        )

    def void(self, schedule: str) -> InvoiceKey | None:
        """Forget the last invoice of a schedule, which it is, so that the next run bills its lines anew."""
        there = {line.invoice for line in self.lines.values() if line.invoice.schedule == schedule}
        last = max(there, default=None)
        self.lines = {key: line for key, line in self.lines.items() if line.invoice != last}
        for key, before in self.stood.items():
            before[:] = [one for one in before if one[0] != last]
            if before:
                self.standing[key] = before[-1][1]
            else:
                self.standing.pop(key, None)
        return last

    def stand(self, key: LineKey, line: Line, on: InvoiceKey) -> None:
        self.standing[key] = line
        self.stood[key].append((on, line))
        if not self.schedules[on.schedule].issues:
            self.drafts.add(key)

    def changed(self, due: _Lines) -> list[LineKey]:
        """Final lines that would be others by now, and are to be adjusted; older services first."""
        found = [
            key
            for key, line in due.items()
            if key in self.standing and line != self.standing[key] and key not in self.drafts
        ]
        adjusted = (key for key in found if self.schedules[key[0]].adjusts)
        return sorted(adjusted, key=lambda key: (key[2], due[key].until, key[0]))

    def placed(
        self, changed: Sequence[LineKey], coming: Sequence[InvoiceKey], day: date
    ) -> Iterator[tuple[LineKey, InvoiceKey]]:
        """Each with its invoice: the next of the same schedule for the same payer.

        An invoice that stood apart from its payer's has its adjustments on any of the payer's. A schedule that is over
        gets a last invoice; all others wait.
        """
        last: dict[str, InvoiceKey] = {}
        for key in changed:
            was = self.lines[key].invoice
            host = self.schedules[was.schedule]
            takes = [one for one in coming if one[::2] == was[::2]]
            if host.bills_parent:
                takes += [one for one in coming if one.payer == was.payer and self.alike(one, was)]
            if takes:
                yield key, takes[0]
            elif _over(host, day) and not self.has_invoice(host, day):
                on = last.setdefault(host.id, InvoiceKey(host.id, day, was.payer))
                if on.payer == was.payer:
                    yield key, on

    def alike(self, one: InvoiceKey, other: InvoiceKey) -> bool:
        return self.schedules[one.schedule].currency == self.schedules[other.schedule].currency

    def has_invoice(self, host: Schedule, day: date) -> bool:
        found: Collection[Line] = self.lines.values()
        return any(one.invoice[:2] == (host.id, day) for one in found)


def _over(schedule: Schedule, day: date) -> bool:
    return schedule.end is not None and schedule.end + DAY <= day


def _nothing(line: Line) -> Line:
    """What a day or an event costs that was charged on demand and has lost all its usage."""
    return line._replace(quantity="0", net=0, tax=0, shares=None if line.shares is None else {})


def _beyond(line: Line, billed: Line, on: InvoiceKey) -> Line:
    net = line.net - billed.net
    return line._replace(
        invoice=on,
        quantity=decimals(Fraction(line.quantity) - Fraction(billed.quantity), 12),
        net=net,
        tax=rounded(net * line.rate, 0),
        shares=None if line.shares is None else _less(line.shares, billed.shares or {}),
    )


def _less(shares: Mapping[int, int], billed: Mapping[int, int]) -> dict[int, int]:
    parts = {who: shares.get(who, 0) - billed.get(who, 0) for who in {*shares, *billed}}
    return {who: part for who, part in parts.items() if part}
