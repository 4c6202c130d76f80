"""Who may have used something: the only customers that billing has to look at.

Small families are looked at whole. Of large ones those are found first under whose names events
came at all, in one pass over one column; whoever had none has no usage, whatever the tree says.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Metric
from catchment.core.period import Span
from catchment.core.schedules import Schedule
from catchment.flows.agreements import Agreements
from catchment.store import aliases, links
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
    if pooling:
        workspace = agreed.workspace.id
        roots = pooling.union(agreed.moves)
        families = links.ever_below(tx, workspace, roots, most=few, known_at=agreed.known_at)
        if families is None:
            names, last_seq = _names(usage, workspace, asked, last_seq)
            found |= set(aliases.owners(tx, workspace, names, agreed.known_at).values())
        else:
            found = found.union(roots, *families.values())
    return Users(agreed.among(tx, found), last_seq)


def _names(
    usage: UsageStore, workspace: str, asked: Collection[Asked], last_seq: int | None
) -> tuple[list[str], int]:
    pooled = [one for one in asked if one.schedule.roll_up]
    start = min(one.metric.reads_from(one.span.start) for one in pooled)
    within = Span(start, max(one.span.end for one in pooled))
    types = {one.metric.event_type for one in pooled}
    return usage.names(workspace, types, within, last_seq)


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
