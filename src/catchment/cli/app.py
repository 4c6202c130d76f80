"""The command ``catchment``: which commands it has, and which module each of them is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from catchment import __version__

_MODULES = {
    "serve": "serve",
    "demo": "demo",
    "migrate": "serve",
    "bill": "bill",
    "work": "runs",
    "verify": "verify",
    "runs": "runs",
    "customers": "customers",
    "events": "events",
    "usage": "usage",
    "workspaces": "workspaces",
    "keys": "access",
    "users": "access",
}
"""The module of each command, in the order in which they are told."""


class _Commands(Mapping[str, Any]):
    """Each command is imported when it is asked for: none waits for what only others need."""

    def __getitem__(self, name: str) -> Any:
        part = import_module(f"catchment.cli.{_MODULES[name]}").app
        return get_group(part).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


class _Catchment(TyperGroup):
    commands: Any

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Commands()


app = typer.Typer(
    cls=_Catchment, no_args_is_help=True, add_completion=True, help="Billing you run yourself."
)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
