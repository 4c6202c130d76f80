"""Who may have used something: the only customers that billing has to look at.

Small families are looked at whole. Of large ones those are found first under whose names events
came at all, in one pass over one column; whoever had none has no usage, whatever the tree says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId, Link
from catchment.core.terms.schedules import Schedule
from catchment.core.usage.metering import Metric
from catchment.core.values.period import Span
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.store.families import aliases, links
from catchment.store.seats import seat_events
from catchment.usage import UsageStore

FEW = 20_000
"""Up to that many customers are looked at whether or not they used something."""


class Asked(NamedTuple):
    """A schedule asks for the usage of a metric during ``span``."""

    schedule: Schedule
    metric: Metric
    span: Span


class Users(NamedTuple):
    """Agreements among everyone who may have used something of what was asked for.

    Events after the place ``last_seq`` are not to be counted, unless it is None.
    """

    agreed: Agreements
    last_seq: int | None


def users(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    asked: Sequence[Asked],
    last_seq: int | None = None,
    *,
    few: int = FEW,
) -> Users:
    """The agreements among those who may have used something, up to ``last_seq`` (None: by now)."""
    pooling = {one.schedule.customer for one in asked if one.schedule.roll_up}
    found = {one.schedule.customer for one in asked}
    families: Collection[Link] | None = ()
    if pooling:
        workspace = agreed.workspace.id
        roots = pooling.union(agreed.moves)
        families = links.of_families(tx, workspace, roots, most=few, known_at=agreed.known_at)
        if families is None:
            pooled = ((one.metric, one.span) for one in asked if one.schedule.roll_up)
            named, last_seq = with_events(tx, usage, agreed, pooled, last_seq)
            found |= named
        else:
            found = found.union(roots, (link.customer for link in families))
    return Users(agreed.among(tx, found, families or ()), last_seq)


def with_events(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    asked: Iterable[tuple[Metric, Span]],
    last_seq: int | None,
) -> tuple[set[CustomerId], int]:
    """Everyone under whose names events came that may count for metrics during spans (at least
    one), and the place up to which they were looked for: ``last_seq``, or all there are.
    """
    asked = list(asked)
    found, place = usage.names(agreed.workspace.id, *reach(asked), last_seq)
    names = set(found)
    kinds = {metric.event_type for metric, _ in asked if of_seats(metric)}
    if kinds:
        names |= seat_events.aliases_of(tx, agreed.workspace.id, kinds)
    owners = aliases.owners(tx, agreed.workspace.id, names, agreed.known_at)
    return set(owners.values()), place


def reach(asked: Iterable[tuple[Metric, Span]]) -> tuple[frozenset[str], Span]:
    """Of which types, and from when to when, events may count for metrics during spans."""
    metrics, spans = zip(*asked, strict=True)
    start = min(
        metric.aggregation.reads_from(span.start)
        for metric, span in zip(metrics, spans, strict=True)
    )
    types = frozenset(metric.event_type for metric in metrics)
    return types, Span(start, max(span.end for span in spans))


def sizes(
    tx: Connection, workspace: str, customers: Collection[CustomerId], most: int
) -> dict[CustomerId, int]:
    """How many customers are at any time below each of ``customers``, itself included.

    Who has more than ``most`` is said to have that many.
    """
    found: dict[CustomerId, int] = {}
    waiting = [sorted(customers)]
    while waiting:
        part = waiting.pop()
        families = links.ever_below(tx, workspace, part, most=most) if part else {}
        if families is not None:
            found |= {root: len(below) + 1 for root, below in families.items()}
        elif len(part) == 1:
            found[part[0]] = most
        else:
            half = len(part) // 2
            waiting += [part[:half], part[half:]]
    return found
