"""Whether an invoice adds up: every figure on it is held against what its parts come to.

Nothing here makes an amount, so whatever damages one of them on its way into the database does not
go unnoticed. All amounts are minor units of the invoice's currency. Nobody changes the figures, but
they are not frozen: there are so many that it took longer than to compare them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from catchment.core.control.differences import Difference
from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.adjustments import Deducted
from catchment.core.shares.allocation import METHODS
from catchment.core.terms.taxes import minor_tax_on
from catchment.core.values.money import EXACT, Money, decimal_text, exact_sum, money_text


class Totals(NamedTuple):
    """Three figures that belong together, each as it is stored."""

    net: int
    tax: int
    gross: int


@dataclass(slots=True)
class LineFigures:
    """A line, with the ``amounts`` of its segments.

    ``used`` is what its members used together, None where that need not be the quantity. ``steps``
    are what discounts take off and a minimum adds to what its segments come to. ``shares`` is what
    the members have of the net by each of METHODS, and ``tax_shares`` of the tax; None: all is the
    payer's. A credit has no ``tax_rate``: its tax is what the tax on what it leaves is less than
    the tax on what was there. ``member_events`` are the events of all members, None for a line that
    counts none. An adjustment is the difference of its segments, members and events to what it
    ``deducted``.
    """

    id: str
    group_id: str | None
    schedule_id: str | None
    totals: Totals
    amounts: tuple[Decimal, ...]
    quantity: Decimal
    used: Decimal | None = None
    shares: tuple[int, ...] | None = None
    tax_shares: tuple[int, ...] | None = None
    tax_rate: Decimal | None = Decimal(0)
    event_count: int | None = None
    member_events: int | None = None
    deducted: Deducted | None = None
    steps: tuple[int, ...] = ()


@dataclass(slots=True)
class GroupFigures:
    """The lines of one product."""

    id: str
    totals: Totals


@dataclass(slots=True)
class InvoiceFigures:
    """An invoice with everything on it that must add up.

    ``usage`` is by metric what the breakdown shows, and what the lines of it bill; only metrics
    whose members' figures add up are in it.
    """

    id: str
    customer: CustomerId
    schedule_id: str | None
    currency: str
    totals: Totals
    groups: tuple[GroupFigures, ...]
    lines: tuple[LineFigures, ...]
    usage: Mapping[str, tuple[Decimal, Decimal]]


def faults(invoice: InvoiceFigures) -> Iterator[Difference]:
    """Every figure of an invoice that its parts do not come to, lines first."""
    for part, id, schedule_id, (figure, expected, found) in _wrong(invoice):
        yield Difference(
            part,
            id,
            figure,
            expected,
            found,
            invoice.customer,
            schedule_id or invoice.schedule_id,
            invoice.id,
        )


_Wrong = tuple[str, str, str]
"""A figure, what it should be, and what it is."""


def _wrong(invoice: InvoiceFigures) -> Iterator[tuple[str, str, str | None, _Wrong]]:
    """What of an invoice is not what it must be: the part, its id, the line's schedule, and it."""
    currency = invoice.currency
    by_group: dict[str | None, list[Totals]] = {}
    for line in invoice.lines:
        by_group.setdefault(line.group_id, []).append(line.totals)
        for one in _of_line(line, currency):
            yield "line", line.id, line.schedule_id, one
    for group in invoice.groups:
        for one in _of_sum(group.totals, by_group.get(group.id, ()), currency):
            yield "group", group.id, None, one
    for one in _of_sum(invoice.totals, [line.totals for line in invoice.lines], currency):
        yield "invoice", invoice.id, None, one
    for metric_id, (shown, billed) in invoice.usage.items():
        if shown != billed:
            wrong = "usage items", decimal_text(billed), decimal_text(shown)
            yield "metric", metric_id, None, wrong


def _of_line(line: LineFigures, currency: str) -> Iterator[_Wrong]:
    totals, taken = line.totals, line.deducted
    net = Money.rounded(exact_sum(line.amounts), currency).minor
    if line.steps:
        net += sum(line.steps)
    used, events = line.used, line.member_events
    if taken is not None:
        net -= taken.net.minor
        used = None if used is None else EXACT.subtract(used, taken.quantity)
        events = (events or 0) - taken.event_count
    if net != totals.net:
        yield _amounts("netTotal", net, totals.net, currency)
    if line.tax_rate is not None:
        tax = minor_tax_on(totals.net, line.tax_rate)
        if tax != totals.tax:
            yield _amounts("totalTax", tax, totals.tax, currency)
    if totals.net + totals.tax != totals.gross:
        yield _amounts("grossTotal", totals.net + totals.tax, totals.gross, currency)
    if used is not None and used != line.quantity:
        yield "quantity", decimal_text(used), decimal_text(line.quantity)
    if events != line.event_count:
        yield "eventCount", _count(events), _count(line.event_count)
    if line.shares:
        yield from _of_shares("shares", line.shares, totals.net, currency)
    if line.tax_shares:
        yield from _of_shares("shares of the tax", line.tax_shares, totals.tax, currency)


def _of_shares(name: str, shares: Sequence[int], whole: int, currency: str) -> Iterator[_Wrong]:
    """By each method members share the whole, and no more."""
    for method, shared in zip(METHODS, shares, strict=False):
        if shared != whole:
            yield _amounts(f"{method} {name}", whole, shared, currency)


def _of_sum(head: Totals, parts: Iterable[Totals], currency: str) -> Iterator[_Wrong]:
    net = tax = 0
    for one in parts:
        net += one.net
        tax += one.tax
    if net != head.net:
        yield _amounts("netTotal", net, head.net, currency)
    if tax != head.tax:
        yield _amounts("totalTax", tax, head.tax, currency)
    if head.net + head.tax != head.gross:
        yield _amounts("grossTotal", head.net + head.tax, head.gross, currency)


def _amounts(figure: str, expected: int, found: int, currency: str) -> _Wrong:
    return figure, money_text(Money(expected, currency)), money_text(Money(found, currency))


def _count(events: int | None) -> str:
    return "nothing" if events is None else str(events)
