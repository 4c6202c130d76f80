"""What was agreed with a customer, and what a charge of it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.credits import PhaseGrant
from catchment.core.terms.discounts import Discount
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.pricing import Price, SeatPart
from catchment.core.terms.single_events import EventPart
from catchment.core.usage.metering import Aggregation, Metric
from catchment.core.values.period import Period, day_after

Scope = frozenset[CustomerId]
"""Whom a usage price names: it prices them and everyone below them."""

EVERYONE: Scope = frozenset()
"""The scope of a price that names nobody: it prices whom no other price names."""


class Frequency(StrEnum):
    """How often a price is charged.

    ON_DEMAND is for every day on which something was used, PER_EVENT for every event by itself.
    """

    ON_DEMAND = "ON_DEMAND"
    PER_EVENT = "PER_EVENT"
    ONE_TIME = "ONE_TIME"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    HALF_YEARLY = "HALF_YEARLY"
    YEARLY = "YEARLY"

    @property
    def recurs(self) -> bool:
        """Whether it is in cycles of months, whatever is used."""
        return self in _MONTHS

    @property
    def on_demand(self) -> bool:
        """Whether it is for days on which something was used, all their events or each of them."""
        return self in _ON_DEMAND

    @property
    def months(self) -> int:
        """The length of a cycle of one that ``recurs``."""
        assert self.recurs, self
        return _MONTHS[self]


_ON_DEMAND = frozenset({Frequency.ON_DEMAND, Frequency.PER_EVENT})
_MONTHS = {
    Frequency.MONTHLY: 1,
    Frequency.QUARTERLY: 3,
    Frequency.HALF_YEARLY: 6,
    Frequency.YEARLY: 12,
}


class Timing(StrEnum):
    """Whether a price is charged once its service is over, or on its first day."""

    IN_ARREARS = "IN_ARREARS"
    IN_ADVANCE = "IN_ADVANCE"


class BillTo(StrEnum):
    """On whose invoice a schedule's charges are: its customer's, or that of who pays above it."""

    SELF = "SELF"
    PARENT = "PARENT"


@dataclass(frozen=True, slots=True)
class PricedItem:
    """A price in a phase, with the words its line will show. ``id`` is the price's own.

    Only usage prices on roll-up schedules have another ``scope`` than EVERYONE. What ``settles`` a
    discount or a minimum is no price of the phase: it stands beside that of ``settled_price``.
    """

    id: str
    product_id: str
    product_title: str
    name: str
    currency: str
    price: Price
    frequency: Frequency
    timing: Timing
    metric: Metric | None = None  # usage prices have one, fixed and one-time prices none
    metric_name: str | None = None
    unit: str | None = None
    scope: Scope = EVERYONE
    tax_category_id: str | None = None  # the product's
    settles: Discount | Minimum | None = None
    settled_price: str | None = None

    @property
    def price_id(self) -> str:
        """The price, also of what stands beside it."""
        return self.settled_price or self.id

    @property
    def is_usage(self) -> bool:
        """Whether it prices usage events; those of seats are none."""
        return self.metric is not None and self.metric.aggregation is not Aggregation.SEATS

    @property
    def on_demand(self) -> bool:
        """Whether it is charged for days on which something was used, or per event of those."""
        return self.frequency.on_demand

    @property
    def cadence(self) -> tuple[Frequency, Timing]:
        """What prices share whose charges have the same cycles and due days."""
        return self.frequency, self.timing


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a schedule with its own prices; ``end`` is its last day, None has no end.

    Its cycles go on from the phase before, unless it ``resets``: then they begin anew. A minimum,
    and a nominal discount, covers prices of one cadence. A phase with a ``milestone`` has no end
    until that is reached.
    """

    id: str
    start: date
    end: date | None
    items: tuple[PricedItem, ...]
    resets: bool = False
    discounts: tuple[Discount, ...] = ()
    minimums: tuple[Minimum, ...] = ()
    credit_grants: tuple[PhaseGrant, ...] = ()
    milestone: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """What one customer agreed to. ``end`` is its last day, None has no end.

    Without a ``billing_day`` it is the day on which the cycles begin: that of the schedule's start,
    or of the phase that resets them.

    ``phases`` are in order and do not overlap; one that waits for a milestone is not among them.
    With ``roll_up`` the usage of everyone below the customer is priced together with its own, less
    the ``exclusions`` and whoever is below those. An archived schedule claims no usage from
    ``archived_at`` on and charges nothing that falls due after that day, nor in advance for days
    after it. A ``suspended`` one goes
    on claiming and charging, but nothing is drafted of it until it is resumed. With ``adjust_late``
    usage that came too late for its invoice is billed later. ``tax_rates`` are those agreed for
    some prices, by price. ``version`` counts from 0 how often what is invoiced for good was agreed
    anew.
    """

    id: str
    customer: CustomerId
    start: date
    end: date | None
    billing_day: int | None
    roll_up: bool
    phases: tuple[Phase, ...]
    archived_at: datetime | None = None
    auto_issue: bool = False
    memo: str | None = None
    purchase_order: str | None = None
    reference: str | None = None
    due_days: int | None = None
    exclusions: frozenset[CustomerId] = frozenset()
    bill_to: BillTo = BillTo.SELF
    adjust_late: bool = True
    tax_rates: Mapping[str, str] = field(default_factory=dict)
    suspended: bool = False
    version: int = 0

    @property
    def shares_days(self) -> bool:
        """Whether the invoice of a due day may be one of several: it bills its parent, or what was
        paid in advance was agreed anew.
        """
        return self.bill_to is BillTo.PARENT or self.version > 0

    @property
    def bills(self) -> bool:
        """Whether what it charges is drafted."""
        return self.archived_at is None and not self.suspended

    @property
    def currency(self) -> str:
        """The one that all its prices share."""
        return self.phases[0].items[0].currency

    @property
    def days(self) -> Period:
        """From the first day to the last; an open end is NO_END."""
        return Period(self.start, day_after(self.end))

    def days_of(self, phase: Phase) -> Period | None:
        """The days of a phase that lie in the schedule; None where there are none."""
        return Period(phase.start, day_after(phase.end)).intersect(self.days)


