"""Billing run after run: what is final, and what comes late for it.

Lines of a charge that are final and its adjustments add up to what the charge costs by all that is known. So an
adjustment is the difference of two bills: that of now, and what was billed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from tests.oracle.biller import bill, invoices
from tests.oracle.calendars import DAY
from tests.oracle.contracts import Bill, Contract, Line, LineKey, Schedule, adjustments
from tests.oracle.numbers import decimals, rounded

_Lines = dict[LineKey, Line]


def bill_by_runs(contract: Contract, days: Sequence[date]) -> Bill:
    """Every line and invoice there is after billing runs on some days."""
    comes = {event.come for event in contract.events}
    now: Mapping[LineKey, Line] = {}
    lines: _Lines = {}
    standing: _Lines = {}  # what all lines of a charge come to so far
    for place, day in enumerate(days):
        if place in comes | {0}:
            known = tuple(event for event in contract.events if event.come <= place)
            now = bill(replace(contract, events=known), days[-1]).lines
        due = {key: line for key, line in now.items() if line.due <= day}
        fresh = {key: line for key, line in due.items() if key not in standing}
        for schedule in contract.schedules:
            on = _next_invoice(schedule, fresh, day)
            if on is None or not (schedule.issues and schedule.adjusts):
                continue
            for key, line in due.items():
                if key[0] == schedule.id and key in standing and line != standing[key]:
                    again = next(one for one in adjustments(key) if one not in lines)
                    lines[again] = _beyond(line, standing[key], on)
                    standing[key] = line
        lines |= fresh
        standing |= fresh
    return Bill(lines, invoices(lines))


def _next_invoice(schedule: Schedule, fresh: Mapping[LineKey, Line], day: date) -> date | None:
    """The day of the first invoice of this run; of a schedule that is over that of the run."""
    found = [line.due for (of, *_), line in fresh.items() if of == schedule.id]
    over = schedule.end is not None and schedule.end + DAY <= day
    return min(found, default=day if over else None)


def _beyond(line: Line, billed: Line, on: date) -> Line:
    net = line.net - billed.net
    return line._replace(
        due=on,
        quantity=decimals(Fraction(line.quantity) - Fraction(billed.quantity), 12),
        net=net,
        tax=rounded(net * line.rate, 0),
        shares=None if line.shares is None else _less(line.shares, billed.shares or {}),
    )


def _less(shares: Mapping[int, int], billed: Mapping[int, int]) -> dict[int, int]:
    parts = {who: shares.get(who, 0) - billed.get(who, 0) for who in {*shares, *billed}}
    return {who: part for who, part in parts.items() if part}
