"""A billing run: draft everything due, see whether it all adds up, and only then issue.

A run is stored from its beginning. One that dies leaves its drafts and says RUNNING; the next one
calls it interrupted and answers for the drafts that it should have issued.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Engine

from catchment.core.control import Difference, Failure
from catchment.core.errors import InvoiceNotDraft, NotFound
from catchment.core.money import total
from catchment.flows.billing.control_sheet import Sheet, control_sheet
from catchment.flows.billing.drafting import Failures
from catchment.flows.billing.garbage import collected_seldom
from catchment.flows.billing.issue_drafts import issue_drafts
from catchment.flows.billing.keep_drafts import NewId
from catchment.flows.billing.run_billing import INVOICES_AT_ONCE, Progress, draft_due, hold
from catchment.flows.invoices.recalculate_invoice import recalculate_invoice
from catchment.store.access import Workspace
from catchment.store.chunks import chunks
from catchment.store.engine import reading, writing
from catchment.store.invoices import billing_runs, invoices
from catchment.store.invoices.billing_runs import BillingRun, Report, RunStatus, RunTotal, Source
from catchment.store.invoices.invoices import Invoice
from catchment.usage import UsageStore

DIFFERENCES_KEPT = 1_000
"""How many differences the report of a run has at most; the run counts them all."""

_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class RunResult:
    """The run, what it drafted in the order of the due days, and what it ended with."""

    run: BillingRun
    drafted: tuple[Invoice, ...]
    report: Report

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Whom it could not bill."""
        return self.report.failures

    @property
    def balanced(self) -> bool:
        """Whether everything adds up."""
        return self.run.status is RunStatus.BALANCED


@collected_seldom()
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
) -> RunResult:
    """Draft what is due by ``as_of``, check it, and issue what issues itself if it all adds up.

    ``clock`` tells when the run ends; without it that is ``now``. ``at_once`` invoices share a
    transaction.
    """
    with suppress(OSError):  # for speed only: what waits is counted as well, and no disk is needed
        usage.catch_up(workspace.id, wait=False)
    last_seq = usage.reading(workspace.id, ()).last_seq
    run = BillingRun(new_id(), as_of, RunStatus.RUNNING, source, last_seq, created_at=now)
    with writing(engine) as tx:
        billing_runs.interrupt(tx, workspace.id)
        billing_runs.add(tx, workspace.id, run)
    failures: Failures = {}
    drafted = draft_due(
        engine,
        usage,
        workspace,
        run,
        failures,
        new_id=new_id,
        progress=progress,
        at_once=at_once,
    )
    checked, sheet = _checked(engine, usage, workspace, run, new_id=new_id)
    differences = list(sheet.differences)
    issued: dict[str, Invoice] = {}
    if not differences:
        # What is out of date even now is left to the next run.
        waiting = [one for one in checked if one.auto_issue and one.id not in sheet.outdated]
        issued, differences = _issued(engine, workspace, waiting, at_once, now)
    report = Report(
        sheet.rows,
        tuple(failures.values()),
        tuple(differences[:DIFFERENCES_KEPT]),
        sheet.invoice_count,
        sheet.line_count,
        sheet.late,
    )
    known = {one.id: one for one in checked} | issued
    drafted = [known[one.id] for one in drafted if one.id in known]
    run = replace(
        run,
        status=RunStatus.UNBALANCED if differences else RunStatus.BALANCED,
        finished_at=now if clock is None else clock(),
        drafted_count=len(drafted),
        issued_count=len(issued),
        failure_count=len(failures),
        difference_count=len(differences),
        undecided_taxes=sum(one.undecided_taxes > 0 for one in drafted),
        totals=_totals(drafted),
    )
    with writing(engine) as tx:
        billing_runs.finish(tx, run, report)
    return RunResult(run, tuple(drafted), report)


def _checked(
    engine: Engine, usage: UsageStore, workspace: Workspace, run: BillingRun, *, new_id: NewId
) -> tuple[list[Invoice], Sheet]:
    """What the run answers for, and its control sheet.

    Drafts that others have made out of date meanwhile are calculated anew, as long as that helps.
    """
    for rounds_left in reversed(range(_ROUNDS)):
        with reading(engine) as tx:
            found = invoices.of_run(tx, workspace.id, run.id)
            sheet = control_sheet(tx, usage, workspace, found, run.last_seq)
        if not sheet.outdated or not rounds_left:
            break
        for id in sheet.outdated:
            # Whoever issued or deleted it in between has the last word.
            with suppress(NotFound, InvoiceNotDraft), writing(engine) as tx:
                recalculate_invoice(tx, usage, workspace, id, now=run.created_at, new_id=new_id)
    return found, sheet


def _issued(
    engine: Engine, workspace: Workspace, drafts: Sequence[Invoice], at_once: int, now: datetime
) -> tuple[dict[str, Invoice], list[Difference]]:
    """Issue the drafts, which were found sound, and say what no longer adds up."""
    issued: dict[str, Invoice] = {}
    differences: list[Difference] = []
    for part in chunks(drafts, at_once):
        with writing(engine) as tx:
            hold(tx, workspace)
            ids = [one.id for one in part]
            found, wrong = issue_drafts(tx, workspace, ids, now=now, sound=part)
        issued |= {one.id: one for one in found}
        differences += wrong
    return issued, differences


def _totals(drafted: Sequence[Invoice]) -> tuple[RunTotal, ...]:
    """What was drafted, by currency."""
    found: defaultdict[str, list[Invoice]] = defaultdict(list)
    for one in drafted:
        found[one.currency].append(one)
    return tuple(
        RunTotal(
            currency,
            len(own),
            total((one.net for one in own), currency),
            total((one.tax for one in own), currency),
        )
        for currency, own in sorted(found.items())
    )
