"""How much ClickHouse keeps, and in how many parts."""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are numbers and quoted ids

from __future__ import annotations

from datetime import datetime
from typing import Any

from catchment.usage.clickhouse import schema
from catchment.usage.clickhouse.address import Address
from catchment.usage.intake.events import micros
from catchment.usage.questions.statistics import Kept


def kept(client: Any, address: Address, workspace_id: str, last_seq: int) -> Kept:
    """Parts, bytes and events up to the place ``last_seq``.

    Every part holds rows of all workspaces. So all parts are counted, and of their bytes as large a
    share as this workspace has of the events. Of the replicas of a shard one is.
    """
    [(parts, size, rows)] = client.query(
        f"SELECT count(), sum(bytes_on_disk), sumIf(rows, table = {_local(address, schema.EVENTS)})"
        f" FROM {_parts(address)}"
        f" AND table IN ({_local(address, schema.EVENTS)}, {_local(address, schema.IDS)})"
    ).result_rows
    events = client.command(
        f"SELECT count() FROM {schema.EVENTS} FINAL"
        f" WHERE workspace_id = {schema.text(workspace_id)} AND seq <= {last_seq}"
    )
    return Kept(
        int(parts), int(size) * min(int(events), int(rows)) // max(int(rows), 1), int(events)
    )


def merge(client: Any, address: Address) -> None:
    """Merge the events of every month that lie in several parts into one.

    The table of ids is left to ClickHouse: it has no months, and merging all of it would write all
    of it again.
    """
    months = client.query(
        f"SELECT partition_id FROM {_parts(address)} AND table = {_local(address, schema.EVENTS)}"
        " GROUP BY partition_id HAVING count() > 1 ORDER BY partition_id"
    ).result_rows
    table = schema.local(address, schema.EVENTS) + schema.everywhere(address)
    for (month,) in months:
        client.command(f"OPTIMIZE TABLE {table} PARTITION ID {schema.text(month)} FINAL")


def drop(client: Any, address: Address, workspace_id: str, before: datetime) -> None:
    """Delete the workspace's events of earlier than ``before``, and their ids.

    Months hold all workspaces, so rows are marked as deleted, and their room is given back when
    ClickHouse next merges them.
    """
    for table in (schema.EVENTS, schema.IDS):
        client.command(
            f"DELETE FROM {schema.local(address, table)}{schema.everywhere(address)}"
            f" WHERE workspace_id = {schema.text(workspace_id)} AND event_at < {micros(before)}"
        )


def _parts(address: Address) -> str:
    """What tells of all parts in use, and the beginning of a condition on them."""
    parts = "system.parts"
    if address.cluster is not None:
        parts = f"cluster({schema.text(address.cluster)}, system.parts)"
    return f"{parts} WHERE active AND database = {schema.text(address.database)}"


def _local(address: Address, table: str) -> str:
    return schema.text(schema.local(address, table))
