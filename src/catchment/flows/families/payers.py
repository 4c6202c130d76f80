"""Whose pooled bills a move touches: the roll-up schedules above a customer, before and after.

A customer's own schedules and those below it measure the same with any parent, so only what is
above counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId, Forest
from catchment.core.values.period import FOREVER, Span, intersect, minus, union
from catchment.store.access import Workspace
from catchment.store.families import roll_ups
from catchment.store.invoices import invoices


@dataclass(frozen=True, slots=True)
class Changes:
    """Who is above a customer before or after a move.

    ``since`` tells from when on it becomes theirs, or is theirs no longer.
    """

    everyone: frozenset[CustomerId]
    since: Mapping[CustomerId, datetime]


@dataclass(frozen=True, slots=True)
class Blocker:
    """A finalised invoice that counted usage before ``until``, the midnight after ``last_day``."""

    schedule: str
    number: str
    payer: str
    last_day: date
    until: datetime


def changes(before: Forest, after: Forest, customer: CustomerId, at: datetime) -> Changes:
    """How a move of ``customer`` at ``at`` changes who is above it, and when."""
    old, new = _above(before, customer, at), _above(after, customer, at)
    since: dict[CustomerId, datetime] = {}
    for payer in old.keys() | new.keys():
        was, is_ = old.get(payer, ()), new.get(payer, ())
        differing = union((*minus(was, is_), *minus(is_, was)))
        if differing:
            since[payer] = differing[0].start
    return Changes(frozenset(old.keys() | new.keys()), since)


def affected(tx: Connection, workspace: str, all_changes: Sequence[Changes]) -> dict[str, datetime]:
    """The roll-up schedules whose figures change, and from which instant on.

    Someone who stays above is touched as well when somebody between begins or stops to bill the
    usage in its stead (nearest pool wins), or when somebody begins or stops to stand between whom
    a schedule excludes, or its prices name.
    """
    everyone = {payer for change in all_changes for payer in change.everyone}
    schedules = pooling(tx, workspace, everyone)
    named = roll_ups.named(
        tx, workspace, [id for of_payer in schedules.values() for id in of_payer]
    )
    found: dict[str, datetime] = {}
    for change in all_changes:
        for schedule, since in touched(change, schedules, named).items():
            found[schedule] = min(since, found.get(schedule, since))
    return found


def hold_drafts(tx: Connection, workspace: str, schedules: Collection[str]) -> None:
    """Let the drafts that bill the schedules stay drafts until the transaction ends."""
    invoices.drafts(tx, workspace, schedules)


def pooling(
    tx: Connection, workspace: str, customers: Collection[CustomerId]
) -> Mapping[CustomerId, Sequence[str]]:
    """The roll-up schedules of each of ``customers`` that has any."""
    schedules: defaultdict[CustomerId, list[str]] = defaultdict(list)
    for schedule, payer in roll_ups.of_customers(tx, workspace, customers).items():
        schedules[payer].append(schedule)
    return schedules


def touched(
    change: Changes,
    schedules: Mapping[CustomerId, Sequence[str]],
    named: Collection[CustomerId],
) -> dict[str, datetime]:
    """Those of the payers' ``schedules`` whose figures ``change`` changes, and from when on.

    ``named`` are all whom they exclude or their prices name.
    """
    starts = [since for who, since in change.since.items() if who in schedules or who in named]
    if not starts:
        return {}
    return {
        schedule: change.since.get(payer, min(starts))
        for payer in change.everyone & schedules.keys()
        for schedule in schedules[payer]
    }


def finalised(
    tx: Connection, workspace: Workspace, schedules: Mapping[str, datetime]
) -> list[Blocker]:
    """The finalised invoices of the schedules that counted usage after the instant given for each.

    Who goes on to change the drafts holds them before asking.
    """
    zone = ZoneInfo(workspace.timezone)
    found = []
    for invoice in roll_ups.finalised(tx, workspace.id, list(schedules)):
        until = datetime.combine(invoice.until, time(), zone).astimezone(UTC)
        if until > schedules[invoice.schedule]:
            last_day = invoice.until - timedelta(days=1)
            found.append(Blocker(invoice.schedule, invoice.number, invoice.payer, last_day, until))
    return found


def _above(
    forest: Forest, customer: CustomerId, since: datetime
) -> dict[CustomerId, tuple[Span, ...]]:
    """Everyone above ``customer`` from ``since`` on, and exactly when."""
    found: defaultdict[CustomerId, list[Span]] = defaultdict(list)
    waiting: list[tuple[CustomerId, tuple[Span, ...]]] = [(customer, (Span(since, FOREVER),))]
    while waiting:
        who, spans = waiting.pop()
        for link in forest.links(who):
            over = intersect(spans, link.span)
            if link.parent is not None and over:
                found[link.parent] += over
                waiting.append((link.parent, over))
    return {who: union(spans) for who, spans in found.items()}
