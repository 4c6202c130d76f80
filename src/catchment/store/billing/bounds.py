"""What a workspace's invoices must keep to, to be issued by themselves, and what is held to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, and_, func, select, update

from catchment.core.control.bounds import Bounds
from catchment.core.values.money import Money
from catchment.store.chunks import chunks
from catchment.store.invoices.invoices import Status
from catchment.store.schema import invoices, line_items, workspaces

_AT_ONCE = 500
_NEWEST = 24
"""More than are averaged: a draft may be older than some that were issued."""


class Issued(NamedTuple):
    """The net total of an invoice in force; whether that is for a single day."""

    due_on: date
    net: Money
    of_a_day: bool


def of(tx: Connection, workspace_id: str) -> Bounds:
    """The bounds of a workspace; the usual ones until others are set."""
    query = select(workspaces.c.billing_bounds).where(workspaces.c.id == workspace_id)
    kept = tx.execute(query).scalar_one()
    return Bounds() if kept is None else msgspec.convert(kept, Bounds)


def keep(tx: Connection, workspace_id: str, bounds: Bounds) -> None:
    """Set the bounds of a workspace."""
    mine = workspaces.c.id == workspace_id
    tx.execute(update(workspaces).where(mine).values(billing_bounds=msgspec.to_builtins(bounds)))


def line_counts(tx: Connection, invoice_ids: Collection[str]) -> dict[str, int]:
    """How many lines each invoice has; those without any are left out."""
    c = line_items.c
    found: dict[str, int] = {}
    for part in chunks(sorted(invoice_ids), _AT_ONCE):
        query = select(c.invoice_id, func.count()).where(c.invoice_id.in_(part))
        found.update((id, count) for id, count in tx.execute(query.group_by(c.invoice_id)))
    return found


def issued_before(
    tx: Connection, workspace_id: str, schedule_ids: Collection[str]
) -> Mapping[str, list[Issued]]:
    """The newest invoices of each schedule that are in force, oldest first: those of single days,
    and all others.
    """
    c = invoices.c
    # Due when its last day is over, which is its first one, too: no arithmetic of days is portable.
    of_a_day = and_(c.billing_period_end == c.due_on, c.billing_period_start == c.accounting_date)
    place = func.row_number().over(
        partition_by=(c.billing_schedule_id, of_a_day), order_by=(c.due_on.desc(), c.id.desc())
    )
    found: defaultdict[str, list[Issued]] = defaultdict(list)
    for part in chunks(sorted(schedule_ids), _AT_ONCE):
        newest = (
            select(
                c.billing_schedule_id,
                c.due_on,
                c.net_minor,
                c.currency,
                of_a_day.label("of_a_day"),
                place.label("place"),
            )
            .where(
                c.workspace_id == workspace_id,
                c.billing_schedule_id.in_(part),
                c.status.in_((Status.FINAL, Status.SENT)),
                c.due_on.is_not(None),
            )
            .subquery()
        )
        query = select(newest).where(newest.c.place <= _NEWEST).order_by(newest.c.place.desc())
        for row in tx.execute(query):
            issued = Issued(row.due_on, Money(row.net_minor, row.currency), bool(row.of_a_day))
            found[row.billing_schedule_id].append(issued)
    return found
