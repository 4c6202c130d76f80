"""The bridge answers ClickHouse's own client as a server would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.programs import Server

Connect = Callable[..., Any]
ROWS = [[f"id-{n}", Decimal(n) / 4] for n in range(20_000)]
TABLE = "(id String, v Decimal(38, 12)) ENGINE = ReplacingMergeTree ORDER BY id"


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server("tests.clickhouse.bridge", [str(tmp_path_factory.mktemp("clickhouse"))])
    yield running
    running.close()


@pytest.fixture
def connect(bridge: Server) -> Iterator[Connect]:
    opened = []

    def connect(**options: Any) -> Any:
        client = clickhouse_connect.get_client(host="127.0.0.1", port=bridge.port, **options)
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.close()


@pytest.mark.parametrize("compress", [False, "gzip", "lz4", "zstd"])
def test_rows_come_back_as_they_were_sent(connect: Connect, compress: Any) -> None:
    client = connect(compress=compress)
    client.command("DROP TABLE IF EXISTS kept")
    client.command(f"CREATE TABLE kept {TABLE}")

    told = client.insert("kept", ROWS, ["id", "v"])

    assert told.written_rows == len(ROWS)
    found = client.query("SELECT id, v FROM kept FINAL").result_rows
    assert sorted(found) == sorted(map(tuple, ROWS))


def test_arrow_tables_come_back_as_they_were_sent(connect: Connect) -> None:
    client = connect()
    client.command("CREATE TEMPORARY TABLE kept (id String, v Decimal(38, 12))")
    values = [value for _, value in ROWS]
    sent = pa.table({"id": [id for id, _ in ROWS], "v": pa.array(values, pa.decimal128(38, 12))})

    client.insert_arrow("kept", sent)

    found = client.query_arrow("SELECT * FROM kept", use_strings=True)
    assert found.to_pydict() == sent.to_pydict()


def test_each_client_has_temporary_tables_of_its_own(connect: Connect) -> None:
    clients = [connect(), connect()]

    for number, client in enumerate(clients):
        client.command("CREATE TEMPORARY TABLE mine (x Int32)")
        client.insert("mine", [[number]], ["x"])

    assert [one.query("SELECT x FROM mine").result_rows for one in clients] == [[(0,)], [(1,)]]


def test_no_session_has_no_memory(connect: Connect) -> None:
    client = connect(autogenerate_session_id=False)

    client.command("CREATE TEMPORARY TABLE mine (x Int32)")

    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE") as refused:
        client.query("SELECT * FROM mine")
    assert refused.value.code == 60


def test_a_setting_holds_for_one_request(connect: Connect) -> None:
    client = connect()
    ask = "SELECT getSetting('max_threads')"

    before = client.command(ask)

    assert client.command(ask, settings={"max_threads": 17}) == 17
    assert client.command(ask) == before


@pytest.mark.parametrize("count", [3, 3_000])
def test_parameters_are_bound_however_many(connect: Connect, count: int) -> None:
    keys = [f"it's {n}\t\\" for n in range(count)]

    [(found,)] = connect().query("SELECT {keys:Array(String)}", {"keys": keys}).result_rows

    assert found == keys


def test_nothing_is_not_the_same_as_no_answer(connect: Connect) -> None:
    client = connect()

    assert client.query("SELECT 1 AS one LIMIT 0").column_names == ("one",)
    assert client.command("SELECT 1 WHERE 0") == ""
    assert client.query("SELECT 1 WHERE 0").result_rows == []


def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    bridge = Server("tests.clickhouse.bridge", [str(tmp_path)])
    with clickhouse_connect.get_client(host="127.0.0.1", port=bridge.port) as client:
        client.command(f"CREATE TABLE kept {TABLE} SETTINGS fsync_after_insert = 1")
        client.insert("kept", ROWS, ["id", "v"])
    bridge.kill()

    bridge.start()

    with clickhouse_connect.get_client(host="127.0.0.1", port=bridge.port) as client:
        assert client.command("SELECT count() FROM kept") == len(ROWS)
    bridge.close()
