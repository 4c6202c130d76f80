"""Who is measured together on a billing schedule at an instant, who is not, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.due.phase_days import phases_of
from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.schedules import Schedule, Scope
from catchment.core.values.period import instant
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.store.access import Workspace
from catchment.store.schedules import schedules


class Reason(StrEnum):
    """Why a schedule does not measure a customer of the family on a metric that it prices.

    Another schedule is nearer, the customer or somebody between is excluded, or its prices name
    other customers only.
    """

    OTHER_SCHEDULE = "OTHER_SCHEDULE"
    EXCLUDED = "EXCLUDED"
    NOT_NAMED = "NOT_NAMED"


class LeftOut(NamedTuple):
    """Why a metric of a customer is not measured, and the schedule that bills it instead."""

    reason: Reason
    schedule_id: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A customer of the family: what of it is measured, by which prices, and what is not.

    ``path`` leads to it from the schedule's customer; both are in it. Every metric that the
    schedule prices is in ``metrics`` or in ``left_out``.
    """

    customer: CustomerId
    path: tuple[CustomerId, ...]
    metrics: set[str] = field(default_factory=set)
    prices: set[str] = field(default_factory=set)
    left_out: dict[str, LeftOut] = field(default_factory=dict)


def show_pool(
    tx: Connection, workspace: Workspace, schedule_id: str, at: datetime
) -> tuple[Schedule, list[Measured]]:
    """The schedule, and its family at ``at``: parents before children, siblings by id.

    A metric that the schedule does not price at that instant has no pool. Raises NotFound.
    """
    schedule = schedules.one(tx, workspace.id, schedule_id)
    agreed = agreements.around(tx, workspace, [schedule_id])
    now = instant(at)
    claimed = {
        metric_id
        for claim in agreed.claims.get(schedule.customer, ())
        if claim.schedule_id == schedule_id and at in claim.span
        for metric_id in claim.metric_ids
    }
    if not claimed:
        return schedule, []
    family = agreed.forest.members(schedule.customer, now) if schedule.roll_up else {}
    paths = {customer: membership.path for customer, membership in family.items()}
    paths.setdefault(schedule.customer, (schedule.customer,))
    found = {who: Measured(who, path) for who, path in sorted(paths.items(), key=lambda e: e[1])}
    for (metric, scope), prices in _prices(schedule, agreed, at).items():
        pool = agreed.pool(schedule, metric, now, scope)
        for member in pool.members:
            found[member.customer].metrics.add(metric)
            found[member.customer].prices.update(prices)
        for carve in pool.carved:
            other = LeftOut(Reason.OTHER_SCHEDULE, carve.schedule_id)
            found[carve.customer].left_out[metric] = other
    for one in found.values():
        reason = Reason.NOT_NAMED if schedule.exclusions.isdisjoint(one.path) else Reason.EXCLUDED
        for metric in claimed - one.metrics - one.left_out.keys():
            one.left_out[metric] = LeftOut(reason)
    return schedule, list(found.values())


def _prices(
    schedule: Schedule, agreed: Agreements, at: datetime
) -> Mapping[tuple[str, Scope], list[str]]:
    """The prices in force at an instant, those together that measure the same customers."""
    found: dict[tuple[str, Scope], list[str]] = {}
    for _, of in phases_of(schedule):
        if at in of.days.span(agreed.zone):
            for item in of.phase.items:
                if item.metric is not None:
                    found.setdefault((item.metric.id, item.scope), []).append(item.id)
    return found


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
