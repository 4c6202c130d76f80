"""Drafts with all that is to be stored of them, and their way into the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.invoices.consolidation import Due
from catchment.core.invoices.invoicing import Draft
from catchment.core.values.ids import NewId
from catchment.flows.billing.drafting.draft_contents import contents_of
from catchment.flows.billing.drafting.draft_heads import Outline, head, payers
from catchment.flows.credits.grant_phases import grant_begun, may_pay
from catchment.flows.credits.project_credits import projected
from catchment.store.access import Workspace
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows import invoice_writing
from catchment.store.invoices.rows.invoice_parts import Contents
from catchment.store.invoices.rows.invoice_writing import Rows, contents_rows, joined


class Filled(NamedTuple):
    """A draft with an id and all that it needs to be stored, but who is to be addressed.

    What stands on it are rows where no credits can pay anything of it.
    """

    id: str
    outline: Outline
    contents: Contents | Rows


def filled(
    workspace_id: str, draft: Draft, id: str, new_id: NewId, *, ready: bool = False
) -> Filled:
    """A draft with the ids of all that stands on it; with its rows if it is ``ready``, for nobody
    has any credit.
    """
    contents = contents_of(draft, id, new_id)
    outline = Outline.of(draft, contents.groups)
    return Filled(id, outline, contents_rows(workspace_id, [contents]) if ready else contents)


def keep(
    tx: Connection,
    workspace: Workspace,
    drafts: Sequence[tuple[Due, Draft]],
    *,
    now: datetime,
    new_id: NewId,
    run_id: str | None = None,
) -> list[Invoice]:
    """Store new drafts, each whole; ``run_id`` is the billing run that makes them."""
    ready = not may_pay(tx, workspace.id, (due for due, _ in drafts))
    whole = [
        (due, filled(workspace.id, draft, new_id(), new_id, ready=ready)) for due, draft in drafts
    ]
    return keep_filled(tx, workspace, whole, now=now, new_id=new_id, run_id=run_id)


def keep_filled(
    tx: Connection,
    workspace: Workspace,
    drafts: Sequence[tuple[Due, Filled]],
    *,
    now: datetime,
    new_id: NewId,
    run_id: str | None = None,
) -> list[Invoice]:
    """Store drafts that are filled; see ``keep``."""
    if not drafts:
        return []
    known = payers(tx, workspace.id, (one.outline.customer for _, one in drafts))
    unpaid: list[tuple[Invoice, Contents]] = []
    heads, rows = [], []
    for due, (id, outline, contents) in drafts:
        payer = known[outline.customer]
        made = head(workspace.id, id, due, outline, payer, now=now, run_id=run_id)
        if isinstance(contents, Rows):
            heads.append(made)
            rows.append(contents.under(made))
        else:
            unpaid.append((made, contents))
    grant_begun(tx, workspace, (due for due, _ in drafts), now=now, new_id=new_id)
    paid = projected(tx, workspace.id, unpaid, new_id)
    invoice_writing.insert(tx, joined([*rows, invoice_writing.rows_of(workspace.id, paid)]))
    return heads + [made for made, _ in paid]
