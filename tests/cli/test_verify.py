"""catchment verify: what it says, in words and in JSON, and its exit codes."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from catchment import ids
from catchment.cli import app
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import writing
from catchment.store.schema import invoices, line_items
from catchment.stores import Built, build
from tests.flows.books import START, Books, fixed

runner = CliRunner()


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """Two customers, each with two invoices that were issued by themselves."""
    monkeypatch.setenv("COLUMNS", "120")
    built = build(Settings(data_dir=tmp_path))
    with writing(built.engine) as tx:
        home = access.named_workspace(tx, name="Seller [x]", id=ids.new_id(), at=START)
    books = Books(built.engine, built.usage, home)
    for name in ("Acme", "Bolt"):
        price = books.price(fixed("1234.5"))
        books.schedule(books.customer(name), price, auto_issue_invoices=True)
    books.write()
    billed = runner.invoke(app, ["bill", "--data-dir", str(tmp_path), "--as-of", "2026-03-10"])
    assert billed.exit_code == 0, billed.output
    return built


def verify(tmp_path: Path, *more: str):
    return runner.invoke(app, ["verify", "--data-dir", str(tmp_path), *more])


def test_untouched_invoices_are_equal(built: Built, tmp_path: Path) -> None:
    result = verify(tmp_path)

    assert result.exit_code == 0, result.output
    assert "Seller [x]: 4 of 4 invoices are equal." in result.stdout


def test_a_stored_figure_that_was_changed_is_named_and_the_exit_code_is_1(
    built: Built, tmp_path: Path
) -> None:
    with writing(built.engine) as tx:
        c = invoices.c
        tx.execute(update(invoices).where(c.invoice_number == "SEQ-00002").values(net_minor=5))

    result, told = verify(tmp_path), verify(tmp_path, "--json")

    assert (result.exit_code, told.exit_code) == (1, 1)
    assert "SEQ-00002 differs." in result.stderr
    assert "netTotal is 0.05, recomputed 1234.50" in result.stderr
    assert "3 of 4 invoices are equal" in result.stdout
    [home] = json.loads(told.stdout)["workspaces"]
    [found] = home["differences"]
    assert (home["verified"], home["equal"], home["numbering"]) == (4, 3, [])
    assert (found["invoiceNumber"], found["part"], found["field"]) == (
        "SEQ-00002",
        "invoice",
        "netTotal",
    )
    assert verify(tmp_path, "--invoice", "SEQ-00001").exit_code == 0


def test_a_gap_in_the_numbers_is_told(built: Built, tmp_path: Path) -> None:
    with writing(built.engine) as tx:
        c = invoices.c
        tx.execute(
            update(invoices).where(c.invoice_number == "SEQ-00002").values(invoice_number="X")
        )

    result = verify(tmp_path)

    assert result.exit_code == 1
    assert "Seller [x]: No invoice has number 2." in result.stderr


def test_every_line_is_looked_at(built: Built, tmp_path: Path) -> None:
    with writing(built.engine) as tx:
        tx.execute(update(line_items).values(quantity="2"))

    result = verify(tmp_path, "--workspace", "Seller [x]", "--json")

    [home] = json.loads(result.stdout)["workspaces"]
    assert [one["field"] for one in home["differences"]] == ["quantity"] * 4


@pytest.mark.parametrize("more", [("--invoice", "SEQ-00099"), ("--workspace", "Nobody")])
def test_what_is_not_there_is_not_verified(built: Built, tmp_path: Path, more) -> None:
    assert verify(tmp_path, *more).exit_code == 2
