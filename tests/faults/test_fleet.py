"""Two servers and two loaders share a database and what keeps usage, and are killed at random: nothing is lost or doubled.

Where that is ClickHouse it is killed as well.
"""

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.usage import Batch, UsageStore
from catchment.usage.embedded import loader, segments
from catchment.usage.embedded.superseding import superseded
from catchment.usage.intake import inbox
from catchment.usage.opening import usage_store
from tests.conftest import DATABASES
from tests.faults.restarts import CLIENTS, REQUESTS, body, send_through, wrong
from tests.faults.story import START
from tests.programs import Program, Server, python

KILLS = int(os.environ.get("CATCHMENT_RESTARTS", "0"))
"""How often: `make prove-usage` does so far more, and has servers with writers."""

SEED = int(os.environ.get("CATCHMENT_SEED", "0"))


@dataclass
class Fleet:
    """What runs: ``clickhouse`` only where usage is kept there."""

    servers: list[Server]
    loaders: list[Program]
    clickhouse: list[Server]
    usage: UsageStore
    log: Path
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    killed: int = 0

    def strike(self) -> None:
        """Kill some of them at once, and start them again."""
        all_of_them = [*self.servers, *self.loaders, *self.clickhouse]
        fallen = self.chance.sample(all_of_them, self.chance.randint(2, 3))
        for one in fallen:
            one.kill()
        for one in fallen:
            one.start()
        self.killed += len(fallen)

    def thrown_away(self) -> int:
        """How often a loader found that its work had been done by another."""
        lines = self.log.read_text().splitlines()
        return sum(line.startswith("another process has loaded") for line in lines)

    def stop(self) -> None:
        for one in [*self.servers, *self.loaders]:
            one.kill()


@pytest.fixture(params=["files", "clickhouse"])
def fleet(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    engine: Engine,
    data_dir: Path,
    tmp_path: Path,
) -> Iterator[Fleet]:
    log = tmp_path / "log"
    clickhouse = []
    url = ""
    if request.param == "clickhouse":
        clickhouse = [Server("tests.clickhouse.bridge", [str(tmp_path / "clickhouse")])]
        url = f"clickhouse://127.0.0.1:{clickhouse[0].port}/catchment"
    environment |= {"CATCHMENT_USAGE_URL": url}
    running = Fleet(
        [Server("tests.faults.server", ["--writer"] * (KILLS > 0), environment) for _ in range(2)],
        [Program(python("tests.faults.loader", str(log)), environment) for _ in range(2)],
        clickhouse,
        usage_store(engine, data_dir, url),
        log,
    )
    yield running
    running.usage.close()
    for one in [*running.servers, *running.loaders, *clickhouse]:
        one.close()


@pytest.mark.skipif("postgresql" not in DATABASES, reason="PostgreSQL is not among the databases")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_dies_all_that_was_answered_is_stored_once(
    fleet: Fleet, key: tuple[str, str], workspace: Workspace
) -> None:
    kills = KILLS or 1
    ports = [one.port for one in fleet.servers]

    times = send_through(ports, key, kills, fleet.strike, SEED)
    loaded = fleet.usage.stats(workspace.id, []).events_in_files
    fleet.stop()

    assert list(wrong(fleet.usage, workspace.id, REQUESTS * (kills + 1), times)) == []
    assert loaded
    assert fleet.thrown_away() <= fleet.killed  # what a dead one was about to commit


def _unmarked(*asked: Any) -> pa.Table:
    return superseded(*asked).slice(0, 0)


FLAWS = {
    "rows stay in the inbox": (inbox, "remove", lambda *_: True),
    "files count nowhere": (segments, "add", lambda *_: None),
    "nothing is superseded": (loader, "superseded", _unmarked),
}
"""Ways to break the loader: what is put in the place of what."""


@pytest.mark.parametrize("flaw", [None, *FLAWS])
@pytest.mark.parametrize("database_url", DATABASES[:1], indirect=True)
def test_the_check_sees_a_broken_loader(
    flaw: str | None,
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if flaw is not None:
        monkeypatch.setattr(*FLAWS[flaw])
    for request in range(2):
        for client in range(CLIENTS):
            events = body(client, request)
            with writing(engine) as tx:
                given = Batch(len(events), json.dumps(events).encode())
                usage.accept(tx, workspace.id, given, START)
        usage.catch_up(workspace.id)

    found = list(wrong(usage, workspace.id, 2, 2 * CLIENTS))

    assert bool(found) == (flaw is not None), found
