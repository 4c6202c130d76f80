"""The invoice that sells a grant: a draft with one line, for what the grant costs.

No schedule charges it, so credits do not pay it and no billing run makes another. The grant pays
from its first day on, whether or not its invoice is issued, paid, deleted or voided.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.invoices.lines import RateDisplay
from catchment.core.terms.credits import CreditUnit
from catchment.core.terms.pricing import OneTime, rate
from catchment.core.terms.schedules import Frequency, Timing
from catchment.core.terms.taxes import Reason, Taxation, tax_on
from catchment.core.values.errors import Invalid
from catchment.core.values.ids import NewId
from catchment.core.values.money import Money, decimal_text, money_text
from catchment.core.values.period import Period, day_after, day_text
from catchment.flows.billing.drafting.draft_heads import blank, payers
from catchment.flows.taxes.tax_terms import tax_terms
from catchment.store.access import Workspace
from catchment.store.catalog import metrics, structures
from catchment.store.credits import credit_grants, sales
from catchment.store.credits.credit_grants import GrantRecord
from catchment.store.invoices import invoice_contents, invoices
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows import invoice_writing
from catchment.store.invoices.rows.evidence import Evidence
from catchment.store.invoices.rows.evidence_terms import Terms
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem, LineItemGroup

_TITLE = "Prepaid credits"


def check_price(currency: str, cost: Decimal | None) -> None:
    """Refuse a ``cost`` for which nothing can be sold. Raises Invalid."""
    if cost is None or cost <= 0:
        message = "Say what the grant is sold for: an invoice is made of that."
        raise Invalid.field("/costOfCredit", message)
    if Money.rounded(cost, currency).decimal != cost:
        message = f"{currency} has no such small unit: what is invoiced is whole ones."
        raise Invalid.field("/costOfCredit", message)


def sell(
    tx: Connection,
    workspace: Workspace,
    record: GrantRecord,
    *,
    on: date,
    now: datetime,
    new_id: NewId,
) -> Invoice:
    """Draft the invoice, of the day ``on``. The grant has a price, see ``check_price``."""
    made, contents = _drafted(
        tx, workspace, record, new_id(), Contents(), on=on, now=now, new_id=new_id
    )
    invoice_writing.insert(tx, invoice_writing.rows_of(workspace.id, [(made, contents)]))
    return made


def sell_again(
    tx: Connection, workspace: Workspace, draft: Invoice, *, now: datetime, new_id: NewId
) -> Invoice:
    """Make the draft anew from the customer and the tax rates of now. Its parts keep their ids."""
    before = invoice_contents.of(tx, workspace.id, draft.id)
    record = credit_grants.one(tx, workspace.id, sales.grant_sold(before.lines))
    made, contents = _drafted(
        tx, workspace, record, draft.id, before, on=draft.accounting_date, now=now, new_id=new_id
    )
    made = structs.replace(
        made, created_at=draft.created_at, customer_archived=draft.customer_archived
    )
    invoice_contents.clear(tx, draft.id)
    invoice_writing.save(tx, made)
    invoice_writing.add_contents(tx, workspace.id, [contents])
    return made


def withdraw(tx: Connection, workspace_id: str, grant_id: str) -> None:
    """Delete the draft that sells the grant, if there is one."""
    sold = sales.invoices_of(tx, workspace_id, [grant_id])
    for draft in invoices.held_drafts(tx, workspace_id, sold.values()):
        invoice_contents.clear(tx, draft.id)
        invoices.remove(tx, draft.id)


def contents_of_sale(
    record: GrantRecord,
    what: str,
    taxation: Taxation,
    invoice: Invoice,
    new_id: NewId,
    before: Contents,
) -> Contents:
    """What stands on the invoice, ``what`` being granted in words.

    The group and the line that were there ``before`` keep their ids.
    """
    grant = record.grant
    assert record.cost is not None, record
    net = Money.rounded(record.cost, grant.currency)
    tax = tax_on(net, taxation.fraction)
    price = OneTime(net.decimal)
    group_id = before.groups[0].id if before.groups else new_id()
    line = LineItem(
        id=before.lines[0].id if before.lines else new_id(),
        invoice_id=invoice.id,
        group_id=group_id,
        index=0,
        title=grant.name,
        description=what,
        quantity=Decimal(1),
        rate=net.decimal,
        rate_display=RateDisplay.ABSOLUTE,
        net=net,
        tax=tax,
        service=None,
        segments=rate(price, Decimal(1)),
        tax_rate=taxation.fraction,
        taxation=taxation,
        credit_grant_id=grant.id,
    )
    evidence = Evidence(
        Terms(
            None,
            structures.dump(price, None),
            grant.name,
            Frequency.ONE_TIME.value,
            Timing.IN_ADVANCE.value,
            _day(invoice.accounting_date),
        ),
        None,
    )
    group = LineItemGroup(group_id, invoice.id, 0, _TITLE, None, net, tax)
    return Contents((group,), (line,), (), {line.id: evidence})


def with_figures(invoice: Invoice, contents: Contents) -> Invoice:
    """The head that belongs to these contents."""
    [line] = contents.lines
    return structs.replace(
        invoice,
        net=line.net,
        tax=line.tax,
        undecided_taxes=int(line.taxation is not None and line.taxation.undecided),
        billing_period=_day(invoice.accounting_date),
        notes=(),
    )


def _drafted(
    tx: Connection,
    workspace: Workspace,
    record: GrantRecord,
    invoice_id: str,
    before: Contents,
    *,
    on: date,
    now: datetime,
    new_id: NewId,
) -> tuple[Invoice, Contents]:
    grant = record.grant
    payer = payers(tx, workspace.id, [grant.customer])[grant.customer]
    taxed = tax_terms(tx, workspace.id, [grant.customer])[grant.customer]
    taxation = taxed.of(record.tax_rate_id, None, Reason.GRANT)
    head = blank(workspace.id, invoice_id, payer, grant.currency, on=on, now=now)
    what = _in_words(tx, workspace.id, record)
    contents = contents_of_sale(record, what, taxation, head, new_id, before)
    return with_figures(head, contents), contents


def _in_words(tx: Connection, workspace_id: str, record: GrantRecord) -> str:
    """What is granted, and for which days."""
    grant = record.grant
    if grant.unit is CreditUnit.METRIC:
        assert grant.metric_id is not None, grant
        named = metrics.names(tx, workspace_id, [grant.metric_id])
        what = f"{decimal_text(grant.amount)} units of {named[grant.metric_id]}"
    else:
        what = f"{money_text(Money.rounded(grant.amount, grant.currency))} {grant.currency}"
    until = "" if grant.expiry is None else f" to {day_text(grant.expiry)}"
    return f"{what}, for service from {day_text(grant.effective)}{until}"


def _day(on: date) -> Period:
    return Period(on, day_after(on))
