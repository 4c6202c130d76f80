"""catchment bill: draft everything due, from cron or by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from catchment import ids
from catchment.cli.app import AsJson, DataDir, app, console, opened, problems
from catchment.core.money import money_text, total
from catchment.flows.bill_workspace import RunResult, bill_workspace
from catchment.main import Built
from catchment.store import access
from catchment.store.engine import reading
from catchment.store.invoices import Invoice


@app.command()
def bill(
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Bill what is due up to this day."),
    ],
    data_dir: DataDir = None,
    workspace: Annotated[
        str | None, typer.Option("--workspace", help="Its name. Default: every workspace.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draft an invoice for everything due. Safe to repeat, and beside a running server.

    Exit code 1 says that some customers could not be billed; all others were.
    """
    built = opened(data_dir)
    with reading(built.engine) as tx:
        homes = access.all_workspaces(tx)
    chosen = [home for home in homes if workspace in {None, home.name}]
    if workspace is not None and not chosen:
        problems.print(f"There is no workspace {workspace!r}.", markup=False)
        raise typer.Exit(2)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=problems,
        transient=True,
    ) as bars:
        results = {home: _billed(built, home, as_of.date(), bars) for home in chosen}
    if as_json:
        told = [_told(home, result) for home, result in results.items()]
        typer.echo(json.dumps({"asOf": as_of.date().isoformat(), "workspaces": told}))
    else:
        for home, result in results.items():
            _print(home, result, as_of.date())
    if any(result.failures for result in results.values()):
        raise typer.Exit(1)


def _billed(built: Built, home: access.Workspace, as_of: date, bars: Progress) -> RunResult:
    bar = bars.add_task(f"Billing {home.name}", total=None)
    return bill_workspace(
        built.engine,
        built.usage,
        home,
        as_of=as_of,
        now=datetime.now(UTC),
        new_id=ids.new_id,
        progress=lambda done, of: bars.update(bar, completed=done, total=of),
    )


def _told(home: access.Workspace, result: RunResult) -> dict[str, Any]:
    return {
        "workspace": home.name,
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


def _print(home: access.Workspace, result: RunResult, as_of: date) -> None:
    """A row for each payer and currency, and what went wrong."""
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
    for failure in result.failures:
        told = f"Not billed: customer {failure.customer}, schedule {failure.schedule_id}"
        problems.print(Text(f"{told}: {failure.reason}"))
