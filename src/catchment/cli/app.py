"""catchment serve | migrate | keys | users, and what all commands share."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Engine

from catchment import __version__, ids
from catchment.api import server
from catchment.core.values.errors import BillingError
from catchment.jobs.loading import loading
from catchment.jobs.working import working
from catchment.main import app_of
from catchment.settings import Settings
from catchment.store import access, users
from catchment.store.engine import reading, writing
from catchment.store.usage.usage_homes import UsageElsewhere
from catchment.stores import Built, build
from catchment.usage.clickhouse.address import AddressInvalid

app = typer.Typer(no_args_is_help=True, add_completion=True, help="Billing you run yourself.")
keys = typer.Typer(no_args_is_help=True, help="API keys of a workspace.")
people = typer.Typer(no_args_is_help=True, help="People who sign in to the dashboard.")
app.add_typer(keys, name="keys")
app.add_typer(people, name="users")
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
    try:
        return build(settings_of(data_dir))
    except (AddressInvalid, UsageElsewhere) as error:
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


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        console.print(__version__)
        raise typer.Exit


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


@keys.command("create")
def create_key(
    data_dir: DataDir = None,
    workspace_name: WorkspaceName = None,
    name: Annotated[str | None, typer.Option(help="What the key is for.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and print its secret, which is shown this once."""
    now = datetime.now(UTC)
    built = opened(data_dir)
    home = workspace(built, workspace_name, now)
    with writing(built.engine) as tx:
        client_id, secret = access.create_key(
            tx,
            home.id,
            id=ids.new_id(),
            at=now,
            hashing_key=built.settings.hashing_key(),
            name=name,
        )
    if as_json:
        typer.echo(json.dumps({"clientId": client_id, "clientSecret": secret}))
        return
    console.print(
        f"workspace      {home.name}\nclient id      {client_id}\nclient secret  {secret}"
    )
    console.print("The secret is not kept in readable form: note it now.")


@keys.command("revoke")
def revoke_key(client_id: str, data_dir: DataDir = None) -> None:
    """End an API key's life at once."""
    built = opened(data_dir)
    with writing(built.engine) as tx:
        done = access.revoke_key(tx, client_id, datetime.now(UTC))
    if not done:
        problems.print(f"There is no live key {client_id}.")
        raise typer.Exit(1)
    console.print(f"Revoked {client_id}.")


@people.command("create")
def create_user(
    email: str,
    data_dir: DataDir = None,
    workspace_name: WorkspaceName = None,
    password: Annotated[
        str | None,
        typer.Option(help="Asked for when missing; also read from CATCHMENT_USER_PASSWORD."),
    ] = None,
) -> None:
    """Make a user of the dashboard."""
    given = password or os.environ.get("CATCHMENT_USER_PASSWORD")
    if given is None:
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(given) < 8:
        problems.print("A password has at least 8 characters.")
        raise typer.Exit(2)
    now = datetime.now(UTC)
    built = opened(data_dir)
    home = workspace(built, workspace_name, now)
    try:
        with writing(built.engine) as tx:
            users.create(tx, home.id, id=ids.new_id(), email=email, password=given, at=now)
    except BillingError as error:
        problems.print(error.detail)
        raise typer.Exit(1) from error
    console.print(f"{email} may sign in to {home.name}.")
