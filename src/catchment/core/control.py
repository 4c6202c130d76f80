"""Does it add up? What invoices say of themselves and a census of events in, differences out.

Billing measures pool by pool; a control sheet looks from the other side, at every event there is,
and asks whose it was. Nothing here makes an amount: each figure is held against what its parts come
to, so whatever damages one of them on its way into the database does not go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from catchment.core.adjustments import Deducted
from catchment.core.allocation import METHODS
from catchment.core.hierarchy import CustomerId
from catchment.core.money import EXACT, Money, decimal_text, exact_sum, money_text, total
from catchment.core.period import Period, outermost, overlaps
from catchment.core.pricing import Segment
from catchment.core.schedules import Scope
from catchment.core.taxes import tax_on


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what its parts come to, and whose it is.

    ``part`` (line, group, invoice or metric) has the id ``id``. A difference of a metric is on no
    invoice, and where no event says whose it is, it is nobody's.
    """

    part: str
    id: str
    figure: str
    expected: str
    found: str
    customer: CustomerId | None = None
    schedule_id: str | None = None
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A schedule that could not be billed, and why. Everyone else's was.

    ``code`` names the reason. With an ``invoice_id`` it is billed, by a draft that is parked: the
    run does not issue it, for it is out of bounds.
    """

    customer: CustomerId
    schedule_id: str
    reason: str
    code: str = "cannot_be_billed"
    invoice_id: str | None = None


class Totals(NamedTuple):
    """Three figures that belong together, each as it is stored."""

    net: Money
    tax: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A line. ``used`` is what its members used together, None where that need not be the quantity.

    ``steps`` are what discounts take off and a minimum adds to what its segments come to.
    ``shares`` is what the members have of the net by each of METHODS, and ``tax_shares`` of the
    tax; None: all is the payer's. A credit has no ``tax_rate``: its tax is what the tax on what it
    leaves is less than the tax on what was there.
    ``member_events`` are the events of all members, None for a line that counts none. An adjustment
    is the difference of its segments, members and events to what it ``deducted``.
    """

    id: str
    group_id: str | None
    schedule_id: str | None
    totals: Totals
    segments: tuple[Segment, ...]
    quantity: Decimal
    used: Decimal | None = None
    shares: tuple[Money, ...] | None = None
    tax_shares: tuple[Money, ...] | None = None
    tax_rate: Decimal | None = Decimal(0)
    event_count: int | None = None
    member_events: int | None = None
    deducted: Deducted | None = None
    steps: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The lines of one product."""

    id: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class InvoiceFigures:
    """An invoice with everything on it that must add up.

    ``usage`` is by metric what the breakdown shows, and what the lines of it bill; only metrics
    whose members' figures add up are in it.
    """

    id: str
    customer: CustomerId
    schedule_id: str | None
    totals: Totals
    groups: tuple[GroupFigures, ...]
    lines: tuple[LineFigures, ...]
    usage: Mapping[str, tuple[Decimal, Decimal]]


class Claimant(NamedTuple):
    """What has a pool of its own: the prices of one scope that a schedule has on a metric."""

    schedule_id: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class BilledUsage:
    """What a line says of the usage it bills: so many events of a metric during ``service``."""

    line_id: str
    invoice_id: str
    customer: CustomerId
    claimant: Claimant
    service: Period
    event_count: int


@dataclass(frozen=True, slots=True)
class Twice:
    """Events of a customer that are claimed twice, by two schedules or by one with two scopes."""

    customer: CustomerId
    schedule_ids: tuple[str, str]
    event_count: int


@dataclass(frozen=True, slots=True)
class Census:
    """Every event of a metric within a window, by whose it is.

    ``received`` is counted by itself, all others by who claims the instant of the event: the
    services asked for (``counted`` for each of them, and for the days that two of one claimant
    share; ``other`` for what lies in none), no schedule although the customer is known, or not even
    that. Of the last two the most frequent are named.
    """

    received: int
    counted: Mapping[tuple[Claimant, Period], int]
    other: int
    unpriced: int
    unmapped: int
    unpriced_customers: tuple[tuple[CustomerId, int], ...] = ()
    unmapped_aliases: tuple[tuple[str, int], ...] = ()
    twice: tuple[Twice, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricBalance:
    """A row of the control sheet: what was received during ``days`` is what became of it."""

    metric_id: str
    days: Period
    received: int
    billed: int
    other: int
    unpriced: int
    unmapped: int
    unpriced_customers: tuple[tuple[CustomerId, int], ...] = ()
    unmapped_aliases: tuple[tuple[str, int], ...] = ()

    @property
    def accounted(self) -> int:
        """What the parts come to."""
        return self.billed + self.other + self.unpriced + self.unmapped

    @property
    def balanced(self) -> bool:
        """Whether every event is accounted for, once."""
        return self.received == self.accounted


class Fate(StrEnum):
    """What becomes of usage that came too late: this run adjusts its invoice, a later one will, or
    nobody does because its schedule is not to be adjusted.
    """

    ADJUSTED = "ADJUSTED"
    WAITING = "WAITING"
    TURNED_OFF = "TURNED_OFF"


@dataclass(frozen=True, slots=True)
class LateService:
    """A service billed for good that has other events by now. ``before`` are those that its lines
    have billed, ``after`` those that they and an adjustment say there are.
    """

    claimant: Claimant
    service: Period
    fate: Fate
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class LateBalance:
    """A row of the control sheet on what came too late, by what becomes of it.

    Counted are events beyond those that were billed; corrections and names that changed hands can
    make it fewer. ``received`` is what the census finds.
    """

    metric_id: str
    days: Period
    received: int
    adjusted: int
    waiting: int
    turned_off: int

    @property
    def balanced(self) -> bool:
        """Whether every event is accounted for, once."""
        return self.received == self.adjusted + self.waiting + self.turned_off


def late_balance(
    metric_id: str, found: Sequence[LateService], counted: Mapping[tuple[Claimant, Period], int]
) -> LateBalance:
    """The row of a metric. What lies in a longer service of the same claimant is counted there."""
    by_claimant: dict[Claimant, dict[Period, LateService]] = {}
    for one in found:
        by_claimant.setdefault(one.claimant, {})[one.service] = one
    outer = [own[service] for own in by_claimant.values() for service in outermost(own)]
    beyond = {
        fate: sum(one.after - one.before for one in outer if one.fate is fate) for fate in Fate
    }
    return LateBalance(
        metric_id,
        Period(min(one.service.start for one in outer), max(one.service.end for one in outer)),
        sum(counted[one.claimant, one.service] - one.before for one in outer),
        beyond[Fate.ADJUSTED],
        beyond[Fate.WAITING],
        beyond[Fate.TURNED_OFF],
    )


def faults(invoice: InvoiceFigures) -> Iterator[Difference]:
    """Every figure of an invoice that its parts do not come to, lines first."""
    for part, id, figure, expected, found, schedule_id in _sums(invoice):
        if expected != found:
            yield Difference(
                part,
                id,
                figure,
                _text(expected),
                _text(found),
                invoice.customer,
                schedule_id or invoice.schedule_id,
                invoice.id,
            )


def miscounts(lines: Iterable[BilledUsage], census: Census) -> Iterator[Difference]:
    """The lines whose events are not those that the census found for them."""
    for line in lines:
        counted = census.counted[line.claimant, line.service]
        if counted != line.event_count:
            yield Difference(
                "line",
                line.line_id,
                "eventCount by the census",
                str(counted),
                str(line.event_count),
                line.customer,
                line.claimant.schedule_id,
                line.invoice_id,
            )


def balance(
    metric_id: str, days: Period, lines: Sequence[BilledUsage], census: Census
) -> MetricBalance:
    """The row of a metric, from what ``lines`` say they bill and a census of their days."""
    return MetricBalance(
        metric_id,
        days,
        census.received,
        _billed(lines, census),
        census.other,
        census.unpriced,
        census.unmapped,
        census.unpriced_customers,
        census.unmapped_aliases,
    )


def imbalance(row: MetricBalance, census: Census) -> Iterator[Difference]:
    """What of a row does not balance: events claimed twice, or a sum that is another."""
    for one in census.twice:
        yield Difference(
            "metric",
            row.metric_id,
            f"events that {' and '.join(one.schedule_ids)} both claim",
            "0",
            str(one.event_count),
            one.customer,
            one.schedule_ids[0],
        )
    if not row.balanced:
        yield Difference(
            "metric", row.metric_id, "events received", str(row.accounted), str(row.received)
        )


_Sum = tuple[str, str, str, object, object, str | None]
"""Part, its id, the figure, what it should be, what it is, and the line's schedule."""


