"""The airports' year with a few aircraft of each carrier: on both databases, and killed on the way."""

import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from catchment.demo import flights, seller, server
from catchment.flows.billing.checking.compare_invoices import Difference
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.scenarios import flights_oracle as oracle
from tests.scenarios.airports import Airports, Reader, key, opened, small_copy

ROOT = Path(__file__).parents[2]
LIVES = ("4", "25", "60", "41", "33", "47", "50", "53", "130", "160")
"""How many commits each attempt lives to see: they end at every stage, from the price list to PDFs."""


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_copy(tmp_path_factory.mktemp("flights") / "data", aircraft_each=4)


@pytest.fixture
def airports(engine: Engine, usage: UsageStore, settings: Settings, few: Path) -> Airports:
    return Airports(engine, usage, settings, few)


def check(reader: Reader, few: Path) -> None:
    """Compare everything the invoices say with the second calculation."""
    bills = oracle.bills(oracle.flights(few))
    aliases = reader.aliases()
    in_order = sorted(bills.values(), key=lambda bill: (bill.end, bill.payer))
    for number, (invoice, bill) in enumerate(zip(reader.invoices(), in_order, strict=True), 1):
        assert invoice["invoiceNumber"] == f"NYA-{number:05d}"
        assert key(invoice) == (bill.payer, bill.start)
        assert invoice["billingPeriod"]["endInclusive"] == bill.end
        assert reader.lines(invoice) == bill.lines(), key(invoice)
        assert reader.members(invoice, aliases) == bill.members(), key(invoice)
        assert Decimal(invoice["grossTotal"]) == bill.total(), key(invoice)


def test_a_few_aircraft_are_billed_to_the_cent_and_only_once(airports: Airports, few: Path) -> None:
    demo = airports.build()
    with airports.reader(demo) as reader:
        check(reader, few)
    before = airports.state()

    airports.build()

    assert airports.state() == before
    with airports.reader(demo) as reader:
        check_resending(reader, flights.departures(few))
    assert verified(airports) == [None] * len(oracle.bills(oracle.flights(few)))


def verified(airports: Airports) -> list[Difference | None]:
    """What verifying every invoice comes to, by the facts of its time."""
    with reading(airports.engine) as tx:
        homes = {home.name: home for home in access.all_workspaces(tx)}
        verdicts = verify_invoices(tx, airports.usage, homes[seller.WORKSPACE])
        return [one.difference for one in verdicts]


def check_resending(reader: Reader, flown: tuple[flights.Departure, ...]) -> None:
    """Sending departures again is harmless."""
    batch = [one.event() for one in flown[:2000]]
    metric = next(m for m in reader.every("/usage-metrics") if m["name"] == "Departures")

    answer = server.Api(reader.client).post("/usage-events/batch", batch)
    used = reader.get(
        f"/usage-metrics/{metric['id']}/calculate",
        customerAliases=",".join(sorted({one.alias for one in flown})),
        periodStart="2013-01-01",
        periodEnd="2014-12-31",
    )

    assert (answer["accepted"], answer["refused"]) == (2000, 0)
    assert used["value"] == len(flown)


def test_killed_again_and_again_it_goes_on_and_ends_the_same(
    tmp_path: Path, sqlite_template: Path, few: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "catchment.db")

    command = [sys.executable, "-m", "tests.scenarios.interrupted", tmp_path, few, *LIVES]

    subprocess.run(command, cwd=ROOT, check=True)
    for path in tmp_path.glob("invoices/*.pdf"):
        assert path.read_bytes().startswith(b"%PDF"), path

    with opened(tmp_path, few) as airports, airports.reader(airports.build()) as reader:
        check(reader, few)
