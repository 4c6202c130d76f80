"""/billing-runs: draft what is due, and see whether it all adds up."""

from datetime import timedelta

from fastapi import Request

from catchment.api.edge.deps import (
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
)
from catchment.api.edge.route import router
from catchment.api.edge.wire import Pagination
from catchment.api.invoices.billing_run_wire import (
    BillingRunIn,
    BillingRunOut,
    BillingRunPage,
    BillingRunReportOut,
)
from catchment.core.errors import Invalid
from catchment.flows.billing.bill_workspace import bill_workspace
from catchment.store.invoices import billing_runs, invoices
from catchment.store.invoices.billing_runs import Source
from catchment.store.paging import page
from catchment.store.schema import billing_runs as run_table

routes = router("/billing-runs", "Billing runs")

_A_YEAR = timedelta(days=366)


@routes.post("", status_code=201)
def run_billing(
    *,
    body: BillingRunIn,
    request: Request,
    tx: Tx,
    database: Database,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    clock: Ticking,
    new_id: NewId,
) -> BillingRunReportOut:
    """Draft everything due by a day, check it, and issue what issues itself if it all adds up.

    The answer comes when the run has ended. Repeating it bills nothing twice.
    """
    if body.as_of > today + _A_YEAR:
        raise Invalid.field("/asOf", f"{body.as_of} is more than a year ahead.")
    with apart(request, tx):
        result = bill_workspace(
            database,
            usage,
            who.workspace,
            as_of=body.as_of,
            now=now,
            new_id=new_id,
            source=Source.API,
            clock=clock,
        )
    names = billing_runs.names_in(tx, who.workspace.id, result.report)
    return BillingRunReportOut.told(result.run, result.report, names)


@routes.get("")
def list_billing_runs(
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
) -> BillingRunPage:
    """Billing runs, newest first."""
    found = page(
        tx,
        billing_runs.listed(who.workspace.id),
        paging,
        id_column=run_table.c.id,
    )
    runs = [billing_runs.of_row(row) for row in found.rows]
    issued = invoices.issued_of_runs(tx, who.workspace.id, [run.id for run in runs])
    items = [BillingRunOut.of(run, issued.get(run.id, 0)) for run in runs]
    return BillingRunPage(items=items, pagination=Pagination.of(found))


@routes.get("/{id}")
def show_billing_run(id: PathId, tx: Tx, who: WhoIs) -> BillingRunReportOut:
    """A run with its control sheet, whom it could not bill, and what does not add up."""
    run, report = billing_runs.one(tx, who.workspace.id, id)
    names = billing_runs.names_in(tx, who.workspace.id, report)
    issued = invoices.issued_of_runs(tx, who.workspace.id, [run.id])
    return BillingRunReportOut.told(run, report, names, issued.get(run.id, 0))
