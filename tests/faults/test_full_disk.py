"""A full disk is 503, keeps what was kept, and is over as soon as there is room."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event, text

from catchment.store.engine import reading, writing


@contextmanager
def no_room(engine: Engine) -> Iterator[None]:
    """The database finds no room for more while the block runs."""
    if engine.dialect.name == "sqlite":
        with reading(engine) as tx:
            pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        with _pages(engine, pages):
            yield
        engine.dispose()  # connections remember the limit
        return
    raising = (
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
        " 'No space left on device' USING ERRCODE = 'disk_full'; END $$"
    )
    trigger = "CREATE TRIGGER no_room BEFORE INSERT ON usage_inbox EXECUTE FUNCTION no_room()"
    with writing(engine) as tx:
        tx.execute(text(raising))
        tx.execute(text(trigger))
    try:
        yield
    finally:
        with writing(engine) as tx:
            tx.execute(text("DROP FUNCTION no_room CASCADE"))


@contextmanager
def _pages(engine: Engine, most: int) -> Iterator[None]:
    """Whatever transaction begins in the block may not make the file longer than that."""

    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")

    event.listen(engine, "begin", limit)
    try:
        yield
    finally:
        event.remove(engine, "begin", limit)


def sender(client: TestClient) -> Callable[[int], Any]:
    def send(number: int) -> Any:
        sent = {
            "customerAlias": "a",
            "eventType": "call",
            "customerEventId": str(number),
            "eventProperties": {"text": str(number) * 1_000},
        }
        return client.post("/usage-events", json=sent, headers={"Idempotency-Key": str(number)})

    return send


def test_a_full_database_is_503_and_takes_events_again_once_there_is_room(
    engine: Engine, client: TestClient
) -> None:
    send = sender(client)
    kept = [send(0)]

    with no_room(engine):
        while (answer := send(len(kept))).status_code == HTTPStatus.CREATED:
            kept.append(answer)
        again = send(len(kept))
        there = client.get("/usage-events").json()
    after = [send(len(kept) + n) for n in range(3)]

    assert len(kept) < 50
    for refused in (answer, again):
        assert refused.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert refused.json()["code"] == "unavailable"
        assert refused.headers["Retry-After"] == "30"
    assert len(there["items"]) == min(20, len(kept))
    assert [one.status_code for one in after] == [HTTPStatus.CREATED] * 3
    assert client.get("/usage-events").json()["pagination"]["totalResultSize"] == len(kept) + 3
