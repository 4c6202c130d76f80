"""Bring a billing run to its end: draft everything due, see whether it all adds up, then issue.

Whoever takes up a run plans anew, so it goes on where another one died: what stands on invoices is
due no more. Two at once do no harm, for the same reason. Money rests on the keys of invoices and
lines, not on what the run says of itself.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from catchment.core.control import Difference, Failure
from catchment.core.values.errors import InvoiceNotDraft, NotFound, Unavailable
from catchment.flows.billing.checking.control_sheet import Sheet, control_sheet
from catchment.flows.billing.drafting.price_dues import Failures
from catchment.flows.billing.garbage import collected_seldom
from catchment.flows.billing.issue_drafts import issue_drafts
from catchment.flows.billing.run_billing import hold
from catchment.flows.billing.runs.draft_due import draft_due
from catchment.flows.billing.runs.park_drafts import parked
from catchment.flows.billing.runs.plan_run import Planned
from catchment.flows.billing.runs.start_run import ended, one_run, summed
from catchment.flows.billing.runs.work import Work
from catchment.flows.invoices.recalculate_invoice import recalculate_invoice
from catchment.store.access import Workspace
from catchment.store.billing import billing_run_failures, billing_runs, run_invoices
from catchment.store.billing.billing_runs import BillingRun, Report, RunEnded, RunStatus
from catchment.store.chunks import chunks
from catchment.store.engine import reading, writing
from catchment.store.invoices.invoices import Invoice

DIFFERENCES_KEPT = 1_000
"""How many differences the report of a run has at most; the run counts them all."""

MOST_ATTEMPTS = 10
"""How many processes may die at a run, one after the other, without getting it any further."""

THE_WORLDS = (OperationalError, InterfaceError, OSError, Unavailable)
"""What is nobody's fault and may be over soon: the run waits for it."""

_ROUNDS = 5
_log = logging.getLogger("catchment.billing")


