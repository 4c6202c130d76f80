"""Reading families from CSV: rows, and refusals by row and column."""

from datetime import UTC, datetime

import pytest

from catchment.core.families.family_import.rows import MAX_ROWS, Refused, Row, Table, read
from catchment.core.values.period import BEGINNING


def table(*lines: str, header: str = "customer,parent,effectiveFrom,label") -> Table:
    return read([f"{line}\r\n" for line in (header, *lines)])


def refusals(found: Table) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.code) for one in found.refused]


def test_a_row_has_a_customer_a_parent_a_date_and_facts() -> None:
    found = table(' a , b ,2026-03-01,"x, y"', "b,,,")

    assert found.refused == []
    assert found.rows == [
        Row(2, "a", "b", datetime(2026, 3, 1, tzinfo=UTC), {"label": "x, y"}),
        Row(3, "b", "", None, {}),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01", BEGINNING),
        ("2026-03-01T10:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00.5+02:00", datetime(2026, 3, 1, 8, 0, 0, 500_000, UTC)),
        ("1970-01-01T00:00+14:00", BEGINNING),
    ],
)
def test_dates_are_days_or_instants(text: str, expected: datetime) -> None:
    assert table(f"a,,{text},").rows[0].at == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "x",
        "2026-3-1",
        "20260301",
        "2026-03-01T10:00",
        "1969-12-31",
        "3000-01-01",
        "٢٠٢٦-٠٣-٠١",
        "0001-01-01T00:00+14:00",
        "2026-W10-1T10:00Z9",
    ],
)
def test_bad_dates_are_refused(text: str) -> None:
    assert refusals(table(f"a,,{text},")) == [(2, "effectiveFrom", "invalid")]


def test_every_bad_cell_of_a_row_is_named() -> None:
    found = table(f",{'x' * 256},never,", "a\x00,b\x07,,")

    assert refusals(found) == [
        (2, "customer", "missing"),
        (2, "parent", "invalid"),
        (2, "effectiveFrom", "invalid"),
        (3, "customer", "invalid"),
        (3, "parent", "invalid"),
    ]


def test_columns_come_in_any_order_and_blank_rows_do_not_count_but_are_numbered() -> None:
    found = table("", "b,a", " , ,", "", "c,d,,,", header="parent,customer")

    assert [(row.number, row.customer, row.parent) for row in found.rows] == [
        (3, "a", "b"),
        (6, "d", "c"),
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("customer", [(1, "parent", "missing")]),
        ("customer,parent,color", [(1, "color", "unknown_field")]),
        ("customer,parent,parent", [(1, "parent", "duplicate_column")]),
        ("", [(1, "customer", "missing"), (1, "parent", "missing")]),
    ],
)
def test_a_header_that_cannot_be_read_is_the_only_refusal(header: str, expected: list) -> None:
    assert [r for r in refusals(table("x,y,z", header=header)) if r[1]] == expected


def test_an_empty_file_lacks_its_columns() -> None:
    assert refusals(read([])) == [(1, "customer", "missing"), (1, "parent", "missing")]


def test_cells_beyond_the_header_are_refused() -> None:
    assert refusals(table("a,,,,x")) == [(2, "", "invalid")]


def test_what_is_not_csv_is_refused_where_it_stops_making_sense() -> None:
    assert refusals(table("a,,,", '"b"c,,,')) == [(3, "", "csv_invalid")]


def test_a_file_holds_a_million_rows() -> None:
    lines = ("customer,parent\n" if n == 0 else "a,\n" for n in range(MAX_ROWS + 2))

    found = read(lines)

    assert len(found.rows) == MAX_ROWS
    assert [(one.row, one.code) for one in found.refused] == [(MAX_ROWS + 2, "too_many_rows")]


def test_a_refusal_is_a_row_a_column_a_code_and_a_message() -> None:
    assert table("a,,never,").refused[0]._asdict().keys() == set(Refused._fields)
