"""The airports' year with a few aircraft of each carrier: on both databases, and killed on the way."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from catchment.demo import flights, server
from catchment.settings import Settings
from catchment.store.engine import connect
from catchment.usage import UsageStore
from tests.scenarios import flights_oracle as oracle
from tests.scenarios.airports import Airports, Reader, key, small_copy

STEPS = (4, 25, 60, 41, 17, 45, 70, 3)
"""How many commits each attempt lives to see."""


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_copy(tmp_path_factory.mktemp("flights") / "data", aircraft_each=4)


@pytest.fixture
def airports(engine: Engine, usage: UsageStore, settings: Settings, few: Path) -> Airports:
    return Airports(engine, usage, settings, few)


def checked(reader: Reader, few: Path) -> list[Any]:
    """Everything the invoices say, after comparing it with the second calculation."""
    bills = oracle.bills(oracle.flights(few))
    aliases = reader.aliases()
    told = []
    for invoice in reader.invoices():
        bill = bills.pop(key(invoice))
        lines, members = reader.lines(invoice), reader.members(invoice, aliases)
        assert lines == bill.lines(), key(invoice)
        assert members == bill.members(), key(invoice)
        assert Decimal(invoice["grossTotal"]) == bill.total(), key(invoice)
        told.append((invoice["invoiceNumber"], invoice["issueDate"], key(invoice), lines, members))
    assert bills == {}
    return told


def test_a_few_aircraft_are_billed_to_the_cent_and_only_once(airports: Airports, few: Path) -> None:
    demo = airports.build()
    with airports.reader(demo) as reader:
        told = checked(reader, few)
    before = airports.state()

    airports.build()

    assert [number for number, *_ in told] == [f"NYA-{n:05d}" for n in range(1, 150)]
    assert airports.state() == before


def test_killed_again_and_again_it_goes_on_and_ends_the_same(
    tmp_path: Path, sqlite_template: Path, few: Path
) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    for folder in (whole, torn):
        folder.mkdir()
        shutil.copy(sqlite_template, folder / "catchment.db")

    for lives in STEPS:
        assert _killed_at_commit(lives, torn, few)
        for path in torn.glob("invoices/*.pdf"):
            assert path.read_bytes().startswith(b"%PDF"), path

    assert _built(torn, few) == _built(whole, few)


def test_sending_every_departure_again_changes_no_amount(airports: Airports, few: Path) -> None:
    demo = airports.build()
    departures = flights.departures(few)

    with airports.reader(demo) as reader:
        api = server.Api(reader.client)
        answer = api.post("/usage-events/batch", [one.event() for one in departures[:2000]])
        metric = next(m for m in reader.every("/usage-metrics") if m["name"] == "Departures")
        aliases = ",".join(sorted({one.alias for one in departures if one.carrier == "UA"}))
        used = reader.get(
            f"/usage-metrics/{metric['id']}/calculate",
            customerAliases=aliases,
            periodStart="2013-01-01",
            periodEnd="2014-12-31",
        )

    assert answer["refused"] == 0
    assert used["value"] == sum(one.carrier == "UA" for one in departures)


@contextmanager
def _airports(folder: Path, few: Path) -> Iterator[Airports]:
    settings = Settings(data_dir=folder, database_url="", secret_key="for tests only")
    engine = connect(settings.sqlalchemy_url())
    usage = UsageStore(engine, folder)
    yield Airports(engine, usage, settings, few)
    usage.close()
    engine.dispose()


def _built(folder: Path, few: Path) -> list[Any]:
    with _airports(folder, few) as airports, airports.reader(airports.build()) as reader:
        return checked(reader, few)


def _killed_at_commit(lives: int, folder: Path, few: Path) -> bool:
    """Build in a process of its own that dies when it is about to commit once too often."""
    child = os.fork()
    if child == 0:
        try:
            with _airports(folder, few) as airports:
                seen = iter(range(lives))

                @event.listens_for(airports.engine, "commit")
                def die(_connection: Any) -> None:
                    if next(seen, None) is None:
                        os.kill(os.getpid(), signal.SIGKILL)

                airports.build()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
