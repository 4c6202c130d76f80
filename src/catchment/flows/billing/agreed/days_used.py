"""When something was used of what is charged on demand: on which days, or by which events.

Of all such prices there are these are two questions to the usage store. They are put to the pools
that would be measured, so what nobody used makes no charge, and what a nearer schedule has makes
none here. Only what is found is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from catchment.core.due.daily import NEVER_USED, DaysUsed, Use
from catchment.core.due.phase_days import phases_of
from catchment.core.due.pools import Pool
from catchment.core.terms.schedules import Frequency, PricedItem, Schedule, UsageKey, part_of
from catchment.core.terms.single_events import EventPart
from catchment.core.usage.metering import Metric, UsageQuery
from catchment.core.values.period import NO_END, ONE_DAY, Period, first_instant
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.onward import Naming
from catchment.flows.billing.agreed.users import Asked, users
from catchment.store.chunks import batches
from catchment.store.families import aliases
from catchment.store.invoices.already_billed import Billed
from catchment.store.usage import kept_usage
from catchment.usage import UsageStore

Looking = Callable[[Agreements, Sequence[Schedule], Period], DaysUsed]
"""Looks up when within a period something was used of what schedules charge."""

_MEMBERS_AT_ONCE = 200_000


_Key = tuple[UsageKey, bool]


@dataclass(slots=True)
class _Question:
    """When a metric was used in a pool, and of which days that matters; of each event, if so."""

    schedule: Schedule
    metric: Metric
    item: PricedItem
    days: Period
    per_event: bool

    @property
    def key(self) -> _Key:
        return (self.schedule.id, self.metric.id, self.item.scope), self.per_event


def has_on_demand(schedule: Schedule) -> bool:
    """Whether anything is charged on demand."""
    return any(item.on_demand for phase in schedule.phases for item in phase.items)


def may_join(schedule: Schedule) -> bool:
    """Whether what falls due may find an invoice that is there already."""
    return schedule.shares_days or has_on_demand(schedule)


def days_used(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    schedules: Iterable[Schedule],
    within: Period,
    *,
    last_seq: int | None = None,
    billed: Billed | None = None,
) -> DaysUsed:
    """When ``within`` a period something was used of what these schedules charge on demand, by the
    events up to ``last_seq`` (None: all there are).

    Nothing is known of days whose usage was dropped. What is ``billed`` need not be known: days
    before the first that is not, and events. ``tx`` is only read from.
    """
    schedules = list(filter(has_on_demand, schedules))
    if not schedules:
        return NEVER_USED
    since = kept_usage.first_day(tx, agreed.workspace.id)
    questions = list(_questions(schedules, within, since, billed))
    if not questions:
        return NEVER_USED
    zone = agreed.zone
    asked = [Asked(one.schedule, one.metric, one.days.span(zone)) for one in questions]
    agreed, last_seq = users(tx, usage, agreed, asked, last_seq)
    found: dict[_Key, Collection[Use]] = {}
    pools = ((one, _pool(agreed, one)) for one in questions)
    for batch in batches(pools, _weight, _MEMBERS_AT_ONCE):
        queries = _queries(tx, agreed.workspace.id, batch)
        for per_event, look in ((False, _days), (True, _events)):
            own = {
                one.key: (one, query)
                for (one, _), query in zip(batch, queries, strict=True)
                if one.per_event is per_event
            }
            if own:
                answers = look(usage, agreed, list(own.values()), last_seq)
                found |= zip(own, answers, strict=True)

    def known(schedule: Schedule, item: PricedItem) -> Collection[Use]:
        assert item.metric is not None, item
        key = schedule.id, item.metric.id, item.scope
        per_event = item.frequency is Frequency.PER_EVENT
        uses = found.get((key, per_event), ())
        if billed is None or not per_event:
            return uses
        done = billed.charges
        return {u: None for u in uses if (schedule.id, item.id, *u) not in done}.keys()

    return known


def billed_uses(billed: Billed) -> DaysUsed:
    """What is billed of it already."""
    found: dict[tuple[str, str], list[Use]] = {}
    for schedule_id, price_id, day, part in billed.charges:
        found.setdefault((schedule_id, price_id), []).append(Use(day, part_of(part)))
    return lambda schedule, item: found.get((schedule.id, item.id), ())


def _days(
    usage: UsageStore,
    agreed: Agreements,
    asked: Sequence[tuple[_Question, UsageQuery]],
    last_seq: int | None,
) -> Iterator[Collection[Use]]:
    """The days on which something was used."""
    first = min(one.days.start for one, _ in asked)
    end = max(one.days.end for one, _ in asked)
    edges = [first_instant(first + n * ONE_DAY, agreed.zone) for n in range((end - first).days + 1)]
    queries = [query for _, query in asked]
    for places in usage.days_used(agreed.workspace.id, queries, edges, last_seq):
        yield frozenset(Use(first + place * ONE_DAY) for place in places)


def _events(
    usage: UsageStore,
    agreed: Agreements,
    asked: Sequence[tuple[_Question, UsageQuery]],
    last_seq: int | None,
) -> Iterator[Collection[Use]]:
    """The events by which something was used, in their order."""
    queries = [replace(query, want_events=True) for _, query in asked]
    for answer in usage.reading(agreed.workspace.id, queries, last_seq).answers:
        uses = (
            Use(one.at.astimezone(agreed.zone).date(), EventPart.of(one.id))
            for one in answer.events
        )
        yield dict.fromkeys(uses).keys()


def _questions(
    schedules: Iterable[Schedule], within: Period, since: date | None, billed: Billed | None
) -> Iterable[_Question]:
    found: dict[_Key, _Question] = {}
    for schedule in schedules:
        for item, phase in _on_demand(schedule):
            assert item.metric is not None, item
            days = phase.intersect(within)
            if days is not None and since is not None:
                days = days.intersect(Period(since, NO_END))
            per_event = item.frequency is Frequency.PER_EVENT
            if days is not None and billed is not None and not per_event:
                days = _from_first_unbilled(schedule, item, days, billed)
            if days is None:
                continue
            made = _Question(schedule, item.metric, item, days, per_event)
            known = found.setdefault(made.key, made)
            known.days = Period(min(known.days.start, days.start), max(known.days.end, days.end))
    return found.values()


def _on_demand(schedule: Schedule) -> Iterator[tuple[PricedItem, Period]]:
    """The prices that are charged on demand, each with the days of its phase."""
    for _, of in phases_of(schedule):
        yield from ((item, of.days) for item in of.phase.items if item.on_demand)


def _from_first_unbilled(
    schedule: Schedule, item: PricedItem, days: Period, billed: Billed
) -> Period | None:
    day = days.start
    while day < days.end and (schedule.id, item.id, day, "") in billed.charges:
        day += ONE_DAY
    return Period(day, days.end) if day < days.end else None


def _pool(agreed: Agreements, one: _Question) -> Pool:
    span = one.days.span(agreed.zone)
    return agreed.pool(one.schedule, one.metric.id, span, one.item.scope)


def _weight(asked: tuple[_Question, Pool]) -> int:
    return len(asked[1].members) + 1


def _queries(
    tx: Connection, workspace_id: str, batch: Sequence[tuple[_Question, Pool]]
) -> list[UsageQuery]:
    everyone = {member.customer for _, pool in batch for member in pool.members}
    naming = Naming(aliases.names_of(tx, workspace_id, everyone))
    return [UsageQuery(one.metric, naming.members(pool)) for one, pool in batch]
