"""The airports' whole year, checked to the cent against a second, plain calculation over the raw file."""

import csv
import fcntl
import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest
from typer.testing import CliRunner

from catchment.cli import app
from catchment.demo.build import Demo
from tests.scenarios import flights_oracle as oracle
from tests.scenarios.airports import Airports, Reader, key, opened

EVENTS = 328_521
COUNTED_IN_2014 = 85  # the evening of 31 December in New York is January in UTC


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Airports, Demo]]:
    """The whole year on SQLite; whichever process comes second finds it built."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if "gw" not in base.name else base.parent) / "airports"
    shared.mkdir(exist_ok=True)
    with (shared / "building").open("w") as lock, opened(shared, oracle.DATA) as found:
        fcntl.flock(lock, fcntl.LOCK_EX)
        demo = found.build()
        fcntl.flock(lock, fcntl.LOCK_UN)
        yield found, demo


@pytest.fixture(scope="session")
def airports(built: tuple[Airports, Demo]) -> Airports:
    return built[0]


@pytest.fixture(scope="session")
def demo(built: tuple[Airports, Demo]) -> Demo:
    return built[1]


@pytest.fixture(scope="session")
def year(airports: Airports, demo: Demo) -> Iterator[Reader]:
    with airports.reader(demo) as reader:
        yield reader


@pytest.fixture(scope="session")
def bills() -> dict[tuple[str, str], oracle.Bill]:
    return oracle.bills(oracle.flights())


def test_every_payer_has_its_invoice_for_every_month_and_no_other(
    year: Reader, bills: dict[tuple[str, str], oracle.Bill]
) -> None:
    periods = {
        key(one): (one["billingPeriod"]["endInclusive"], one["status"]) for one in year.invoices()
    }

    assert periods == {at: (bill.end, "FINAL") for at, bill in bills.items()}


def test_every_line_of_every_invoice_agrees_to_the_cent(
    year: Reader, bills: dict[tuple[str, str], oracle.Bill]
) -> None:
    for invoice in year.invoices():
        bill = bills[key(invoice)]

        assert year.lines(invoice) == bill.lines(), key(invoice)
        assert Decimal(invoice["grossTotal"]) == bill.total(), key(invoice)


def test_every_aircraft_shows_its_own_usage_on_every_invoice(
    year: Reader, bills: dict[tuple[str, str], oracle.Bill]
) -> None:
    aliases = year.aliases()

    for invoice in year.invoices():
        assert year.members(invoice, aliases) == bills[key(invoice)].members(), key(invoice)


def test_every_flight_of_the_year_is_billed_exactly_once(
    year: Reader, bills: dict[tuple[str, str], oracle.Bill]
) -> None:
    billed = sum(year.lines(one)["Gate use per departure"][0] for one in year.invoices())

    assert billed == EVENTS - COUNTED_IN_2014
    assert year.get("/usage-events", limit=1)["pagination"]["totalResultSize"] == EVENTS
    unmapped = year.get("/usage-events", limit=1, unmappedAliasesOnly="true")
    assert unmapped["pagination"]["totalResultSize"] == 0


def test_three_carriers_change_their_payer_in_the_middle_of_the_year(
    year: Reader, bills: dict[tuple[str, str], oracle.Bill]
) -> None:
    payers = {
        (carrier, bill.start[:7], bill.payer)
        for bill in bills.values()
        for carrier in {flight["carrier"] for flight in bill.flights} & {"9E", "F9", "US"}
    }
    delta, republic = "Delta Air Lines Inc. group", "Republic Airways Holdings"

    assert {p for c, m, p in payers if c == "9E" and m <= "2013-04"} == {"Endeavor Air Inc."}
    assert {p for c, m, p in payers if c == "9E" and m >= "2013-05"} == {delta}
    assert {p for c, m, p in payers if c == "F9" and m <= "2013-11"} == {republic}
    in_december = {(c, p) for c, m, p in payers if m == "2013-12"}
    assert in_december == {
        ("9E", delta),
        ("F9", republic),
        ("F9", "Frontier Airlines Inc."),
        ("US", "US Airways Inc."),
        ("US", "American Airlines Group"),
    }


def test_numbers_run_without_a_gap_in_the_order_in_which_invoices_fell_due(year: Reader) -> None:
    invoices = year.invoices()
    dues = [date.fromisoformat(one["billingPeriod"]["endInclusive"]) for one in invoices]

    assert [one["invoiceNumber"] for one in invoices] == [
        f"NYA-{number:05d}" for number in range(1, len(invoices) + 1)
    ]
    assert dues == sorted(dues)
    for invoice, last_day in zip(invoices, dues, strict=True):
        issued = last_day + timedelta(days=1)
        assert invoice["issueDate"] == issued.isoformat()
        assert invoice["dueDate"] == (issued + timedelta(days=30)).isoformat()


def test_the_tree_is_the_table_of_who_belonged_to_whom(year: Reader) -> None:
    names = {one["id"]: one["legalName"] for one in year.every("/customers")}
    ids = {alias: id for id, alias in year.aliases().items()}

    def history(alias: str) -> list[tuple[str, str | None, str]]:
        """Since when, until when, below whom."""
        links = year.get(f"/customers/{ids[alias]}/parent-history")["items"]
        return sorted(
            (link["effectiveFrom"][:10], ended[:10], names.get(link.get("parentId"), "nobody"))
            for link in links
            if "supersededAt" not in link
            for ended in [link.get("effectiveTo", "")]
        )

    assert history("9E") == [("2013-05-01", "", "Delta Air Lines Inc. group")]
    assert history("US") == [("2013-12-09", "", "American Airlines Group")]
    assert history("F9") == [
        ("2013-01-01", "2013-12-03", "Republic Airways Holdings"),
        ("2013-12-03", "", "nobody"),
    ]
    assert history("FL") == [("2013-01-01", "", "Southwest Airlines Co. group")]
    assert history("UA") == []
    assert history("9E-N146PQ") == [("2013-01-01", "", "Endeavor Air Inc.")]
    assert sum("-" in alias and "GROUP" not in alias for alias in ids) == 4_054


def test_invoices_say_where_the_members_figures_do_not_add_up(year: Reader) -> None:
    jetblue = next(one for one in year.invoices() if key(one)[0] == "JetBlue Airways")

    notes = year.get(f"/invoices/{jetblue['id']}/usage-item-groups", limit=1)["notes"]

    assert [name for name in ("Departures", "Miles flown") if name in " ".join(notes)] == []
    assert any("Destinations" in note for note in notes)
    assert any("Longest flight" in note for note in notes)


def test_every_invoice_is_a_pdf_with_its_total(airports: Airports, year: Reader) -> None:
    folder = airports.settings.data_dir / "invoices"
    invoices = year.invoices()

    assert {path.stem for path in folder.iterdir()} == {one["invoiceNumber"] for one in invoices}
    for invoice in invoices[:: len(invoices) // 4]:
        pages = pypdf.PdfReader(folder / f"{invoice['invoiceNumber']}.pdf").pages
        assert f"{Decimal(invoice['grossTotal']):,}" in pages[0].extract_text()


def test_the_summary_is_the_second_calculation_too(
    airports: Airports, demo: Demo, bills: dict[tuple[str, str], oracle.Bill]
) -> None:
    text = Path(airports.settings.data_dir / "summary.csv").read_text("utf-8")
    cells = {
        (row["payer"], f"{month}-01"): Decimal(amount)
        for row in csv.DictReader(io.StringIO(text))
        for month, amount in row.items()
        if row["payer"] != "All payers" and month not in {"payer", "total"} and amount
    }

    assert cells == {
        (payer, f"{start[:7]}-01"): bill.total() for (payer, start), bill in bills.items()
    }
    assert demo.summary.total == sum(bill.total() for bill in bills.values())


def test_the_command_run_again_changes_nothing_and_says_how_to_get_in(
    airports: Airports, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATCHMENT_SECRET_KEY", airports.settings.secret_key)
    folder = airports.settings.data_dir
    before = airports.state()

    command = ["demo", "--data-dir", str(folder), "--port", "8181", "--no-serve"]
    answer = CliRunner().invoke(app, command)

    assert answer.exit_code == 0, answer.output
    assert airports.state() == before
    said = dict(
        line.rsplit(maxsplit=1) for line in answer.output.splitlines() if line[:1].islower()
    )
    assert said["address"] == "http://127.0.0.1:8181"
    assert said["e-mail"] == demo.credentials.email
    assert said["password"] == demo.credentials.password
    assert (said["client id"], said["client secret"]) == demo.credentials.key
