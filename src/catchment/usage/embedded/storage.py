"""Usage on this machine: segments in files, asked through DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from catchment.store.engine import reading
from catchment.store.usage import kept_usage, usage_homes
from catchment.usage.embedded import dropping, duck, loader, relations, segments
from catchment.usage.embedded.segments import Kind
from catchment.usage.embedded.superseding import fresh, superseded
from catchment.usage.intake import columns, inbox, tables
from catchment.usage.intake.events import InboxRow, last_place
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.near import Near
from catchment.usage.questions.statistics import Kept

_T = TypeVar("_T")
_ATTEMPTS = 5


class EmbeddedStorage:
    """Segments under ``data_dir``, which all processes share, named in the database's manifest."""

    def __init__(self, engine: Engine, data_dir: Path) -> None:
        self._engine = engine
        self._data_dir = data_dir
        self._duck = duck.Duck(data_dir / "usage" / "spill")

    def catch_up(self, workspace_id: str) -> int:
        """Move what waits into segments; see ``loader``."""
        return loader.catch_up(self._engine, self._data_dir, workspace_id, self._duck)

    def compact(self, workspace_id: str) -> None:
        """Merge all that may be merged."""
        loader.compact(self._engine, self._data_dir, workspace_id, self._duck)

    def drop_before(self, workspace_id: str, before: datetime) -> None:
        """Let files of what happened earlier go; see ``dropping``."""
        dropping.drop(self._engine, self._data_dir, workspace_id, self._duck, before)

    def kept(self, workspace_id: str) -> Kept:
        """Files, their bytes, and the events in them. They may be merged meanwhile."""
        with reading(self._engine) as tx:
            known = segments.manifest(tx, workspace_id)
        return Kept(
            len(known),
            sum(segments.size(self._data_dir, one) for one in known),
            sum(one.row_count for one in known if one.kind is Kind.EVENTS),
        )

    def close(self) -> None:
        """Let go of memory and threads; they come back when needed."""
        self._duck.close()

    def read(
        self,
        workspace_id: str,
        ask: Callable[[Cursor, int], _T],
        last_seq: int | None,
        supposed: Sequence[InboxRow],
        properties: Collection[str],
        near: Near,
    ) -> _T:
        """The answer from one snapshot, taken anew where its files were merged away meanwhile."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._read(workspace_id, ask, last_seq, supposed, properties, near)
            except duck.Missing:
                continue
        return self._read(workspace_id, ask, last_seq, supposed, properties, near)

    def _read(
        self,
        workspace_id: str,
        ask: Callable[[Cursor, int], _T],
        last_seq: int | None,
        supposed: Sequence[InboxRow],
        properties: Collection[str],
        near: Near,
    ) -> _T:
        with reading(self._engine) as tx:
            usage_homes.check_files(tx, workspace_id)
            waiting = [*inbox.first(tx, workspace_id), *supposed]
            known = segments.manifest(tx, workspace_id)
            since = kept_usage.since(tx, workspace_id)
        newest = max((one.last_seq for one in known if one.kind is Kind.EVENTS), default=0)
        if waiting:
            newest = last_place(waiting[-1].id)
        last = newest if last_seq is None else last_seq
        within = near.within
        chosen = [one for one in segments.near(known, within) if one.kind is Kind.EVENTS]
        chosen = [one for one in chosen if one.first_seq <= last]
        with self._duck.cursor() as connection:
            events, marks = columns.NONE, duck.MARKS.empty_table()
            if waiting:
                new = fresh(tables.table(workspace_id, waiting))
                events, marks = new.events, superseded(connection, new, self._data_dir, known)
            if near.since is not None:
                marked = marks["seq"].to_pylist()
                chosen = segments.new_since(chosen, known, near.since, marked)
            snapshot = relations.Snapshot(
                [self._data_dir / one.path for one in chosen],
                events,
                segments.files(self._data_dir, segments.overlapping(known, chosen), Kind.MARKS),
                marks,
                last,
                max([newest] * bool(waiting) + [one.last_seq for one in chosen], default=0),
                since,
                within,
                all_within=not waiting and segments.are_within(chosen, within),
                aliases=near.aliases,
            )
            meaning = relations.of(connection, snapshot, properties)
            is_empty = not chosen and not waiting
            return ask(duck.Cursor(connection, meaning, within, is_empty=is_empty), last)
