"""A family with all that was agreed and used, small enough to be read when a law is broken.

Who stands where is told by relocations alone: here parenthood is looked up in them by definition, so
that nothing the product does with links is taken for granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import count
from typing import NamedTuple, TypeVar

from catchment.core.families.hierarchy import Link, move
from catchment.core.terms.schedules import Phase, PricedItem, Schedule
from catchment.core.usage.metering import Event
from catchment.core.values.period import BEGINNING

_T = TypeVar("_T")

NEWCOMER = "z"
CUSTOMERS = "abcdef"


class Relocation(NamedTuple):
    """``customer`` is below ``parent`` from ``at`` on for good; told later, it counts for more."""

    customer: str
    parent: str | None
    at: datetime


@dataclass(frozen=True)
class Family:
    """``change`` is what a law does to the tree afterwards; the events are in the order they came."""

    zone: tzinfo
    relocations: tuple[Relocation, ...]
    schedules: tuple[Schedule, ...]
    events: tuple[Event, ...]
    change: tuple[Relocation, ...] = ()

    def changed(self) -> Family:
        """The same after the change."""
        return replace(self, relocations=(*self.relocations, *self.change), change=())


def aliases(customer: str) -> tuple[str, str]:
    """The names a customer's events come under."""
    return customer, f"{customer}-2"


def owner(alias: str) -> str | None:
    """Whose alias it is; None for one that nobody has."""
    customer = alias.removesuffix("-2")
    return customer if customer in (*CUSTOMERS, NEWCOMER) else None


def accepted(relocations: Iterable[Relocation]) -> tuple[Relocation, ...]:
    """Those that put nobody below itself at any instant; the others are refused."""
    found: list[Relocation] = []
    for one in relocations:
        tried = [*found, one]
        instants = {other.at for other in tried if other.at >= one.at}
        if not any(_circular(tried, one.customer, at) for at in instants):
            found = tried
    return tuple(found)


def parent_at(standing: Sequence[Relocation], customer: str, at: datetime) -> str | None:
    """Whose child the customer is: the last word about that instant."""
    for one in reversed(standing):
        if one.customer == customer and one.at <= at:
            return one.parent
    return None


def way_up(standing: Sequence[Relocation], customer: str, at: datetime) -> list[str]:
    """The customer, its parent, the parent of that and so on."""
    way = [customer]
    while (parent := parent_at(standing, way[-1], at)) is not None:
        way.append(parent)
    return way


def links(relocations: Iterable[Relocation]) -> list[Link]:
    """What the product writes down for them."""
    ids = count()
    known: dict[str, list[Link]] = {}
    for one in accepted(relocations):
        own = known.setdefault(one.customer, [])
        change = move(own, *one, recorded_at=BEGINNING, new_id=lambda: f"link {next(ids)}")
        gone = {link.id for link in change.superseded}
        known[one.customer] = [link for link in own if link.id not in gone] + list(change.added)
    return [link for own in known.values() for link in own]


def _circular(standing: Sequence[Relocation], customer: str, at: datetime) -> bool:
    above = parent_at(standing, customer, at)
    while above is not None and above != customer:
        above = parent_at(standing, above, at)
    return above == customer


def told(family: Family) -> str:
    """The family in words."""
    lines = [f"zone {family.zone}"]
    standing = accepted(family.relocations)
    lines += [
        f"{_moved(one)}{'' if one in standing else ' (refused)'}" for one in family.relocations
    ]
    for schedule in family.schedules:
        lines.append(_agreed(schedule))
        for phase in schedule.phases:
            end = phase.end or "…"
            lines.append(f"  phase {phase.id}, {phase.start} to {end}{', resets' * phase.resets}")
            lines += [f"    {_priced(item)}" for item in phase.items]
    lines += [
        f"event {e.id} (sent as {e.customer_event_id}) {e.alias} {e.event_type} {e.at} {dict(e.properties)}"
        for e in family.events
    ]
    lines += [f"change: {_moved(one)}" for one in family.change]
    return "\n".join(lines)


def _moved(one: Relocation) -> str:
    return f"{one.customer} below {one.parent or 'nobody'} from {one.at}"


def _agreed(schedule: Schedule) -> str:
    words = [
        f"schedule {schedule.id} of {schedule.customer}, {schedule.start} to {schedule.end or '…'}"
    ]
    words += ["roll-up"] if schedule.roll_up else []
    words += [f"billing day {schedule.billing_day}"] if schedule.billing_day else []
    words += [f"archived {schedule.archived_at}"] if schedule.archived_at else []
    words += [f"without {', '.join(sorted(schedule.exclusions))}"] if schedule.exclusions else []
    return ", ".join(words)


def _priced(item: PricedItem) -> str:
    measured = f" of {item.metric}" if item.metric else ""
    named = f" for {', '.join(sorted(item.scope))}" if item.scope else ""
    return f"price {item.id} {item.frequency} {item.price} {item.currency}{measured}{named}"


def simpler(family: Family) -> Iterable[Family]:
    """Everything that has one thing less, large things first."""
    for place in range(len(family.schedules)):
        yield replace(family, schedules=_without(family.schedules, place))
    for place in range(len(family.events)):
        yield replace(family, events=_without(family.events, place))
    for place in range(len(family.relocations)):
        yield replace(family, relocations=_without(family.relocations, place))
    for place in range(len(family.change)):
        yield replace(family, change=_without(family.change, place))
    for place, schedule in enumerate(family.schedules):
        for less in _simpler_schedules(schedule):
            yield replace(family, schedules=_with(family.schedules, place, less))


def _simpler_schedules(schedule: Schedule) -> Iterable[Schedule]:
    for place in range(len(schedule.phases) if len(schedule.phases) > 1 else 0):
        yield replace(schedule, phases=_without(schedule.phases, place))
    if schedule.archived_at is not None:
        yield replace(schedule, archived_at=None)
    if schedule.end is not None:
        yield replace(schedule, end=None)
    for who in sorted(schedule.exclusions):
        yield replace(schedule, exclusions=schedule.exclusions - {who})
    for place, phase in enumerate(schedule.phases):
        for less in _simpler_phases(phase):
            yield replace(schedule, phases=_with(schedule.phases, place, less))


def _simpler_phases(phase: Phase) -> Iterable[Phase]:
    if phase.resets:
        yield replace(phase, resets=False)
    for place, item in enumerate(phase.items):
        if len(phase.items) > 1:
            yield replace(phase, items=_without(phase.items, place))
        for who in sorted(item.scope):
            less = replace(item, scope=item.scope - {who})
            yield replace(phase, items=_with(phase.items, place, less))


def _without(many: tuple[_T, ...], place: int) -> tuple[_T, ...]:
    return many[:place] + many[place + 1 :]


def _with(many: tuple[_T, ...], place: int, one: _T) -> tuple[_T, ...]:
    return (*many[:place], one, *many[place + 1 :])
