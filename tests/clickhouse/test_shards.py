"""The two shards of the tests are two: neither knows what the other has."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from clickhouse_connect import get_client
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.conftest import KINDS
from tests.usage.world import event, send

EVENTS = 40


@pytest.mark.skipif("clickhouse" not in KINDS, reason="ClickHouse is not among the databases")
@pytest.mark.parametrize("database_url", ["sharded"], indirect=True)
def test_each_has_its_part_of_the_events(
    engine: Engine, usage: UsageStore, workspace: Workspace, usage_url: str
) -> None:
    send(engine, usage, workspace.id, [event(n, alias=f"a{n}") for n in range(EVENTS)])
    usage.catch_up(workspace.id)

    with get_client(interface="chdb", path=urlsplit(usage_url).path) as client:
        count = (
            "SELECT count() FROM sharded.usage_events"
            f" WHERE workspace_id = '{workspace.id}' GROUP BY _shard_num"
        )
        halves = [rows for (rows,) in client.query(count).result_rows]
        whole = client.query(count, settings={"additional_table_filters": "{}"}).result_rows

    assert len(halves) == 2
    assert sum(halves) == EVENTS
    assert whole == [(EVENTS,), (EVENTS,)]  # without the filters both are the same table
