"""Which tables there are, on one server and on many, and what is refused."""

from typing import Any

import pytest

from catchment.usage.clickhouse import schema
from catchment.usage.clickhouse.address import parse
from catchment.usage.storage import UsageUnavailable


class Server:
    """What a server of some version, with some comment on its table, says."""

    def __init__(self, version: str, comment: str | None = None) -> None:
        self._version = version
        self.result_rows = [] if comment is None else [(comment,)]

    def command(self, _sql: str) -> str:
        return self._version

    def query(self, _sql: str, **_: Any) -> "Server":
        return self


def made(url: str) -> list[str]:
    return list(schema.statements(parse(url), "5" * 32))


def test_one_server_has_two_tables() -> None:
    database, ids, events = made("clickhouse://ch/usage")

    assert database == "CREATE DATABASE IF NOT EXISTS `usage`"
    assert ids.startswith("CREATE TABLE IF NOT EXISTS `usage`.usage_ids (")
    assert "ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(" in events
    assert all("fsync_after_insert = 1, fsync_part_directory = 1" in one for one in (ids, events))
    assert events.endswith(f"COMMENT 'catchment usage events, version 1, storage {'5' * 32}'")


def test_a_cluster_has_them_on_every_shard_and_one_over_all() -> None:
    _, local_ids, ids, local_events, events = made("clickhouse://ch/usage?cluster=all")

    for one in (local_ids, local_events):
        assert " ON CLUSTER `all` (" in one
        assert (
            "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/usage/usage_" in one
        )
    assert ids.endswith(
        "Distributed('all', 'usage', 'usage_ids_local', cityHash64(workspace_id, customer_event_id))"
    )
    assert (
        "Distributed('all', 'usage', 'usage_events_local', cityHash64(workspace_id, alias))"
        in events
    )


def test_shards_without_keeper_are_made_one_by_one() -> None:
    for one in made("clickhouse://ch/usage?cluster=all&replicated=false"):
        assert "ON CLUSTER" not in one
        assert "Replicated" not in one


@pytest.mark.parametrize("version", ["18.16.1", "25.12.9.1"])
def test_an_older_server_is_refused_with_both_versions(version: str) -> None:
    with pytest.raises(UsageUnavailable, match=rf"{version} is too old: 26\.1 or newer"):
        schema.prepared(Server(version), parse("clickhouse://ch/usage"))


@pytest.mark.parametrize("comment", ["", "catchment usage events, version 2, storage " + "5" * 32])
def test_tables_of_others_are_left_alone(comment: str) -> None:
    with pytest.raises(UsageUnavailable, match="not those of this version"):
        schema.prepared(Server("26.9.2.1", comment), parse("clickhouse://ch/usage"))


def test_tables_are_known_by_their_comment() -> None:
    there = Server("26.1.1.496", "catchment usage events, version 1, storage " + "7" * 32)

    assert schema.prepared(there, parse("clickhouse://ch/usage")) == "7" * 32
