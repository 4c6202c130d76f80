"""The invoices of billing runs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, and_, func, or_, select

from catchment.core.values.money import Money
from catchment.store.billing.billing_runs import RunTotal
from catchment.store.invoices.invoices import Invoice, Status, heads, of_row
from catchment.store.schema import invoices


def of_run(
    tx: Connection, workspace_id: str, run_id: str, parked: Collection[str] = ()
) -> list[Invoice]:
    """What a billing run answers for, oldest due day first.

    That is what it drafted and, whoever drafted them, all drafts that are to be issued by
    themselves: a run that broke off or did not balance has left them. Drafts that were ``parked``
    are among them however they are issued.
    """
    c = invoices.c
    left_behind = and_(c.status == Status.DRAFT, or_(c.auto_issue, c.id.in_(parked)))
    mine = and_(c.billing_run_id == run_id, c.live_key == "")
    query = heads(workspace_id).where(or_(mine, left_behind))
    found = map(of_row, tx.execute(query))
    return sorted(found, key=lambda one: (one.due_on or date.min, one.id))


def drafted_by(tx: Connection, workspace_id: str, run_id: str) -> list[Invoice]:
    """What a billing run drafted and is not void, oldest due day first."""
    c = invoices.c
    query = heads(workspace_id).where(c.billing_run_id == run_id, c.live_key == "")
    found = map(of_row, tx.execute(query))
    return sorted(found, key=lambda one: (one.due_on or date.min, one.id))


def totals(tx: Connection, workspace_id: str, run_id: str) -> tuple[tuple[RunTotal, ...], int]:
    """What a billing run drafted and is not void comes to, by currency, and how many of these
    invoices have a line for which no tax rate was found.
    """
    c = invoices.c
    query = (
        select(
            c.currency,
            func.count(),
            func.sum(c.net_minor),
            func.sum(c.tax_minor),
            func.count().filter(c.undecided_taxes > 0),
        )
        .where(c.workspace_id == workspace_id, c.billing_run_id == run_id, c.live_key == "")
        .group_by(c.currency)
        .order_by(c.currency)
    )
    rows = tx.execute(query).all()
    return (
        tuple(
            RunTotal(currency, count, Money(int(net), currency), Money(int(tax), currency))
            for currency, count, net, tax, _ in rows
        ),
        sum(undecided for *_, undecided in rows),
    )


def issued_of_runs(tx: Connection, workspace_id: str, run_ids: Collection[str]) -> dict[str, int]:
    """How many invoices that each of these billing runs drafted are issued by now."""
    c = invoices.c
    query = (
        select(c.billing_run_id, func.count())
        .where(
            c.workspace_id == workspace_id,
            c.billing_run_id.in_(run_ids),
            c.status.in_((Status.FINAL, Status.SENT)),
        )
        .group_by(c.billing_run_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def to_issue(tx: Connection, workspace_id: str, ids: Collection[str]) -> list[Invoice]:
    """Those of ``ids`` that are still to be issued by themselves, locked, oldest due day first."""
    c = invoices.c
    query = heads(workspace_id).where(c.status == Status.DRAFT, c.auto_issue, c.id.in_(ids))
    rows = tx.execute(query.order_by(c.id).with_for_update(of=invoices))
    return sorted(map(of_row, rows), key=lambda one: (one.due_on or date.min, one.id))
