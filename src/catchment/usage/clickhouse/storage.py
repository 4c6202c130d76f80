"""Usage in ClickHouse: one server or many, which any number of machines share.

A snapshot is taken in the relational database: up to which place events have been loaded, and what
waits after it. The first are asked for in ClickHouse, by that place; the others go along as a
temporary table. A loader that runs meanwhile changes no answer: what it adds lies beyond the place,
and a mark that it makes names a place beyond it, which is as good as none. Merges in ClickHouse
change none either, for a row and its repetitions are one to FINAL before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine

from catchment.store.engine import reading
from catchment.store.usage import kept_usage, usage_homes
from catchment.usage.clickhouse import loader, relations, rows, superseding, upkeep
from catchment.usage.clickhouse.address import Address
from catchment.usage.clickhouse.clients import Clients
from catchment.usage.clickhouse.cursor import ClickHouseCursor
from catchment.usage.intake import inbox, tables
from catchment.usage.intake.events import InboxRow, last_place
from catchment.usage.questions.engine import Cursor
from catchment.usage.questions.near import Near
from catchment.usage.questions.statistics import Kept

_T = TypeVar("_T")


class ClickHouseStorage:
    """The events of all workspaces in the database at ``address``."""

    def __init__(self, engine: Engine, address: Address) -> None:
        self._engine = engine
        self._clients = Clients(address)

    def catch_up(self, workspace_id: str) -> int:
        """Insert what waits; see ``loader``. Raises UsageUnavailable."""
        return loader.catch_up(self._engine, workspace_id, self._clients)

    def compact(self, workspace_id: str) -> None:  # noqa: ARG002 -- months hold all workspaces
        """Merge the parts of every month that has several."""
        with self._clients.session() as client:
            upkeep.merge(client, self._clients.address)

    def drop_before(self, workspace_id: str, before: datetime) -> None:
        """Delete what happened earlier; see ``upkeep``. Raises UsageUnavailable."""
        with self._clients.session() as client:
            upkeep.drop(client, self._clients.address, workspace_id, before)

    def kept(self, workspace_id: str) -> Kept:
        """Parts, which hold all workspaces; the bytes that this one's share of rows comes to."""
        with self._clients.session() as client:
            with reading(self._engine) as tx:
                loaded = usage_homes.last_seq(tx, workspace_id, self._clients.storage)
            return upkeep.kept(client, self._clients.address, workspace_id, loaded)

    def close(self) -> None:
        """Let go of connections; they come back when needed."""
        self._clients.close()

    def read(
        self,
        workspace_id: str,
        ask: Callable[[Cursor, int], _T],
        last_seq: int | None,
        supposed: Sequence[InboxRow],
        properties: Collection[str],
        near: Near,
    ) -> _T:
        """The answer from one snapshot. Raises UsageUnavailable and UsageElsewhere."""
        with self._clients.session() as client:
            with reading(self._engine) as tx:
                loaded = usage_homes.last_seq(tx, workspace_id, self._clients.storage)
                waiting = [*inbox.first(tx, workspace_id), *supposed]
                since = kept_usage.since(tx, workspace_id)
            newest = last_place(waiting[-1].id) if waiting else loaded
            last = newest if last_seq is None else last_seq
            if waiting:
                _define_fresh(client, workspace_id, waiting, loaded)
            snapshot = relations.Snapshot(
                workspace_id, loaded, last, near, fresh=bool(waiting), kept_since=since
            )
            meaning = relations.of(snapshot, properties)
            return ask(ClickHouseCursor(client, meaning, near.within), last)


def _define_fresh(client: Any, workspace_id: str, waiting: Sequence[InboxRow], loaded: int) -> None:
    """Define ``fresh``: the events that wait, and the stored ones that these supersede, marked."""
    events = tables.table(workspace_id, waiting)
    client.command(relations.FRESH)
    client.insert_arrow("fresh", rows.table(workspace_id, events, rows.successors(events)))
    if loaded and superseding.find(client, workspace_id, "fresh", loaded):
        superseding.copy(client, workspace_id, "fresh")
