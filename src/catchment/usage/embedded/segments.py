"""Segments: immutable files of events, and the manifest that says which of them count.

A file counts from the moment its row in the manifest is committed, and not before. Until then it is
an orphan that anyone may sweep away once it is old enough to have no owner.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from catchment.core.values.period import Span
from catchment.store.schema import usage_segments

SAFE_AGE_SECONDS = 3600
"""No loader takes longer from a file to its row, and no reader longer from a row to its file."""


class Kind(StrEnum):
    """What a segment holds."""

    EVENTS = "EVENTS"
    KEYS = "KEYS"  # which senders' ids are among the events of these places
    MARKS = "MARKS"  # places of events that those of a later file superseded


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of the manifest. ``path`` is relative to the data directory."""

    id: str
    kind: Kind
    path: str
    row_count: int
    first_seq: int
    last_seq: int
    created_at: datetime
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None


def folder(workspace_id: str) -> str:
    """Where a workspace's segments live, relative to the data directory."""
    return f"usage/{workspace_id}"


def manifest(tx: Connection, workspace_id: str) -> list[Segment]:
    """The segments that count, oldest first."""
    c = usage_segments.c
    columns = (
        c.id, c.kind, c.path, c.row_count, c.first_seq, c.last_seq, c.created_at,
        c.first_event_at, c.last_event_at,
    )  # fmt: skip
    query = select(*columns).where(c.workspace_id == workspace_id).order_by(c.first_seq, c.id)
    return [Segment(row[0], Kind(row[1]), *row[2:]) for row in tx.execute(query)]


def add(tx: Connection, workspace_id: str, segments: Iterable[Segment]) -> None:
    """Let ``segments`` count."""
    rows = [
        {"workspace_id": workspace_id} | {name: getattr(one, name) for name in Segment.__slots__}
        for one in segments
    ]
    if rows:
        tx.execute(insert(usage_segments), rows)


def remove(tx: Connection, workspace_id: str, segments: Sequence[Segment]) -> bool:
    """Let ``segments`` count no longer. False where someone else has removed one of them."""
    c = usage_segments.c
    mine = (c.workspace_id == workspace_id) & c.id.in_([one.id for one in segments])
    return tx.execute(delete(usage_segments).where(mine)).rowcount == len(segments)


def files(data_dir: Path, known: Iterable[Segment], kind: Kind) -> list[Path]:
    """The files of one kind."""
    return [data_dir / one.path for one in known if one.kind is kind]


def size(data_dir: Path, segment: Segment) -> int:
    """The bytes of its file; none where it was merged away meanwhile."""
    with suppress(FileNotFoundError):
        return (data_dir / segment.path).stat().st_size
    return 0


def near(known: Sequence[Segment], within: Span | None) -> Sequence[Segment]:
    """The segments that may have events of that time; None is any."""
    if within is None:
        return known
    return [
        one
        for one in known
        if one.first_event_at is None
        or one.last_event_at is None
        or (one.first_event_at < within.end and one.last_event_at >= within.start)
    ]


def new_since(
    near: Sequence[Segment], known: Iterable[Segment], since: int, marked: Sequence[int]
) -> list[Segment]:
    """Those ``near``, of events, with some that came after the place ``since`` or may have been
    superseded after it. Marks of ``known`` segments tell so, and those of the places ``marked``.
    """
    told = {one.id for one in overlapping(near, [one for one in known if one.kind is Kind.MARKS])}
    return [
        one
        for one in near
        if one.last_seq > since  # superseded beside it: by an event of the same file
        or one.id in told
        or any(one.first_seq <= seq <= one.last_seq for seq in marked)
    ]


def are_within(known: Iterable[Segment], within: Span | None) -> bool:
    """Whether all that segments hold surely happened then; None is any time."""
    return within is None or all(
        one.first_event_at is not None
        and one.last_event_at is not None
        and within.start <= one.first_event_at
        and one.last_event_at < within.end
        for one in known
    )


def overlapping(known: Iterable[Segment], others: Sequence[Segment]) -> list[Segment]:
    """Those of ``known`` that may have places in common with one of ``others``."""
    return [
        one
        for one in known
        if any(one.first_seq <= at.last_seq and at.first_seq <= one.last_seq for at in others)
    ]


def new_file(data_dir: Path, workspace_id: str, kind: Kind, write: Callable[[Path], None]) -> str:
    """Write a file that survives a power cut, and return its path relative to ``data_dir``.

    Its name is never used twice, so that losing a race never means losing the winner's file.
    Where writing fails nothing is left behind: a full disk gets no fuller by trying again.
    """
    directory = data_dir / folder(workspace_id)
    directory.mkdir(parents=True, exist_ok=True)
    # Not an id of ours but a name nobody else has: two processes must never meet in one file.
    name = f"{secrets.token_hex(16)}.{'npy' if kind is Kind.KEYS else 'parquet'}"
    unfinished, finished = directory / f"{name}.tmp", directory / name
    try:
        write(unfinished)
        _sync(unfinished)
        unfinished.rename(finished)
        for holding in (directory, directory.parent, data_dir):
            _sync(holding)  # all of them each time: who made them may have died before it did so
    except BaseException:
        for one in (unfinished, finished):
            with suppress(OSError):
                one.unlink()
        raise
    return f"{folder(workspace_id)}/{name}"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(data_dir: Path, never_counted: Iterable[Segment]) -> None:
    """Remove the files of segments that no manifest has named."""
    for one in never_counted:
        (data_dir / one.path).unlink(missing_ok=True)


def retire(data_dir: Path, segments: Iterable[Segment]) -> None:
    """Start the time after which the files of removed segments are swept away."""
    for segment in segments:
        with suppress(FileNotFoundError):
            os.utime(data_dir / segment.path)


def old_files(data_dir: Path, workspace_id: str) -> list[str]:
    """Files that nobody is about to name or to read, unless the manifest names them.

    The newest file is the clock: ages are compared on the file system's own time.
    """
    directory = data_dir / folder(workspace_id)
    changed: dict[str, float] = {}
    for file in directory.iterdir() if directory.exists() else ():
        with suppress(FileNotFoundError):
            changed[file.name] = file.stat().st_mtime
    newest = max(changed.values(), default=0.0)
    return [
        f"{folder(workspace_id)}/{name}"
        for name, at in changed.items()
        if newest - at > SAFE_AGE_SECONDS
    ]
