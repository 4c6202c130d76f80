"""From the inbox into ClickHouse, exactly once, without a transaction across the two.

A batch is inserted first: its events, their ids, and once more the rows that they supersede. Only
when each insert is on disk, one transaction deletes exactly the inbox rows the batch was made of
and notes up to which place everything is in ClickHouse. Nobody reads rows beyond that place there.

Whatever breaks off before is done again from the start, by this process or another, and that is
harmless: a row's key holds the event's place, and what is inserted for a place is always the same,
so ClickHouse takes what it has twice for one. Only ``later`` may be missing the first time, in a
batch that ended earlier; the row that has it wins.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine

from catchment.store.engine import reading, writing
from catchment.store.usage import usage_homes
from catchment.usage.clickhouse import rows, schema, superseding
from catchment.usage.clickhouse.clients import Clients
from catchment.usage.intake import inbox
from catchment.usage.intake.waiting import Batch, Lost, ahead, batches

_ATTEMPTS = 50
_log = logging.getLogger("catchment.usage")


def catch_up(engine: Engine, workspace_id: str, clients: Clients) -> int:
    """Load all that waits, and return how many events were loaded. Raises UsageUnavailable."""
    loaded = 0
    with ThreadPoolExecutor(1, "usage decoder") as decoder:
        for _ in range(_ATTEMPTS):
            try:
                for batch in ahead(decoder, batches(engine, workspace_id)):
                    _load(engine, workspace_id, clients, batch)
                    loaded += len(batch.events)
                break
            except Lost:
                _log.info("another process has loaded the same: %s", workspace_id)
    return loaded


def _load(engine: Engine, workspace_id: str, clients: Clients, batch: Batch) -> None:
    with clients.session() as client:
        with reading(engine) as tx:
            before = usage_homes.last_seq(tx, workspace_id, clients.storage)
        first, last = batch.places
        if first <= before:
            raise Lost
        insert(client, rows.table(workspace_id, batch.events, rows.successors(batch.events)))
        supersede(client, workspace_id, batch.events, before)
        storage = clients.storage
    with writing(engine) as tx:
        usage_homes.hold(tx, workspace_id)
        if usage_homes.last_seq(tx, workspace_id, storage) != before:
            raise Lost
        if not inbox.remove(tx, workspace_id, batch.rows):
            raise Lost
        usage_homes.advance(tx, workspace_id, storage, last)


def insert(client: Any, events: pa.Table) -> None:
    """Add rows, and what finds them by the ids of their senders'."""
    client.insert_arrow(schema.EVENTS, events)
    client.insert_arrow(schema.IDS, rows.ids(events))


def supersede(client: Any, workspace_id: str, events: pa.Table, before: int) -> None:
    """Mark what ``events`` supersede among those stored up to the place ``before``."""
    if not before:
        return
    client.command("CREATE TEMPORARY TABLE coming (customer_event_id String, seq Int64)")
    client.insert_arrow("coming", events.select(["customer_event_id", "seq"]))
    if superseding.find(client, workspace_id, "coming", before):
        superseding.copy(client, workspace_id, schema.EVENTS)
