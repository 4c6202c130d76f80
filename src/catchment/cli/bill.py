"""catchment bill: draft everything due, from cron or by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from catchment import ids
from catchment.api.invoices.billing_run_wire import BillingRunReportOut
from catchment.cli.app import (
    AsJson,
    DataDir,
    OneOrAll,
    app,
    bars,
    console,
    one_or_all,
    opened,
    problems,
)
from catchment.cli.control_sheet import late_table, sheet_table, told_differences
from catchment.core.money import money_text, total
from catchment.flows.billing.bill_workspace import bill_workspace
from catchment.flows.billing.work_on_run import RunResult
from catchment.main import Built
from catchment.store import access
from catchment.store.engine import reading
from catchment.store.invoices import billing_runs
from catchment.store.invoices.billing_runs import Source
from catchment.store.invoices.invoices import Invoice


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
    billed, all others were; or that something does not add up, and nothing was issued.
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
            _print(home, result, as_of.date(), names)
    if any(result.failures or not result.balanced for result in results.values()):
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


def _print(
    home: access.Workspace, result: RunResult, as_of: date, names: Mapping[str, str]
) -> None:
    """A row for each payer and currency, the control sheet, and what went wrong."""
    found: defaultdict[tuple[str, str, str], list[Invoice]] = defaultdict(list)
    for invoice in result.drafted:
        found[invoice.customer_legal_name, invoice.customer_id, invoice.currency].append(invoice)
    table = Table(title=Text(f"{home.name}, up to {as_of}"), title_justify="left")
    table.add_column("Payer")
    table.add_column("Invoices", justify="right")
    table.add_column("Net total", justify="right")
    for (name, _, currency), invoices in sorted(found.items()):
        net = total((invoice.net for invoice in invoices), currency)
        table.add_row(Text(name), f"{len(invoices):,}", f"{currency} {net.decimal:,f}")
    if result.drafted:
        console.print(table)
    else:
        console.print(Text(f"{home.name}: nothing new is due up to {as_of}."))
    if result.report.sheet:
        console.print(sheet_table(result.report, names))
    if result.report.late:
        console.print(late_table(result.report, names))
    if result.run.issued_count:
        console.print(Text(f"{result.run.issued_count:,} invoices issued."))
    for told in told_differences(result.report, names, result.run.difference_count):
        problems.print(Text(told), soft_wrap=True)
    if not result.balanced:
        problems.print(Text(f"{home.name}: out of balance, so nothing was issued."))
    for failure in result.failures:
        who = f"Not billed: customer {failure.customer}, schedule {failure.schedule_id}"
        problems.print(Text(f"{who}: {failure.reason}"))
