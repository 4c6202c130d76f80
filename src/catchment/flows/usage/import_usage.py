"""What happens when a file of usage events is imported: it is kept part by part, as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from catchment.core.values.errors import Invalid, Unauthenticated
from catchment.store import access
from catchment.store.access import Home, Key
from catchment.store.engine import reading, writing
from catchment.usage import Batch
from catchment.usage.intake import imports, inbox
from catchment.usage.intake.imports import Progress
from catchment.usage.intake.pressure import Pressure, UsageInboxFull
from catchment.usage.intake.too_old import without_old


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a file that follow each other: the good ones, and why others are refused.

    The numbers of ``refused`` are those of the file, from 1.
    """

    row_count: int
    good: Batch
    refused: tuple[tuple[int, Invalid], ...] = ()

    def since(self, at: datetime | None, before: Progress) -> Part:
        """The part, which comes after ``before``, with what happened before ``at`` refused."""
        rows = range(before.rows + 1, before.rows + 1 + self.row_count)
        return Part(self.row_count, *without_old(self.good, self.refused, rows, at))

    def after(self, before: Progress) -> Progress:
        """How far a file is once this part is kept."""
        refusals = tuple(_refusal(row, refusal) for row, refusal in self.refused)
        return before.and_then(self.row_count, self.good.event_count, refusals)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way. ``sender`` is a key to be checked, or the id of a workspace.

    Under a ``name`` it can be sent again, and goes on where it ended.
    """

    sender: Key | str
    name: str | None
    hashing_key: bytes
    pressure: Pressure

    def home(self, tx: Connection) -> Home:
        """Whose events they are. Raises Unauthenticated."""
        if not isinstance(self.sender, Key):
            return access.homes(tx, [self.sender])[self.sender]
        home = access.homes_of_keys(tx, [self.sender], self.hashing_key).get(self.sender)
        if home is None:
            raise Unauthenticated("The client id or the client secret is wrong.")
        return home


def begun(engine: Engine, upload: Upload) -> Progress:
    """How far the file had come before. Raises Unauthenticated."""
    with reading(engine) as tx:
        home = upload.home(tx).workspace_id
        known = None if upload.name is None else imports.progress(tx, home, upload.name)
    return known or Progress()


def import_usage(
    engine: Engine,
    upload: Upload,
    start: Progress,
    parts: Iterable[Part],
    *,
    clock: Callable[[], datetime],
) -> Iterator[tuple[str, Progress]]:
    """After each of ``parts``, which go on after ``start``: the workspace, and how far the file is.

    Each is on disk when it is told. Raises ImportInProgress, Unauthenticated,
    UsageInboxFull.
    """
    done = start
    for part in parts:
        with writing(engine) as tx:
            home, since = upload.home(tx)
            now = clock()
            if upload.pressure.is_full(tx, len(part.good.json), now):
                raise UsageInboxFull
            taken = part.since(since, done)
            after = taken.after(done)
            if taken.good.event_count:
                inbox.accept(tx, home, taken.good, now)
            if upload.name is not None:
                imports.advance(tx, home, upload.name, done, after, now)
        done = after
        yield home, done


def _refusal(row: int, refusal: Invalid) -> dict[str, Any]:
    return {
        "row": row,
        "errors": [
            {"pointer": one.pointer, "code": one.code, "message": one.message}
            for one in refusal.errors
        ]
        or [{"pointer": "", "code": refusal.code, "message": refusal.detail}],
    }
