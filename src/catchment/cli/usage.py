"""catchment usage load | compact | stats: what is kept of usage events, and how."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from threading import Event
from typing import Annotated, Any

import typer
from rich.table import Table

from catchment.cli.app import AsJson, DataDir, OneOrAll, app, console, one_or_all, opened
from catchment.cli.loading import watch
from catchment.store import known_aliases
from catchment.store.engine import reading
from catchment.usage import UsageStats

usage = typer.Typer(no_args_is_help=True, help="What is kept of usage events.")
app.add_typer(usage, name="usage")


@usage.command()
def load(
    data_dir: DataDir = None,
    workspace: OneOrAll = None,
    watching: Annotated[
        bool, typer.Option("--watch", help="Go on until stopped, in every workspace.")
    ] = False,
) -> None:
    """Move acknowledged events from the inbox into segments.

    `catchment serve` does so by itself; use --watch where the API is served otherwise.
    """
    built = opened(data_dir)
    if watching:
        stopped = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        watch(built.usage, stopped.wait)
        return
    for home in one_or_all(built, workspace):
        console.print(f"{home.name}: {built.usage.catch_up(home.id)} events", markup=False)


@usage.command()
def compact(data_dir: DataDir = None, workspace: OneOrAll = None) -> None:
    """Merge the files of usage events into as few as there should be. Answers stay the same."""
    built = opened(data_dir)
    for home in one_or_all(built, workspace):
        before, after = built.usage.compact(home.id)
        console.print(f"{home.name}: {before} files became {after}", markup=False)


@usage.command()
def stats(data_dir: DataDir = None, workspace: OneOrAll = None, as_json: AsJson = False) -> None:
    """How many usage events there are, in how many files and bytes, and what waits."""
    built = opened(data_dir)
    found = {}
    for home in one_or_all(built, workspace):
        with reading(built.engine) as tx:
            aliases = known_aliases.every(tx, home.id)
        found[home.name] = built.usage.stats(home.id, aliases)
    if as_json:
        typer.echo(json.dumps({name: _shown(one) for name, one in found.items()}))
        return
    table = Table("", *found)
    for key in _shown(next(iter(found.values()))) if found else ():
        table.add_row(key, *(str(_shown(one)[key]) for one in found.values()))
    console.print(table)


def _shown(one: UsageStats) -> dict[str, Any]:
    oldest = one.oldest_waiting_at
    stored = one.events_in_files
    return asdict(one) | {
        "bytes_per_event": round(one.bytes / stored, 1) if stored else None,
        "oldest_waiting_at": oldest.isoformat() if oldest else None,
    }
