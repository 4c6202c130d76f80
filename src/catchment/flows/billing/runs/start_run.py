"""Ask for a billing run, for another go at what failed in one, or for its end.

A run is a row that says RUNNING; whoever bills next works on it. So a request is answered at once,
and what asked may die.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict, NotFound
from catchment.core.values.ids import NewId
from catchment.store.access import Workspace
from catchment.store.billing import billing_run_failures, billing_runs, run_invoices
from catchment.store.billing.billing_runs import BillingRun, RunStatus, Source


class RunNotAtWork(Conflict):
    """Only a billing run that is at work can be cancelled."""

    code = "billing_run_ended"


class RunAtWork(Conflict):
    """A billing run can be tried again once it has ended."""

    code = "billing_run_at_work"


class NothingFailed(Conflict):
    """Nothing failed in this billing run, so there is nothing to try again."""

    code = "nothing_to_retry"


def start_run(
    tx: Connection,
    last_seq: int,
    *,
    workspace: Workspace,
    as_of: date,
    source: Source,
    now: datetime,
    new_id: NewId,
    occasion: datetime | None = None,
) -> BillingRun:
    """A run that bills what is due by ``as_of``, and events up to the place ``last_seq``.

    It is not kept where its ``occasion`` has another already.
    """
    run = BillingRun(
        new_id(), as_of, RunStatus.RUNNING, source, last_seq, created_at=now, occasion=occasion
    )
    billing_runs.add(tx, workspace.id, run)
    return run


def retry_run(
    tx: Connection,
    last_seq: int,
    *,
    workspace: Workspace,
    run_id: str,
    accept_bounds: bool,
    source: Source,
    now: datetime,
    new_id: NewId,
) -> BillingRun:
    """A run for the failures of another one only, up to the same day, by events up to ``last_seq``.

    With ``accept_bounds`` it issues what is out of bounds, too.
    Raises NotFound, RunAtWork, NothingFailed.
    """
    before = one_run(tx, workspace, run_id)
    if before.status is RunStatus.RUNNING:
        raise RunAtWork(f"Billing run {run_id} is at work; wait for its end, or cancel it.")
    failed, _ = billing_run_failures.concerned(tx, run_id)
    if not failed:
        raise NothingFailed
    run = BillingRun(
        new_id(),
        before.as_of,
        RunStatus.RUNNING,
        source,
        last_seq,
        created_at=now,
        retry_of=run_id,
        accept_bounds=accept_bounds,
    )
    billing_runs.add(tx, workspace.id, run)
    return run


def cancel_run(tx: Connection, workspace: Workspace, run_id: str, *, now: datetime) -> BillingRun:
    """End a run at work. What it has drafted stays; it drafts and issues nothing from now on.

    Raises NotFound, RunNotAtWork.
    """
    run = one_run(tx, workspace, run_id, for_change=True)
    if run.status is not RunStatus.RUNNING:
        raise RunNotAtWork(f"Billing run {run_id} has ended: it is {run.status}.")
    return ended(tx, workspace, run, RunStatus.CANCELLED, now)


def ended(
    tx: Connection,
    workspace: Workspace,
    run: BillingRun,
    status: RunStatus,
    now: datetime,
    error: str | None = None,
) -> BillingRun:
    """End a run before its time, with what it has drafted by then. Raises RunEnded."""
    run = replace(
        summed(tx, workspace.id, run),
        status=status,
        finished_at=now,
        failure_count=billing_run_failures.count(tx, run.id),
        error=error,
    )
    billing_runs.end(tx, run)
    return run


def one_run(
    tx: Connection, workspace: Workspace, run_id: str, *, for_change: bool = False
) -> BillingRun:
    """The run; ``for_change`` keeps others from it until ``tx`` ends. Raises NotFound."""
    found = billing_runs.find(tx, workspace.id, run_id, for_change=for_change)
    if found is None:
        raise NotFound(f"There is no billing run {run_id}.")
    return found


def summed(tx: Connection, workspace_id: str, run: BillingRun) -> BillingRun:
    """The run with what the invoices come to that it drafted, by currency."""
    totals, undecided = run_invoices.totals(tx, workspace_id, run.id)
    count = sum(one.invoice_count for one in totals)
    return replace(run, drafted_count=count, undecided_taxes=undecided, totals=totals)
