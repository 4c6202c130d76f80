"""Whose invoices are: who gets them, and whose schedules charge on them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from catchment.store.chunks import chunks
from catchment.store.invoices.invoices import Status
from catchment.store.schema import billing_schedules, invoices, line_items


def drafts_concerning(tx: Connection, workspace_id: str, customer_id: str) -> set[str]:
    """The drafts to a customer, and those with lines of its schedules that another pays for."""
    c, line, schedule = invoices.c, line_items.c, billing_schedules.c
    drafted = c.workspace_id == workspace_id, c.status == Status.DRAFT
    own = select(c.id).where(*drafted, c.customer_id == customer_id)
    joined = (
        select(line.invoice_id)
        .join(invoices, c.id == line.invoice_id)
        .join(billing_schedules, schedule.id == line.schedule_id)
        .where(*drafted, schedule.customer_id == customer_id)
    )
    return {*tx.execute(own).scalars(), *tx.execute(joined).scalars()}


def customers_on(
    tx: Connection, workspace_id: str, invoice_ids: Collection[str]
) -> dict[str, set[str]]:
    """Who gets each of these invoices, and the customers of the schedules that charge on it."""
    c, line, schedule = invoices.c, line_items.c, billing_schedules.c
    found: dict[str, set[str]] = {}
    for ids in chunks(invoice_ids):
        own = select(c.id, c.customer_id).where(c.workspace_id == workspace_id, c.id.in_(ids))
        charging = (
            select(line.invoice_id, schedule.customer_id)
            .distinct()
            .join(billing_schedules, schedule.id == line.schedule_id)
            .where(schedule.workspace_id == workspace_id, line.invoice_id.in_(ids))
        )
        for id, customer in (*tx.execute(own), *tx.execute(charging)):
            found.setdefault(id, set()).add(customer)
    return found
