"""What all commands share: where their data is, whom they are for, and where they speak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Engine

from catchment import ids
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import reading, writing
from catchment.store.migrating import SchemaUnknown
from catchment.store.usage.usage_homes import UsageElsewhere
from catchment.stores import Built, build, database
from catchment.usage.clickhouse.address import AddressInvalid

console = Console()
problems = Console(stderr=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of everything Catchment keeps (CATCHMENT_DATA_DIR)."),
]
WorkspaceName = Annotated[
    str | None,
    typer.Option("--workspace", help="Its name; made when missing. Default: the first one."),
]
OneOrAll = Annotated[
    str | None, typer.Option("--workspace", help="Its name. Default: every workspace.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def opened(data_dir: Path | None) -> Built:
    """The stores in ``data_dir``, or where the settings say. Ends the command if they cannot be."""
    with _ending():
        return build(settings_of(data_dir))


def opened_database(settings: Settings) -> Engine:
    """Only the relational database. Ends the command if it cannot be opened."""
    with _ending():
        return database(settings)


@contextmanager
def _ending() -> Iterator[None]:
    try:
        yield
    except (AddressInvalid, SchemaUnknown, UsageElsewhere) as error:
        problems.print(str(error), markup=False)
        raise typer.Exit(2) from error


def settings_of(data_dir: Path | None) -> Settings:
    """The settings, with what the command says itself."""
    return Settings(data_dir=data_dir) if data_dir else Settings()


def workspace(built: Built, name: str | None, now: datetime) -> access.Workspace:
    """The workspace called ``name``, or the first; made when missing."""
    with writing(built.engine) as tx:
        if name:
            return access.named_workspace(tx, name=name, id=ids.new_id(), at=now)
        return access.first_workspace(tx, name="My company", id=ids.new_id(), at=now)


def one_or_all(built: Built, name: str | None) -> list[access.Workspace]:
    """The workspace called ``name``, or every one. Ends the command where there is none."""
    return workspaces(built.engine, name)


def workspaces(engine: Engine, name: str | None) -> list[access.Workspace]:
    """The same, while only the relational database is open."""
    with reading(engine) as tx:
        found = [home for home in access.all_workspaces(tx) if name in {None, home.name}]
    if name is not None and not found:
        problems.print(f"There is no workspace {name!r}.", markup=False)
        raise typer.Exit(2)
    return found


def bars() -> Progress:
    """Progress bars that count, beside the output and gone at the end."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=problems,
        transient=True,
    )
