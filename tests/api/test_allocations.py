"""Shares of an invoice and statements of members over the API."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from tests.api.test_invoices import NOBODY, bill
from tests.flows.books import GRADUATED, Books, fixed, linear

METHODS = ("PROPORTIONAL", "MARGINAL", "STANDALONE")


@pytest.fixture
def family(books: Books) -> dict[str, str]:
    """January of a group of three levels: 60 by North's Site, 40 by South, 25 by East, in order."""
    made = {"Group": books.customer("Group")}
    for name, parent in (
        ("North", "Group"),
        ("South", "Group"),
        ("East", "Group"),
        ("Site", "North"),
    ):
        made[name] = books.customer(name, made[parent])
    calls, users = books.metric("calls"), books.metric("users", "UNIQUE")
    product = books.product("Platform")
    made["schedule"] = books.schedule(
        made["Group"],
        books.price(GRADUATED, calls, product=product),
        books.price(linear("0.333"), users, product=product),
        books.price(fixed("500")),
        roll_up_billing=True,
    )
    books.write()
    books.used(
        (made["Site"], "calls", "2026-01-05", "60"),
        (made["South"], "calls", "2026-01-06", "40"),
        (made["East"], "calls", "2026-01-07", "25"),
        (made["Site"], "users", "2026-01-07", "ann"),
        (made["South"], "users", "2026-01-07", "ann"),
        (made["East"], "users", "2026-01-07", "bob"),
    )
    [made["invoice"]] = bill(books, "2026-02-01")
    return made


def pages(client: TestClient, path: str, **params: Any) -> Iterator[dict[str, Any]]:
    while True:
        answer = client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        if "after" not in answer.json()["pagination"]:
            return
        params["after"] = answer.json()["pagination"]["after"]


def shares(client: TestClient, invoice: str, **params: Any) -> list[dict[str, Any]]:
    path = f"/invoices/{invoice}/allocations"
    return [item for page in pages(client, path, **params) for item in page["items"]]


def test_every_line_is_shared_to_the_cent_by_every_method(client: TestClient, family) -> None:
    lines = client.get(f"/invoices/{family['invoice']}/line-items").json()["items"]

    for method in METHODS:
        found = shares(client, family["invoice"], method=method)
        for line in lines:
            own = [one for one in found if one["lineItemId"] == line["id"]]
            for figure in ("netTotal", "totalTax", "grossTotal"):
                assert sum(D(one[figure]) for one in own) == D(line[figure]), (method, line)


def test_shares_follow_the_tree_and_the_payer_has_what_nobody_shares(
    client: TestClient, family
) -> None:
    calls, users, fee = client.get(f"/invoices/{family['invoice']}/line-items").json()["items"]
    name = {id: who for who, id in family.items()}

    found = shares(client, family["invoice"])

    assert [
        (name[one["customerId"]], one["lineItemId"], one["quantity"], one["netTotal"])
        for one in found
    ] == [
        ("Group", fee["id"], "1", "500.00"),
        ("East", calls["id"], "25", "37.75"),
        ("East", users["id"], "1", "0.22"),
        ("Site", calls["id"], "60", "90.60"),
        ("Site", users["id"], "1", "0.22"),
        ("South", calls["id"], "40", "60.40"),
        ("South", users["id"], "1", "0.23"),
    ]
    assert set(found[3]) == {
        "customerId", "path", "lineItemId", "quantity", "netTotal", "totalTax", "grossTotal"
    }  # fmt: skip
    assert found[3]["path"] == [family["Group"], family["North"], family["Site"]]


def test_marginal_shares_go_by_the_order_of_events(client: TestClient, family) -> None:
    found = shares(client, family["invoice"], method="MARGINAL")
    by = {one["customerId"]: one["netTotal"] for one in found if D(one["quantity"]) > 1}

    # 120 for the first hundred, used by Site and South; 68.75 for the rest, all of it East's.
    assert by == {family["Site"]: "72.00", family["South"]: "48.00", family["East"]: "68.75"}


