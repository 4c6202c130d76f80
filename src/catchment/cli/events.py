"""catchment events import: files of usage events."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from catchment.api.edge.arriving import unpacking
from catchment.api.usage import event_files
from catchment.cli.shared import AsJson, DataDir, console, one_or_all, opened, problems, workspace
from catchment.core.values.errors import BillingError
from catchment.flows.usage.import_usage import Part, Upload, begun, import_usage
from catchment.stores import Built
from catchment.usage.intake import imports
from catchment.usage.intake.pressure import Pressure

if TYPE_CHECKING:
    from typing_extensions import Buffer

app = typer.Typer()
events = typer.Typer(no_args_is_help=True, help="Usage events, as NDJSON or CSV files.")
app.add_typer(events, name="events")
WorkspaceName = Annotated[
    str | None, typer.Option("--workspace", help="Its name. Default: the first one.")
]
_SHOWN = 20
_ENCODINGS = {".gz": "gzip", ".zst": "zstd"}
_READERS = {
    ".csv": event_files.csv_rows,
    ".ndjson": event_files.ndjson,
    ".jsonl": event_files.ndjson,
}


@events.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    data_dir: DataDir = None,
    workspace_name: WorkspaceName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the file and say what is wrong; keep nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Keep the usage events of a file: NDJSON or CSV, ending in .gz or .zst where compressed.

    The good rows are kept as they come. Started again after it was broken off it goes on where it
    was; importing a file twice changes nothing. Exit code 1 says that a row was refused.
    """
    encoding = _ENCODINGS.get(file.suffix)
    read = _READERS.get(file.with_suffix("").suffix if encoding else file.suffix)
    if read is None:
        problems.print("The file must be .ndjson, .jsonl or .csv, and may end in .gz or .zst.")
        raise typer.Exit(2)
    built = opened(data_dir)
    upload = Upload(_home(built, workspace_name), _name(file), b"", _NO_PRESSURE)
    start = imports.Progress() if dry_run else begun(built.engine, upload)
    with file.open("rb", buffering=0) as source, _bars() as bars:
        counted = _Counted(source)
        bar = bars.add_task("", total=file.stat().st_size, rows="")
        parts = read(unpacking(counted, encoding), start.rows)
        told = _checked(start, parts) if dry_run else _imported(built, upload, start, parts)
        done = start
        try:
            for progress in told:
                done = progress
                bars.update(bar, completed=counted.count, rows=f"{done.rows:,} rows")
        except (BillingError, OSError) as error:
            problems.print(f"Stopped after row {done.rows:,}: {error}", markup=False)
            raise typer.Exit(1) from error
    if as_json:
        counts = {"rows": done.rows, "accepted": done.accepted, "refused": done.refused}
        typer.echo(json.dumps(counts | {"refusals": list(done.refusals)}))
    else:
        _print(start, done, dry_run=dry_run)
    if done.refused:
        raise typer.Exit(1)


class _Counted(io.RawIOBase):
    """A file that knows how much of it was read, also once whoever unpacks it has closed it."""

    def __init__(self, file: io.RawIOBase) -> None:
        super().__init__()
        self._file = file
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        count = self._file.readinto(buffer) or 0
        self.count += count
        return count


_NO_PRESSURE = Pressure(sys.maxsize >> 20)  # whoever imports here also loads
_PARTS_WORTH_LOADING = 25


def _imported(
    built: Built, upload: Upload, start: imports.Progress, parts: Iterable[Part]
) -> Iterable[imports.Progress]:
    kept = import_usage(built.engine, upload, start, parts, clock=lambda: datetime.now(UTC))
    for number, (home, progress) in enumerate(kept, 1):
        yield progress
        if number % _PARTS_WORTH_LOADING == 0:
            built.usage.loading.if_worth_it(home)


def _checked(start: imports.Progress, parts: Iterable[Part]) -> Iterable[imports.Progress]:
    done = start
    for part in parts:
        done = part.after(done)
        yield done


def _home(built: Built, name: str | None) -> str:
    found = one_or_all(built, name)
    return (found[0] if found else workspace(built, None, datetime.now(UTC))).id


def _name(file: Path) -> str:
    """What identifies the import: the very bytes of the file."""
    with file.open("rb") as source:
        return f"file:{hashlib.file_digest(source, 'sha256').hexdigest()}"


def _bars() -> Progress:
    return Progress(
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
        console=problems,
        transient=True,
    )


def _print(start: imports.Progress, done: imports.Progress, *, dry_run: bool) -> None:
    if start.rows:
        console.print(f"Went on after row {start.rows:,}.", highlight=False)
    verb = "would be kept" if dry_run else "were kept"
    console.print(
        f"{done.accepted:,} of {done.rows:,} events {verb}, {done.refused:,} refused.",
        highlight=False,
    )
    if not done.refusals:
        return
    table = Table(title="Refused", title_justify="left")
    table.add_column("Row", justify="right")
    table.add_column("Field")
    table.add_column("Why")
    for one in done.refusals[:_SHOWN]:
        for error in one["errors"]:
            table.add_row(str(one["row"]), Text(error["pointer"]), Text(error["message"]))
    problems.print(table)
    if done.refused > _SHOWN:
        problems.print(f"and {done.refused - _SHOWN:,} more; --json shows up to 100.")
