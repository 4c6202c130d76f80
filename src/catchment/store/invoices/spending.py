"""Which invoices can name a customer: its own, and those of whoever was ever above it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.period import ONE_DAY, Period
from catchment.store.families import links
from catchment.store.invoices.invoices import ISSUED, Invoice, Status, heads, of_row
from catchment.store.schema import invoices

_c = invoices.c


class Wanted(NamedTuple):
    """Invoices whose billing period lies within two days, both included; None is no bound."""

    first: date | None = None
    last: date | None = None
    currency: str | None = None
    drafts: bool = False


class Invoiced(NamedTuple):
    """A billing period and how many invoices have it."""

    period: Period
    invoice_count: int


def candidates(
    tx: Connection, workspace_id: str, customer: CustomerId, wanted: Wanted
) -> list[Invoice]:
    """The invoices of the customer and of whoever was ever above it, the latest period first.

    An invoice names those who were below its payer by the tree it was calculated with, so there is
    none that names the customer but these.
    """
    query = heads(workspace_id).where(*_of_family(tx, workspace_id, customer, drafts=wanted.drafts))
    if wanted.first is not None:
        query = query.where(_c.billing_period_start >= wanted.first)
    if wanted.last is not None:
        query = query.where(_c.billing_period_end <= wanted.last + ONE_DAY)
    if wanted.currency is not None:
        query = query.where(_c.currency == wanted.currency)
    query = query.order_by(_c.billing_period_start.desc(), _c.id.desc())
    return list(map(of_row, tx.execute(query)))


def periods(
    tx: Connection, workspace_id: str, customer: CustomerId, *, drafts: bool
) -> list[Invoiced]:
    """The billing periods of the same invoices, the latest first."""
    start, end = _c.billing_period_start, _c.billing_period_end
    query = (
        select(start, end, func.count())
        .where(
            _c.workspace_id == workspace_id,
            start.is_not(None),
            *_of_family(tx, workspace_id, customer, drafts=drafts),
        )
        .group_by(start, end)
        .order_by(start.desc(), end.desc())
    )
    return [Invoiced(Period(first, after), count) for first, after, count in tx.execute(query)]


def _of_family(
    tx: Connection, workspace_id: str, customer: CustomerId, *, drafts: bool
) -> tuple[ColumnElement[bool], ...]:
    payers = links.ever_above(tx, workspace_id, customer)
    statuses = (*ISSUED, Status.DRAFT) if drafts else ISSUED
    return _c.customer_id.in_(payers), _c.status.in_(statuses)
