"""On which days something was used of what is charged on demand.

Of all such prices there are this is one question to the usage store. It is put to the pools that
would be measured, so a day that nobody used makes no charge, and what a nearer schedule has makes
none here. Only the days found are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from catchment.core.daily import NEVER_USED, DaysUsed
from catchment.core.metering import Metric, UsageQuery
from catchment.core.period import NO_END, ONE_DAY, Period, first_instant
from catchment.core.phase_days import phases_of
from catchment.core.pools import Pool
from catchment.core.schedules import BillTo, PricedItem, Schedule, UsageKey
from catchment.flows.billing.agreements import Agreements
from catchment.flows.billing.onward import Naming
from catchment.flows.billing.users import Asked, users
from catchment.store.chunks import batches
from catchment.store.families import aliases
from catchment.store.invoices.invoices import Billed
from catchment.store.usage import kept_usage
from catchment.usage import UsageStore

Looking = Callable[[Agreements, Sequence[Schedule], Period], DaysUsed]
"""Looks up on which days within a period something was used of what schedules charge."""

_MEMBERS_AT_ONCE = 200_000


@dataclass(slots=True)
class _Question:
    """Whether a metric was used in a pool, and of which days that matters."""

    schedule: Schedule
    metric: Metric
    item: PricedItem
    days: Period

    @property
    def key(self) -> UsageKey:
        return self.schedule.id, self.metric.id, self.item.scope


def has_on_demand(schedule: Schedule) -> bool:
    """Whether anything is charged on demand."""
    return any(item.on_demand for phase in schedule.phases for item in phase.items)


def may_join(schedule: Schedule) -> bool:
    """Whether what falls due may find an invoice that is there already."""
    anew = schedule.version > 0  # what is paid in advance was agreed anew
    return anew or schedule.bill_to is BillTo.PARENT or has_on_demand(schedule)


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
    """On which days ``within`` a period something was used of what these schedules charge on
    demand, by the events up to ``last_seq`` (None: all there are).

    Nothing is known of days whose usage was dropped. Days before the first that is not ``billed``
    need not be known. ``tx`` is only read from.
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
    first, end = (
        min(one.days.start for one in questions),
        max(one.days.end for one in questions),
    )
    edges = [first_instant(first + n * ONE_DAY, zone) for n in range((end - first).days + 1)]
    found: dict[UsageKey, frozenset[date]] = {}
    pools = ((one, _pool(agreed, one)) for one in questions)
    for batch in batches(pools, _weight, _MEMBERS_AT_ONCE):
        queries = _queries(tx, agreed.workspace.id, batch)
        answers = usage.days_used(agreed.workspace.id, queries, edges, last_seq)
        for (one, _), places in zip(batch, answers, strict=True):
            found[one.key] = frozenset(first + place * ONE_DAY for place in places)

    def known(schedule: Schedule, item: PricedItem) -> frozenset[date]:
        assert item.metric is not None, item
        return found.get((schedule.id, item.metric.id, item.scope), frozenset())

    return known


def _questions(
    schedules: Iterable[Schedule], within: Period, since: date | None, billed: Billed | None
) -> Iterable[_Question]:
    found: dict[UsageKey, _Question] = {}
    for schedule in schedules:
        for item, phase in _on_demand(schedule):
            assert item.metric is not None, item
            days = phase.intersect(within)
            if days is not None and since is not None:
                days = days.intersect(Period(since, NO_END))
            if days is not None and billed is not None:
                days = _from_first_unbilled(schedule, item, days, billed)
            if days is None:
                continue
            made = _Question(schedule, item.metric, item, days)
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
