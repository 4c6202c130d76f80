"""What is in ClickHouse, for a move from there or to there."""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are numbers and quoted ids

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import Any

import msgspec
import pyarrow as pa
from sqlalchemy import Connection, Engine

from catchment.store.engine import reading, writing
from catchment.store.usage import kept_usage, usage_homes
from catchment.usage.clickhouse import loader, rows, schema
from catchment.usage.clickhouse.address import Address
from catchment.usage.clickhouse.clients import Clients
from catchment.usage.copying import SLICE_EVENTS, Slice, Sums
from catchment.usage.intake import tables
from catchment.usage.intake.events import (
    PLACES,
    InboxRow,
    SentEvent,
    batch,
    first_place,
    instant,
    last_place,
    micros,
)

_SUMS = (
    "SELECT intDiv(event_at, 2592000000000) AS stretch, count(),"
    " countIf(later BETWEEN 1 AND {to:Int64}),"
    " sum(toInt128(seq)), sumIf(toInt128(later), later BETWEEN 1 AND {to:Int64}),"
    " sum(toInt128(seq % 1000003) * (event_at % 1000033 + received_at % 999983)),"
    " sum(lengthUTF8(alias) + lengthUTF8(event_type) + lengthUTF8(customer_event_id))"
)


class ClickHouseCopy:
    """The events of all workspaces in the database at ``address``."""

    def __init__(self, engine: Engine, address: Address) -> None:
        self._engine = engine
        self._clients = Clients(address)
        with self._clients.session():
            self._storage = self._clients.storage

    def extent(self, tx: Connection, workspace_id: str) -> int:
        """The last place that was taken over. Raises UsageElsewhere."""
        found = usage_homes.loaded(tx, workspace_id)
        if found is None or found.storage == self._storage:
            return found.last_seq if found else 0
        if found.home:
            raise usage_homes.UsageElsewhere(usage_homes.ANOTHER)
        return 0

    def slices(self, workspace_id: str, after: int, to: int) -> Iterator[Slice]:
        """The events as they were sent, put together again."""
        there = (
            f"FROM {schema.EVENTS} FINAL WHERE workspace_id = {schema.text(workspace_id)} AND seq >"
        )
        counts = (
            f"SELECT intDiv(seq, {PLACES}) AS row, count() AS events"
            f" {there} {after} AND seq <= {to} GROUP BY row"
        )
        slices = (
            f"SELECT row, intDiv(sum(events) OVER (ORDER BY row), {SLICE_EVENTS}) AS slice"
            f" FROM ({counts})"
        )
        ends = f"SELECT max(row) FROM ({slices}) GROUP BY slice ORDER BY slice"
        with self._clients.session() as client:
            cuts = [last_place(row) for (row,) in client.query(ends).result_rows]
            for start, end in pairwise([after, *cuts]):
                part = client.query(f"SELECT * {there} {start} AND seq <= {end} ORDER BY seq")
                events = list(part.named_results())
                sent = list(_sent(events))
                table = tables.table(workspace_id, sent)
                for name in ("seq", "later"):  # of dropped events nothing is left, not even a place
                    values = pa.array([event[name] or None for event in events], pa.int64())
                    table = _with(table, name, values)
                yield Slice(table, (first_place(sent[0].id), end))

    def take(self, workspace_id: str, part: Slice) -> None:
        """Insert as a loader does."""
        with reading(self._engine) as tx:
            before = self.extent(tx, workspace_id)
        with self._clients.session() as client:
            later = part.events["later"].fill_null(0).to_numpy()
            loader.insert(client, rows.table(workspace_id, part.events, later))
            loader.supersede(client, workspace_id, part.events, before)
        with writing(self._engine) as tx:
            usage_homes.hold(tx, workspace_id)
            usage_homes.advance(tx, workspace_id, self._storage, part.places[1], home=False)

    def sums(self, workspace_id: str, to: int) -> list[Sums]:
        """What the events come to."""
        with reading(self._engine) as tx:
            since = kept_usage.since(tx, workspace_id)
        kept = f" AND event_at >= {micros(since)}" if since else ""
        with self._clients.session() as client:
            found = client.query(
                f"{_SUMS} FROM {schema.EVENTS} FINAL"
                f" WHERE workspace_id = {schema.text(workspace_id)} AND seq <= {to}{kept}"
                " GROUP BY stretch ORDER BY stretch",
                parameters={"to": to},
            )
            return [Sums(*map(int, row)) for row in found.result_rows]

    def settle(self, tx: Connection, workspace_id: str) -> None:
        """Become the home."""
        usage_homes.settle(tx, workspace_id, in_clickhouse=True)

    def drop(self, workspace_id: str) -> bool:
        """Delete the workspace's rows on all servers."""
        with reading(self._engine) as tx:
            if not self.extent(tx, workspace_id) or usage_homes.in_clickhouse(tx, workspace_id):
                return False
        mine = f"workspace_id = {schema.text(workspace_id)}"
        for name in (schema.EVENTS, schema.IDS):
            self._alter(name, f"DELETE WHERE {mine}")
        with writing(self._engine) as tx:
            usage_homes.forget(tx, workspace_id)
        return True

    def rewind(self, workspace_id: str) -> None:
        """Leave of the workspace's rows, and of what they say, what the database knows of.

        A database that was restored gives places anew that ClickHouse has other events for, and
        marks by them. Nobody may load meanwhile: what is loaded is not known of before its end.
        """
        with reading(self._engine) as tx:
            known = self.extent(tx, workspace_id)
        mine = f"workspace_id = {schema.text(workspace_id)}"
        for name in (schema.EVENTS, schema.IDS):
            self._alter(name, f"DELETE WHERE {mine} AND seq > {known}")
        self._alter(schema.EVENTS, f"UPDATE later = 0 WHERE {mine} AND later > {known}")

    def _alter(self, name: str, change: str) -> None:
        """Change rows on all servers, and wait until they are."""
        address = self._clients.address
        table = schema.local(address, name) + schema.everywhere(address)
        with self._clients.session() as client:
            client.command(f"ALTER TABLE {table} {change}", settings={"mutations_sync": 2})

    def close(self) -> None:
        """Let go of connections."""
        self._clients.close()


def _sent(events: Iterable[dict[str, Any]]) -> Iterator[InboxRow]:
    """Rows of the inbox that these events, in order, would have come from."""
    for row_id, some in groupby(events, lambda event: event["seq"] // PLACES):
        own = list(some)
        json = batch([_as_sent(event) for event in own]).json
        yield InboxRow(row_id, len(json), json, instant(own[0]["received_at"]))


def _with(events: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """``events`` with these values in a column, whether or not there was one."""
    if name not in events.column_names:
        return events.append_column(name, values)
    return events.set_column(events.column_names.index(name), name, values)


def _as_sent(event: dict[str, Any]) -> SentEvent:
    return SentEvent(
        event["alias"],
        event["event_type"],
        instant(event["event_at"]),
        event["customer_event_id"],
        msgspec.Raw(rows.properties_of(event).encode()),
    )
