"""Who pays for an event, one event at a time, by walking up the tree at its instant.

It answers for families that no schedule of the API could have, with archived schedules and gaps between phases, and takes
the days of a line from the core. What contracts cost in all, and on which days, is said by ``tests.oracle`` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal as D

from catchment.core.due.charging import charges
from catchment.core.terms.pricing import Graduated, Linear, Price
from catchment.core.terms.schedules import Charge, Frequency, Phase, PricedItem, Schedule
from catchment.core.usage.metering import Event, Metric
from catchment.core.values.money import EXACT
from catchment.core.values.period import Period, day_after, months_after
from tests.laws.billing import AS_OF
from tests.laws.families import Family, Relocation, accepted, owner, way_up

Key = tuple[str, str, Period]
"""A line: the schedule, the price and the days it is for."""


def lines(family: Family) -> dict[Key, set[str]]:
    """The ids of the events on each line that has any."""
    return _Oracle.of(family).lines()


def amount(price: Price, quantity: D) -> D:
    """What a quantity above zero costs: all in the first tier, and what is beyond it in the next."""
    if isinstance(price, Linear):
        return EXACT.multiply(quantity, price.price_per_unit)
    assert isinstance(price, Graduated), price
    first, rest = price.tiers
    assert first.upper is not None, price
    cheap = EXACT.multiply(min(quantity, first.upper), first.price)
    if quantity <= first.upper:
        return cheap
    dear = EXACT.multiply(EXACT.subtract(quantity, first.upper), rest.price)
    return EXACT.add(EXACT.add(cheap, dear), rest.fee)


@dataclass(frozen=True)
class _Oracle:
    family: Family
    standing: Sequence[Relocation]
    cycles: dict[str, list[Charge]]  # by price, as if nothing were ever archived

    @classmethod
    def of(cls, family: Family) -> _Oracle:
        cycles: dict[str, list[Charge]] = {}
        for schedule in family.schedules:
            for charge in charges(replace(schedule, archived_at=None), AS_OF, family.zone):
                cycles.setdefault(charge.item.id, []).append(charge)
        return cls(family, accepted(family.relocations), cycles)

    def lines(self) -> dict[Key, set[str]]:
        found: dict[Key, set[str]] = {}
        metrics = {item.metric for one in self.family.schedules for _, item in _prices(one)}
        last = {event.customer_event_id: event for event in self.family.events}
        for event in last.values():
            for metric in metrics:
                if metric is not None and _counts(metric, event):
                    for key in self.payers(event, metric):
                        found.setdefault(key, set()).add(event.id)
        return found

    def payers(self, event: Event, metric: Metric) -> Iterator[Key]:
        """The lines that have the event: those of the first schedule on the way up to reach it."""
        customer = owner(event.alias)
        way = [] if customer is None else way_up(self.standing, customer, event.at)
        for place, payer in enumerate(way):
            reaching = [
                (schedule.start, schedule.id, schedule, items)
                for schedule in self.family.schedules
                if schedule.customer == payer
                and (items := self.deciding(schedule, way[: place + 1], event, metric))
            ]
            if reaching:
                _, _, schedule, items = min(reaching, key=lambda one: one[:2])
                for item in items:
                    yield from self.line(schedule, item, self.day(event))
                return

    def deciding(
        self, schedule: Schedule, way: Sequence[str], event: Event, metric: Metric
    ) -> list[PricedItem]:
        """The prices that have the event, where ``way`` leads up to the schedule's customer."""
        if schedule.archived_at is not None and event.at >= schedule.archived_at:
            return []
        if len(way) > 1 and (not schedule.roll_up or schedule.exclusions.intersection(way)):
            return []
        day = self.day(event)
        items = [
            item
            for phase, item in _prices(schedule)
            if item.metric == metric and _is_priced(schedule, phase, item, day)
        ]
        for customer in way:
            naming = [item for item in items if customer in item.scope]
            if naming:
                return naming
        return [item for item in items if not item.scope]

    def line(self, schedule: Schedule, item: PricedItem, day: date) -> Iterator[Key]:
        """The one line of a price for a day; none if archiving came before it was due."""
        [cycle] = [c for c in self.cycles[item.id] if c.service.start <= day < c.service.end]
        archived = schedule.archived_at
        if archived is None or cycle.due_on <= archived.astimezone(self.family.zone).date():
            yield schedule.id, item.id, cycle.service

    def day(self, event: Event) -> date:
        return event.at.astimezone(self.family.zone).date()


def _prices(schedule: Schedule) -> Iterable[tuple[Phase, PricedItem]]:
    return ((phase, item) for phase in schedule.phases for item in phase.items)


def _is_priced(schedule: Schedule, phase: Phase, item: PricedItem, day: date) -> bool:
    """Whether the price is for that day: one that is charged once, in a phase without end, is for
    its first month."""
    ends = [day_after(end) for end in (phase.end, schedule.end) if end is not None]
    start = max(phase.start, schedule.start)
    if item.frequency is Frequency.ONE_TIME and not ends:
        ends = [months_after(start, start.day, 1)]
    return start <= day and all(day < end for end in ends)


def _counts(metric: Metric, event: Event) -> bool:
    """The metrics of a family have no filter but "one of these"."""
    return event.event_type == metric.event_type and all(
        event.properties[name] in texts for name, texts in metric.filters
    )
