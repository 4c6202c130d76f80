"""Make drafts anew from what is true now: prices, usage, names and the tree."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from catchment.core.schedules import Charge, Schedule, charges
from catchment.flows import agreements
from catchment.flows.drafting import Due, drafted
from catchment.flows.finalize_invoice import one_draft
from catchment.flows.keep_drafts import NewId, contents_of, head, payers
from catchment.flows.run_billing import hold
from catchment.store import invoice_contents, invoices
from catchment.store.access import Workspace
from catchment.store.invoices import Billed, Invoice
from catchment.usage import UsageStore


def recalculate_invoice(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    invoice_id: str,
    *,
    now: datetime,
    new_id: NewId,
) -> Invoice:
    """Recalculate one draft. It and the parts that are still charged keep their ids.

    Raises NotFound, InvoiceNotDraft.
    """
    hold(tx, workspace)
    draft = one_draft(tx, workspace.id, invoice_id)
    return _recalculated(tx, usage, workspace, [draft], now=now, new_id=new_id)[0]


def recalculate_drafts(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    schedule_ids: Collection[str],
    *,
    now: datetime,
    new_id: NewId,
) -> list[Invoice]:
    """Recalculate every draft of these schedules; those with nothing left to charge are deleted."""
    hold(tx, workspace)
    drafts = invoices.drafts(tx, workspace.id, schedule_ids)
    kept = []
    for invoice in _recalculated(tx, usage, workspace, drafts, now=now, new_id=new_id):
        if invoice_contents.has_lines(tx, invoice.id):
            kept.append(invoice)
        else:
            invoices.remove(tx, invoice.id)
    return kept


def _recalculated(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    drafts: Sequence[Invoice],
    *,
    now: datetime,
    new_id: NewId,
) -> list[Invoice]:
    ids = {invoice.schedule_id for invoice in drafts if invoice.schedule_id is not None}
    if not ids:
        return list(drafts)
    agreed = agreements.of_schedules(tx, workspace, ids)
    billed = invoices.billed(tx, workspace.id, ids)
    dues = {
        invoice.id: still_due(invoice, agreed.schedules[invoice.schedule_id], agreed.zone, billed)
        for invoice in drafts
        if invoice.schedule_id is not None
    }
    asked = [due for due in dues.values() if due is not None]
    made = {(due.schedule.id, due.on): draft for due, draft in drafted(tx, usage, agreed, asked)}
    known = payers(tx, workspace.id, (invoice.customer_id for invoice in drafts))
    done = []
    for invoice in drafts:
        due = dues.get(invoice.id)
        before = invoice_contents.of(tx, workspace.id, invoice.id)
        invoice_contents.clear(tx, invoice.id)
        if due is None:
            renewed = replace(invoice, net=invoice.net - invoice.net, notes=())
        else:
            draft = made[due.schedule.id, due.on]
            payer = known[invoice.customer_id]
            renewed = head(workspace.id, invoice.id, due.schedule, draft, payer, now=now)
            contents = contents_of(draft, invoice.id, new_id, before)
            invoice_contents.add(tx, workspace.id, [contents])
        renewed = replace(
            renewed,
            created_at=invoice.created_at,
            updated_at=now,
            calculated_at=now,
            run_id=invoice.run_id,
            auto_issue=invoice.auto_issue and renewed.auto_issue,
            customer_archived=invoice.customer_archived,
        )
        invoices.save(tx, renewed)
        done.append(renewed)
    return done


def still_due(invoice: Invoice, schedule: Schedule, zone: tzinfo, billed: Billed) -> Due | None:
    """What the invoice's day charges by now, less what another invoice bills; None for nothing."""
    due_on = invoice.due_on
    assert due_on is not None, invoice

    def is_ours(charge: Charge) -> bool:
        key = schedule.id, charge.item.id, charge.service.start
        return charge.due_on == due_on and billed.charges.get(key, invoice.id) == invoice.id

    found = tuple(filter(is_ours, charges(schedule, due_on, zone)))
    return Due(schedule, found) if found else None
