"""The full usage table as a file: exact, whole, and nothing a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal as D
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from tests.api.pooled import METHODS, january, told
from tests.api.test_invoices import bill
from tests.flows.books import Books, fixed, linear

COLUMNS = [
    "index",
    "depth",
    "path",
    "customerId",
    "customer",
    "lineItemId",
    "product",
    "line",
    "serviceStart",
    "serviceEnd",
    "metric",
    "unit",
    "quantity",
    "currency",
    "method",
    "netTotal",
    "totalTax",
    "grossTotal",
]


@pytest.fixture
def family(books: Books) -> dict[str, str]:
    return january(books)


def as_csv(client: TestClient, invoice: str, **query: Any) -> list[dict[str, str]]:
    answer = client.get(f"/invoices/{invoice}/usage-item-groups/download", params=query)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def as_parquet(client: TestClient, invoice: str, **query: Any) -> pa.Table:
    path = f"/invoices/{invoice}/usage-item-groups/download"
    answer = client.get(path, params={"format": "parquet", **query})
    assert answer.status_code == 200, answer.text
    return pq.read_table(io.BytesIO(answer.content))


def test_every_member_and_line_has_a_row_in_the_order_of_the_tree(
    client: TestClient, family
) -> None:
    rows = as_csv(client, family["invoice"])

    assert list(rows[0]) == COLUMNS
    assert [int(row["index"]) for row in rows] == list(range(len(rows)))
    shown = [(r["depth"], r["path"], r["customer"], r["line"], r["quantity"]) for r in rows]
    assert shown == [
        ("0", "", "Group", "Fixed", "1"),
        ("1", "Group", "East", "Graduated", "25"),
        ("1", "Group", "East", "Linear", "1"),
        ("1", "Group", "East", "Volume", "20"),
        ("2", "Group / North", "Depot", "Graduated", "10"),
        ("2", "Group / North", "Depot", "Linear", "1"),
        ("2", "Group / North", "Depot", "Volume", "300"),
        ("2", "Group / North", "Site", "Graduated", "60"),
        ("2", "Group / North", "Site", "Linear", "1"),
        ("2", "Group / North", "Site", "Volume", "10"),
        ("1", "Group", "South", "Graduated", "30"),
        ("1", "Group", "South", "Linear", "1"),
        ("1", "Group", "South", "", "-5"),  # used, without a share
    ]
    first, site, below_zero = rows[0], rows[7], rows[-1]
    assert (first["product"], first["netTotal"], first["metric"]) == ("Platform", "500.00", "")
    assert (site["metric"], site["unit"], site["currency"]) == ("calls", "calls", "USD")
    assert (site["serviceStart"], site["serviceEnd"]) == ("2026-01-01", "2026-01-31")
    assert (site["netTotal"], site["totalTax"], site["grossTotal"]) == ("90.60", "0.00", "90.60")
    assert (below_zero["metric"], below_zero["netTotal"]) == ("miles", "")


@pytest.mark.parametrize("method", METHODS)
def test_the_shares_add_up_to_the_invoice_and_both_files_say_the_same(
    client: TestClient, family, method: str
) -> None:
    invoice = told(client, f"/invoices/{family['invoice']}")

    rows = as_csv(client, family["invoice"], method=method)
    table = as_parquet(client, family["invoice"], method=method)

    for figure in ("netTotal", "totalTax", "grossTotal"):
        assert sum(D(row[figure] or 0) for row in rows) == D(invoice[figure])
    assert {row["method"] for row in rows} == {method}
    read = [
        {name: "" if value is None else plain(value) for name, value in row.items()}
        for row in table.to_pylist()
    ]
    assert read == [{name: plain(value) for name, value in row.items()} for row in rows]


def plain(value: Any) -> str:
    """Numbers as the same text, however many zeros they were written with."""
    try:
        return str(D(value).normalize())
    except (ArithmeticError, TypeError):
        return value.isoformat() if isinstance(value, date) else str(value)


def test_parquet_has_exact_types(client: TestClient, family) -> None:
    schema = as_parquet(client, family["invoice"]).schema

    assert schema.names == COLUMNS
    assert schema.field("quantity").type == pa.decimal128(38, 12)
    assert schema.field("netTotal").type == pa.decimal128(38, 2)
    assert schema.field("serviceStart").type == pa.date32()


def test_files_have_sensible_types_and_names(client: TestClient, family) -> None:
    path = f"/invoices/{family['invoice']}/usage-item-groups/download"
    draft = client.get(path)
    client.post(f"/invoices/{family['invoice']}/finalize")
    issued = client.get(path, params={"format": "parquet"})

    assert draft.headers["content-type"] == "text/csv; charset=utf-8"
    assert draft.headers["content-disposition"] == 'attachment; filename="draft-usage.csv"'
    assert issued.headers["content-type"] == "application/vnd.apache.parquet"
    assert issued.headers["content-disposition"] == 'attachment; filename="SEQ-00001-usage.parquet"'
    refused = client.get(path, params={"format": "xlsx"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "?format")


def test_a_name_that_a_spreadsheet_would_compute_is_text(client: TestClient, books: Books) -> None:
    names = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", 'He said "no", twice', "Ünïted"]
    group = books.customer("=cmd|' /C calc'!A0")
    kin = [books.customer(name, group) for name in names]
    books.schedule(group, books.price(linear("1"), books.metric("calls")), roll_up_billing=True)
    books.write()
    books.used(*((who, "calls", "2026-01-05", "1") for who in kin))
    [invoice] = bill(books, "2026-02-01")

    rows = as_csv(client, invoice)

    assert {row["customer"] for row in rows} == {
        name if name[0] in "HÜ" else f"'{name}" for name in names
    }
    assert {row["path"] for row in rows} == {"'=cmd|' /C calc'!A0"}
    kept = set(as_parquet(client, invoice).column("customer").to_pylist())
    assert kept == set(names), "Parquet has no formulas"


def test_an_invoice_that_nobody_shares_and_an_empty_one_are_tables_too(
    client: TestClient, books: Books
) -> None:
    alone = books.customer("Alone")
    used = books.metric("calls")
    books.schedule(alone, books.price(linear("0.1"), used), books.price(fixed("5")))
    idle = books.customer("Idle")
    books.schedule(idle, books.price(linear("0.1"), used))
    books.write()
    books.used((alone, "calls", "2026-01-05", "30"))
    found = {one["customerId"]: one["id"] for one in _billed(client, books)}

    rows = as_csv(client, found[alone])
    assert [(row["customer"], row["quantity"], row["netTotal"]) for row in rows] == [
        ("Alone", "30", "3.00"),
        ("Alone", "1", "5.00"),
    ]
    assert as_csv(client, found[idle]) == []
    empty = as_parquet(client, found[idle])
    assert (empty.num_rows, empty.schema.names) == (0, COLUMNS)


def _billed(client: TestClient, books: Books) -> list[dict[str, Any]]:
    bill(books, "2026-02-01")
    items: list[dict[str, Any]] = told(client, "/invoices")["items"]
    return items


def test_a_table_of_many_pieces_is_whole(client: TestClient, books: Books) -> None:
    """More rows than are written at once."""
    group = books.customer("Group")
    kin = [books.customer(f"Kin {n:03}", group) for n in range(450)]
    calls = books.metric("calls")
    prices = [books.price(linear("0.01"), calls) for _ in range(12)]
    books.schedule(group, *prices, roll_up_billing=True)
    books.write()
    books.used(*((who, "calls", "2026-01-05", "1") for who in kin))
    [invoice] = bill(books, "2026-02-01")

    rows = as_csv(client, invoice)
    table = as_parquet(client, invoice)

    assert len(rows) == table.num_rows == 450 * 12
    assert rows[-1]["customer"] == "Kin 449"
    assert table.column("index").to_pylist() == [int(row["index"]) for row in rows]


def test_a_stranger_gets_no_file(client: TestClient, stranger: TestClient, family) -> None:
    path = f"/invoices/{family['invoice']}/usage-item-groups/download"

    assert stranger.get(path).status_code == 404


def test_the_breakdown_itself_gives_shares_where_a_method_is_asked_for(
    client: TestClient, family
) -> None:
    path = f"/invoices/{family['invoice']}/usage-item-groups"
    [east, *_] = told(client, path, method="MARGINAL")["items"]
    shares = told(
        client,
        f"/invoices/{family['invoice']}/allocations",
        method="MARGINAL",
        customerId=family["East"],
    )["items"]

    assert east["shares"] == shares
    assert D(east["netTotal"]) == sum(D(one["netTotal"]) for one in shares)
    plainly = told(client, path)["items"][0]
    assert not {"shares", "netTotal"} & plainly.keys()
