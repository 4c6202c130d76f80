"""What invoices know of billing schedules, and which schedules compete for the same usage."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, exists, func, or_, select

from catchment.core.terms.schedules import Scope
from catchment.core.values.period import Period
from catchment.store.chunks import chunks
from catchment.store.invoices.invoices import ISSUED, billing_of
from catchment.store.schema import (
    billing_schedules,
    invoices,
    line_items,
    phase_prices,
    phases,
    prices,
)


@dataclass(frozen=True, slots=True)
class IssuedUsage:
    """Usage that an invoice out of our hands has billed."""

    invoice_number: str
    schedule_id: str
    metric_id: str
    service: Period
    scope: Scope


def customers_of(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, str]:
    """The customer of each of these schedules."""
    c = billing_schedules.c
    return {
        id: customer
        for part in chunks(sorted(ids))
        for id, customer in tx.execute(
            select(c.id, c.customer_id).where(c.workspace_id == workspace, c.id.in_(part))
        )
    }


def last_invoices(tx: Connection, workspace: str, ids: Collection[str]) -> dict[str, str]:
    """The invoice that bills each schedule, fell due last and is not void."""
    billing = billing_of(workspace, ids)
    c = invoices.c
    rank = func.row_number().over(
        partition_by=billing.c.schedule_id, order_by=(c.due_on.desc(), c.id.desc())
    )
    ranked = (
        select(billing.c.schedule_id, c.id, rank.label("rank"))
        .join(billing, billing.c.invoice_id == c.id)
        .where(c.live_key == "", c.due_on.is_not(None))
        .subquery()
    )
    rows = tx.execute(select(ranked).where(ranked.c.rank == 1))
    return {row.schedule_id: row.id for row in rows}


def issued_days(tx: Connection, workspace: str, id: str) -> dict[date, str]:
    """The due days of the schedule whose invoices are out of our hands, with their numbers."""
    c, billing = invoices.c, billing_of(workspace, [id])
    rows = tx.execute(
        select(c.due_on, c.invoice_number)
        .join(billing, billing.c.invoice_id == c.id)
        .where(c.status.in_(ISSUED), c.due_on.is_not(None))
    )
    return {row.due_on: row.invoice_number for row in rows}


def pricing(
    tx: Connection,
    workspace: str,
    metric_ids: Collection[str],
    *,
    customer_id: str,
    above: Collection[str],
) -> list[str]:
    """The started schedules that price a metric for the customer or, rolled up, ``above`` it."""
    c = billing_schedules.c
    priced = (
        exists()
        .where(phases.c.schedule_id == c.id)
        .where(phase_prices.c.phase_id == phases.c.id)
        .where(prices.c.id == phase_prices.c.price_id)
        .where(func.coalesce(prices.c.usage_metric_id, prices.c.seat_metric_id).in_(metric_ids))
    )
    whose = or_(c.customer_id == customer_id, and_(c.customer_id.in_(above), c.roll_up_billing))
    query = select(c.id).where(
        c.workspace_id == workspace, c.activated_at.is_not(None), whose, priced
    )
    return list(tx.execute(query.order_by(c.id)).scalars())


def issued_usage(
    tx: Connection, workspace: str, schedule_ids: Collection[str], metric_ids: Collection[str]
) -> list[IssuedUsage]:
    """What invoices of these schedules have billed of these metrics for good, by number."""
    line, head = line_items.c, invoices.c
    query = (
        select(
            head.invoice_number,
            line.schedule_id,
            line.usage_metric_id,
            line.service_start,
            line.service_end,
            line.restrict_to_customers,
        )
        .join(invoices, head.id == line.invoice_id)
        .where(
            line.workspace_id == workspace,
            line.usage_metric_id.in_(metric_ids),
            head.status.in_(ISSUED),
        )
        .order_by(head.invoice_number)
    )
    return [
        IssuedUsage(number, schedule, metric, Period(start, end), frozenset(scope or ()))
        for part in chunks(schedule_ids)
        for number, schedule, metric, start, end, scope in tx.execute(
            query.where(line.schedule_id.in_(part))
        )
    ]
