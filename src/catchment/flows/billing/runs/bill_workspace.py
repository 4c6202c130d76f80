"""Billing, one process at a time for a workspace: what was left undone first, then what is asked.

Who bills holds the workspace's lease, so that nobody does the same beside. A run that is at work
and has nobody at it was only started, or who worked on it has died.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, Engine

from catchment.core.values.ids import NewId
from catchment.flows.billing.runs.start_run import start_run
from catchment.flows.billing.runs.work import INVOICES_AT_ONCE, Helpers, Progress, Work
from catchment.flows.billing.runs.work_on_run import RunResult, finish_run, work_on_run
from catchment.store.access import Workspace
from catchment.store.billing import billing_runs
from catchment.store.billing.billing_runs import BillingRun, Source
from catchment.store.engine import reading, writing
from catchment.store.lease import held
from catchment.usage import UsageStore

BILLING = "billing"
"""The lease of whoever bills a workspace."""


def bill_workspace(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    *,
    as_of: date,
    now: datetime,
    new_id: NewId,
    source: Source = Source.CLI,
    clock: Callable[[], datetime] | None = None,
    progress: Progress = lambda _done, _all: None,
    at_once: int = INVOICES_AT_ONCE,
    helpers: Helpers | None = None,
) -> RunResult:
    """Draft what is due by ``as_of``, check it, and issue what issues itself if it all adds up.

    ``clock`` tells when the run ends; without it that is ``now``. ``at_once`` invoices share a
    transaction; without ``helpers`` this process drafts all of them. Waits for its turn.
    """
    start = partial(
        start_run, workspace=workspace, as_of=as_of, source=source, now=now, new_id=new_id
    )
    ends = clock or (lambda: now)
    work = Work(engine, usage, workspace, now, new_id, ends, progress, at_once, helpers)
    return bill_at_once(work, start)


Start = Callable[[Connection, int], BillingRun]
"""Makes a run that counts events up to a place."""


def bill_at_once(work: Work, start: Start) -> RunResult:
    """Start a run, once it is our turn, and work on it till its end."""
    with held(work.engine, BILLING, work.workspace.id, wait=True):
        finish_runs(work)
        last_seq = last_event(work.usage, work.workspace)
        with writing(work.engine) as tx:
            run = start(tx, last_seq)
        return work_on_run(work, run.id)


def last_event(usage: UsageStore, workspace: Workspace) -> int:
    """The place of the last event acknowledged by now."""
    return usage.reading(workspace.id, ()).last_seq


def work_off(work: Work) -> bool:
    """Work on all runs that wait, and say whether that was ours to do: nobody else is at it."""
    with held(work.engine, BILLING, work.workspace.id, wait=False) as mine:
        if mine:
            finish_runs(work)
        return mine


def finish_runs(work: Work) -> None:
    """Bring every run of the workspace that is at work to its end, the oldest first.

    Whoever calls has the lease. Raises what the world causes.
    """
    with reading(work.engine) as tx:
        left = billing_runs.running(tx, work.workspace.id)
    for run in left:
        finish_run(work, run.id)
