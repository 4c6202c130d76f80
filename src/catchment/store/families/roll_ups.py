"""What a move in the tree must know of billing: pooling schedules and finalised invoices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from catchment.core.families.hierarchy import CustomerId
from catchment.store.chunks import chunks
from catchment.store.invoices.invoices import ISSUED
from catchment.store.schema import (
    billing_schedules,
    invoices,
    line_items,
    phase_prices,
    phases,
    prices,
)


@dataclass(frozen=True, slots=True)
class FinalisedInvoice:
    """A finalised invoice that counted usage of a schedule until (not on) the day ``until``."""

    schedule: str
    number: str
    payer: str
    until: date


def of_customers(
    tx: Connection, workspace: str, ids: Collection[CustomerId]
) -> dict[str, CustomerId]:
    """The activated roll-up schedules of ``ids``, and whose they are."""
    c = billing_schedules.c
    return {
        row.id: row.customer_id
        for part in chunks(ids)
        for row in tx.execute(
            select(c.id, c.customer_id).where(
                c.workspace_id == workspace,
                c.customer_id.in_(part),
                c.roll_up_billing,
                c.activated_at.is_not(None),
            )
        )
    }


def every(tx: Connection, workspace: str) -> dict[str, CustomerId]:
    """All activated roll-up schedules, and whose they are."""
    c = billing_schedules.c
    query = select(c.id, c.customer_id).where(
        c.workspace_id == workspace, c.roll_up_billing, c.activated_at.is_not(None)
    )
    return {row.id: row.customer_id for row in tx.execute(query)}


def named(tx: Connection, workspace: str, schedules: Collection[str]) -> set[CustomerId]:
    """Everyone whom the schedules exclude or whom their prices name."""
    c, price = billing_schedules.c, prices.c
    excluded = select(c.roll_up_exclusions).where(
        c.workspace_id == workspace, c.roll_up_exclusions.is_not(None)
    )
    restricted = (
        select(price.restrict_to_customers)
        .join(phase_prices, phase_prices.c.price_id == price.id)
        .join(phases, phases.c.id == phase_prices.c.phase_id)
        .where(phases.c.workspace_id == workspace, price.restrict_to_customers.is_not(None))
    )
    return {
        customer
        for part in chunks(schedules)
        for query in (
            excluded.where(c.id.in_(part)),
            restricted.where(phases.c.schedule_id.in_(part)),
        )
        for customers in tx.execute(query).scalars()
        for customer in customers
    }


def finalised(tx: Connection, workspace: str, schedules: Collection[str]) -> list[FinalisedInvoice]:
    """The invoices with usage of ``schedules`` that are out of our hands, by number."""
    c, line = invoices.c, line_items.c
    query = (
        select(
            line.schedule_id,
            c.invoice_number,
            c.customer_legal_name,
            func.max(line.service_end).label("until"),
        )
        .join(line_items, line.invoice_id == c.id)
        .where(
            line.workspace_id == workspace,
            c.status.in_(ISSUED),
            line.usage_metric_id.is_not(None),
            line.service_end.is_not(None),
        )
        .group_by(line.schedule_id, c.id, c.invoice_number, c.customer_legal_name)
        .order_by(c.invoice_number)
    )
    return [
        FinalisedInvoice(
            row.schedule_id, row.invoice_number or "", row.customer_legal_name, row.until
        )
        for part in chunks(schedules)
        for row in tx.execute(query.where(line.schedule_id.in_(part)))
    ]
