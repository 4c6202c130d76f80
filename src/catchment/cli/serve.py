"""catchment serve | migrate."""

from __future__ import annotations

from typing import Annotated

import typer

from catchment import __version__
from catchment.api import server
from catchment.cli.shared import DataDir, console, opened
from catchment.jobs.loading import loading
from catchment.jobs.working import working
from catchment.main import app_of

app = typer.Typer()


@app.command()
def serve(
    data_dir: DataDir = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (CATCHMENT_PORT).")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (CATCHMENT_HOST).")] = None,
) -> None:
    """Serve the API under /api and the dashboard under /."""
    built = opened(data_dir)
    address, number = host or built.settings.host, built.settings.port if port is None else port
    here = f"Catchment {__version__} on http://{address}:{number}"
    with loading(built), working(built):
        server.serve(app_of(built), address, number, lambda: console.print(here, highlight=False))


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version's schema. Every other command does so too."""
    built = opened(data_dir)
    console.print(f"Up to date: {built.engine.url.render_as_string()}")
