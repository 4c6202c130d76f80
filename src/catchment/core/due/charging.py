"""What is due when: a billing schedule and a day in, charges out.

A charge still needs the quantity that was used; it says for which days. So no code that decides
about money ever waits for a database.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, tzinfo
from typing import NamedTuple

from catchment.core.due import daily
from catchment.core.due.daily import DaysUsed, Use
from catchment.core.due.phase_days import PhaseDays, phases_of
from catchment.core.due.settled_charges import settled
from catchment.core.terms.pricing import CalculationMode, Graduated, Price, SeatBased, SeatPart
from catchment.core.terms.schedules import (
    Charge,
    ChargePart,
    Frequency,
    PricedItem,
    Schedule,
    Timing,
    charged_at,
)
from catchment.core.values.period import NO_END, ONE_DAY, Cycle, Period, cycles


def charges(
    schedule: Schedule,
    as_of: date,
    zone: tzinfo = UTC,
    used: DaysUsed | None = None,
    closed: Container[date] = (),
) -> tuple[Charge, ...]:
    """Every charge due on or before ``as_of``, in the order of an invoice.

    That is by due day, then phase, then item, then service. ``zone`` says on which day a schedule
    was archived: it charges nothing after that, nor in advance for days after it. Charged on demand
    are the days and events ``used``; where that is not known, every day. What is not and falls due
    on ``closed`` days is left out.
    """
    if schedule.archived_at is None:
        return _due(schedule, as_of, used, closed)
    last_day = schedule.archived_at.astimezone(zone).date()
    found = _due(schedule, min(as_of, last_day), used, closed)
    if not found:
        return ()
    ended = replace(schedule, end=min(schedule.end or last_day, last_day))
    cut = {
        charge.billed_as: charge
        for charge in _due(ended, last_day, used, closed)
        if charge.timing is Timing.IN_ADVANCE and charge.item.frequency.recurs
    }
    return tuple([cut.get(charge.billed_as, charge) for charge in found])


def _due(
    schedule: Schedule, as_of: date, used: DaysUsed | None, closed: Container[date]
) -> tuple[Charge, ...]:
    """The same of a schedule that is not archived."""

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
    ended = all(of.days.end <= on for _, of in phases_of(schedule))
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
        for phase_index, of in phases_of(schedule)
        for item_index, charge in _of_phase(of, as_of, used, wanted)
    ]
    found.sort(key=lambda entry: entry[:4])
    return (charge for *_, charge in found)


def _of_phase(
    of: PhaseDays, as_of: date, used: DaysUsed | None, wanted: Callable[[date], bool]
) -> Iterable[tuple[int, Charge]]:
    """The charges of a phase, each with the place of its item; minimums come after all items."""
    phase = of.phase
    if any(map(_charges_parts, phase.items)):
        wanted = _any_day  # parts of seats that fall due on other days settle each other
    charging = _Charging(of, as_of, used, wanted)
    priced = [
        (place, charge)
        for place, item in enumerate(phase.items)
        for charge in charging.charges_of(item)
    ]
    return settled(phase, priced) if phase.discounts or phase.minimums else priced


class _Due(NamedTuple):
    """The days of a cycle that are charged: those of the phase; the cycle is ``over`` on a day."""

    cycle: Cycle
    days: Period
    over: date


@dataclass(frozen=True, slots=True)
class _Charging:
    """A phase while its items are charged: for services that begin by ``as_of``.

    On demand those days and events are charged that are ``used``, otherwise what is due on
    ``wanted`` days.
    """

    of: PhaseDays
    as_of: date
    used: DaysUsed | None
    wanted: Callable[[date], bool]
    _known: dict[tuple[Frequency, Timing], list[_Due]] = field(default_factory=dict)

    def charges_of(self, item: PricedItem) -> Iterator[Charge]:
        """The charges of one item; some are due only after ``as_of``. Of what is on demand
        all are there.
        """
        if item.on_demand:
            return self._on_demand(item)
        return self._recurring(item) if item.frequency.recurs else self._once(item)

    def _on_demand(self, item: PricedItem) -> Iterator[Charge]:
        """A charge for each day, or each event; tiers began on the first day of the phase."""
        schedule, _, days = self.of
        by_the_day = daily.by_the_day(item)
        for use in daily.within(item, days, self.as_of, self.used and self.used(schedule, item)):
            day = use.period
            for service, tiers_from in _restarting(by_the_day.price, days.start, day):
                yield self._charge(by_the_day, service, day, day.end, use.part, tiers_from)

    def _once(self, item: PricedItem) -> Iterator[Charge]:
        start, full = self.of.days.start, self.of.once
        if self.of.phase.milestone and item.timing is Timing.IN_ADVANCE:
            full = Period(start, start + ONE_DAY)  # how long it takes is not known
        elif full.end == NO_END:
            return
        for service, tiers_from in _restarting(item.price, start, full):
            yield self._charge(item, service, full, full.end, tiers_from=tiers_from)

    def _recurring(self, item: PricedItem) -> Iterator[Charge]:
        for cycle, days, over in self._due(item):
            if _charges_parts(item):
                yield self._charge(item, days, cycle.full, over, SeatPart.COMMITTED)
                yield from self._overages(item, days, cycle.full)
                continue
            for service, tiers_from in _restarting(item.price, self.of.days.start, days):
                yield self._charge(item, service, cycle.full, over, tiers_from=tiers_from)

    def _due(self, item: PricedItem) -> list[_Due]:
        """The cycles of an item that are due on wanted days. Most items have the same."""
        known = self._known.get(item.cadence)
        if known is None:
            end = self.of.run.end
            cycles = self.of.cycles(item.frequency.months, self.as_of)
            found = (_Due(cycle, days, min(cycle.period.end, end)) for cycle, days in cycles)
            advance = item.timing is Timing.IN_ADVANCE
            known = [one for one in found if self.wanted(one.days.start if advance else one.over)]
            self._known[item.cadence] = known
        return known

    def _overages(self, item: PricedItem, service: Period, full: Period) -> Iterator[Charge]:
        """What comes to the committed seats of a service, by its own cycles: those within the cycle
        of the price.
        """
        months = _overages_months(item) or item.frequency.months
        end = self.of.run.end
        for cycle, days in self.of.cycles(months, self.as_of, service):
            yield self._charge(item, days, full, min(cycle.period.end, end), SeatPart.OVERAGES)

    def _charge(
        self,
        item: PricedItem,
        service: Period,
        full: Period,
        over: date,
        part: ChargePart = SeatPart.ALL,
        tiers_from: date | None = None,
    ) -> Charge:
        """The charge for a service within the ``full`` cycle, which is ``over`` on a day."""
        due_on = service.start if charged_at(item, part) is Timing.IN_ADVANCE else over
        schedule, phase, _ = self.of
        named = schedule.id, phase.id, item, service, full, due_on, part, tiers_from
        return Charge(*named, version=schedule.version)


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
