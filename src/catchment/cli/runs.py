"""catchment work, catchment runs list | show | cancel | retry: billing runs as they go on."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import Annotated

import typer

from catchment import ids
from catchment.api.billing.billing_run_wire import BillingRunOut, BillingRunReportOut
from catchment.cli.shared import (
    AsJson,
    DataDir,
    OneOrAll,
    bars,
    console,
    one_or_all,
    opened,
    problems,
)
from catchment.cli.told_run import run_table, tell, went_wrong
from catchment.core.values.errors import BillingError
from catchment.flows.billing.runs.bill_workspace import bill_at_once
from catchment.flows.billing.runs.start_run import cancel_run, retry_run
from catchment.flows.billing.runs.work import Work
from catchment.flows.billing.runs.work_on_run import RunResult, result_of
from catchment.jobs.billing import watch
from catchment.jobs.working import jobs_of
from catchment.store import access
from catchment.store.billing import billing_runs
from catchment.store.billing.billing_runs import Source
from catchment.store.engine import reading, writing
from catchment.stores import Built

app = typer.Typer()
runs = typer.Typer(no_args_is_help=True, help="Billing runs.")
app.add_typer(runs, name="runs")
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Its id.")]


@app.command()
def work(data_dir: DataDir = None) -> None:
    """Work on billing runs in every workspace, and start those of the schedule, until stopped.

    `catchment serve` does so by itself; use this where the API is served otherwise, or on more
    machines. It may be killed at any moment: another one goes on.
    """
    built = opened(data_dir)
    stopped = Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    jobs = jobs_of(built)
    watch(jobs, stopped.wait, jobs.work_off)


@runs.command("list")
def list_runs(
    data_dir: DataDir = None,
    workspace: OneOrAll = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of each workspace at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The latest billing runs, newest first, and how far they are."""
    built = opened(data_dir)
    chosen = one_or_all(built, workspace)
    with reading(built.engine) as tx:
        found = {home: billing_runs.newest(tx, home.id, limit) for home in chosen}
    if as_json:
        shown = [
            BillingRunOut.of(run).model_dump(mode="json", by_alias=True, exclude_none=True)
            for own in found.values()
            for run in own
        ]
        typer.echo(json.dumps(shown))
        return
    for home, own in found.items():
        console.print(run_table(home, own))


@runs.command()
def show(run: RunId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """A billing run with its control sheet, whom it could not bill and what it parked."""
    built = opened(data_dir)
    home = _home(built, run)
    with reading(built.engine) as tx:
        result = result_of(tx, home, run)
    _tell(built, home, result, as_json=as_json)


@runs.command()
def cancel(run: RunId, data_dir: DataDir = None) -> None:
    """End a billing run at work. What it has drafted stays."""
    built = opened(data_dir)
    home = _home(built, run)
    with _refusals_told(), writing(built.engine) as tx:
        ended = cancel_run(tx, home, run, now=datetime.now(UTC))
    console.print(f"Cancelled; {ended.drafted_count:,} invoices were drafted by then.")


@runs.command()
def retry(
    run: RunId,
    data_dir: DataDir = None,
    accept_bounds: Annotated[
        bool, typer.Option("--accept-bounds", help="Issue what is out of bounds, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bill once more what failed in a billing run, and only that, with a new run."""
    built = opened(data_dir)
    home = _home(built, run)
    now, clock = datetime.now(UTC), partial(datetime.now, UTC)
    again = partial(
        retry_run,
        workspace=home,
        run_id=run,
        accept_bounds=accept_bounds,
        source=Source.CLI,
        now=now,
        new_id=ids.new_id,
    )
    with _refusals_told(), bars() as shown:
        bar = shown.add_task(f"Billing {home.name}", total=None)
        work = Work(
            built.engine,
            built.usage,
            home,
            now,
            ids.new_id,
            clock,
            lambda done, of: shown.update(bar, completed=done, total=of),
            helpers=built.helpers(),
        )
        result = bill_at_once(work, again)
    _tell(built, home, result, as_json=as_json)
    if went_wrong(result):
        raise typer.Exit(1)


def _home(built: Built, run: str) -> access.Workspace:
    """Whose run it is. Ends the command where there is none."""
    with reading(built.engine) as tx:
        home = billing_runs.home_of(tx, run.lower())
    if home is None:
        problems.print(f"There is no billing run {run!r}.", markup=False)
        raise typer.Exit(2)
    return home


def _tell(built: Built, home: access.Workspace, result: RunResult, *, as_json: bool) -> None:
    with reading(built.engine) as tx:
        names = billing_runs.names_in(tx, home.id, result.report)
    if as_json:
        told = BillingRunReportOut.told(result.run, result.report, names)
        typer.echo(told.model_dump_json(by_alias=True, exclude_none=True))
        return
    console.print(run_table(home, [result.run]))
    tell(home, result, names)


@contextmanager
def _refusals_told() -> Iterator[None]:
    """End the command with exit code 1 and the reason where it is refused."""
    try:
        yield
    except BillingError as refusal:
        problems.print(refusal.detail, markup=False)
        raise typer.Exit(1) from refusal
