"""What is due when: a billing schedule and a day in, charges out.

A charge still needs the quantity that was used; it says for which days. So no code that decides
about money ever waits for a database.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import UTC, date, tzinfo
from functools import lru_cache

from catchment.core import daily
from catchment.core.daily import DaysUsed, Use
from catchment.core.period import NO_END, ONE_DAY, Cycle, Period, cycles, day_after, months_after
from catchment.core.pricing import CalculationMode, Graduated, Price, SeatBased, SeatPart
from catchment.core.schedules import (
    Charge,
    ChargePart,
    Frequency,
    Phase,
    PricedItem,
    Schedule,
    Timing,
    charged_at,
)
from catchment.core.settled_charges import settled

_FEW_DAYS = 4_000


def charges(
    schedule: Schedule,
    as_of: date,
    zone: tzinfo = UTC,
    used: DaysUsed | None = None,
    closed: Container[date] = (),
) -> tuple[Charge, ...]:
    """Every charge due on or before ``as_of``, in the order of an invoice.

    That is by due day, then phase, then item, then service. ``zone`` says on which day a schedule
    was archived. Charged on demand are the days and events ``used``; where that is not known, every
    day. What is not and falls due on ``closed`` days is left out.
    """
    if schedule.archived_at is not None:
        as_of = min(as_of, schedule.archived_at.astimezone(zone).date())

    def wanted(due_on: date) -> bool:
        return due_on <= as_of and due_on not in closed

    return tuple(
        charge
        for charge in _begun(schedule, as_of, used, wanted)
        if charge.due_on <= as_of and (charge.item.on_demand or wanted(charge.due_on))
    )


def running(schedule: Schedule, on: date, used: DaysUsed | None = None) -> tuple[Charge, ...]:
    """The charges whose service has begun by the day ``on`` and that are due only later."""
    found = _begun(schedule, on, used)
    return tuple(charge for charge in found if charge.service.start <= on < charge.due_on)


def is_over(schedule: Schedule, on: date) -> bool:
    """Whether nothing falls due after the day ``on``, whatever is open-ended."""
    days = (schedule.days_of(phase) for phase in schedule.phases)
    ended = all(own is None or own.end <= on for own in days)
    return ended and not running(schedule, on, daily.only(Use(on)))


def _any_day(_due_on: date) -> bool:
    return True


def _begun(
    schedule: Schedule,
    as_of: date,
    used: DaysUsed | None,
    wanted: Callable[[date], bool] = _any_day,
) -> Iterator[Charge]:
    """Every charge whose service begins by ``as_of``, in the order of an invoice.

    One-time charges are there even before. Of those due on a day that is not ``wanted`` most are
    left out: years of them would be made for nothing.
    """
    found = [
        (charge.due_on, phase_index, item_index, charge.service.start, charge)
        for phase_index, phase in enumerate(schedule.phases)
        if (days := schedule.days_of(phase)) is not None
        for item_index, charge in _of_phase(schedule, phase, days, as_of, used, wanted)
    ]
    found.sort(key=lambda entry: entry[:4])
    return (charge for *_, charge in found)


def _of_phase(
    schedule: Schedule,
    phase: Phase,
    days: Period,
    as_of: date,
    used: DaysUsed | None,
    wanted: Callable[[date], bool],
) -> Iterable[tuple[int, Charge]]:
    """The charges of a phase, each with the place of its item; minimums come after all items."""
    if any(map(_charges_parts, phase.items)):
        wanted = _any_day  # parts of seats that fall due on other days settle each other
    known: _Due = {}  # most items have the same cycles
    priced = [
        (place, charge)
        for place, item in enumerate(phase.items)
        for charge in _charges_of(schedule, phase, days, item, as_of, used, wanted, known)
    ]
    return settled(phase, priced) if phase.discounts or phase.minimums else priced


_Due = dict[tuple[Frequency, Timing], list[tuple[Cycle, Period, date]]]
"""By cadence the cycles of a phase, each with those of its days that are charged, and when."""


def _charges_of(
    schedule: Schedule,
    phase: Phase,
    days: Period,
    item: PricedItem,
    as_of: date,
    used: DaysUsed | None,
    wanted: Callable[[date], bool],
    known: _Due,
) -> Iterator[Charge]:
    """The wanted charges of one item whose service begins by ``as_of``; some are due only later.

    Of what is on demand all are there.
    """
    if item.on_demand:
        begun = daily.within(item, days, as_of, used and used(schedule, item))
        yield from _on_demand(schedule, phase, days.start, daily.by_the_day(item), begun)
        return
    if item.frequency is Frequency.ONE_TIME:
        service = only_service(schedule, phase, days)
        if phase.milestone and item.timing is Timing.IN_ADVANCE:
            service = Period(days.start, days.start + ONE_DAY)  # how long it takes is not known
        elif service.end == NO_END:
            return
        for part, tiers_from in _restarting(item.price, days.start, service):
            of = part, service
            yield _charge(schedule, phase, item, of, service.end, tiers_from=tiers_from)
        return
    due = known.get(item.cadence)
    if due is None:
        end = _run(schedule, phase).end
        found = cycles_in(schedule, phase, days, item.frequency.months, as_of)
        over = ((cycle, cut, min(cycle.period.end, end)) for cycle, cut in found)
        advance = item.timing is Timing.IN_ADVANCE
        due = [one for one in over if wanted(one[1].start if advance else one[2])]
        known[item.cadence] = due
    for cycle, cut, over_on in due:
        of = cut, cycle.full
        if _charges_parts(item):
            yield _charge(schedule, phase, item, of, over_on, SeatPart.COMMITTED)
            yield from _overages(schedule, phase, item, of, as_of)
            continue
        for own, tiers_from in _restarting(item.price, days.start, cut):
            of = own, cycle.full
            yield _charge(schedule, phase, item, of, over_on, tiers_from=tiers_from)


def _on_demand(
    schedule: Schedule, phase: Phase, begin: date, item: PricedItem, uses: Iterable[Use]
) -> Iterator[Charge]:
    """A charge for each of ``uses``; tiers began on the first day of the phase, ``begin``."""
    for use in uses:
        day = use.period
        for own, tiers_from in _restarting(item.price, begin, day):
            of = own, day
            yield _charge(schedule, phase, item, of, day.end, use.part, tiers_from)


def cycles_in(
    schedule: Schedule, phase: Phase, days: Period, months: int, as_of: date
) -> Iterator[tuple[Cycle, Period]]:
    """The cycles of ``months`` that begin by ``as_of``, each with those of its days that are among
    the ``days`` of the phase; a cycle without any is left out.
    """
    run = _run(schedule, phase)
    billing_day = schedule.billing_day or run.start.day
    for cycle in _cycles(run.start, billing_day, months, min(days.end, day_after(as_of))):
        cut = cycle.period.intersect(days)
        if cut is not None:
            yield cycle, cut


def _cycles(start: date, billing_day: int, months: int, until: date) -> Iterable[Cycle]:
    asked = start, billing_day, months, until
    return _few_cycles(*asked) if (until - start).days < _FEW_DAYS else cycles(*asked)


@lru_cache(1_024)
def _few_cycles(start: date, billing_day: int, months: int, until: date) -> tuple[Cycle, ...]:
    """The same days for every schedule and price that has these: most have the same few."""
    return tuple(cycles(start, billing_day, months, until))


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
    for cycle, cut in cycles_in(schedule, phase, service, months, as_of):
        over = min(cycle.period.end, run.end)
        yield _charge(schedule, phase, item, (cut, full), over, SeatPart.OVERAGES)


def _charge(
    schedule: Schedule,
    phase: Phase,
    item: PricedItem,
    of: tuple[Period, Period],
    over: date,
    part: ChargePart = SeatPart.ALL,
    tiers_from: date | None = None,
) -> Charge:
    service, full = of
    due_on = service.start if charged_at(item, part) is Timing.IN_ADVANCE else over
    return Charge(schedule.id, phase.id, item, service, full, due_on, part, tiers_from)


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
    """The whole phase; of one without end its first month, unless a milestone ends it."""
    if phase.end is None and schedule.end is None and not phase.milestone:
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
