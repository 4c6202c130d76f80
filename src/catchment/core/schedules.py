"""What was agreed and when it is due: a billing schedule and a day in, charges out.

A charge still needs the quantity that was used; it says for which days. So no code that decides
about money ever waits for a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from catchment.core.credits import PhaseGrant
from catchment.core.discounts import Discount
from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Metric
from catchment.core.minimums import Minimum
from catchment.core.period import Cycle, Period, cycles, day_after, months_after
from catchment.core.pricing import CalculationMode, Fixed, Graduated, Price

Scope = frozenset[CustomerId]
"""Whom a usage price names: it prices them and everyone below them."""

EVERYONE: Scope = frozenset()
"""The scope of a price that names nobody: it prices whom no other price names."""


class Frequency(StrEnum):
    """How often a price is charged."""

    ONE_TIME = "ONE_TIME"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    HALF_YEARLY = "HALF_YEARLY"
    YEARLY = "YEARLY"

    @property
    def months(self) -> int:
        """The length of a cycle; ONE_TIME has none."""
        assert self is not Frequency.ONE_TIME, self
        return {"MONTHLY": 1, "QUARTERLY": 3, "HALF_YEARLY": 6, "YEARLY": 12}[self.value]


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
    def cadence(self) -> tuple[Frequency, Timing]:
        """What prices share whose charges have the same cycles and due days."""
        return self.frequency, self.timing


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a schedule with its own prices; ``end`` is its last day, None has no end.

    Its cycles go on from the phase before, unless it ``resets``: then they begin anew. A minimum,
    and a nominal discount, covers prices of one cadence.
    """

    id: str
    start: date
    end: date | None
    items: tuple[PricedItem, ...]
    resets: bool = False
    discounts: tuple[Discount, ...] = ()
    minimums: tuple[Minimum, ...] = ()
    credit_grants: tuple[PhaseGrant, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """What one customer agreed to. ``end`` is its last day, None has no end.

    Without a ``billing_day`` it is the day on which the cycles begin: that of the schedule's start,
    or of the phase that resets them.

    ``phases`` are in order and do not overlap. With ``roll_up`` the usage of everyone below the
    customer is priced together with its own, less the ``exclusions`` and whoever is below those. An
    archived schedule claims no usage from ``archived_at`` on and charges nothing that falls due
    after that day. A ``suspended`` one goes on claiming and charging, but nothing is drafted of it
    until it is resumed. With ``adjust_late`` usage that came too late for its invoice is billed
    later. ``tax_rates`` are those agreed for some prices, by price.
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


ChargeId = tuple[str, str, date]
"""Schedule, price and first day of service. Phases follow each other, so no two have the same."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line to be: ``item`` for the ``service`` days, to be invoiced on ``due_on``.

    ``full`` is the uncut cycle of which ``service`` may be only a part. Where earlier usage moves
    the tiers, it does from the day ``tiers_from`` on, which is not after the service's first. What
    ``discounts`` and minimums make of it takes the priced charges of the cycle, itself included:
    those are ``beside`` it, wherever they matter to it.
    """

    schedule_id: str
    phase_id: str
    item: PricedItem
    service: Period
    full: Period
    due_on: date
    tiers_from: date | None = None
    beside: tuple[Charge, ...] = ()
    discounts: tuple[Discount, ...] = ()

    @property
    def read(self) -> Period:
        """The days whose usage matters to what it costs."""
        return Period(self.tiers_from or self.service.start, self.service.end)

    @property
    def before(self) -> Period | None:
        """The days of usage that only moves the tiers; None where there are none."""
        read = self.read
        return Period(read.start, self.service.start) if read != self.service else None

    @property
    def key(self) -> tuple[str, str, date]:
        """What makes it the same charge of its schedule however often billing runs."""
        return self.phase_id, self.item.id, self.service.start

    @property
    def billed_as(self) -> ChargeId:
        """What makes it the same charge even when an edit gives its schedule's phases new ids."""
        return self.schedule_id, self.item.id, self.service.start

    @property
    def priced_as(self) -> ChargeId:
        """The charge of the price that it is, or that it settles."""
        return self.schedule_id, self.item.price_id, self.service.start


def charges(schedule: Schedule, as_of: date, zone: tzinfo = UTC) -> tuple[Charge, ...]:
    """Every charge due on or before ``as_of``, in the order of an invoice.

    That is by due day, then phase, then item, then service. ``zone`` says on which day a schedule
    was archived.
    """
    if schedule.archived_at is not None:
        as_of = min(as_of, schedule.archived_at.astimezone(zone).date())
    return tuple(charge for charge in _begun(schedule, as_of) if charge.due_on <= as_of)


def running(schedule: Schedule, on: date) -> tuple[Charge, ...]:
    """The charges whose service has begun by the day ``on`` and that are due only later."""
    found = _begun(schedule, on)
    return tuple(charge for charge in found if charge.service.start <= on < charge.due_on)


def is_over(schedule: Schedule, on: date) -> bool:
    """Whether nothing falls due after the day ``on``, whatever is open-ended."""
    days = (schedule.days_of(phase) for phase in schedule.phases)
    ended = all(own is None or own.end <= on for own in days)
    return ended and not running(schedule, on)


def _begun(schedule: Schedule, as_of: date) -> Iterator[Charge]:
    """Every charge whose service begins by ``as_of``, in the order of an invoice.

    One-time charges are there even before.
    """
    found = [
        (charge.due_on, phase_index, item_index, charge.service.start, charge)
        for phase_index, phase in enumerate(schedule.phases)
        if (days := schedule.days_of(phase)) is not None
        for item_index, charge in _of_phase(schedule, phase, days, as_of)
    ]
    found.sort(key=lambda entry: entry[:4])
    return (charge for *_, charge in found)


def _of_phase(
    schedule: Schedule, phase: Phase, days: Period, as_of: date
) -> Iterator[tuple[int, Charge]]:
    """The charges of a phase, each with the place of its item; minimums come after all items."""
    priced = [
        (place, charge)
        for place, item in enumerate(phase.items)
        for charge in _charges_of(schedule, phase, days, item, as_of)
    ]
    if not (phase.discounts or phase.minimums):
        yield from priced
        return
    cycles_of: dict[tuple[Frequency, Timing, Period], list[Charge]] = {}
    for _, charge in priced:
        cycles_of.setdefault((*charge.item.cadence, charge.full), []).append(charge)
    for place, charge in priced:
        beside = tuple(cycles_of[(*charge.item.cadence, charge.full)])
        covering = [one for one in phase.discounts if one.covers(charge.item.id)]
        whole = replace(charge, beside=beside, discounts=phase.discounts)
        yield place, charge if all(one.separate for one in covering) else whole
        for one in covering:
            if one.separate:
                yield place, replace(whole, item=_discounted(charge.item, one), tiers_from=None)
    for place, minimum in enumerate(phase.minimums, len(phase.items)):
        for cycle in cycles_of.values():
            covered = [one for one in cycle if one.item.metric and minimum.covers(one.item.id)]
            if covered:
                yield place, _settled_by(minimum, covered, beside=tuple(cycle), phase=phase)


def _discounted(item: PricedItem, discount: Discount) -> PricedItem:
    """What is charged less for ``item``, as a line of its own."""
    id = f"discount:{discount.id}:{item.id}"
    return _beside(item, id, discount.message.strip() or "Discount", discount)


def _settled_by(
    minimum: Minimum, covered: Sequence[Charge], *, beside: tuple[Charge, ...], phase: Phase
) -> Charge:
    """What is charged beyond the ``covered`` charges of a cycle, over all their days."""
    first = covered[0]
    return replace(
        first,
        item=_at_least(first.item, minimum),
        service=Period(first.service.start, max(one.service.end for one in covered)),
        tiers_from=None,
        beside=beside,
        discounts=phase.discounts,
    )


def _at_least(item: PricedItem, minimum: Minimum) -> PricedItem:
    """What is charged beyond the usage of ``item`` and of other prices."""
    made = _beside(item, f"minimum:{minimum.id}", "Minimum", minimum)
    return replace(made, price=Fixed(minimum.amount))


def _beside(item: PricedItem, id: str, name: str, settles: Discount | Minimum) -> PricedItem:
    return replace(
        item,
        id=id,
        name=name,
        metric=None,
        metric_name=None,
        unit=None,
        scope=EVERYONE,
        settles=settles,
        settled_price=item.id,
    )


def _charges_of(
    schedule: Schedule, phase: Phase, days: Period, item: PricedItem, as_of: date
) -> Iterator[Charge]:
    """The charges of one item whose service begins by ``as_of``; some are due only later."""
    if item.frequency is Frequency.ONE_TIME:
        service = only_service(schedule, phase, days)
        for part, tiers_from in _restarting(item.price, days.start, service):
            made = _charge(schedule, phase, item, (part, service), service.end)
            yield replace(made, tiers_from=tiers_from)
        return
    run = _run(schedule, phase)
    for cycle, cut in cycles_in(schedule, phase, days, item.frequency.months, as_of):
        over = min(cycle.period.end, run.end)
        for part, tiers_from in _restarting(item.price, days.start, cut):
            made = _charge(schedule, phase, item, (part, cycle.full), over)
            yield replace(made, tiers_from=tiers_from)


def cycles_in(
    schedule: Schedule, phase: Phase, days: Period, months: int, as_of: date
) -> Iterator[tuple[Cycle, Period]]:
    """The cycles of ``months`` that begin by ``as_of``, each with those of its days that are among
    the ``days`` of the phase; a cycle without any is left out.
    """
    run = _run(schedule, phase)
    billing_day = schedule.billing_day or run.start.day
    for cycle in cycles(run.start, billing_day, months, min(days.end, day_after(as_of))):
        cut = cycle.period.intersect(days)
        if cut is not None:
            yield cycle, cut


def _charge(
    schedule: Schedule, phase: Phase, item: PricedItem, of: tuple[Period, Period], over: date
) -> Charge:
    service, full = of
    due_on = service.start if item.timing is Timing.IN_ADVANCE else over
    return Charge(schedule.id, phase.id, item, service, full, due_on)


def _restarting(price: Price, begin: date, service: Period) -> Iterator[tuple[Period, date | None]]:
    """The service, cut where the tiers of a price that began on a day begin anew within it.

    Each part comes with the day from which its tiers count.
    """
    if not isinstance(price, Graduated) or price.mode is CalculationMode.BILLING_PERIOD:
        yield service, None
    elif price.window is None:
        yield service, begin
    else:
        for cycle in cycles(begin, begin.day, price.window.whole, service.end):
            part = cycle.period.intersect(service)
            if part is not None:
                yield part, cycle.period.start


def only_service(schedule: Schedule, phase: Phase, days: Period) -> Period:
    """The whole phase; of one without end its first month."""
    if phase.end is None and schedule.end is None:
        return Period(days.start, months_after(days.start, days.start.day, 1))
    return days


def _run(schedule: Schedule, phase: Phase) -> Period:
    """The days over which the cycles of ``phase`` run unbroken, phases before and after included.

    They begin at the last reset up to this phase, else with the schedule, and end at the next one.
    """
    begin, end = schedule.start, schedule.days.end
    for other in schedule.phases:
        if other.resets and other.start <= phase.start:
            begin = max(begin, other.start)
        elif other.resets:
            end = min(end, other.start)
    return Period(begin, end)
