"""While ClickHouse is away events are taken in, and whoever has to read them is told."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.api.app import serve_from
from catchment.jobs import loading
from catchment.settings import Settings
from catchment.store.access import Workspace
from catchment.usage import UsageStore
from catchment.usage.opening import usage_store
from tests.conftest import Clock
from tests.usage.world import EVERYTHING, event, send

NOBODY = "clickhouse://me:secret@127.0.0.1:1/usage"  # where nobody listens


@pytest.fixture
def away(engine: Engine, data_dir: Path) -> Iterator[UsageStore]:
    store = usage_store(engine, data_dir, NOBODY)
    yield store
    store.close()


def test_sending_goes_on_and_reading_is_told_to_come_again(
    client: TestClient, engine: Engine, away: UsageStore, settings: Settings, clock: Clock
) -> None:
    serve_from(client.app, engine, away, settings, clock)  # type: ignore[arg-type]
    one = {"customerAlias": "a", "eventType": "call", "customerEventId": "1"}

    assert client.post("/usage-events", json=one).status_code == 201
    assert client.post("/usage-events/batch", json=[one] * 3).json()["accepted"] == 3
    answer = client.get("/usage-events")

    assert (answer.status_code, answer.json()["code"]) == (503, "usage_unavailable")
    assert answer.headers["Retry-After"]
    assert "secret" not in answer.text


def test_a_loader_goes_on_trying_and_says_so_once(
    engine: Engine,
    away: UsageStore,
    usage: UsageStore,
    workspace: Workspace,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for n in range(64):
        send(engine, away, workspace.id, [event(n)])
    rounds = iter([False] * 3)

    with caplog.at_level(logging.WARNING, "catchment.usage"):
        loading.watch(away, ended=lambda _pause: next(rounds, True))

    said = [one.getMessage() for one in caplog.records if one.name == "catchment.usage"]
    assert said == [
        "usage events stay in the inbox: clickhouse://127.0.0.1:1/usage cannot be used now."
    ]
    assert usage.measure(workspace.id, [EVERYTHING])[0].event_count == 64, "nothing is lost"
