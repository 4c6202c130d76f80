"""catchment usage load | compact | drop | stats: what is kept of usage events, and how."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from datetime import UTC, date, datetime
from threading import Event
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from catchment.cli.moving import moving
from catchment.cli.shared import AsJson, DataDir, OneOrAll, console, one_or_all, opened, problems
from catchment.core.values.errors import BillingError
from catchment.core.values.period import months_after
from catchment.flows.usage.drop_usage import Dropping, drop_usage, would_drop
from catchment.jobs.loading import watch
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.store.families import known_aliases
from catchment.usage import UsageStats

app = typer.Typer()
usage = typer.Typer(no_args_is_help=True, help="What is kept of usage events.")
app.add_typer(usage, name="usage")
usage.add_typer(moving)
_REASONS = 20


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
def drop(
    data_dir: DataDir = None,
    workspace: OneOrAll = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="YYYY-MM", help="The first month to keep.")
    ] = None,
    keep_months: Annotated[
        int | None, typer.Option("--keep-months", min=1, help="Keep this month and those before.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Drop usage events of past months for good.

    Not where something of that time is still to be billed: then it says what, and exits with 1.
    """
    if (before is None) == (keep_months is None):
        problems.print("Say either --before or --keep-months.")
        raise typer.Exit(2)
    built, now = opened(data_dir), datetime.now(UTC)
    found: dict[str, Dropping] = {}
    for home in one_or_all(built, workspace):
        day = _month(before) if before is not None else _months_back(home, now, keep_months or 1)
        try:
            if dry_run:
                with reading(built.engine) as tx:
                    found[home.name] = would_drop(tx, built.usage, home, day, now=now)
            else:
                found[home.name] = drop_usage(built.engine, built.usage, home, day, now=now)
        except BillingError as error:
            problems.print(f"{home.name}: {error.detail}", markup=False)
            raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps({name: _dropped(one) for name, one in found.items()}))
    else:
        for name, one in found.items():
            _print_dropped(name, one)
    if any(one.needed for one in found.values()):
        raise typer.Exit(1)


def _month(text: str) -> date:
    try:
        return datetime.strptime(f"{text}-01 +0000", "%Y-%m-%d %z").date()
    except ValueError as error:
        problems.print(f"{text!r} is no month such as 2026-01.", markup=False)
        raise typer.Exit(2) from error


def _months_back(home: Workspace, now: datetime, count: int) -> date:
    """The first day of the first of ``count`` months, the last of which is now."""
    today = now.astimezone(ZoneInfo(home.timezone)).date()
    return months_after(today.replace(day=1), 1, 1 - count)


def _dropped(one: Dropping) -> dict[str, Any]:
    return {
        "before": one.day.isoformat(),
        "events": one.there.events,
        "unmappedEvents": one.there.unmapped_events,
        "bytes": one.there.bytes if one.freed is None else one.freed,
        "invoicesNotVerifiable": one.invoices,
        "needed": list(one.needed),
        "dropped": one.freed is not None,
    }


def _print_dropped(name: str, one: Dropping) -> None:
    verb = "would go" if one.freed is None else "are gone"
    there, size = one.there, one.there.bytes if one.freed is None else one.freed
    about = "about " if one.freed is None else ""
    console.print(
        f"{name}: {there.events:,} events of before {one.day:%Y-%m} {verb},"
        f" {about}{size:,} bytes of files; {there.unmapped_events:,} of them under names that no"
        f" customer has. {one.invoices:,} invoices can no longer be recomputed.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if one.needed:
        problems.print(f"{name}: nothing of that can be dropped yet.", markup=False)
    for reason in one.needed[:_REASONS]:
        problems.print(f"  {reason}", markup=False, soft_wrap=True)
    if len(one.needed) > _REASONS:
        problems.print(f"  And {len(one.needed) - _REASONS:,} more.")


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
