"""catchment usage move | rewind: from files to ClickHouse and back, and after a restore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy import Engine

from catchment.cli.shared import (
    DataDir,
    OneOrAll,
    bars,
    console,
    opened_database,
    problems,
    settings_of,
    workspaces,
)
from catchment.core.values.errors import Unavailable
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import reading
from catchment.store.lease import held
from catchment.store.usage import usage_homes
from catchment.usage.clickhouse.address import AddressInvalid, parse
from catchment.usage.clickhouse.copying import ClickHouseCopy
from catchment.usage.copying import Copy
from catchment.usage.embedded.copying import FilesCopy
from catchment.usage.loading import LEASE
from catchment.usage.moving import CopyDiffers
from catchment.usage.moving import move as move_events

moving = typer.Typer()
_FILES = "embedded"


@moving.command()
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
    engine = opened_database(settings)
    with _refusals_told(), _copies(settings, engine, to) as (files, clickhouse):
        source, target = (clickhouse, files) if to == _FILES else (files, clickhouse)
        for home in workspaces(engine, workspace):
            with held(engine, LEASE, home.id, wait=True):
                _move(engine, home, source, target, drop_old=drop_old)


@moving.command()
def rewind(data_dir: DataDir = None, workspace: OneOrAll = None) -> None:
    """After a restore: remove from ClickHouse what the database knows nothing of.

    Only while nothing else runs.
    """
    settings = settings_of(data_dir)
    engine = opened_database(settings)
    with _refusals_told(), _copies(settings, engine, "clickhouse") as (_, clickhouse):
        for home in workspaces(engine, workspace):
            with held(engine, LEASE, home.id, wait=True):
                clickhouse.rewind(home.id)
            console.print(f"{home.name}: rewound", markup=False)


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
def _copies(
    settings: Settings, engine: Engine, where: str
) -> Iterator[tuple[FilesCopy, ClickHouseCopy]]:
    """What is in files and what is in the ClickHouse ``where``, or in that of the settings."""
    files = FilesCopy(engine, settings.data_dir)
    address = parse(where if "://" in where else settings.usage_url)
    clickhouse = ClickHouseCopy(engine, address)
    yield files, clickhouse
    clickhouse.close()
    files.close()


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except (AddressInvalid, CopyDiffers, Unavailable) as error:
        problems.print(str(error), markup=False)
        raise typer.Exit(1) from error
