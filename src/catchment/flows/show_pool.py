"""Who is measured together on a billing schedule at an instant, and who is carved out by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.hierarchy import CustomerId
from catchment.core.period import instant
from catchment.core.pools import Pool
from catchment.core.schedules import Schedule
from catchment.flows import agreements
from catchment.store import schedules
from catchment.store.access import Workspace


@dataclass(frozen=True, slots=True)
class Measured:
    """A customer of the family. ``carved_by`` has the schedule that bills a metric in its stead.

    ``path`` leads to it from the schedule's customer; both are in it.
    """

    customer: CustomerId
    path: tuple[CustomerId, ...]
    metrics: frozenset[str]
    carved_by: Mapping[str, str]


def show_pool(
    tx: Connection, workspace: Workspace, schedule_id: str, at: datetime
) -> tuple[Schedule, list[Measured]]:
    """The schedule, and its family at ``at``: parents before children, siblings by id.

    A metric that the schedule does not price at that instant has no pool. Raises NotFound.
    """
    schedule = schedules.one(tx, workspace.id, schedule_id)
    agreed = agreements.around(tx, workspace, [schedule_id])
    now = instant(at)
    metrics = {item.metric.id for p in schedule.phases for item in p.items if item.metric}
    pools = {id: agreed.pool(schedule, id, now) for id in sorted(metrics)}
    family = agreed.forest.members(schedule.customer, now) if schedule.roll_up else {}
    paths = {customer: membership.path for customer, membership in family.items()}
    return schedule, _by_customer(pools, {schedule.customer: (schedule.customer,), **paths})


def _by_customer(
    pools: Mapping[str, Pool], paths: Mapping[CustomerId, tuple[CustomerId, ...]]
) -> list[Measured]:
    metrics: defaultdict[CustomerId, set[str]] = defaultdict(set)
    carved: defaultdict[CustomerId, dict[str, str]] = defaultdict(dict)
    for metric, pool in pools.items():
        for member in pool.members:
            metrics[member.customer].add(metric)
        for carve in pool.carved:
            carved[carve.customer][metric] = carve.schedule_id
    return [
        Measured(customer, path, frozenset(metrics[customer]), carved[customer])
        for customer, path in sorted(paths.items(), key=lambda entry: entry[1])
        if customer in metrics or customer in carved
    ]


def page_of(
    found: Sequence[Measured], limit: int, after: CustomerId | None
) -> tuple[Sequence[Measured], CustomerId | None]:
    """Up to ``limit`` of ``found`` after a customer, and the one to go on after, if any.

    A customer that has left the family since is not found again: then there is nothing more.
    """
    start = 0
    if after is not None:
        start = next((i + 1 for i, one in enumerate(found) if one.customer == after), len(found))
    part = found[start : start + limit]
    return part, part[-1].customer if start + limit < len(found) else None
