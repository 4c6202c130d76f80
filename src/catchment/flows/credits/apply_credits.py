"""What credits pay of an invoice becomes theirs for good, and is given back when that is voided."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Connection

from catchment.core.terms.credits import Entry, EntryKind, returned
from catchment.core.values.errors import Conflict
from catchment.flows.credits.project_credits import outdated
from catchment.store.credits import credit_grants, ledger
from catchment.store.invoices.invoices import Invoice


class CreditsOutdated(Conflict):
    """Credits would pay something else of the invoice by now."""

    code = "credits_outdated"


def check_credits(tx: Connection, draft: Invoice) -> None:
    """Refuse a draft whose credits are not those that there are. Raises CreditsOutdated."""
    if outdated(tx, draft.workspace_id, [draft]):
        raise CreditsOutdated(
            f"Credits would pay something else of invoice {draft.id} by now. Recalculate the draft."
        )


def apply_credits(
    tx: Connection, workspace_id: str, finalised: Collection[Invoice], *, on: date, now: datetime
) -> None:
    """Take from the ledger what credits pay of invoices that become final."""
    drawn = ledger.drawn_by(tx, workspace_id, [one.id for one in finalised])
    entries = [
        (Entry(grant_id, EntryKind.APPLIED, -amount), invoice_id)
        for invoice_id, own in drawn.items()
        for grant_id, amount in own.items()
    ]
    ledger.add(tx, workspace_id, entries, on=on, now=now)


def return_credits(tx: Connection, voided: Invoice, *, on: date, now: datetime) -> None:
    """Give back what was applied to an invoice. What goes back to a closed grant is not left."""
    found = ledger.of_invoices(tx, voided.workspace_id, [voided.id]).get(voided.id, ())
    back = returned(found)
    known = credit_grants.some(tx, voided.workspace_id, [one.grant_id for one in back])
    back += [
        Entry(one.grant_id, EntryKind.VOIDED, -one.amount)
        for one in back
        if known[one.grant_id].closed
    ]
    ledger.add(tx, voided.workspace_id, [(one, voided.id) for one in back], on=on, now=now)
