"""Make drafts anew from what is true now: prices, usage, names and the tree."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.values.ids import NewId
from catchment.flows.billing.place_charges import place
from catchment.flows.billing.run_billing import hold
from catchment.flows.credits.sell_grant import sell_again
from catchment.flows.invoices.finalize_invoice import one_draft
from catchment.store.access import Workspace
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Invoice
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

    Charges that belong elsewhere by now go there.
    Raises NotFound, InvoiceNotDraft.
    """
    hold(tx, workspace)
    draft = one_draft(tx, workspace.id, invoice_id)
    if draft.schedule_id is None:
        return sell_again(tx, workspace, draft, now=now, new_id=new_id)
    placed = place(tx, usage, workspace, [draft], now=now, new_id=new_id, run_id=draft.run_id)
    for id in placed.emptied - {draft.id}:
        invoices.remove(tx, id)
    return placed.renewed[draft.id]


def recalculate_drafts(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    schedule_ids: Collection[str],
    *,
    now: datetime,
    new_id: NewId,
) -> list[Invoice]:
    """Recalculate every draft that bills these schedules.

    Those with nothing left to charge are deleted; what leaves a draft for an invoice that is not
    there yet is drafted.
    """
    hold(tx, workspace)
    drafts = invoices.drafts(tx, workspace.id, schedule_ids)
    if not drafts:
        return []
    placed = place(tx, usage, workspace, drafts, now=now, new_id=new_id)
    for id in placed.emptied:
        invoices.remove(tx, id)
    kept = [one for id, one in placed.renewed.items() if id not in placed.emptied]
    return kept + placed.added
