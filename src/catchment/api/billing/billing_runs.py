"""/billing-runs: draft what is due, and see whether it all adds up."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Connection

from catchment.api.billing.billing_run_wire import (
    BillingRunIn,
    BillingRunOut,
    BillingRunPage,
    BillingRunReportOut,
    FailureOut,
    FailurePage,
    RetryIn,
)
from catchment.api.edge.deps import (
    Caller,
    Database,
    NewestFirst,
    NewId,
    Now,
    PathId,
    Ticking,
    Today,
    Tx,
    Usage,
    WhoIs,
    apart,
    comma_list,
    settings,
)
from catchment.api.edge.route import router
from catchment.api.edge.wire import Pagination
from catchment.core.values.errors import Invalid
from catchment.flows.billing.runs.bill_workspace import Start, bill_at_once, last_event
from catchment.flows.billing.runs.helpers import helpers_for
from catchment.flows.billing.runs.start_run import cancel_run, one_run, retry_run, start_run
from catchment.flows.billing.runs.work import Work
from catchment.store.billing import billing_run_failures, billing_runs, run_invoices
from catchment.store.billing.billing_runs import RunStatus, Source
from catchment.store.families import customers
from catchment.store.paging import page
from catchment.store.schema import billing_run_failures as failure_table
from catchment.store.schema import billing_runs as run_table

routes = router("/billing-runs", "Billing runs")

_A_YEAR = timedelta(days=366)
_WAITED: dict[int | str, dict[str, Any]] = {
    201: {"model": BillingRunReportOut, "description": "The run has ended."}
}


def _working(
    request: Request,
    database: Database,
    usage: Usage,
    who: WhoIs,
    now: Now,
    clock: Ticking,
    new_id: NewId,
) -> Work:
    helpers = helpers_for(settings(request), new_id)
    return Work(database, usage, who.workspace, now, new_id, clock, helpers=helpers)


Billing = Annotated[Work, Depends(_working)]


@dataclass(frozen=True, slots=True)
class Answering:
    """The request and its answer, for runs that are waited for."""

    request: Request
    response: Response
    tx: Tx
    who: WhoIs

    def begun(self, work: Work, start: Start, *, wait: bool) -> BillingRunReportOut:
        """The run as it has been started; or, once we have worked on it ourselves, as it ended."""
        if wait:
            with apart(self.request, self.tx):
                run = bill_at_once(work, start).run
            self.response.status_code = 201
        else:
            run = start(self.tx, last_event(work.usage, work.workspace))
        return _told(self.tx, self.who, run.id)


Answer = Annotated[Answering, Depends(Answering)]


@routes.post("", status_code=202, responses=_WAITED)
def run_billing(
    body: BillingRunIn, answer: Answer, work: Billing, today: Today
) -> BillingRunReportOut:
    """Draft everything due by a day, check it, and issue what issues itself if it all adds up.

    202 says that the run has begun; ask it how far it is. With `wait` the answer is 201 and comes
    when it has ended. Repeating it bills nothing twice.
    """
    if body.as_of > today + _A_YEAR:
        raise Invalid.field("/asOf", f"{body.as_of} is more than a year ahead.")
    start = partial(
        start_run,
        workspace=work.workspace,
        as_of=body.as_of,
        source=Source.API,
        now=work.now,
        new_id=work.new_id,
    )
    return answer.begun(work, start, wait=body.wait)


@routes.post("/{id}/retry", status_code=202, responses=_WAITED)
def retry_billing_run(
    id: PathId, body: RetryIn, answer: Answer, work: Billing
) -> BillingRunReportOut:
    """Bill once more what failed in a run, and only that: a new run, answered as one is.

    With `acceptBounds` drafts that are out of bounds are issued, too.
    """
    start = partial(
        retry_run,
        workspace=work.workspace,
        run_id=id,
        accept_bounds=body.accept_bounds,
        source=Source.API,
        now=work.now,
        new_id=work.new_id,
    )
    return answer.begun(work, start, wait=body.wait)


@routes.post("/{id}/cancel")
def cancel_billing_run(id: PathId, tx: Tx, who: WhoIs, now: Now) -> BillingRunReportOut:
    """End a run at work: nothing more is drafted or issued by it, what is drafted stays."""
    cancel_run(tx, who.workspace, id, now=now)
    return _told(tx, who, id)


@routes.get("")
def list_billing_runs(
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    status: Annotated[
        str | None, Query(max_length=200, description="Which to show, separated by commas.")
    ] = None,
) -> BillingRunPage:
    """Billing runs, newest first."""
    query = billing_runs.listed(who.workspace.id)
    if status is not None:
        query = query.where(run_table.c.status.in_(_statuses(status)))
    found = page(tx, query, paging, id_column=run_table.c.id)
    runs = [billing_runs.of_row(row) for row in found.rows]
    issued = run_invoices.issued_of_runs(tx, who.workspace.id, [run.id for run in runs])
    items = [BillingRunOut.of(run, issued.get(run.id, 0)) for run in runs]
    return BillingRunPage(items=items, pagination=Pagination.of(found))


@routes.get("/{id}")
def show_billing_run(id: PathId, tx: Tx, who: WhoIs) -> BillingRunReportOut:
    """A run: how far it is, and once it has ended its control sheet and what does not add up."""
    return _told(tx, who, id)


@routes.get("/{id}/failures")
def list_failures(id: PathId, tx: Tx, who: WhoIs, paging: NewestFirst) -> FailurePage:
    """Whom a run could not bill, and which drafts it parked, each with the reason."""
    one_run(tx, who.workspace, id)
    query = billing_run_failures.listed(who.workspace.id, id)
    found = page(tx, query, paging, id_column=failure_table.c.id)
    failures = [billing_run_failures.of_row(row) for row in found.rows]
    names = customers.names(tx, who.workspace.id, {one.customer for one in failures})
    items = [FailureOut.of(one, names) for one in failures]
    return FailurePage(items=items, pagination=Pagination.of(found))


def _told(tx: Connection, who: Caller, id: str) -> BillingRunReportOut:
    """A run as it is now. Raises NotFound."""
    run, report = billing_runs.one(tx, who.workspace.id, id)
    names = billing_runs.names_in(tx, who.workspace.id, report)
    issued = run_invoices.issued_of_runs(tx, who.workspace.id, [run.id])
    return BillingRunReportOut.told(run, report, names, issued.get(run.id, 0))


def _statuses(given: str) -> list[RunStatus]:
    """Raises Invalid."""
    try:
        return [RunStatus(one) for one in comma_list(given)]
    except ValueError as error:
        known = ", ".join(RunStatus)
        raise Invalid.field("?status", f"A status is one of {known}.") from error
