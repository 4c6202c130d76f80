"""What was agreed and when it is due: a billing schedule and a day in, charges out.

A charge still needs the quantity that was used; it says for which days. So no code that decides
about money ever waits for a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Metric
from catchment.core.period import Period, Span, cycles, day_after, months_after, union
from catchment.core.pricing import Price, SeatBased, SeatPart

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

    Only usage prices on roll-up schedules have another ``scope`` than EVERYONE.
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


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a schedule with its own prices; ``end`` is its last day, None has no end.

    Its cycles go on from the phase before, unless it ``resets``: then they begin anew.
    """

    id: str
    start: date
    end: date | None
    items: tuple[PricedItem, ...]
    resets: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """What one customer agreed to. ``end`` is its last day, None has no end.

    Without a ``billing_day`` it is the day on which the cycles begin: that of the schedule's start,
    or of the phase that resets them.

    ``phases`` are in order and do not overlap. With ``roll_up`` the usage of everyone below the
    customer is priced together with its own, less the ``exclusions`` and whoever is below those. An
    archived schedule claims no usage from ``archived_at`` on and charges nothing that falls due
    after that day. With ``adjust_late`` usage that came too late for its invoice is billed later.
    ``tax_rates`` are those agreed for some prices, by price.
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


ChargeId = tuple[str, str, date, str]
"""Schedule, price, first day of service, and which seats (``SeatPart``).

Phases follow each other, so no two have the same.
"""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line to be: ``item`` for the ``service`` days, to be invoiced on ``due_on``.

    ``full`` is the uncut cycle of which ``service`` may be only a part. Some seat prices charge
    each ``part`` of their seats by itself.
    """

    schedule_id: str
    phase_id: str
    item: PricedItem
    service: Period
    full: Period
    due_on: date
    part: SeatPart = SeatPart.ALL

    @property
    def timing(self) -> Timing:
        """Overages are known only afterwards."""
        return Timing.IN_ARREARS if self.part is SeatPart.OVERAGES else self.item.timing

    @property
    def key(self) -> tuple[str, str, date, str]:
        """What makes it the same charge of its schedule however often billing runs."""
        return self.phase_id, self.item.id, self.service.start, self.part

    @property
    def billed_as(self) -> ChargeId:
        """What makes it the same charge even when an edit gives its schedule's phases new ids."""
        return self.schedule_id, self.item.id, self.service.start, self.part


@dataclass(frozen=True, slots=True)
class Claim:
    """A live schedule prices a metric during ``span``: usage then is its customer's.

    With ``roll_up`` that holds for everyone below the customer too, down to the ``exclusions``,
    which it does not reach. ``scopes`` are those of its prices on the metric. ``started`` decides
    between two schedules of one customer.
    """

    schedule_id: str
    customer: CustomerId
    metric_id: str
    span: Span
    roll_up: bool
    started: date
    exclusions: frozenset[CustomerId] = frozenset()
    scopes: frozenset[Scope] = frozenset({EVERYONE})


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


def claims(schedule: Schedule, zone: tzinfo) -> tuple[Claim, ...]:
    """The usage that an activated schedule prices, by metric and time; no two share an instant."""
    spans: dict[tuple[str, frozenset[Scope]], list[Span]] = {}
    for phase in schedule.phases:
        for days, items in _priced(schedule, phase):
            for priced in _scopes(items).items():
                spans.setdefault(priced, []).append(_until_archived(schedule, days.span(zone)))
    return tuple(
        Claim(
            schedule.id,
            schedule.customer,
            metric,
            span,
            schedule.roll_up,
            schedule.start,
            schedule.exclusions,
            scopes,
        )
        for (metric, scopes), parts in sorted(spans.items(), key=lambda one: (one[0][0], one[1]))
        for span in union(parts)
    )


def _priced(schedule: Schedule, phase: Phase) -> Iterator[tuple[Period, tuple[PricedItem, ...]]]:
    """The days of a phase, with what is priced on them: what is charged once only while it is."""
    days = schedule.days_of(phase)
    if days is None:
        return
    once = _only_service(schedule, phase, days)
    yield once, phase.items
    if once.end < days.end:
        recurring = (item for item in phase.items if item.frequency is not Frequency.ONE_TIME)
        yield Period(once.end, days.end), tuple(recurring)


