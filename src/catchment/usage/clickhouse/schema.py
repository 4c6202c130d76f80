"""The tables in ClickHouse: made when they are first needed, and known again ever after.

One set of tables holds the events of all workspaces. What says which version they are of, and which
Catchment they belong to, is the comment of ``usage_events``: it is made in the same moment as the
table, and goes with it through every backup.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

from catchment.usage.clickhouse import rows
from catchment.usage.clickhouse.address import Address
from catchment.usage.storage import UsageUnavailable

VERSION = 1
"""Of the tables."""

OLDEST_SERVER = (26, 1)
"""Whose SQL we speak: see docs/clickhouse.md."""

_MONTH = "toYYYYMM(toDateTime(least(intDiv(event_at, 1000000), 4102444800), 'UTC'))"
_ON_DISK = "fsync_after_insert = 1, fsync_part_directory = 1"
_COMMENT = re.compile(r"^catchment usage events, version (\d+), storage ([0-9a-f]{32})$")

EVENTS, IDS = "usage_events", "usage_ids"

_KEY = {"key": "UInt64 DEFAULT cityHash64(customer_event_id)"}
_COLUMNS = {EVENTS: rows.COLUMNS, IDS: {name: rows.COLUMNS[name] for name in rows.IDS} | _KEY}
_LAYOUTS = {
    EVENTS: f"PARTITION BY {_MONTH} ORDER BY (workspace_id, event_type, alias, event_at, seq)"
    f" SETTINGS {_ON_DISK}",
    # Ids are looked up by the ten thousand and mostly not there. So they lie in the order of
    # numbers, in pieces so small that a look-up reads a few kilobytes, however many there are.
    IDS: "ORDER BY (workspace_id, key, seq)"
    f" SETTINGS {_ON_DISK}, index_granularity = 512, min_compress_block_size = 4096,"
    " max_compress_block_size = 4096",
}
_SHARDED_BY = {
    EVENTS: "cityHash64(workspace_id, alias)",
    IDS: "cityHash64(workspace_id, customer_event_id)",
}


def prepared(client: Any, address: Address) -> str:
    """The id of the storage in this database, whose tables are made where there are none.

    Raises UsageUnavailable where the server is too old, or the tables are another version's.
    """
    _check_server(client)
    found = _comment(client, address)
    if found is None:
        for statement in statements(address, secrets.token_hex(16)):
            client.command(statement)
        found = _comment(client, address)  # of two that make them at once, one does
    known = _COMMENT.match(found or "")
    if known is None or int(known[1]) != VERSION:
        raise UsageUnavailable(
            f"The tables in {address.shown} are not those of this version of Catchment."
        )
    return known[2]


def statements(address: Address, storage: str) -> Iterator[str]:
    """What makes the tables; ``usage_events`` comes last, so that all are there once it is."""
    yield f"CREATE DATABASE IF NOT EXISTS {quoted(address.database)}{everywhere(address)}"
    comment = f"catchment usage events, version {VERSION}, storage {storage}"
    yield from _table(address, IDS, "")
    yield from _table(address, EVENTS, f" COMMENT '{comment}'")


def _table(address: Address, name: str, comment: str) -> Iterator[str]:
    """A table, or where there is a cluster one on every shard and one over all of them."""
    own, where = local(address, name), everywhere(address)
    columns = ", ".join(f"{column} {kind}" for column, kind in _COLUMNS[name].items())
    head = f"CREATE TABLE IF NOT EXISTS {quoted(address.database)}"
    version = "version" if name == EVENTS else ""
    engine = f"ReplacingMergeTree({version})"
    if address.replicated:
        path = f"/clickhouse/tables/{{shard}}/{address.database}/{own}"
        both = ", ".join(filter(None, (text(path), "'{replica}'", version)))
        engine = f"ReplicatedReplacingMergeTree({both})"
    yield f"{head}.{own}{where} ({columns}) ENGINE = {engine} {_LAYOUTS[name]}{comment}"
    if address.cluster is not None:
        over = ", ".join(map(text, (address.cluster, address.database, own)))
        spread = f"Distributed({over}, {_SHARDED_BY[name]})"
        yield f"{head}.{name}{where} ({columns}) ENGINE = {spread}{comment}"


def local(address: Address, name: str) -> str:
    """The table of a shard's own rows."""
    return name if address.cluster is None else f"{name}_local"


def quoted(name: str) -> str:
    """``name`` as an identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def text(value: str) -> str:
    """``value`` as a literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def everywhere(address: Address) -> str:
    """What has a statement run on all servers of the cluster, if it can."""
    return (
        f" ON CLUSTER {quoted(address.cluster)}" if address.cluster and address.replicated else ""
    )


def _check_server(client: Any) -> None:
    version = str(client.command("SELECT version()"))
    if tuple(map(int, version.split(".")[:2])) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise UsageUnavailable(f"ClickHouse {version} is too old: {oldest} or newer is needed.")


def _comment(client: Any, address: Address) -> str | None:
    """The comment of ``usage_events``; None where there is no such table."""
    found = client.query(
        "SELECT comment FROM system.tables"
        " WHERE database = {database:String} AND name = {name:String}",
        parameters={"database": address.database, "name": EVENTS},
    ).result_rows
    return found[0][0] if found else None
