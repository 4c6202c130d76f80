"""catchment customers: families in and out of files."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catchment.cli import app

FAMILY = """customer,parent,effectiveFrom,legalName,email,line1,town,country
fr,nw,2026-02-01,Northwind France,,,,
nw,,,Northwind Group,ap@northwind.test,1 Quay St,Leeds,GB
"""
runner = CliRunner()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "family.csv"
    path.write_text(FAMILY)
    return path


def customers(home: Path, *words: object):
    return runner.invoke(app, ["customers", *map(str, words), "--data-dir", str(home)])


def test_a_file_is_imported_once(home: Path, file: Path) -> None:
    tried = customers(home, "import", file, "--dry-run")
    first = customers(home, "import", file)
    again = customers(home, "import", file, "--json")

    assert tried.stdout == "2 would be created, 0 moved, 0 left as they are.\n"
    assert first.stdout == "2 were created, 0 moved, 0 left as they are.\n"
    assert json.loads(again.stdout) == {
        "created": 0,
        "moved": 0,
        "unchanged": 2,
        "linksAdded": 0,
        "refused": [],
        "refusedCount": 0,
        "dryRun": False,
    }


def test_what_is_refused_is_told_and_nothing_is_imported(home: Path, file: Path) -> None:
    file.write_text(FAMILY + "".join(f"c{i},nobody\n" for i in range(30)))

    told, as_json = customers(home, "import", file), customers(home, "import", file, "--json")

    assert (told.exit_code, as_json.exit_code) == (1, 1)
    assert "30 refused" in told.stderr
    assert "and 10 more" in told.stderr
    assert json.loads(as_json.stdout)["refused"][0] == {
        "row": 4,
        "column": "parent",
        "code": "not_found",
        "message": "'nobody' is neither in this workspace nor a customer of this file.",
    }
    assert len(customers(home, "export").stdout.splitlines()) == 1


def test_an_export_holds_the_tree_of_a_day(home: Path, file: Path, tmp_path: Path) -> None:
    customers(home, "import", file)
    out = tmp_path / "out.csv"

    now = customers(home, "export")
    before = customers(home, "export", out, "--as-of", "2026-01-31")

    assert (now.exit_code, before.exit_code, before.stdout) == (0, 0, "")
    rows = [line.split(",")[:3] for line in now.stdout.splitlines()]
    assert sorted(rows[1:]) == [["fr", "nw", "2026-02-01"], ["nw", "", ""]]
    assert "fr,,," in out.read_text()


@pytest.mark.parametrize("words", [["import"], ["export"]])
def test_an_unknown_workspace_is_refused(home: Path, file: Path, words: list[str]) -> None:
    given = [*words, file] if words == ["import"] else words

    result = customers(home, *given, "--workspace", "Nobody")

    assert (result.exit_code, "Nobody" in result.stderr) == (2, True)