def _scopes(items: Iterable[PricedItem]) -> dict[str, frozenset[Scope]]:
    """The metrics that are priced, each with the scopes of its prices."""
    found: dict[str, set[Scope]] = {}
    for item in items:
        if item.metric is not None:
            found.setdefault(item.metric.id, set()).add(item.scope)
    return {metric: frozenset(scopes) for metric, scopes in found.items()}


def _begun(schedule: Schedule, as_of: date) -> Iterator[Charge]:
    """Every charge whose service begins by ``as_of``, in the order of an invoice.

    One-time charges are there even before.
    """
    found = [
        (charge.due_on, phase_index, item_index, charge.service.start, charge)
        for phase_index, phase in enumerate(schedule.phases)
        if (days := schedule.days_of(phase)) is not None
        for item_index, item in enumerate(phase.items)
        for charge in _charges_of(schedule, phase, days, item, as_of)
    ]
    found.sort(key=lambda entry: entry[:4])
    return (charge for *_, charge in found)


def _charges_of(
    schedule: Schedule, phase: Phase, days: Period, item: PricedItem, as_of: date
) -> Iterator[Charge]:
    """The charges of one item whose service begins by ``as_of``; some are due only later."""
    if item.frequency is Frequency.ONE_TIME:
        service = _only_service(schedule, phase, days)
        yield _charge(schedule, phase, item, (service, service), service.end)
        return
    run = _run(schedule, phase)
    until = min(days.end, day_after(as_of))
    billing_day = schedule.billing_day or run.start.day
    for cycle in cycles(run.start, billing_day, item.frequency.months, until):
        cut = cycle.period.intersect(days)
        if cut is not None:
            over = min(cycle.period.end, run.end)
            first = SeatPart.COMMITTED if _charges_parts(item) else SeatPart.ALL
            yield _charge(schedule, phase, item, (cut, cycle.full), over, first)
            if first is SeatPart.COMMITTED:
                yield from _overages(schedule, phase, item, (cut, cycle.full), as_of)


def _charges_parts(item: PricedItem) -> bool:
    """Whether its seats are charged partly when the cycle begins, the others later."""
    seats = isinstance(item.price, SeatBased)
    return seats and (item.timing is Timing.IN_ADVANCE or _overages_months(item) is not None)


def _overages_months(item: PricedItem) -> int | None:
    """The length of the cycles of overages, if they have some of their own."""
    price = item.price
    if not isinstance(price, SeatBased) or not price.apart:
        return None
    months = Frequency(price.overages or "").months
    same = item.timing is Timing.IN_ARREARS and months == item.frequency.months
    return None if same else months


def _overages(
    schedule: Schedule, phase: Phase, item: PricedItem, of: tuple[Period, Period], as_of: date
) -> Iterator[Charge]:
    """What comes to the committed seats of a service, by its own cycles: those within the cycle of
    the price.
    """
    service, full = of
    run = _run(schedule, phase)
    months = _overages_months(item) or item.frequency.months
    billing_day = schedule.billing_day or run.start.day
    for cycle in cycles(run.start, billing_day, months, min(service.end, day_after(as_of))):
        cut = cycle.period.intersect(service)
        if cut is not None:
            over = min(cycle.period.end, run.end)
            yield _charge(schedule, phase, item, (cut, full), over, SeatPart.OVERAGES)


def _charge(
    schedule: Schedule,
    phase: Phase,
    item: PricedItem,
    of: tuple[Period, Period],
    over: date,
    part: SeatPart = SeatPart.ALL,
) -> Charge:
    made = Charge(schedule.id, phase.id, item, *of, over, part)
    return replace(made, due_on=made.service.start) if made.timing is Timing.IN_ADVANCE else made


def _only_service(schedule: Schedule, phase: Phase, days: Period) -> Period:
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


def _until_archived(schedule: Schedule, span: Span) -> Span:
    if schedule.archived_at is None:
        return span
    end = max(span.start, min(span.end, schedule.archived_at))
    return Span(span.start, end)
