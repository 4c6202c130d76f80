"""catchment demo"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from catchment.api.server import serve
from catchment.cli.shared import console, opened, problems
from catchment.core.values.errors import BillingError
from catchment.demo.build import Demo, build_demo
from catchment.demo.flights import NoFlights, folder
from catchment.demo.server import Failed
from catchment.jobs.loading import loading
from catchment.jobs.working import working
from catchment.main import app_of

app = typer.Typer()


@app.command()
def demo(
    data_dir: Annotated[
        Path, typer.Option("--data-dir", help="Folder for everything the demo keeps.")
    ] = Path("demo-data"),
    port: Annotated[int | None, typer.Option(help="Port to listen on (CATCHMENT_PORT).")] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End when all is built.")] = False,
) -> None:
    """New York's airports bill the airlines for 2013: 328,521 departures, then serve the result.

    Running it again changes nothing; interrupted, it goes on where it stopped.
    """
    built = opened(data_dir)
    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=console) as progress:
            done = build_demo(
                built.engine,
                built.usage,
                built.settings,
                data=folder(),
                now=datetime.now(UTC),
                progress=progress,
            )
    except (NoFlights, Failed, BillingError) as refusal:
        problems.print(str(refusal), highlight=False, markup=False)
        raise typer.Exit(1) from refusal
    except KeyboardInterrupt:
        problems.print("Interrupted. The same command goes on from here.")
        raise typer.Exit(130) from None
    number = built.settings.port if port is None else port
    _tell(done, data_dir, built.settings.host, number)
    if not no_serve:
        with loading(built), working(built):
            ready = partial(console.print, "\nReady. Ctrl-C ends it.")
            serve(app_of(built), built.settings.host, number, ready)


def _tell(done: Demo, data_dir: Path, host: str, port: int) -> None:
    """Print what there is and how to get in."""
    done.summary.show(console)
    console.print(
        f"{done.invoice_count} invoices in {data_dir / 'invoices'},"
        f" to the cent in {data_dir / 'summary.csv'}\n",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    rows = (
        ("address", f"http://{host}:{port}"),
        ("e-mail", done.credentials.email),
        ("password", done.credentials.password),
        ("client id", done.credentials.client_id),
        ("client secret", done.credentials.client_secret),
    )
    for name, value in rows:
        console.print(f"{name:<15}{value}", highlight=False, markup=False, soft_wrap=True)
