"""Schedules that bill their parent: which there are below a customer, and where they are billed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, select

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.adjustments import ORIGINAL
from catchment.core.terms.schedules import BillTo
from catchment.core.values.period import Period
from catchment.store.chunks import chunks
from catchment.store.schema import (
    billing_schedules,
    customer_links,
    customers,
    invoices,
    line_items,
)

_c, _link = billing_schedules.c, customer_links.c


@dataclass(frozen=True, slots=True)
class Billed:
    """A service of a schedule that stands on a live invoice. ``number`` is None on a draft."""

    schedule_id: str
    service: Period
    due_on: date
    invoice_id: str
    number: str | None
    payer_name: str


def any_of(tx: Connection, workspace: str) -> bool:
    """Whether any started schedule bills its parent."""
    return tx.execute(select(_c.id).where(*_joining(workspace)).limit(1)).first() is not None


def below(tx: Connection, workspace: str, tops: Collection[CustomerId]) -> dict[str, CustomerId]:
    """The started schedules, and whose they are, of ``tops`` and of who was ever below them."""
    if not any_of(tx, workspace):
        return {}  # as in most workspaces: no family is walked for it
    found: dict[str, CustomerId] = {}
    for part in chunks(sorted(tops)):
        down = select(customers.c.id).where(customers.c.id.in_(part)).cte("down", recursive=True)
        down = down.union(
            select(_link.customer_id).where(
                _link.parent_id == down.c.id,
                _link.workspace_id == workspace,
                _link.superseded_at.is_(None),
            )
        )
        query = select(_c.id, _c.customer_id).where(
            *_joining(workspace), _c.customer_id.in_(select(down.c.id))
        )
        found.update((row.id, row.customer_id) for row in tx.execute(query))
    return found


def billing(tx: Connection, workspace: str, payers: Collection[CustomerId]) -> set[str]:
    """The started schedules that have billed these customers above them on invoices of their own.

    That is what they do where nobody's invoice could take their lines.
    """
    if not any_of(tx, workspace):
        return set()
    query = (
        select(invoices.c.billing_schedule_id)
        .distinct()
        .join(billing_schedules, _c.id == invoices.c.billing_schedule_id)
        .where(*_joining(workspace), _c.customer_id != invoices.c.customer_id)
    )
    return {
        id
        for part in chunks(sorted(payers))
        for id in tx.execute(query.where(invoices.c.customer_id.in_(part))).scalars()
    }


def hosts(tx: Connection, workspace: str, schedule_id: str) -> set[str]:
    """The schedules on whose live invoices a schedule is charged."""
    head, line = invoices.c, line_items.c
    query = select(head.billing_schedule_id).distinct().join(line_items, head.id == line.invoice_id)
    mine = line.workspace_id == workspace, line.schedule_id == schedule_id, line.live_key == ""
    return set(tx.execute(query.where(*mine)).scalars())


def billed(tx: Connection, workspace: str, schedule_ids: Collection[str]) -> list[Billed]:
    """What of these schedules stands on live invoices, by number, drafts first."""
    head, line = invoices.c, line_items.c
    query = (
        select(
            line.schedule_id,
            line.service_start,
            line.service_end,
            head.due_on,
            head.id,
            head.invoice_number,
            head.customer_legal_name,
        )
        .distinct()
        .join(invoices, head.id == line.invoice_id)
        .where(line.workspace_id == workspace, line.live_key == "", head.due_on.is_not(None))
        .where(line.adjustment == ORIGINAL)  # others are where the charge itself is
    )
    found = [
        Billed(schedule, Period(start, end), due_on, id, number, payer)
        for part in chunks(sorted(schedule_ids))
        for schedule, start, end, due_on, id, number, payer in tx.execute(
            query.where(line.schedule_id.in_(part))
        )
    ]
    return sorted(found, key=lambda one: (one.number or "", one.schedule_id, one.service))


def _joining(workspace: str) -> tuple[ColumnElement[bool], ...]:
    return (
        _c.workspace_id == workspace,
        _c.bill_to == BillTo.PARENT.value,
        _c.activated_at.is_not(None),
    )
