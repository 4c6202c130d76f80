"""catchment keys | users: who may come in."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from catchment import ids
from catchment.cli.shared import (
    AsJson,
    DataDir,
    WorkspaceName,
    console,
    opened,
    problems,
    workspace,
)
from catchment.core.values.errors import BillingError
from catchment.store import access, users
from catchment.store.engine import writing

app = typer.Typer()
keys = typer.Typer(no_args_is_help=True, help="API keys of a workspace.")
people = typer.Typer(no_args_is_help=True, help="People who sign in to the dashboard.")
app.add_typer(keys, name="keys")
app.add_typer(people, name="users")


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
