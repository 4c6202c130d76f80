"""What was agreed with one family and what it used: the words that the oracle and the product share.

Plain values only. Customers are small numbers, a parent always a smaller one than its child, so that no tree has
a circle; amounts are the texts that a seller would write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from itertools import count
from typing import NamedTuple

MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "HALF_YEARLY": 6, "YEARLY": 12}
"""The recurring frequencies; the others are ONE_TIME, ON_DEMAND and PER_EVENT."""

MINOR_DIGITS = {"EUR": 2, "USD": 2, "GBP": 2, "JPY": 0, "KRW": 0, "KWD": 3}


@dataclass(frozen=True)
class Metric:
    """``filters`` are (property, alternatives); of a ``negated`` property none may be met."""

    name: str
    kind: str
    event_type: str
    property: str | None = None
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    negated: frozenset[str] = frozenset()
    case_sensitive: bool = True
    percentile: str | None = None
    expression: str | None = None


class Tier(NamedTuple):
    """``upper`` of None has no end; ``least`` and ``most`` bound the price of every single event."""

    upper: str | None
    price: str
    fee: str = "0"
    percentage: bool = False
    least: str | None = None
    most: str | None = None


@dataclass(frozen=True)
class Price:
    """``model`` is ONE_TIME, FIXED, LINEAR, PACKAGE, VOLUME, GRADUATED or SEAT_BASED; those of usage and seats have
    a metric.

    ``names`` are the customers whom it is for, with everyone below; without any it is for all others. A graduated one
    may be CUMULATIVE, or PERIODIC with a ``window`` of so many months. Seats have the last four.
    """

    id: str
    model: str
    frequency: str
    timing: str = "IN_ARREARS"
    amount: str = "0"
    size: str = "1"
    tiers: tuple[Tier, ...] = ()
    percentage: bool = False
    metric: Metric | None = None
    names: frozenset[int] = frozenset()
    category: str | None = None  # the product's tax category
    mode: str = "BILLING_PERIOD"
    window: int = 0
    proration: str = "USE_MAXIMUM"
    least: int = 0
    overages: str | None = None
    prorates_fees: bool = False

    @property
    def is_usage(self) -> bool:
        """Whether it prices events; seats are none."""
        return self.metric is not None and self.model != "SEAT_BASED"

    @property
    def on_demand(self) -> bool:
        """Whether it is charged for every day on which something was used, and for no other."""
        return self.frequency in {"ON_DEMAND", "PER_EVENT"}

    @property
    def per_event(self) -> bool:
        """Whether every event is a line."""
        return self.frequency == "PER_EVENT"

    @property
    def cadence(self) -> tuple[str, str]:
        return self.frequency, self.timing


class Discount(NamedTuple):
    """A fraction of every charge (PERCENTAGE), or an amount off all of a cycle (NOMINAL)."""

    id: str
    type: str
    amount: str
    separate: bool
    prices: frozenset[str] = frozenset()


class Minimum(NamedTuple):
    """What usage comes to at least in a full cycle; without ``prices`` all usage of the phase."""

    id: str
    amount: str
    prices: frozenset[str] = frozenset()


class PhaseGrant(NamedTuple):
    """What a phase grants with every cycle of ``refresh``, or once (NONE); it pays for ``prices``, or for all.

    ``amount`` is in units of the metric, without one in money. ``rollover`` says until when it can be used.
    """

    id: str
    amount: str
    metric: Metric | None
    refresh: str
    rollover: str
    prices: frozenset[str] = frozenset()


NEVER = -1
"""When a milestone is reached that is not."""


@dataclass(frozen=True)
class Phase:
    """``end`` is the last day; None has no end.

    With a ``milestone`` it ends when that is reached, which is told after the billing run at that place; before, nobody
    knows of the phases after it.
    """

    start: date
    end: date | None
    prices: tuple[Price, ...]
    resets: bool = False
    discounts: tuple[Discount, ...] = ()
    minimums: tuple[Minimum, ...] = ()
    milestone: int | None = None
    grants: tuple[PhaseGrant, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """``rates`` names a tax rate for some prices. The ``id`` says in which order schedules were made.

    After the billing run at the place ``cancelled`` names it was agreed to end on a day, and between the two runs of
    ``suspended`` it was suspended. What it ``issues`` is final at the end of the run that drafts it; then it
    ``adjusts`` what comes late, or leaves it. Where it ``bills_parent`` its lines go to the nearest customer above who
    pays.
    """

    id: str
    customer: int
    currency: str
    phases: tuple[Phase, ...]
    billing_day: int | None = None
    rolls_up: bool = False
    exclusions: frozenset[int] = frozenset()
    rates: Mapping[str, str] = field(default_factory=dict)
    cancelled: tuple[int, date] | None = None
    suspended: tuple[int, int] | None = None
    issues: bool = False
    adjusts: bool = True
    bills_parent: bool = False

    @property
    def start(self) -> date:
        return self.phases[0].start

    @property
    def end(self) -> date | None:
        return self.phases[-1].end


class Rate(NamedTuple):
    """A tax rate of the seller: where it holds, and for which category (None: for all)."""

    name: str
    fraction: str
    country: str
    region: str | None = None
    category: str | None = None


class Customer(NamedTuple):
    """Where a customer is and whether it is taxed."""

    status: str = "TAXED"
    country: str = "GB"
    region: str | None = None


class Move(NamedTuple):
    """``customer`` is a child of ``parent`` from ``at`` on; None has no parent."""

    customer: int
    parent: int | None
    at: datetime


class Event(NamedTuple):
    """``sent_as`` is the sender's id of it: a later event with the same one replaces it.

    ``name`` is which of its customer's names it came under; nobody's where the customer is None. It came before
    the billing run at the place ``come``.
    """

    sent_as: str
    customer: int | None
    name: int
    type: str
    at: datetime
    properties: Mapping[str, str]
    come: int = 0


class Grant(NamedTuple):
    """What a customer was granted before the billing run at the place ``come``: units of a metric, or money.

    It pays for days from ``first`` to ``last``, both included. What is left of it is ``taken_back`` before a run.
    """

    id: str
    customer: int
    amount: str
    currency: str
    metric: Metric | None
    first: date
    last: date | None
    come: int = 0
    taken_back: int | None = None


class Void(NamedTuple):
    """After the billing run at a place the invoice of a schedule that is due last is voided."""

    place: int
    schedule: str


@dataclass(frozen=True)
class Contract:
    """A family; moves of one customer are in order, events as they were acknowledged.

    ``seats`` are events of their own: their property ``total`` says how many there are from then on. Where anything
    is voided all invoices are final at once, and nothing comes late.
    """

    zone: str
    customers: tuple[Customer, ...]
    moves: tuple[Move, ...]
    schedules: tuple[Schedule, ...]
    events: tuple[Event, ...]
    rates: tuple[Rate, ...] = ()
    seats: tuple[Event, ...] = ()
    grants: tuple[Grant, ...] = ()
    voids: tuple[Void, ...] = ()


class InvoiceKey(NamedTuple):
    """The schedule whose invoice it is, its due day, and who gets it."""

    schedule: str
    due: date
    payer: int


class Line(NamedTuple):
    """A line of an invoice in minor units, for days up to but not including ``until``.

    ``rate`` is the tax on it. ``shares`` are the members' parts of the net where the line is shared by quantity, or is
    on the invoice of somebody above; who has nothing of it is left out.
    """

    invoice: InvoiceKey
    until: date
    quantity: str
    net: int
    rate: Fraction
    tax: int
    shares: Mapping[int, int] | None

    @property
    def due(self) -> date:
        return self.invoice.due


LineKey = tuple[str, str, date]
"""Schedule, what is charged (a price, a part of its seats, one event, what stands beside it, an adjustment of one of
these, or what a grant pays of it) and first day of service.
"""


def part_of_event(sent_as: str) -> str:
    """The part of a price that is one event."""
    return f"event:{sent_as}"


def price_of(what: str) -> str:
    """What is charged, whichever event it is for."""
    return what.partition(" event:")[0]


def adjustments(key: LineKey) -> Iterator[LineKey]:
    """The adjustments of a line, one after the other."""
    schedule, what, start = key
    return ((schedule, f"{what} adjusted {n}", start) for n in count(1))


class Invoice(NamedTuple):
    """What one invoice comes to, and of how many lines, in minor units."""

    net: int
    tax: int
    lines: int


class Account(NamedTuple):
    """What became of a grant in its own unit: the other three add up to what was granted."""

    granted: str
    applied: str
    taken_back: str
    left: str


class Bill(NamedTuple):
    """All that a contract is billed, and by name all that was granted."""

    lines: Mapping[LineKey, Line]
    invoices: Mapping[InvoiceKey, Invoice]
    grants: Mapping[str, Account] = {}


def told(contract: Contract) -> str:
    """The contract in words."""
    said = [f"zone {contract.zone}"]
    for number, customer in enumerate(contract.customers):
        said.append(f"customer {number}: {' '.join(str(one) for one in customer if one)}")
    for move in contract.moves:
        above = "nobody" if move.parent is None else f"customer {move.parent}"
        said.append(f"customer {move.customer} is below {above} from {move.at.isoformat()}")
    for schedule in contract.schedules:
        said.append(
            f"schedule {schedule.id} of customer {schedule.customer}, {schedule.currency},"
            f" billing day {schedule.billing_day}{', rolls up' * schedule.rolls_up}"
            f"{f', without {sorted(schedule.exclusions)}' if schedule.exclusions else ''}"
            f"{f', taxes {dict(schedule.rates)}' if schedule.rates else ''}"
            f"{f', cancelled {schedule.cancelled}' if schedule.cancelled else ''}"
            f"{f', suspended {schedule.suspended}' if schedule.suspended else ''}"
            f"{', issues' * schedule.issues}{', adjusts nothing' * (not schedule.adjusts)}"
            f"{', bills its parent' * schedule.bills_parent}"
        )
        for phase in schedule.phases:
            reached = "" if phase.milestone is None else f", milestone after {phase.milestone}"
            said.append(f"  from {phase.start} to {phase.end}{', resets' * phase.resets}{reached}")
            agreed = (*phase.prices, *phase.discounts, *phase.minimums, *phase.grants)
            said += [f"    {one}" for one in agreed]
    said += [str(one) for one in (*contract.grants, *contract.voids)]
    for event in (*contract.events, *contract.seats):
        said.append(
            f"event {event.sent_as} of customer {event.customer} (name {event.name}),"
            f" {event.type}, {event.at.isoformat()}, {dict(event.properties)}"
            f"{f', comes before run {event.come}' if event.come else ''}"
        )
    return "\n".join(said)
