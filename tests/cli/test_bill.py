"""catchment bill: a table for people, JSON for programs, exit codes for cron."""

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from catchment import ids
from catchment.cli import app
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import writing
from catchment.store.schema import invoices
from catchment.stores import Built, build
from tests.flows.books import START, Books, fixed, linear

runner = CliRunner()


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    monkeypatch.setenv("COLUMNS", "120")
    return build(Settings(data_dir=tmp_path))


@pytest.fixture
def books(built: Built) -> Books:
    with writing(built.engine) as tx:
        home = access.named_workspace(tx, name="Seller [x]", id=ids.new_id(), at=START)
    books = Books(built.engine, built.usage, home)
    for name in ("Acme [b]", "Bolt"):
        books.schedule(books.customer(name), books.price(fixed("1234.5")), start=date(2026, 1, 1))
    books.write()
    return books


def bill(tmp_path: Path, *more: str):
    return runner.invoke(app, ["bill", "--data-dir", str(tmp_path), "--as-of", "2026-03-10", *more])


def test_a_run_prints_what_each_payer_was_billed_and_repeats_harmlessly(books, tmp_path) -> None:
    first, again = bill(tmp_path), bill(tmp_path)

    assert first.exit_code == again.exit_code == 0, first.output
    rows = [line.split() for line in first.stdout.splitlines()]
    assert any({"Acme", "[b]", "2", "USD", "2,469.00"} <= set(row) for row in rows), first.stdout
    assert "nothing new is due up to 2026-03-10" in again.stdout


def test_json_lists_every_draft(books, tmp_path) -> None:
    result = bill(tmp_path, "--json", "--workspace", "Seller [x]")

    [told] = json.loads(result.stdout)["workspaces"]
    assert (told["workspace"], told["failures"]) == ("Seller [x]", [])
    assert [(d["dueOn"], d["netTotal"], d["status"]) for d in told["drafted"]] == [
        ("2026-02-01", "1234.50", "DRAFT"),
        ("2026-02-01", "1234.50", "DRAFT"),
        ("2026-03-01", "1234.50", "DRAFT"),
        ("2026-03-01", "1234.50", "DRAFT"),
    ]


def test_who_cannot_be_billed_is_told_and_the_exit_code_is_1(books, tmp_path) -> None:
    tier = {"price": "0.02", "isPricePercentage": True, "minPrice": "1"}
    metric = books.metric("visitors", "UNIQUE")
    bad = books.customer("Bad")
    price = books.price({"pricingType": "VOLUME", "tiers": [tier]}, metric)
    books.schedule(bad, price)
    books.write()
    books.used((bad, "visitors", "2026-02-01", "x"))

    result = bill(tmp_path)

    assert result.exit_code == 1
    assert bad in result.stderr
    assert "2,469.00" in result.stdout


def used(books: Books) -> str:
    """A metric with an event that is billed, one that is nobody's; the customer's name is odd."""
    payer, calls = books.customer("Cog [c]"), books.metric("calls")
    books.schedule(payer, books.price(linear("2"), calls), auto_issue_invoices=True)
    books.write()
    books.used((payer, "calls", "2026-01-05", "3"), ("lost", "calls", "2026-01-06", "1"))
    return payer


def test_the_control_sheet_is_printed_and_in_the_json(books, tmp_path) -> None:
    used(books)

    printed = bill(tmp_path)
    [told] = json.loads(bill(tmp_path, "--json").stdout)["workspaces"]

    rows = [line.split() for line in printed.stdout.splitlines()]
    cells = [[cell for cell in row if cell != "│"] for row in rows]
    assert ["calls", "2", "1", "0", "0", "1", "✓"] in cells, printed.stdout
    assert "2 invoices issued." in printed.stdout
    assert told["billingRun"]["status"] == "BALANCED"
    assert told["billingRun"]["controlSheet"]["metrics"] == []


def test_what_does_not_add_up_is_told_and_the_exit_code_is_1(books, tmp_path, built) -> None:
    payer = used(books)
    bill(tmp_path)
    with writing(built.engine) as tx:
        mine = invoices.c.customer_id == payer
        tx.execute(update(invoices).where(mine).values(status="DRAFT", gross_minor=1))

    result = bill(tmp_path)

    assert result.exit_code == 1
    assert f"customer Cog [c] ({payer})" in result.stderr
    assert "grossTotal is 0.01, not 6.00" in result.stderr
    assert "out of balance, so nothing was issued" in result.stderr


def test_an_unknown_workspace_is_refused(books, tmp_path) -> None:
    result = bill(tmp_path, "--workspace", "Nobody")

    assert (result.exit_code, "Nobody" in result.stderr) == (2, True)