def test_one_customer_s_shares_and_pages_of_them(client: TestClient, family) -> None:
    everyone = shares(client, family["invoice"])

    for limit in (1, 2, 3, 7):
        assert shares(client, family["invoice"], limit=limit) == everyone
    first = client.get(f"/invoices/{family['invoice']}/allocations").json()
    assert first["pagination"]["totalResultSize"] == len(everyone) == 7
    site = [one for one in everyone if one["customerId"] == family["Site"]]
    assert shares(client, family["invoice"], customerId=family["Site"], limit=1) == site
    assert shares(client, family["invoice"], customerId=family["North"]) == []
    assert shares(client, family["invoice"], customerId="nobody") == []


def test_without_roll_up_every_line_of_something_is_the_customer_s(
    client: TestClient, books: Books
) -> None:
    alone = books.customer("Alone")
    used, unused = books.metric("calls"), books.metric("texts")
    books.schedule(
        alone,
        books.price(linear("0.1"), used),
        books.price(linear("9"), unused),
        books.price(fixed("5")),
    )
    books.write()
    books.used((alone, "calls", "2026-01-05", "30"))
    [invoice] = bill(books, "2026-02-01")

    for method in METHODS:
        found = shares(client, invoice, method=method)
        assert [(one["quantity"], one["netTotal"]) for one in found] == [
            ("30", "3.00"),
            ("1", "5.00"),
        ]
        assert {one["customerId"] for one in found} == {alone}


def test_later_usage_and_moves_change_no_share_that_is_final(
    client: TestClient, family, books: Books
) -> None:
    client.post(f"/invoices/{family['invoice']}/finalize")
    before = {method: shares(client, family["invoice"], method=method) for method in METHODS}

    books.used((family["East"], "calls", "2026-01-02", "1000"))
    moved = client.post(
        f"/customers/{family['South']}/moves",
        json={"parentId": family["East"], "effectiveFrom": "2026-02-01T00:00:00Z"},
    )

    assert moved.status_code == 201
    for method in METHODS:
        assert shares(client, family["invoice"], method=method) == before[method]


def test_recalculating_a_draft_shares_it_anew(client: TestClient, family, books: Books) -> None:
    books.used((family["East"], "calls", "2026-01-02", "75"))

    client.post(f"/invoices/{family['invoice']}/recalculate")

    found = shares(client, family["invoice"], method="MARGINAL")
    by = {one["customerId"]: one["quantity"] for one in found if D(one["quantity"]) > 1}
    assert by == {family["Site"]: "60", family["South"]: "40", family["East"]: "100"}


@pytest.mark.parametrize("cursor", ["x", "[[[[", "LTIgMA", "MCAxIDI", "é", "W" * 1900])
def test_a_damaged_cursor_is_refused(client: TestClient, family, cursor: str) -> None:
    answer = client.get(f"/invoices/{family['invoice']}/allocations", params={"after": cursor})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "cursor_invalid"


