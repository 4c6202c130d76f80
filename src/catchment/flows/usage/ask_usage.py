"""What a metric says about some customers: one number, or a chart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, tzinfo
from enum import StrEnum

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId, Forest
from catchment.core.usage.metering import Member, Metric, Usage, UsageQuery
from catchment.core.values.errors import Invalid, NotFound
from catchment.core.values.period import (
    ONE_DAY,
    Period,
    Span,
    first_instant,
    months_after,
    union,
)
from catchment.store.families import aliases, customers, links
from catchment.usage import Bucket, UsageStore

MOST_BUCKETS = 1_200
"""Three years of days, a century of months."""


class Step(StrEnum):
    """How long the stretches of a chart are."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Calculation:
    """Usage with the smallest and the largest id of its events, where there are any."""

    usage: Usage
    ids: tuple[str, str] | None


def calculate(
    tx: Connection,
    usage: UsageStore,
    workspace: str,
    metric: Metric,
    values: Collection[str],
    span: Span,
) -> Calculation:
    """Usage under ``values``, taken together: aliases, or ids that stand for all their aliases.

    Who owns them matters to LATEST; an alias that nobody has is a member by itself.
    """
    owners = aliases.owners(tx, workspace, values)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for value in values:
        names[owners.get(value, value)].add(value)
    whole = [value for value, owner in owners.items() if value == owner]
    for customer, known in aliases.names_of(tx, workspace, whole).items():
        names[customer].update(known)
    members = (Member(who, tuple(sorted(own)), (span,)) for who, own in sorted(names.items()))
    query = UsageQuery(metric, tuple(members))
    [found] = usage.measure(workspace, [query])
    return Calculation(found, usage.id_range(workspace, query))


def chart(
    tx: Connection,
    usage: UsageStore,
    workspace: str,
    metric: Metric,
    ids: Collection[CustomerId],
    period: Period,
    zone: tzinfo,
    step: Step,
    *,
    descendants: bool,
) -> list[tuple[date, Bucket]]:
    """Usage of customers, taken together, in stretches of ``period``, each with its first day.

    With ``descendants``, who was below them counts too, for as long as that was so. Raises
    NotFound, Invalid.
    """
    missing = set(ids) - customers.names(tx, workspace, ids).keys()
    if missing:
        raise NotFound(f"There is no customer {min(missing)} in this workspace.")
    days = _first_days(period, step)
    edges = [first_instant(day, zone) for day in (*days, period.end)]
    span = Span(edges[0], edges[-1])
    spans = _family(tx, workspace, ids, span) if descendants else dict.fromkeys(ids, (span,))
    known = aliases.names_of(tx, workspace, spans)
    members = tuple(Member(who, (who, *known.get(who, ())), when) for who, when in spans.items())
    buckets = usage.series(workspace, UsageQuery(metric, members), edges)
    return list(zip(days, buckets, strict=True))


def _family(
    tx: Connection, workspace: str, ids: Collection[CustomerId], span: Span
) -> dict[CustomerId, tuple[Span, ...]]:
    """The customers and who was below one of them during ``span``, with when."""
    found: dict[CustomerId, tuple[Span, ...]] = {}
    for id in ids:
        forest = Forest(links.below(tx, workspace, id, span.start))
        for who, membership in forest.members(id, span).items():
            found[who] = union((*found.get(who, ()), *membership.spans))
    return found


def _first_days(period: Period, step: Step) -> list[date]:
    days = [period.start]
    while len(days) <= MOST_BUCKETS:
        last = days[-1]
        after = last + ONE_DAY if step is Step.DAY else months_after(last, 1, 1)
        if after >= period.end:
            return days
        days.append(after)
    message = f"A chart has at most {MOST_BUCKETS} stretches; ask for a shorter period or months."
    raise Invalid.field("?to", message)
