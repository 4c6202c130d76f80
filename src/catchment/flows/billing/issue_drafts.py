"""Issue drafts that nobody has to ask for, as far as they add up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.control import Difference
from catchment.flows.billing.checking.check_sums import faults_of
from catchment.flows.credits.apply_credits import apply_credits
from catchment.flows.credits.project_credits import outdated
from catchment.flows.invoices.finalize_invoice import numbered
from catchment.store.access import Workspace
from catchment.store.billing import run_invoices
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.invoices.rows import invoice_writing


def issue_drafts(
    tx: Connection,
    workspace: Workspace,
    ids: Sequence[str],
    *,
    now: datetime,
    sound: Collection[Invoice] = (),
) -> tuple[list[Invoice], list[Difference]]:
    """Those of ``ids`` that are drafts to be issued by themselves, numbered by their due days.

    Whatever does not add up stays a draft; the differences say why. Those that have not changed
    since they were found ``sound`` are not read again: a large family would keep others waiting.
    """
    waiting = run_invoices.to_issue(tx, workspace.id, ids)
    known = {one.id: one for one in sound}
    unsure = [one.id for one in waiting if one != known.get(one.id)]
    differences = list(faults_of(tx, workspace.id, unsure))
    wrong = {one.invoice_id for one in differences}
    # Of these credits would pay something else by now: the next run makes them anew.
    wrong |= outdated(tx, workspace.id, waiting)
    right = [one for one in waiting if one.id not in wrong]
    if not right:
        return [], differences
    today = now.astimezone(ZoneInfo(workspace.timezone)).date()
    issued = numbered(tx, workspace.id, right, status=Status.FINAL, on=today, now=now)
    invoice_writing.issue(tx, issued)
    apply_credits(tx, workspace.id, issued, on=today, now=now)
    return issued, differences
