"""A billing run on a terminal: what it drafted, its control sheet, and what went wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from catchment.cli.control_sheet import late_table, sheet_table, told_differences
from catchment.cli.shared import console, problems
from catchment.core.values.money import total
from catchment.flows.billing.runs.work_on_run import RunResult
from catchment.store import access
from catchment.store.billing.billing_runs import BillingRun, RunStatus
from catchment.store.invoices.invoices import Invoice


def tell(home: access.Workspace, result: RunResult, names: Mapping[str, str]) -> None:
    """A row for each payer and currency, the control sheet, and what went wrong."""
    run = result.run
    if result.drafted:
        console.print(_drafted(home, result))
    elif run.status is not RunStatus.RUNNING:
        console.print(Text(f"{home.name}: nothing new is due up to {run.as_of}."))
    if result.report.sheet:
        console.print(sheet_table(result.report, names))
    if result.report.late:
        console.print(late_table(result.report, names))
    if run.issued_count:
        console.print(Text(f"{run.issued_count:,} invoices issued."))
    for told in told_differences(result.report, names, run.difference_count):
        problems.print(Text(told), soft_wrap=True)
    if run.status in _ENDS:
        problems.print(Text(f"{home.name}: {_ENDS[run.status]}"), soft_wrap=True)
    if run.error is not None:
        problems.print(Text(run.error), soft_wrap=True)
    for failure in result.failures:
        who = f"Not billed: customer {failure.customer}, schedule {failure.schedule_id}"
        problems.print(Text(f"{who}: {failure.reason}"), soft_wrap=True)
    for failure in result.parked:
        who = f"Not issued: customer {failure.customer}, draft {failure.invoice_id}"
        problems.print(Text(f"{who}: {failure.reason}"), soft_wrap=True)


_ENDS = {
    RunStatus.UNBALANCED: "out of balance, so nothing was issued.",
    RunStatus.CANCELLED: "cancelled; what was drafted by then is kept.",
    RunStatus.FAILED: "the run has failed; what was drafted by then is kept.",
}


def run_table(home: access.Workspace, runs: list[BillingRun]) -> Table:
    """A row for each run."""
    table = Table(title=Text(f"{home.name}: billing runs"), title_justify="left", box=None)
    for column in ("Run", "Due up to", "Status"):
        table.add_column(column, no_wrap=True)
    for column in ("Done", "Drafted", "Issued", "Failures"):
        table.add_column(column, justify="right")
    for run in runs:
        table.add_row(
            run.id,
            run.as_of.isoformat(),
            run.status,
            f"{run.progress.done:,}/{run.progress.planned:,}",
            f"{run.drafted_count:,}",
            f"{run.issued_count:,}",
            f"{run.failure_count:,}",
        )
    return table


def went_wrong(result: RunResult) -> bool:
    """Whether a person should have a look."""
    return bool(result.failures or result.parked or not result.balanced)


def _drafted(home: access.Workspace, result: RunResult) -> Table:
    found: defaultdict[tuple[str, str, str], list[Invoice]] = defaultdict(list)
    for invoice in result.drafted:
        found[invoice.customer_legal_name, invoice.customer_id, invoice.currency].append(invoice)
    table = Table(title=Text(f"{home.name}, up to {result.run.as_of}"), title_justify="left")
    table.add_column("Payer")
    table.add_column("Invoices", justify="right")
    table.add_column("Net total", justify="right")
    for (name, _, currency), invoices in sorted(found.items()):
        net = total((invoice.net for invoice in invoices), currency)
        table.add_row(Text(name), f"{len(invoices):,}", f"{currency} {net.decimal:,f}")
    return table
