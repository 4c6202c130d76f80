"""Events of a time that was dropped are refused, wherever they come from."""

import json
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.store.usage import kept_usage

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
OLD, NEW = "2026-01-31T23:59:59.999999Z", "2026-02-01T00:00:00Z"


def sent(at: str | None, n: int = 0) -> dict:
    event = {"customerAlias": "a", "eventType": "call", "customerEventId": f"e{n}"}
    return event if at is None else event | {"eventTimestamp": at}


@pytest.fixture
def kept_since(engine: Engine, workspace: Workspace) -> None:
    with writing(engine) as tx:
        kept_usage.keep_since(tx, workspace.id, SINCE)


@pytest.mark.usefixtures("kept_since")
class TestOnceUsageWasDropped:
    def test_a_single_event_of_before_is_refused_by_its_time(self, client: TestClient) -> None:
        old, new = (client.post("/usage-events", json=sent(at)) for at in (OLD, NEW))

        assert old.status_code == 400
        [error] = old.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/eventTimestamp", "usage_too_old")
        assert new.status_code == 201

    def test_of_a_batch_the_others_are_kept(self, client: TestClient) -> None:
        batch = [sent(NEW, 1), {"eventType": "call"}, sent(OLD, 2), sent(None, 3), sent(OLD, 4)]

        for body in (batch, batch[:1] + batch[2:]):  # read one by one, and at once
            told = client.post("/usage-events/batch?ids=true", json=body).json()
            codes = [
                item["errors"][0]["code"] if "errors" in item else item["customerEventId"]
                for item in told["items"]
            ]
            wrong = ["missing"] if len(body) == 5 else []
            assert codes == ["e1", *wrong, "usage_too_old", "e3", "usage_too_old"]
            assert told["accepted"] == 2

        listed = client.get("/usage-events", params={"sortOrder": "ASC"}).json()["items"]
        assert [one["customerEventId"] for one in listed] == ["e1", "e3", "e1", "e3"]

    def test_of_a_file_rows_are_named(self, client: TestClient) -> None:
        rows = [sent(NEW, 1), {"eventType": "call"}, sent(OLD, 2), sent(NEW, 3)]
        told = client.post(
            "/usage-events/import",
            content="\n".join(json.dumps(row) for row in rows),
            headers={"Content-Type": "application/x-ndjson"},
        ).json()

        assert (told["accepted"], told["refused"]) == (2, 2)
        assert [(one["row"], one["errors"][0]["code"]) for one in told["refusals"]] == [
            (2, "missing"),
            (3, "usage_too_old"),
        ]

    @pytest.mark.parametrize("path", ["", "/preview"])
    def test_a_window_that_begins_before_is_not_filled(self, client: TestClient, path: str) -> None:
        body = {"eventType": "call", "start": OLD, "end": "2026-03-01T00:00:00Z", "events": []}

        answer = client.post(f"/usage-events/backfills{path}", json=body)

        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/start", "usage_too_old")


def test_what_is_dropped_while_senders_are_known_is_refused_from_then_on(
    engine: Engine, workspace: Workspace, client: TestClient
) -> None:
    before = client.post("/usage-events", json=sent(OLD))
    with writing(engine) as tx:
        kept_usage.keep_since(tx, workspace.id, SINCE)

    after = client.post("/usage-events", json=sent(OLD))

    assert (before.status_code, after.status_code) == (201, 400)
    assert client.get("/usage-events").json()["items"] == []
