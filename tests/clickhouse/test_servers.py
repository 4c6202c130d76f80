"""On two real servers, one shard each: what the store relies on, and where they are new enough the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from catchment.usage import UsageStore
from catchment.usage.clickhouse.schema import OLDEST_SERVER
from catchment.usage.opening import usage_store
from tests.clickhouse.servers import CLUSTER, SHARDS, Cluster, program
from tests.usage import test_conformance

COMMAND = program()
pytestmark = pytest.mark.skipif(
    COMMAND is None, reason="no clickhouse-server is in the PATH or in CATCHMENT_TEST_CLICKHOUSE"
)
EVENTS = 1_000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    assert COMMAND is not None
    running = Cluster(COMMAND, tmp_path_factory.mktemp("clickhouse"))
    yield running
    running.close()


@pytest.mark.parametrize(
    ("sharding", "whole"), [("cityHash64(workspace_id, alias)", True), ("version", False)]
)
def test_an_event_and_its_mark_meet_where_the_customers_name_decides_the_shard(
    cluster: Cluster, sharding: str, whole: bool
) -> None:
    for server in range(SHARDS):
        cluster.ask(server, "DROP TABLE IF EXISTS events")
        cluster.ask(server, "DROP TABLE IF EXISTS events_local")
        cluster.ask(
            server,
            "CREATE TABLE events_local (workspace_id String, alias String, seq Int64, later Int64,"
            " version UInt8) ENGINE = ReplacingMergeTree(version) PARTITION BY tuple()"
            " ORDER BY (workspace_id, alias, seq)",
        )
        cluster.ask(
            server,
            f"CREATE TABLE events AS events_local ENGINE = Distributed({CLUSTER}, default,"
            f" events_local, {sharding})",
        )
    numbers = f"FROM system.numbers LIMIT {EVENTS}"

    # Loaded through one server, marked through the other, one event in three.
    for _ in range(2):  # who died before it knew does so again
        cluster.ask(
            0,
            "INSERT INTO events SELECT 'w', toString(number % 50), toInt64(number), toInt64(0),"
            f" toUInt8(0) {numbers}",
        )
        cluster.ask(
            1,
            "INSERT INTO events SELECT 'w', toString(number % 50), toInt64(number),"
            f" toInt64(number + 1), toUInt8(1) FROM (SELECT number {numbers}) WHERE number % 3 = 0",
        )

    rows = "SELECT count(), countIf(later = 0), uniqExact(alias) FROM events FINAL"
    counts = {cluster.ask(server, rows) for server in range(SHARDS)}
    marked = -(-EVENTS // 3)
    assert (counts == {f"{EVENTS}\t{EVENTS - marked}\t50"}) == whole, counts
    shares = [cluster.ask(n, "SELECT count() > 0 FROM events_local") for n in range(SHARDS)]
    assert shares == ["1"] * SHARDS


@pytest.fixture
def sharded(cluster: Cluster, engine: Engine, data_dir: Path) -> Iterator[UsageStore]:
    version = cluster.ask(0, "SELECT version()")
    if tuple(map(int, version.split(".")[:2])) < OLDEST_SERVER:
        pytest.skip(f"ClickHouse {version} is too old for the store")
    url = f"clickhouse://127.0.0.1:{cluster.ports[0]}/catchment?cluster={CLUSTER}"
    store = usage_store(engine, data_dir, url)
    yield store
    store.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_store_agrees_with_the_definition_on_two_shards(
    cluster: Cluster, engine: Engine, sharded: UsageStore
) -> None:
    test_conformance.test_the_store_agrees_with_the_definition(engine, sharded)
    test_conformance.test_an_earlier_reading_is_repeated_whatever_has_come_since(engine, sharded)

    held = "SELECT count() > 0 FROM catchment.usage_events_local"
    assert [cluster.ask(server, held) for server in range(SHARDS)] == ["1"] * SHARDS
