"""While a server or its writer is killed again and again, sixteen clients lose nothing and nothing counts twice."""

import itertools
import os
import random
from collections.abc import Iterator

import pytest

from catchment.api.usage.writing import program
from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.conftest import DATABASES
from tests.faults.restarts import REQUESTS, send_through, wrong
from tests.programs import Server

KILLS = int(os.environ.get("CATCHMENT_RESTARTS", "0"))
"""How often: `make prove-usage` does so far more, on both databases."""

_ONE = DATABASES[:1]


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Server]:
    running = Server("tests.faults.server", ["--writer", *["--loader"] * (KILLS > 0)], environment)
    yield running
    running.close()


@pytest.mark.parametrize("database_url", DATABASES if KILLS else _ONE, indirect=True)
def test_what_sixteen_clients_were_answered_is_stored_once_whoever_dies(
    server: Server, key: tuple[str, str], usage: UsageStore, workspace: Workspace
) -> None:
    kills = KILLS or 2
    chance = random.Random(16)
    turns = itertools.cycle([True, False])

    def strike() -> None:
        if next(turns):
            server.kill_child(program.__name__)  # which the server starts again
            return
        server.kill(children=chance.random() < 0.5)
        server.start()

    sent = send_through([server.port], key, kills, strike, seed=16)
    server.kill()

    assert list(wrong(usage, workspace.id, REQUESTS * (kills + 1), sent)) == []
