"""The rows of a file: one for each place a customer has in the tree, from a date on.

``read`` tells rows from refusals; what the rows mean together is said by ``plans``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import islice
from sys import intern
from types import MappingProxyType
from typing import NamedTuple

from catchment.core.values.period import BEGINNING
from catchment.core.values.texts import control_character

ADDRESS = ("line1", "line2", "town", "state", "postcode", "country")
FACTS = ("legalName", "email", "contactName", *ADDRESS, "taxStatus", "label")
"""What a file can say of customers that are new."""
COLUMNS = ("customer", "parent", "effectiveFrom", *FACTS)
NEEDED = ("customer", "parent")
MAX_ROWS = 1_000_000
MAX_NAME = 255

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Refused(NamedTuple):
    """A cell that broke a rule. Rows are counted as a spreadsheet does: the header is row 1.

    ``column`` is empty where the row as a whole is wrong.
    """

    row: int
    column: str
    code: str
    message: str


class Row(NamedTuple):
    """``customer`` and ``parent`` are ids or aliases; no parent means the top.

    ``at`` is None where the file names no date. ``facts`` holds the cells that are filled.
    """

    number: int
    customer: str
    parent: str
    at: datetime | None
    facts: Mapping[str, str] = _NOTHING


@dataclass(slots=True)
class Table:
    """What could be read of a file, and what could not.

    ``spoilt`` holds the customers of rows that could not.
    """

    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)


def read(lines: Iterable[str]) -> Table:
    """The rows of a CSV file (RFC 4180) with a header, in any order of columns."""
    table = Table()
    records = csv.reader(lines, strict=True)
    number = 0
    try:
        header = [cell.strip() for cell in next(records, [])]
        number = 1
        table.refused += _header_refusals(header)
        if table.refused:
            return table
        instants = _Instants()
        for number, cells in enumerate(records, 2):
            if not any(map(str.strip, cells)):
                continue
            if len(table.rows) == MAX_ROWS:
                message = f"A file holds at most {MAX_ROWS:,} rows."
                table.refused.append(Refused(number, "", "too_many_rows", message))
                break
            _add(table, number, header, cells, instants)
    except csv.Error as problem:
        message = f"This is not CSV: {problem}."
        table.refused.append(Refused(number + 1, "", "csv_invalid", message))
    except UnicodeDecodeError:
        message = "The file is not UTF-8 text."
        table.refused.append(Refused(number + 1, "", "text_invalid", message))
    return table


def name_problem(value: str) -> str | None:
    """What is wrong with a name, an alias or a line of text; None where nothing is."""
    if len(value) > MAX_NAME:
        return f"This holds more than {MAX_NAME} characters."
    bad = control_character(value)
    return None if bad is None else f"The text holds a control character (U+{ord(bad):04X})."


def _header_refusals(header: Sequence[str]) -> Iterator[Refused]:
    for name in NEEDED:
        if name not in header:
            yield Refused(1, name, "missing", f"The file needs a column {name!r}.")
    for place, name in enumerate(header):
        if name in header[:place]:
            yield Refused(1, name, "duplicate_column", f"There are two columns {name[:80]!r}.")
        elif name not in COLUMNS:
            message = f"There is no column {name[:80]!r} here; there are {', '.join(COLUMNS)}."
            yield Refused(1, name[:80], "unknown_field", message)


def _add(
    table: Table, number: int, header: Sequence[str], cells: Sequence[str], instants: _Instants
) -> None:
    if len(cells) > len(header) and any(map(str.strip, islice(cells, len(header), None))):
        message = f"The row has {len(cells)} cells, the header {len(header)}."
        table.refused.append(Refused(number, "", "invalid", message))
        return
    filled = {name: cell.strip() for name, cell in zip(header, cells) if cell and cell.strip()}  # noqa: B905 -- a short row lacks its last cells
    customer = filled.pop("customer", "")
    parent = intern(filled.pop("parent", ""))
    text = filled.pop("effectiveFrom", "")
    problems = []
    if not customer:
        problems.append(Refused(number, "customer", "missing", "This field is required."))
    for name, value in (("customer", customer), ("parent", parent)):
        problem = name_problem(value)
        if problem is not None:
            problems.append(Refused(number, name, "invalid", problem))
    at = None
    if text:
        try:
            at = instants[text]
        except ValueError as problem:
            problems.append(Refused(number, "effectiveFrom", "invalid", str(problem)))
    if problems:
        table.refused += problems
        table.spoilt.add(customer)
    else:
        table.rows.append(Row(number, customer, parent, at, filled or _NOTHING))


class _Instants(dict[str, datetime]):
    """Instants by their text: a day (its first instant in UTC) or ISO 8601 with an offset."""

    def __missing__(self, text: str) -> datetime:
        expected = "A day such as 2026-03-31 is expected, or an instant such as 2026-03-02T10:00Z."
        try:
            if _DAY.fullmatch(text):
                at = datetime.combine(date.fromisoformat(text), time(), UTC)
            else:
                at = datetime.fromisoformat(text if len(text) >= len("2026-03-02T10:00") else "")
        except ValueError:
            raise ValueError(expected) from None
        if at.tzinfo is None:
            raise ValueError("The instant must say its offset, such as Z.")
        if not 1970 <= at.year <= 2999:
            raise ValueError("The date must lie between 1970 and 2999.")
        self[text] = max(at.astimezone(UTC), BEGINNING)
        return self[text]
