"""catchment usage move: from files to ClickHouse, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy import Engine

from catchment.cli.app import DataDir, OneOrAll, bars, console, problems, settings_of, workspaces
from catchment.cli.usage import usage
from catchment.core.errors import Unavailable
from catchment.main import database
from catchment.settings import Settings
from catchment.store import access, usage_homes
from catchment.store.engine import reading
from catchment.usage.clickhouse.address import AddressInvalid, parse
from catchment.usage.clickhouse.copying import ClickHouseCopy
from catchment.usage.copying import Copy
from catchment.usage.embedded.copying import FilesCopy
from catchment.usage.lease import held
from catchment.usage.moving import CopyDiffers
from catchment.usage.moving import move as move_events

_FILES = "embedded"


@usage.command()
def move(
    to: Annotated[
        str,
        typer.Option("--to", help="clickhouse (CATCHMENT_USAGE_URL), an address, or embedded."),
    ],
    data_dir: DataDir = None,
    workspace: OneOrAll = None,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Then remove what is not in use any more.")
    ] = False,
) -> None:
    """Move usage events into ClickHouse, or out of it into files, and compare before switching."""
    settings = settings_of(data_dir)
    engine = database(settings)
    try:
        with _copies(settings, engine, to) as (source, target):
            for home in workspaces(engine, workspace):
                with held(engine, settings.data_dir, home.id, True):
                    _move(engine, home, source, target, drop_old=drop_old)
    except (AddressInvalid, CopyDiffers, Unavailable) as error:
        problems.print(str(error), markup=False)
        raise typer.Exit(1) from error


def _move(
    engine: Engine, home: access.Workspace, source: Copy, target: Copy, *, drop_old: bool
) -> None:
    with reading(engine) as tx:
        there = usage_homes.in_clickhouse(tx, home.id)
        nothing = not source.extent(tx, home.id)
    if there is isinstance(target, ClickHouseCopy) or nothing:
        console.print(f"{home.name}: nothing to move", markup=False)
    else:
        with bars() as progress:
            task = progress.add_task(home.name, total=None)
            move_events(
                engine, home.id, source, target, lambda count: progress.advance(task, count)
            )
        console.print(f"{home.name}: moved", markup=False)
    if drop_old and source.drop(home.id):
        console.print(f"{home.name}: the old copy is removed", markup=False)


@contextmanager
def _copies(settings: Settings, engine: Engine, to: str) -> Iterator[tuple[Copy, Copy]]:
    """From where, and whereto."""
    files = FilesCopy(engine, settings.data_dir)
    clickhouse = ClickHouseCopy(engine, parse(to if "://" in to else settings.usage_url))
    yield (clickhouse, files) if to == _FILES else (files, clickhouse)
    clickhouse.close()
    files.close()
