"""While a server is killed again and again, sixteen clients lose nothing and nothing counts twice."""

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.settings import Settings
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.usage import EventFilter, EventPageRequest, UsageStore
from tests.conftest import DATABASES
from tests.faults.restarts import CLIENTS, EVENTS, REQUESTS, ids_of, send_through
from tests.faults.story import START
from tests.programs import Program

KILLS = int(os.environ.get("CATCHMENT_RESTARTS", "0"))
"""How often: `make prove-usage` does so far more, on both databases."""

_ONE = DATABASES[:1]


@pytest.fixture
def server(engine: Engine, settings: Settings) -> Iterator[Program]:
    running = Program(
        "tests.faults.server",
        ["--loader"] * (KILLS > 0),
        {
            "CATCHMENT_DATA_DIR": str(settings.data_dir),
            "CATCHMENT_DATABASE_URL": settings.database_url,
            "CATCHMENT_SECRET_KEY": settings.secret_key,
        },
    )
    yield running
    running.close()


@pytest.mark.parametrize("database_url", DATABASES if KILLS else _ONE, indirect=True)
def test_what_sixteen_clients_were_answered_is_stored_once_whenever_the_server_dies(
    server: Program, engine: Engine, usage: UsageStore, workspace: Workspace, settings: Settings
) -> None:
    with writing(engine) as tx:
        key = access.create_key(
            tx, workspace.id, id=ids.new_id(), at=START, hashing_key=settings.hashing_key()
        )
    kills = KILLS or 1

    sent = send_through(server, key, kills, random.Random(16))
    server.kill()

    requests = REQUESTS * (kills + 1)
    assert sent >= CLIENTS * requests
    page = usage.events(workspace.id, EventFilter(), EventPageRequest(limit=1_000_000, by_id=True))
    counting = Counter(one.customer_event_id for one in page.events if one.counts)
    assert counting == dict.fromkeys((id for n in range(CLIENTS) for id in ids_of(n, requests)), 1)
    copies = Counter(int(one.customer_event_id.partition("-")[0]) for one in page.events)
    for client in range(CLIENTS):
        if client % 2:  # with an Idempotency-Key
            assert copies[client] == EVENTS * requests
        else:
            assert copies[client] >= EVENTS * requests
    assert page.total <= EVENTS * sent
    usage.compact(workspace.id)
    said = usage.stats(workspace.id, [])
    assert said.events == page.total
    assert said.events - said.superseded_events == len(counting)