@dataclass(frozen=True, slots=True)
class RunResult:
    """The run, what it drafted in the order of the due days, and what it ended with."""

    run: BillingRun
    drafted: tuple[Invoice, ...]
    report: Report

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Whom it could not bill."""
        return tuple(one for one in self.report.failures if one.invoice_id is None)

    @property
    def parked(self) -> tuple[Failure, ...]:
        """Drafts that it did not issue because they are out of bounds."""
        return tuple(one for one in self.report.failures if one.invoice_id is not None)

    @property
    def balanced(self) -> bool:
        """Whether everything adds up."""
        return self.run.status is RunStatus.BALANCED


def work_on_run(work: Work, run_id: str) -> RunResult:
    """Bring the run to its end, and say what it came to. Raises as ``finish_run`` does."""
    finish_run(work, run_id)
    with reading(work.engine) as tx:
        return result_of(tx, work.workspace, run_id)


@collected_seldom()
def finish_run(work: Work, run_id: str) -> None:
    """Draft, check and issue until the run has ended, by us or by whoever cancels it.

    What the world causes is raised (THE_WORLDS), and the run is there to be taken up again; any
    other error ends it as FAILED, and the log has all of it.
    """
    engine, workspace = work.engine, work.workspace
    try:
        with writing(engine) as tx:
            run = _taken_up(tx, work, run_id)
        _bill(work, run)
    except RunEnded:
        pass
    except THE_WORLDS:
        with suppress(*THE_WORLDS, RunEnded), writing(engine) as tx:
            billing_runs.advance(tx, run_id, attempts=0)
        raise
    except Exception as error:  # noqa: BLE001 -- tried again it would fail again, for ever
        _log.exception("billing run %s has failed", run_id)
        with suppress(RunEnded), writing(engine) as tx:
            run, said = one_run(tx, workspace, run_id), f"{type(error).__name__}: {error}"
            ended(tx, workspace, run, RunStatus.FAILED, work.ends(), said)


def result_of(tx: Connection, workspace: Workspace, run_id: str) -> RunResult:
    """A run as it stands, with what it has drafted by now. Raises NotFound."""
    run, report = billing_runs.one(tx, workspace.id, run_id)
    return RunResult(run, tuple(run_invoices.drafted_by(tx, workspace.id, run_id)), report)


def _taken_up(tx: Connection, work: Work, run_id: str) -> BillingRun:
    """The run, of which all that failed is tried once more. Raises RunEnded.

    It is given up where too many have died at it.
    """
    run = one_run(tx, work.workspace, run_id, for_change=True)
    if run.status is RunStatus.RUNNING and run.attempts >= MOST_ATTEMPTS:
        said = f"{run.attempts} processes died at it without getting any further."
        return ended(tx, work.workspace, run, RunStatus.FAILED, work.ends(), said)
    billing_runs.advance(tx, run_id, attempts=run.attempts + 1)
    billing_run_failures.clear(tx, run_id)
    return run


def _bill(work: Work, run: BillingRun) -> None:
    """All of it. Raises RunEnded."""
    if run.status is not RunStatus.RUNNING:
        raise RunEnded(run.id)
    with suppress(OSError):  # for speed only: what waits is counted as well, and no disk is needed
        work.usage.catch_up(work.workspace.id, wait=False)
    failures: Failures = {}
    by = draft_due(work, run, failures)
    checked, sheet = _checked(work, run, by)
    kept_back: list[Failure] = []
    if not run.accept_bounds:
        with reading(work.engine) as tx:
            kept_back += parked(tx, work.workspace, checked)
    differences = list(sheet.differences)
    if not differences:
        # What is out of date even now is left to the next run.
        not_yet = {*sheet.outdated, *(one.invoice_id for one in kept_back)}
        waiting = [one for one in checked if one.auto_issue and one.id not in not_yet]
        differences = _issued(work, run, waiting)
    with writing(work.engine) as tx:
        _end(tx, work, run, [*failures.values(), *kept_back], sheet, differences)


def _end(
    tx: Connection,
    work: Work,
    run: BillingRun,
    failures: Sequence[Failure],
    sheet: Sheet,
    differences: Sequence[Difference],
) -> None:
    """Keep what the run has come to. Raises RunEnded."""
    billing_run_failures.clear(tx, run.id)
    named = ((work.new_id(), one) for one in failures)
    billing_run_failures.add(tx, work.workspace.id, run.id, named)
    run = replace(
        summed(tx, work.workspace.id, run),
        status=RunStatus.UNBALANCED if differences else RunStatus.BALANCED,
        finished_at=work.ends(),
        failure_count=len(failures),
        difference_count=len(differences),
    )
    report = Report(
        sheet=sheet.rows,
        differences=tuple(differences[:DIFFERENCES_KEPT]),
        invoice_count=sheet.invoice_count,
        line_count=sheet.line_count,
        late=sheet.late,
    )
    billing_runs.end(tx, run, report)


def _checked(work: Work, run: BillingRun, by: Planned) -> tuple[list[Invoice], Sheet]:
    """What the run answers for, and its control sheet.

    Drafts that others have made out of date meanwhile are calculated anew, as long as that helps.
    """
    engine, usage, workspace = work.engine, work.usage, work.workspace
    for rounds_left in reversed(range(_ROUNDS)):
        with reading(engine) as tx:
            found = _answered_for(tx, workspace, run)
            sheet = control_sheet(tx, usage, workspace, found, run.last_seq, by.still(tx))
        if not sheet.outdated or not rounds_left:
            break
        for id in sheet.outdated:
            # Whoever issued or deleted it in between has the last word.
            with suppress(NotFound, InvoiceNotDraft), writing(engine) as tx:
                recalculate_invoice(tx, usage, workspace, id, now=work.now, new_id=work.new_id)
    return found, sheet


def _answered_for(tx: Connection, workspace: Workspace, run: BillingRun) -> list[Invoice]:
    """What the run drafted, and drafts that others left behind: of a retry those it is about."""
    if run.retry_of is None:
        return run_invoices.of_run(tx, workspace.id, run.id)
    failed, drafts = billing_run_failures.concerned(tx, run.retry_of)
    found = run_invoices.of_run(tx, workspace.id, run.id, drafts)
    return [one for one in found if one.run_id == run.id or one.schedule_id in failed]


def _issued(work: Work, run: BillingRun, drafts: Sequence[Invoice]) -> list[Difference]:
    """Issue the drafts, which were found sound, and say what no longer adds up. Raises RunEnded."""
    differences: list[Difference] = []
    for part in chunks(drafts, work.at_once):
        with writing(work.engine) as tx:
            hold(tx, work.workspace)
            ids = [one.id for one in part]
            found, wrong = issue_drafts(tx, work.workspace, ids, now=work.now, sound=part)
            billing_runs.issued(tx, run.id, len(found))
        differences += wrong
    return differences
