"""What every payer was billed, month by month: on the screen and as a file."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

_NAME_WIDTH, _COLUMN_WIDTH = 30, 12
_ALL = "All payers"


@dataclass(frozen=True, slots=True)
class Billed:
    """The total of one invoice."""

    payer: str
    month: date  # the first of the month in which its period begins
    total: Decimal


class Summary:
    """Totals by payer and month; payers by name."""

    def __init__(self, billed: Iterable[Billed]) -> None:
        self._cells: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
        for one in billed:
            self._cells[one.payer, one.month] += one.total
        self.payers = sorted({payer for payer, _ in self._cells})
        self.months = sorted({month for _, month in self._cells})

    def cell(self, payer: str, month: date) -> Decimal | None:
        """What the payer was billed for the month; None where it was not billed."""
        return self._cells.get((payer, month))

    def of_payer(self, payer: str) -> Decimal:
        """Everything the payer was billed."""
        return sum((v for (p, _), v in self._cells.items() if p == payer), Decimal())

    def of_month(self, month: date) -> Decimal:
        """Everything that was billed for the month."""
        return sum((v for (_, m), v in self._cells.items() if m == month), Decimal())

    @property
    def total(self) -> Decimal:
        """Everything."""
        return sum(self._cells.values(), Decimal())

    def write(self, path: Path) -> None:
        """The table as CSV, to the cent, unless the file says so already."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["payer", *(f"{m:%Y-%m}" for m in self.months), "total"])
        for payer in self.payers:
            cells = (self.cell(payer, month) for month in self.months)
            rows.writerow([payer, *("" if v is None else v for v in cells), self.of_payer(payer)])
        rows.writerow([_ALL, *(self.of_month(month) for month in self.months), self.total])
        if not path.is_file() or path.read_text("utf-8") != text.getvalue():
            path.write_text(text.getvalue(), "utf-8")

    def show(self, console: Console) -> None:
        """Print the table, as many months beside each other as the console is wide."""
        room = (console.width - _NAME_WIDTH - _COLUMN_WIDTH) // _COLUMN_WIDTH
        beside = next((n for n in (12, 6, 4) if n <= room), 3)
        for at in range(0, len(self.months), beside):
            last = at + beside >= len(self.months)
            console.print(self._table(self.months[at : at + beside], with_total=last))

    def _table(self, months: list[date], *, with_total: bool) -> Table:
        table = Table(show_footer=True, box=SIMPLE, pad_edge=False)
        table.add_column("US dollars", footer=_ALL)
        for month in months:
            table.add_column(
                f"{month:%b %Y}", _dollars(self.of_month(month)), justify="right", no_wrap=True
            )
        if with_total:
            table.add_column("Total", _dollars(self.total), justify="right", no_wrap=True)
        for payer in self.payers:
            cells = [_dollars(self.cell(payer, month)) for month in months]
            table.add_row(payer, *cells, *([_dollars(self.of_payer(payer))] * with_total))
        return table


def _dollars(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.0f}"
