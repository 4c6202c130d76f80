"""What happens when a customer is granted credit, or what is left of it is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection

from catchment.core.terms.credits import CreditUnit, Entry, EntryKind, Grant, account
from catchment.core.values.errors import Conflict, Invalid, NotFound
from catchment.core.values.ids import NewId
from catchment.flows.credits.credit_amounts import check_amount
from catchment.flows.credits.grant_phases import close
from catchment.flows.credits.project_credits import project_again
from catchment.flows.credits.sell_grant import check_price, sell, withdraw
from catchment.flows.schedules.keep_schedule import refuse_archived_customer
from catchment.flows.taxes.named_rates import check_rate
from catchment.store.access import Workspace
from catchment.store.catalog import metrics
from catchment.store.credits import credit_grants, ledger
from catchment.store.credits.credit_grants import GrantRecord
from catchment.store.engine import lock


class GrantClosed(Conflict):
    """The credit grant was taken back already."""

    code = "credit_grant_closed"


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """A grant as it is asked for. Without an ``effective`` day it pays from today on.

    One to be ``sold`` is invoiced for its ``cost``, taxed by the rate that it names.
    """

    customer: str
    name: str
    unit: CreditUnit
    currency: str
    metric_id: str | None
    amount: Decimal
    cost: Decimal | None
    effective: date | None
    expiry: date | None
    tax_rate_id: str | None = None
    sold: bool = False


def create(
    tx: Connection,
    workspace: Workspace,
    asked: GrantTerms,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> GrantRecord:
    """Grant credit to a customer, of whose drafts it pays at once.

    What is sold is on a draft then. Raises Invalid, NotFound, CustomerArchived, TaxArchived.
    """
    lock(tx, "billing", workspace.id)
    check_amount("", asked.unit, asked.currency, asked.amount)
    if asked.sold:
        check_price(asked.currency, asked.cost)
    if asked.tax_rate_id is not None:
        check_rate(tx, workspace.id, "/taxRateId", asked.tax_rate_id)
    effective = asked.effective or today
    if asked.expiry is not None and asked.expiry < effective:
        raise Invalid.field("/expiryDate", f"It would expire before it pays, from {effective} on.")
    refuse_archived_customer(tx, workspace.id, asked.customer, "new credit")
    _check_metric(tx, workspace.id, asked)
    grant = Grant(
        id=new_id(),
        customer=asked.customer,
        name=asked.name,
        unit=asked.unit,
        currency=asked.currency,
        metric_id=asked.metric_id,
        amount=asked.amount,
        effective=effective,
        expiry=asked.expiry,
        created_at=now,
    )
    record = GrantRecord(grant, asked.cost, asked.tax_rate_id)
    credit_grants.add(tx, workspace.id, [record])
    granted = Entry(grant.id, EntryKind.GRANTED, grant.amount)
    ledger.add(tx, workspace.id, [(granted, "")], on=today, now=now)
    project_again(tx, workspace.id, grant.customer, new_id)
    if asked.sold:
        sell(tx, workspace, record, on=today, now=now, new_id=new_id)
    return record


def take_back(
    tx: Connection,
    workspace: Workspace,
    grant_id: str,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> GrantRecord:
    """Take back what is left of a grant; what it has paid of final invoices stays paid.

    Drafts are paid anew without it. The draft that sells it is deleted where it has paid nothing;
    what was issued stays. Raises NotFound, GrantClosed.
    """
    lock(tx, "billing", workspace.id)
    record = credit_grants.one(tx, workspace.id, grant_id, for_change=True)
    if record.closed:
        raise GrantClosed(f"What was left of {record.grant.name!r} was taken back already.")
    if _applied(tx, workspace.id, record.grant) == 0:
        withdraw(tx, workspace.id, grant_id)
    close(tx, workspace.id, [record], on=today, now=now)
    project_again(tx, workspace.id, record.grant.customer, new_id)
    return record


def _applied(tx: Connection, workspace_id: str, grant: Grant) -> Decimal:
    entries = ledger.of_grants(tx, workspace_id, [grant.id])[grant.id]
    return account(grant, (one.entry for one in entries), grant.effective).applied


def _check_metric(tx: Connection, workspace_id: str, asked: GrantTerms) -> None:
    in_units = asked.unit is CreditUnit.METRIC
    if asked.metric_id is None:
        if in_units:
            raise Invalid.field("/metricId", "Name the usage metric whose units are granted.")
        return
    if not in_units:
        raise Invalid.field("/metricId", "Only a grant in units has a usage metric.")
    try:
        metrics.one(tx, workspace_id, asked.metric_id)
    except NotFound as missing:
        raise NotFound.field("/metricId", missing.detail) from missing