def _sums(invoice: InvoiceFigures) -> Iterator[_Sum]:
    currency = invoice.totals.net.currency
    for line in invoice.lines:
        for figure, expected, found in _of_line(line, currency):
            yield "line", line.id, figure, expected, found, line.schedule_id
    for group in invoice.groups:
        own = [line.totals for line in invoice.lines if line.group_id == group.id]
        for figure, expected, found in _of_sum(group.totals, own, currency):
            yield "group", group.id, figure, expected, found, None
    everything = [line.totals for line in invoice.lines]
    for figure, expected, found in _of_sum(invoice.totals, everything, currency):
        yield "invoice", invoice.id, figure, expected, found, None
    for metric_id, (shown, billed) in invoice.usage.items():
        yield "metric", metric_id, "usage items", billed, shown, None


def _of_line(line: LineFigures, currency: str) -> Iterator[tuple[str, object, object]]:
    """What of a line must be what: (figure, expected, found)."""
    exact = exact_sum(segment.amount for segment in line.segments)
    net = total((Money.rounded(exact, currency), *line.steps), currency)
    used, events = line.used, line.member_events
    if line.deducted is not None:
        net -= line.deducted.net
        used = None if used is None else EXACT.subtract(used, line.deducted.quantity)
        events = (events or 0) - line.deducted.event_count
    yield "netTotal", net, line.totals.net
    if line.tax_rate is not None:
        yield "totalTax", tax_on(line.totals.net, line.tax_rate), line.totals.tax
    yield "grossTotal", line.totals.net + line.totals.tax, line.totals.gross
    if used is not None:
        yield "quantity", used, line.quantity
    if line.event_count is not None or events is not None:
        yield "eventCount", events, line.event_count
    if line.shares is not None:
        for method, shared in zip(METHODS, line.shares, strict=True):
            yield f"{method} shares", line.totals.net, shared
    if line.tax_shares is not None:
        for method, shared in zip(METHODS, line.tax_shares, strict=True):
            yield f"{method} shares of the tax", line.totals.tax, shared


def _of_sum(
    head: Totals, parts: Sequence[Totals], currency: str
) -> Iterator[tuple[str, object, object]]:
    yield "netTotal", total((one.net for one in parts), currency), head.net
    yield "totalTax", total((one.tax for one in parts), currency), head.tax
    yield "grossTotal", head.net + head.tax, head.gross


def _billed(lines: Iterable[BilledUsage], census: Census) -> int:
    """The events of all lines; those that are billed twice, as a month and as part of its quarter,
    once.
    """
    counts: dict[Claimant, dict[Period, int]] = {}
    for line in lines:
        counts.setdefault(line.claimant, {})[line.service] = line.event_count
    return sum(
        sum(own[service] for service in outermost(own))
        - sum(census.counted[claimant, days] for days in overlaps(own))
        for claimant, own in counts.items()
    )


def _text(value: object) -> str:
    match value:
        case Money():
            return money_text(value)
        case Decimal():
            return decimal_text(value)
        case _:
            return "nothing" if value is None else str(value)
