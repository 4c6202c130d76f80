"""What credits would pay of invoices that nobody stores, and who pays what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.invoices.consolidation import Due
from catchment.core.terms.credits import Grant
from catchment.core.values.ids import NewId
from catchment.flows.credits.grant_phases import to_be_granted
from catchment.flows.credits.project_credits import projected
from catchment.store.access import Workspace
from catchment.store.credits import credit_grants
from catchment.store.credits.ledger import PaidBy
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem

Paid = tuple[Invoice, Contents, tuple[PaidBy, ...]]


def preview_credits(
    tx: Connection,
    workspace: Workspace,
    dues: Sequence[Due],
    unpaid: Sequence[tuple[Invoice, Contents]],
    *,
    now: datetime,
    new_id: NewId,
) -> list[Paid]:
    """The invoices of ``dues``, in their order, with what credits pay of them.

    What phases grant until then is taken for granted.
    """
    coming = to_be_granted(tx, workspace, dues, now=now, new_id=new_id)
    found = projected(tx, workspace.id, unpaid, new_id, coming=coming)
    lines = [line for _, contents in found for line in contents.lines]
    names = _names(tx, workspace.id, lines, coming)
    return [
        (invoice, contents, tuple(_paid_by(contents.lines, names))) for invoice, contents in found
    ]


def _names(
    tx: Connection, workspace_id: str, lines: Iterable[LineItem], coming: Iterable[Grant]
) -> dict[str, str]:
    ids = {line.credit_grant_id for line in lines if line.credit_grant_id is not None}
    stored = credit_grants.some(tx, workspace_id, ids)
    names = {id: record.grant.name for id, record in stored.items()}
    return names | {one.id: one.name for one in coming}


def _paid_by(lines: Iterable[LineItem], names: Mapping[str, str]) -> Iterable[PaidBy]:
    """What each grant pays, in the order of the lines."""
    found: dict[str, PaidBy] = {}
    for line in lines:
        id = line.credit_grant_id
        if id is not None:
            net, tax = -line.net, -line.tax
            if id in found:
                net, tax = net + found[id].net, tax + found[id].tax
            found[id] = PaidBy(id, names[id], net, tax)
    return found.values()
