"""catchment customers import | export: whole families as CSV."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from catchment import ids
from catchment.cli.shared import AsJson, DataDir, console, opened, problems, workspace
from catchment.flows.families.export_families import export_families
from catchment.flows.families.import_families import Imported, import_families
from catchment.store import access
from catchment.store.engine import reading, writing
from catchment.store.families.families import View
from catchment.stores import Built

app = typer.Typer()
customers = typer.Typer(no_args_is_help=True, help="Families of customers, as CSV files.")
app.add_typer(customers, name="customers")
WorkspaceName = Annotated[
    str | None, typer.Option("--workspace", help="Its name. Default: the first one.")
]
_SHOWN = 20


@customers.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    data_dir: DataDir = None,
    workspace_name: WorkspaceName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create and move the customers of a CSV file: all of them, or none and the reasons.

    Importing a file twice changes nothing. Exit code 1 says that something was refused.
    """
    built = opened(data_dir)
    home = _workspace(built, workspace_name)
    with (
        _without_looking_for_cycles(),
        Progress(
            TextColumn("{task.description:<20}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=problems,
            transient=True,
        ) as bars,
    ):
        bar = bars.add_task("Reading", total=None)
        with writing(built.engine) as tx:
            report = import_families(
                tx,
                built.usage,
                home,
                file.read_bytes(),
                dry_run=dry_run,
                now=datetime.now(UTC),
                new_id=ids.new_id,
                progress=lambda what, done, of: bars.update(
                    bar, description=what, completed=done, total=of
                ),
            )
    if as_json:
        typer.echo(json.dumps(report.told(dry_run=dry_run)))
    else:
        _print(report, dry_run=dry_run)
    if report.refused:
        raise typer.Exit(1)


@customers.command("export")
def export_file(
    file: Annotated[
        Path | None, typer.Argument(dir_okay=False, help="Left out: standard output.")
    ] = None,
    data_dir: DataDir = None,
    workspace_name: WorkspaceName = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"],
            help="The tree at this instant; a day begins at midnight UTC. Default: now.",
        ),
    ] = None,
) -> None:
    """Write every customer with its parent as CSV, with the columns of an import."""
    built = opened(data_dir)
    home = _workspace(built, workspace_name)
    at = as_of or datetime.now(UTC)
    view = View(home.id, at if at.tzinfo else at.replace(tzinfo=UTC))
    with reading(built.engine) as tx:
        pieces = (piece.encode() for piece in export_families(tx, view))
        if file is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
        else:
            with file.open("wb") as out:
                out.writelines(pieces)


@contextmanager
def _without_looking_for_cycles() -> Iterator[None]:
    """Rows by the million make no reference cycles; looking for them takes long."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _workspace(built: Built, name: str | None) -> access.Workspace:
    """The workspace called ``name``, which must be there, or the first."""
    with reading(built.engine) as tx:
        found = [home for home in access.all_workspaces(tx) if name in {None, home.name}]
    if name is not None and not found:
        problems.print(f"There is no workspace {name!r}.", markup=False)
        raise typer.Exit(2)
    return found[0] if found else workspace(built, None, datetime.now(UTC))


def _print(report: Imported, *, dry_run: bool) -> None:
    verb = "would be" if dry_run or report.refused else "were"
    console.print(
        f"{report.created:,} {verb} created, {report.moved:,} moved,"
        f" {report.unchanged:,} left as they are.",
        highlight=False,
    )
    if not report.refused:
        return
    table = Table(title=f"{report.refused_count:,} refused", title_justify="left")
    for name, justify in (("Row", "right"), ("Column", "left"), ("Why", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for one in report.refused[:_SHOWN]:
        table.add_row(str(one.row), one.column, Text(one.message))
    problems.print(table)
    if report.refused_count > _SHOWN:
        problems.print(f"and {report.refused_count - _SHOWN:,} more; --json shows up to 1,000.")
    problems.print("Nothing was imported.")