UsageKey = tuple[str, str, Scope]
"""Schedule, metric and scope: prices that share all of these price the same usage."""


def charged_at(item: PricedItem, part: ChargePart) -> Timing:
    """When a price is charged for some seats; overages are known only afterwards."""
    return Timing.IN_ARREARS if part is SeatPart.OVERAGES else item.timing


ChargePart = SeatPart | EventPart
"""Which seats a charge is for, or which event; of most prices it is for all there is."""

ChargeId = tuple[str, str, date, str]
"""Schedule, price, first day of service, and which part of it (``ChargePart``).

Phases follow each other, so no two have the same.
"""


def part_of(text: str) -> ChargePart:
    """The part that is kept as ``text``."""
    return EventPart(text) if EventPart.names_one(text) else SeatPart(text)


@dataclass(frozen=True, slots=True)
class Charge:
    """One line to be: ``item`` for the ``service`` days, to be invoiced on ``due_on``.

    ``full`` is the uncut cycle of which ``service`` may be only a part. Some seat prices charge
    each ``part`` of their seats by itself, prices per event each event. Where earlier usage moves
    the tiers, it does from the day ``tiers_from`` on, which is not after the service's first. What
    ``discounts`` and minimums make of it takes the priced charges of the cycle, itself included:
    those are ``beside`` it, wherever they matter to it. ``version`` is that of the schedule which
    charges it.
    """

    schedule_id: str
    phase_id: str
    item: PricedItem
    service: Period
    full: Period
    due_on: date
    part: ChargePart = SeatPart.ALL
    tiers_from: date | None = None
    beside: tuple[Charge, ...] = ()
    discounts: tuple[Discount, ...] = ()
    version: int = 0

    @property
    def comes_after(self) -> bool:
        """Whether it may fall due on a day whose invoice is issued by then: it is for a day on
        which something was used, or in advance and agreed anew.
        """
        return self.item.on_demand or bool(self.version and self.timing is Timing.IN_ADVANCE)

    @property
    def event(self) -> str | None:
        """The sender's id of the event that it is for; None where it is for all of the service."""
        return self.part.event if isinstance(self.part, EventPart) else None

    @property
    def read(self) -> Period:
        """The days whose usage matters to what it costs."""
        return Period(self.tiers_from or self.service.start, self.service.end)

    @property
    def before(self) -> Period | None:
        """The days of usage that only moves the tiers; None where there are none."""
        begin, start = self.tiers_from, self.service.start
        return None if begin is None or begin == start else Period(begin, start)

    @property
    def timing(self) -> Timing:
        """When it is charged."""
        return charged_at(self.item, self.part)

    @property
    def key(self) -> tuple[str, str, date, str]:
        """What makes it the same charge of its schedule however often billing runs."""
        return self.phase_id, self.item.id, self.service.start, self.part

    @property
    def billed_as(self) -> ChargeId:
        """What makes it the same charge even when an edit gives its schedule's phases new ids."""
        return self.schedule_id, self.item.id, self.service.start, self.part

    @property
    def priced_as(self) -> ChargeId:
        """The charge of the price that it is, or that it settles."""
        return self.schedule_id, self.item.price_id, self.service.start, self.part