def test_an_unknown_method_is_refused(client: TestClient, family) -> None:
    answer = client.get(f"/invoices/{family['invoice']}/allocations", params={"method": "FAIR"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?method"


def test_a_statement_shows_a_member_its_usage_and_its_share(client: TestClient, family) -> None:
    client.post(f"/invoices/{family['invoice']}/finalize")

    listed = client.get(f"/customers/{family['South']}/statements").json()
    shown = client.get(
        f"/customers/{family['South']}/statements/{family['invoice']}",
        params={"method": "MARGINAL"},
    ).json()

    [head] = listed["items"]
    own = shares(client, family["invoice"], customerId=family["South"])
    assert D(head["netTotal"]) == sum(D(one["netTotal"]) for one in own)
    assert (head["customerName"], head["payerName"], head["currency"]) == ("South", "Group", "USD")
    assert head["billingPeriod"] == {"start": "2026-01-01", "endInclusive": "2026-01-31"}
    assert head["method"] == "PROPORTIONAL"
    assert [(one["title"], one["value"], one["unit"]) for one in shown["usage"]] == [
        ("calls", "40", "calls"), ("users", "1", "users"),
    ]  # fmt: skip
    line = shown["lines"][0]
    assert (line["title"], line["quantity"], line["netTotal"]) == ("Graduated", "40", "48.00")
    assert D(shown["netTotal"]) == sum(D(one["netTotal"]) for one in shown["lines"])


def test_a_statement_says_nothing_about_anybody_else(client: TestClient, family) -> None:
    """Neither a sibling's id, name or figure, nor a total of the pool from which it could be read."""
    client.post(f"/invoices/{family['invoice']}/finalize")
    others = ("North", "East", "Site")
    siblings = [*others, *(family[who] for who in others)]
    figures = {
        "60",
        "25",
        "125",
        "188.75",
        "90.60",
        "37.75",
        "688.75",
        "689.42",
        "0.67",
        "1.51",
        "500",
    }

    for method in METHODS:
        params = {"method": method}
        address = f"/customers/{family['South']}/statements"
        texts = [
            client.get(address, params=params).text,
            client.get(f"{address}/{family['invoice']}", params=params).text,
        ]
        pdf = client.get(f"{address}/{family['invoice']}/download", params=params)
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
        for said in texts:
            assert not [id for id in siblings if id in said], method
            assert not figures & set(_values(json.loads(said))), method
        assert not [name for name in others if name in text], method
        assert not figures & {word.strip("$") for word in text.split()}, method
        assert "South" in text
        assert "This is not an invoice" in text


def _values(body: Any) -> Iterator[str]:
    match body:
        case dict():
            for key, value in body.items():
                if key != "totalResultSize":
                    yield from _values(value)
        case list():
            for value in body:
                yield from _values(value)
        case _:
            yield str(body)


def test_statements_are_of_issued_invoices_within_days(client: TestClient, family) -> None:
    address = f"/customers/{family['South']}/statements"
    one = f"{address}/{family['invoice']}"

    assert client.get(address).json()["items"] == []
    assert client.get(one).status_code == 404, "a draft is nobody's yet"
    client.post(f"/invoices/{family['invoice']}/finalize")

    def listed(**days: str) -> int:
        return client.get(address, params=days).json()["pagination"]["totalResultSize"]

    assert listed(**{"from": "2026-01-31", "to": "2026-01-31"}) == 1
    assert listed(**{"from": "2026-02-01"}) == 0
    assert listed(to="2026-01-30") == 0
    client.post(f"/invoices/{family['invoice']}/void")
    assert listed() == 0
    assert client.get(one).status_code == 404


def test_the_payer_has_a_statement_and_who_used_nothing_has_none(
    client: TestClient, family
) -> None:
    client.post(f"/invoices/{family['invoice']}/finalize")

    payer = client.get(f"/customers/{family['Group']}/statements/{family['invoice']}").json()
    nobody = client.get(f"/customers/{family['North']}/statements/{family['invoice']}")

    assert (payer["netTotal"], payer["usage"]) == ("500.00", [])
    assert nobody.status_code == 404
    assert client.get(f"/customers/{family['North']}/statements").json()["items"] == []
    assert client.get(f"/customers/{NOBODY}/statements").status_code == 404
    assert client.get(f"/customers/{family['Group']}/statements/{NOBODY}").status_code == 404


def test_a_statement_s_pdf_is_the_same_bytes_every_time(client: TestClient, family) -> None:
    client.post(f"/invoices/{family['invoice']}/finalize")
    address = f"/customers/{family['South']}/statements/{family['invoice']}/download"

    first, again = client.get(address), client.get(address)

    assert first.headers["content-type"] == "application/pdf"
    assert 'filename="SEQ-00001-statement.pdf"' in first.headers["content-disposition"]
    assert first.content == again.content
    text = PdfReader(io.BytesIO(first.content)).pages[0].extract_text()
    assert "Your share" in text
    assert "Amount due" not in text


def test_a_stranger_sees_no_share_and_no_statement(
    client: TestClient, stranger: TestClient, family
) -> None:
    client.post(f"/invoices/{family['invoice']}/finalize")

    for path in (
        f"/invoices/{family['invoice']}/allocations",
        f"/customers/{family['South']}/statements",
        f"/customers/{family['South']}/statements/{family['invoice']}",
        f"/customers/{family['South']}/statements/{family['invoice']}/download",
    ):
        assert stranger.get(path).status_code == 404, path
