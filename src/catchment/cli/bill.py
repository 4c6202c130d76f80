"""catchment bill: draft everything due, from cron or by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any

import typer
from rich.progress import Progress

from catchment import ids
from catchment.api.billing.billing_run_wire import BillingRunReportOut
from catchment.cli.shared import (
    AsJson,
    DataDir,
    OneOrAll,
    bars,
    one_or_all,
    opened,
)
from catchment.cli.told_run import tell, went_wrong
from catchment.core.values.money import money_text
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.billing.runs.work_on_run import RunResult
from catchment.store import access
from catchment.store.billing import billing_runs
from catchment.store.billing.billing_runs import Source
from catchment.store.engine import reading
from catchment.stores import Built

app = typer.Typer()


@app.command()
def bill(
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Bill what is due up to this day."),
    ],
    data_dir: DataDir = None,
    workspace: OneOrAll = None,
    as_json: AsJson = False,
) -> None:
    """Draft an invoice for everything due, check that it adds up, and issue what issues itself.

    Safe to repeat, and beside a running server. Exit code 1 says that some customers could not be
    billed or drafts not issued, all others were; or that something does not add up, and nothing was
    issued.
    """
    built = opened(data_dir)
    chosen = one_or_all(built, workspace)
    with bars() as shown:
        results = {home: _billed(built, home, as_of.date(), shown) for home in chosen}
    names = _names(built, results)
    if as_json:
        told = [_told(home, result, names) for home, result in results.items()]
        typer.echo(json.dumps({"asOf": as_of.date().isoformat(), "workspaces": told}))
    else:
        for home, result in results.items():
            tell(home, result, names)
    if any(map(went_wrong, results.values())):
        raise typer.Exit(1)


def _names(built: Built, results: Mapping[access.Workspace, RunResult]) -> dict[str, str]:
    """Of all that the reports mention."""
    found: dict[str, str] = {}
    with reading(built.engine) as tx:
        for home, result in results.items():
            found |= billing_runs.names_in(tx, home.id, result.report)
    return found


def _billed(built: Built, home: access.Workspace, as_of: date, shown: Progress) -> RunResult:
    bar = shown.add_task(f"Billing {home.name}", total=None)
    return bill_workspace(
        built.engine,
        built.usage,
        home,
        as_of=as_of,
        now=datetime.now(UTC),
        new_id=ids.new_id,
        source=Source.CLI,
        clock=partial(datetime.now, UTC),
        progress=lambda done, of: shown.update(bar, completed=done, total=of),
        helpers=built.helpers(),
    )


def _told(home: access.Workspace, result: RunResult, names: Mapping[str, str]) -> dict[str, Any]:
    run = BillingRunReportOut.told(result.run, result.report, names)
    return {
        "workspace": home.name,
        "billingRun": run.model_dump(mode="json", by_alias=True, exclude_none=True),
        "drafted": [
            {
                "id": invoice.id,
                "customerId": invoice.customer_id,
                "customerLegalCompanyName": invoice.customer_legal_name,
                "dueOn": str(invoice.due_on),
                "status": invoice.status,
                "currency": invoice.currency,
                "netTotal": money_text(invoice.net),
            }
            for invoice in result.drafted
        ],
        "failures": [
            {"customerId": one.customer, "billingScheduleId": one.schedule_id, "reason": one.reason}
            for one in result.failures
        ],
    }
