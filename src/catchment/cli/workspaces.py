"""catchment workspaces: which there are, and where their days begin."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from catchment import ids
from catchment.cli.shared import AsJson, DataDir, console, opened, problems
from catchment.core.values.errors import BillingError
from catchment.flows.billing.change_time_zone import change_time_zone, time_zones
from catchment.store import access, accounts
from catchment.store.engine import reading, writing

app = typer.Typer()
commands = typer.Typer(no_args_is_help=True, help="Workspaces: sellers' separate data.")
app.add_typer(commands, name="workspaces")


@commands.command("list")
def list_workspaces(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Say which workspaces there are, oldest first."""
    built = opened(data_dir)
    with reading(built.engine) as tx:
        found = access.all_workspaces(tx)
    if as_json:
        shown = [
            {"id": one.id, "name": one.name, "timeZone": one.timezone, "sandbox": one.sandbox}
            for one in found
        ]
        typer.echo(json.dumps(shown))
        return
    table = Table("name", "time zone", "", "id")
    for one in found:
        table.add_row(one.name, one.timezone, "sandbox" if one.sandbox else "", one.id)
    console.print(table)


@commands.command("create")
def create_workspace(
    name: str,
    data_dir: DataDir = None,
    time_zone: Annotated[
        str, typer.Option(help="Where its days begin: an IANA name such as Europe/Berlin.")
    ] = "UTC",
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Nothing in it is real: time can be moved there.")
    ] = False,
) -> None:
    """Make a workspace. Whether it is a sandbox never changes."""
    _check(time_zone)
    built = opened(data_dir)
    try:
        with writing(built.engine) as tx:
            made = accounts.create(
                tx,
                id=ids.new_id(),
                name=name,
                timezone=time_zone,
                sandbox=sandbox,
                at=datetime.now(UTC),
            )
    except BillingError as error:
        problems.print(error.detail, markup=False)
        raise typer.Exit(1) from error
    console.print(f"{made.name} ({made.timezone}{', sandbox' if sandbox else ''})", markup=False)


@commands.command("set")
def set_workspace(
    name: str,
    time_zone: Annotated[str, typer.Option(help="Where its days begin: an IANA name.")],
    data_dir: DataDir = None,
) -> None:
    """Let the days of a workspace begin elsewhere, while nothing is billed by them."""
    _check(time_zone)
    built = opened(data_dir)
    with reading(built.engine) as tx:
        found = [one for one in access.all_workspaces(tx) if one.name == name]
    if not found:
        problems.print(f"There is no workspace {name!r}.", markup=False)
        raise typer.Exit(2)
    try:
        with writing(built.engine) as tx:
            change_time_zone(tx, found[0], time_zone)
    except BillingError as error:
        problems.print(error.detail, markup=False)
        raise typer.Exit(1) from error
    console.print(f"{name} ({time_zone})", markup=False)


def _check(time_zone: str) -> None:
    if time_zone not in time_zones():
        problems.print(f"There is no time zone {time_zone!r}.", markup=False)
        raise typer.Exit(2)
