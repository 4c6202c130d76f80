"""Usage whose tiers go on from what was used before: measured after that is known.

What was used before moves the bounds of the tiers, and those are part of what is asked. So usage is
read twice, up to the same event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from catchment.core.due.pools import NO_POOL, Pool
from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.schedules import Schedule, Scope
from catchment.core.usage.metering import NO_USAGE, Member, UsageQuery
from catchment.core.values.money import EXACT
from catchment.core.values.period import Period
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.usage import Reading, UsageStore


class Pools(NamedTuple):
    """Whom to measure, and whom for what was used before."""

    now: Pool
    before: Pool


class Onward(NamedTuple):
    """A question, and whose usage had moved the tiers ``before``; often nobody's.

    The query's bounds count from where the tiers begin.
    """

    query: UsageQuery
    before: tuple[Member, ...] = ()


def pools_of(
    agreed: Agreements,
    schedule: Schedule,
    metric_id: str,
    charged: tuple[Period, Period | None],
    scope: Scope,
) -> Pools:
    """Whose usage a charge prices, and whose had moved its tiers.

    ``charged`` is its service and what was before it.
    """
    service, before = charged
    now = agreed.pool(schedule, metric_id, agreed.span(service), scope)
    if before is None:
        return Pools(now, NO_POOL)
    return Pools(now, agreed.pool(schedule, metric_id, agreed.span(before), scope))


class Naming:
    """The members of pools as they are asked for, once for each pool: many questions share one.

    ``names`` are the other names of customers. A pool must live as long as this does.
    """

    def __init__(self, names: Mapping[CustomerId, tuple[str, ...]]) -> None:
        self._names = names
        self._known: dict[int, tuple[Member, ...]] = {}

    def aliases(self, customer: CustomerId) -> tuple[str, ...]:
        """All names of a customer, its own id first."""
        return customer, *self._names.get(customer, ())

    def members(self, pool: Pool) -> tuple[Member, ...]:
        """The members of a pool with their names."""
        found = self._known.get(id(pool))
        if found is None:
            found = self._known[id(pool)] = tuple(
                Member(one.customer, self.aliases(one.customer), one.spans) for one in pool.members
            )
        return found


def onward(query: UsageQuery, pools: Pools, naming: Naming) -> Onward:
    """The query put to the pools."""
    now, before = naming.members(pools.now), naming.members(pools.before)
    asked = UsageQuery(query.metric, now, query.want_values, query.bounds, query.want_events)
    return Onward(asked, before)


def read_onward(
    usage: UsageStore, workspace_id: str, asked: Sequence[Onward], last_seq: int | None
) -> Reading:
    """The answers, each with what had been reached before, and up to which event all was read."""
    first = [UsageQuery(one.query.metric, one.before) for one in asked if one.before]
    if not first:
        return usage.reading(workspace_id, [one.query for one in asked], last_seq)
    earlier = usage.reading(workspace_id, first, last_seq)
    waiting = iter(earlier.answers)
    stood = [next(waiting) if one.before else NO_USAGE for one in asked]
    queries = [
        replace(one.query, bounds=_left(one.query.bounds, known.pooled))
        for one, known in zip(asked, stood, strict=True)
    ]
    answers = [
        replace(answer, reached=known.pooled, members_reached=known.members)
        for answer, known in zip(
            usage.reading(workspace_id, queries, earlier.last_seq).answers, stood, strict=True
        )
    ]
    return Reading(answers, earlier.last_seq)


def _left(bounds: Sequence[Decimal], reached: Decimal) -> tuple[Decimal, ...]:
    """How far it is to each bound that lies ahead; to zero too, where less was reached."""
    if not bounds:
        return ()
    ahead = (bound for bound in (Decimal(0), *bounds) if bound > reached)
    return tuple(EXACT.subtract(bound, reached) for bound in ahead)
