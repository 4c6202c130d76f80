"""What is billed already: the days and charges of schedules that stand on live invoices.

Services are half-open here as everywhere inside. An invoice is live until it is voided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from catchment.core.invoices.adjustments import ORIGINAL
from catchment.core.invoices.consolidation import Key
from catchment.core.terms.schedules import Charge, ChargeId, Schedule
from catchment.core.terms.single_events import EventPart
from catchment.store.chunks import chunks
from catchment.store.invoices.invoices import Status
from catchment.store.schema import invoices, line_items


@dataclass(frozen=True, slots=True)
class DaysBilled:
    """The days of some schedules that have a live invoice."""

    days: Mapping[Key, str]  # the invoice of each key that has one
    issued: frozenset[Key]  # the keys whose invoice is no draft any more
    drafted: frozenset[tuple[str, date]]  # the schedules that have a draft of their own on a day


@dataclass(frozen=True, slots=True)
class Billed(DaysBilled):
    """What live invoices hold of some schedules."""

    charges: Mapping[ChargeId, str]  # the invoice that each is on
    closed: frozenset[tuple[str, str, date]]
    """Schedule, price and day of events that are billed for good: other ones are late."""

    def leaves_out(self, schedule: Schedule, charge: Charge) -> bool:
        """Whether a charge is an event that came late for a schedule that adjusts nothing late."""
        days = schedule.id, charge.item.id, charge.service.start
        return charge.event is not None and not schedule.adjust_late and days in self.closed


def closed_days(
    tx: Connection, workspace_id: str, schedule_ids: Collection[str]
) -> dict[str, set[date]]:
    """The due days of each of these schedules that have a live invoice of its own."""
    c = invoices.c
    found: dict[str, set[date]] = {}
    for ids in chunks(sorted(set(schedule_ids))):
        query = select(c.billing_schedule_id, c.due_on).where(
            c.workspace_id == workspace_id, c.live_key == "", c.billing_schedule_id.in_(ids)
        )
        for schedule, due_on in tx.execute(query):
            found.setdefault(schedule, set()).add(due_on)
    return found


def days(
    tx: Connection,
    workspace_id: str,
    schedule_ids: Collection[str] | None = None,
    *,
    since: date = date.min,
) -> DaysBilled:
    """The days from ``since`` on that have an invoice of these schedules, or of any."""
    found: dict[Key, str] = {}
    issued: set[Key] = set()
    drafted: set[tuple[str, date]] = set()
    c = invoices.c
    for ids in [None] if schedule_ids is None else chunks(sorted(set(schedule_ids))):
        query = select(c.billing_schedule_id, c.due_on, c.ordinal, c.id, c.status).where(
            c.workspace_id == workspace_id,
            c.live_key == "",
            *_since(c.due_on, since),
            *_among(c.billing_schedule_id, ids),
        )
        for schedule, due_on, ordinal, id, status in tx.execute(query):
            key = Key(schedule, due_on, ordinal)
            found[key] = id
            if status == Status.DRAFT:
                drafted.add((schedule, due_on))
            else:
                issued.add(key)
    return DaysBilled(found, frozenset(issued), frozenset(drafted))


def of(
    tx: Connection,
    workspace_id: str,
    schedule_ids: Collection[str] | None = None,
    *,
    since: date = date.min,
) -> Billed:
    """What is billed of these schedules, or of all, from the day ``since`` on.

    Charges by the first day of their service: none falls due before that.
    """
    found = days(tx, workspace_id, schedule_ids, since=since)
    charges: dict[ChargeId, str] = {}
    c = line_items.c
    for ids in [None] if schedule_ids is None else chunks(sorted(set(schedule_ids))):
        query = select(c.schedule_id, c.price_id, c.service_start, c.part, c.invoice_id).where(
            c.workspace_id == workspace_id,
            c.live_key == "",
            c.adjustment == ORIGINAL,
            c.credit_grant_id.is_(None),
            *_since(c.service_start, since),
            *_among(c.schedule_id, ids),
        )
        charges.update(
            ((schedule, price, start, part), id)
            for schedule, price, start, part, id in tx.execute(query)
        )
    closed = _closed(tx, charges, {id for key, id in found.days.items() if key in found.issued})
    return Billed(found.days, found.issued, found.drafted, charges, closed)


def _closed(
    tx: Connection, charges: Mapping[ChargeId, str], issued: Collection[str]
) -> frozenset[tuple[str, str, date]]:
    """Of which days events are on issued invoices: those known to be ``issued``, or others'."""
    of_events: defaultdict[str, set[tuple[str, str, date]]] = defaultdict(set)
    for (schedule_id, price_id, day, part), id in charges.items():
        if EventPart.names_one(part):
            of_events[id].add((schedule_id, price_id, day))
    found = issued & of_events.keys()
    c = invoices.c
    for ids in chunks(sorted(of_events.keys() - found)):
        query = select(c.id).where(c.id.in_(ids), c.status != Status.DRAFT)
        found |= set(tx.execute(query).scalars())
    return frozenset().union(*(of_events[id] for id in found))


def charges_on(tx: Connection, invoice_ids: Collection[str]) -> set[ChargeId]:
    """The charges that stand on these invoices; adjustments of others are not among them."""
    c = line_items.c
    return {
        (schedule, price, start, part)
        for ids in chunks(sorted(set(invoice_ids)))
        for schedule, price, start, part in tx.execute(
            select(c.schedule_id, c.price_id, c.service_start, c.part).where(
                c.invoice_id.in_(ids), c.adjustment == ORIGINAL, c.credit_grant_id.is_(None)
            )
        )
    }


def _among(column: ColumnElement[Any], ids: list[str] | None) -> list[ColumnElement[bool]]:
    return [] if ids is None else [column.in_(ids)]


def _since(column: ColumnElement[Any], day: date) -> list[ColumnElement[bool]]:
    return [] if day == date.min else [column >= day]
