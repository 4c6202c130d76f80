from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

from rich.console import Console

from catchment.demo.summary import Billed, Summary

JANUARY, MARCH = date(2013, 1, 1), date(2013, 3, 1)
BILLED = (
    Billed("Zephyr", JANUARY, Decimal("1.50")),
    Billed("Zephyr", MARCH, Decimal("2.25")),
    Billed("Aurora", MARCH, Decimal(1000000)),
)


def test_the_file_has_a_row_a_payer_and_a_column_a_month_and_adds_up(tmp_path: Path) -> None:
    file = tmp_path / "summary.csv"

    Summary(BILLED).write(file)

    assert file.read_text("utf-8").splitlines() == [
        "payer,2013-01,2013-03,total",
        "Aurora,,1000000,1000000",
        "Zephyr,1.50,2.25,3.75",
        "All payers,1.50,1000002.25,1000003.75",
    ]


def test_a_file_that_says_so_already_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "summary.csv"
    Summary(BILLED).write(file)
    file.chmod(0o400)
    before = file.stat()

    Summary(BILLED).write(file)

    assert file.stat() == before


def test_a_narrow_console_gets_the_months_in_blocks_and_the_total_once() -> None:
    months = [Billed("Zephyr", date(2013, m, 1), Decimal(m)) for m in range(1, 13)]
    wide, narrow = (Console(width=width, file=StringIO()) for width in (200, 80))

    Summary(months).show(wide)
    Summary(months).show(narrow)

    for console, blocks in ((wide, 1), (narrow, 4)):
        text = console.file.getvalue()
        assert text.count("US dollars") == blocks
        assert text.count("Total") == 1
        assert all(f"{date(2013, m, 1):%b %Y}" in text for m in range(1, 13))
        assert max(map(len, text.splitlines())) <= console.width
