"""A share explains itself: what was weighed, the exact part, and the unit left over."""

from __future__ import annotations

from decimal import Decimal as D
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from catchment.store.engine import writing
from catchment.store.schema import usage_item_groups
from tests.api.pooled import METHODS, january, lines, told
from tests.api.test_invoices import bill
from tests.flows.books import Books
from tests.flows.test_discounts_and_minimums import family as discounted
from tests.flows.test_late_usage import FEBRUARY, run


@pytest.fixture
def family(books: Books) -> dict[str, str]:
    return january(books)


def path_of(family: dict[str, str], line: dict[str, Any], who: str) -> str:
    return f"/invoices/{family['invoice']}/line-items/{line['id']}/shares/{family[who]}/explanation"


def explained(
    client: TestClient, family: dict[str, str], title: str, who: str, **query: Any
) -> dict[str, Any]:
    line = lines(client, family["invoice"])[title]
    found: dict[str, Any] = told(client, path_of(family, line, who), **query)
    return found


def test_a_share_by_quantity_tells_weights_and_rounding(client: TestClient, family) -> None:
    found = explained(client, family, "Graduated", "Site")

    assert (found["weighedBy"], found["quantity"]) == ("QUANTITY", "60")
    assert (found["weight"], found["weightsTotal"]) == ("60", "125")
    # 188.75 x 60 / 125
    assert (found["exact"], found["netTotal"]) == ("90.6", "90.60")
    assert found["line"]["netTotal"] == "188.75"
    assert found["line"]["sharingCustomers"] == 4
    [member] = found["members"]["items"]
    assert (member["cut"], member["leftover"], member["terms"]) == ("90.60", "0.00", [])


def test_a_marginal_share_tells_the_segments_it_was_in(client: TestClient, family) -> None:
    site = explained(client, family, "Graduated", "Site", method="MARGINAL")
    east = explained(client, family, "Graduated", "East", method="MARGINAL")

    assert site["weighedBy"] == "SEGMENTS"
    # 60 of the first hundred, which came to 120.
    assert site["members"]["items"][0]["terms"] == [
        {"from": "0", "to": "100", "rate": "1", "fee": "20", "quantity": "60",
         "amount": "72", "ofQuantity": "100", "ofAmount": "120"}
    ]  # fmt: skip
    assert (site["weight"], site["weightsTotal"], site["netTotal"]) == ("72", "188.75", "72.00")
    [term] = east["members"]["items"][0]["terms"]
    assert (term["from"], term["quantity"], term["amount"]) == ("100", "25", "68.75")
    assert "to" not in term


def test_a_share_by_what_it_would_have_paid_alone_tells_its_own_segments(
    client: TestClient, family
) -> None:
    found = explained(client, family, "Graduated", "South", method="STANDALONE")

    [term] = found["members"]["items"][0]["terms"]
    assert found["weighedBy"] == "ALONE"
    assert (term["quantity"], term["rate"], term["fee"], term["amount"]) == ("30", "1", "20", "50")
    # Alone: 80, 50, 30 and 45.
    assert (found["weight"], found["weightsTotal"]) == ("50", "205")
    assert found["exact"] == f"{Fraction('188.75') * 50 / 205}"


def test_a_share_of_events_with_a_price_of_their_own(client: TestClient, family) -> None:
    found = explained(client, family, "Volume", "Depot", method="MARGINAL")

    # One flight of 300 miles at 2 %; the others at least 1 each, South's of less than nothing too.
    assert (found["weighedBy"], found["weight"], found["weightsTotal"]) == ("EVENTS", "6", "9")


def test_leftover_units_go_to_the_largest_remainders_and_say_so(client: TestClient, family) -> None:
    # 0.67 among four users: 0.1675 each.
    found = {
        who: explained(client, family, "Linear", who)["members"]["items"][0]
        for who in ("Site", "Depot", "South", "East")
    }

    assert {one["exact"] for one in found.values()} == {"0.1675"}
    assert {one["cut"] for one in found.values()} == {"0.16"}
    by_id = sorted(found, key=lambda who: family[who])
    assert [found[who]["leftover"] for who in by_id] == ["0.01", "0.01", "0.01", "0.00"]


@pytest.mark.parametrize("method", METHODS)
def test_every_share_there_is_is_explained_to_the_cent(
    client: TestClient, family, method: str
) -> None:
    shares = told(client, f"/invoices/{family['invoice']}/allocations", method=method, limit=100)
    # South's flight of less than nothing has a price of its own, so by events it has a share.
    assert len(shares["items"]) == (13 if method == "MARGINAL" else 12)

    for one in shares["items"]:
        path = f"/invoices/{family['invoice']}/line-items/{one['lineItemId']}/shares"
        found = told(client, f"{path}/{one['customerId']}/explanation", method=method)
        assert (found["netTotal"], found["quantity"]) == (one["netTotal"], one["quantity"])
        part = Fraction(found["line"]["netTotal"]) * Fraction(found["weight"])
        assert Fraction(found["exact"]) == part / Fraction(found["weightsTotal"])
        for member in found["members"]["items"]:
            assert D(member["cut"]) + D(member["leftover"]) == D(one["netTotal"])
            terms = [Fraction(term["amount"]) for term in member["terms"]]
            assert not terms or sum(terms) == Fraction(member["weight"])


@pytest.mark.parametrize("method", METHODS)
def test_a_branch_is_the_sum_of_its_members(client: TestClient, family, method: str) -> None:
    whole = explained(client, family, "Graduated", "North", method=method, includeDescendants=True)
    members = whole["members"]["items"]
    alone = [
        explained(client, family, "Graduated", who, method=method) for who in ("Depot", "Site")
    ]

    assert (whole["customerName"], whole["quantity"]) == ("North", "70")
    assert [one["pathNames"] for one in members] == [["North", "Depot"], ["North", "Site"]]
    assert D(whole["netTotal"]) == sum(D(one["netTotal"]) for one in alone)
    for figure in ("weight", "exact"):
        assert Fraction(whole[figure]) == sum(Fraction(one[figure]) for one in alone)
    assert whole["weightsTotal"] == alone[0]["weightsTotal"]


def test_a_branch_comes_by_pages_and_what_does_not_add_up_has_no_sum(
    client: TestClient, family
) -> None:
    query = {"includeDescendants": True, "limit": 1}
    first = explained(client, family, "Linear", "North", **query)
    cursor = first["members"]["pagination"]["after"]
    second = explained(client, family, "Linear", "North", **query, after=cursor)

    assert "quantity" not in first, "ann is a user of both"
    assert first["members"]["pagination"]["totalResultSize"] == 2
    assert [one["name"] for page in (first, second) for one in page["members"]["items"]] == [
        "Depot",
        "Site",
    ]
    assert first["netTotal"] == second["netTotal"]
    line = lines(client, family["invoice"])["Linear"]
    answer = client.get(path_of(family, line, "North"), params={**query, "after": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "cursor_invalid")


def test_a_line_that_nobody_shares_is_the_payer_s(client: TestClient, family) -> None:
    found = explained(client, family, "Fixed", "Group")

    assert (found["weighedBy"], found["weight"], found["weightsTotal"]) == ("LINE", "1", "1")
    assert (found["netTotal"], found["members"]["items"]) == ("500.00", [])


@pytest.mark.parametrize(
    ("title", "who", "query"),
    [
        ("Graduated", "North", {}),  # used nothing itself
        ("Graduated", "Group", {}),
        ("Fixed", "South", {}),
        ("Volume", "South", {}),  # below zero
        ("Fixed", "North", {"includeDescendants": True}),
    ],
)
def test_who_has_no_share_has_none_to_explain(
    client: TestClient, family, title: str, who: str, query: dict[str, Any]
) -> None:
    line = lines(client, family["invoice"])[title]

    answer = client.get(path_of(family, line, who), params=query)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_what_comes_later_changes_no_explanation(client: TestClient, family, books: Books) -> None:
    assert client.post(f"/invoices/{family['invoice']}/finalize").status_code == 200
    asked = [
        (title, who, method)
        for title in ("Graduated", "Linear", "Volume")
        for who in ("Site", "East")
        for method in METHODS
    ]
    before = [explained(client, family, t, w, method=m) for t, w, m in asked]

    books.used((family["East"], "calls", "2026-01-02", "1000"))
    client.post(
        f"/customers/{family['Depot']}/moves",
        json={"parentId": family["South"], "effectiveFrom": "2026-02-01T00:00:00Z"},
    )

    assert [explained(client, family, t, w, method=m) for t, w, m in asked] == before
    branch = explained(client, family, "Graduated", "North", includeDescendants=True)
    assert branch["quantity"] == "70", "Depot was below North when the invoice was made"


def test_a_share_that_was_changed_by_hand_is_not_explained_away(
    client: TestClient, family, books: Books
) -> None:
    forged = [[0, "60", 9061, 7200, 8000]]
    with writing(books.engine) as tx:
        tx.execute(
            update(usage_item_groups)
            .where(usage_item_groups.c.customer_id == family["Site"])
            .values(shares=forged)
        )
    line = lines(client, family["invoice"])["Graduated"]

    answer = client.get(path_of(family, line, "Site"))

    assert (answer.status_code, answer.json()["code"]) == (409, "figure_differs")


def test_a_stranger_learns_nothing(client: TestClient, stranger: TestClient, family) -> None:
    line = lines(client, family["invoice"])["Graduated"]

    assert stranger.get(path_of(family, line, "Site")).status_code == 404


@pytest.mark.parametrize("method", METHODS)
def test_a_share_of_an_adjustment_is_that_of_the_whole_less_what_was_billed(
    client: TestClient, family, books: Books, method: str
) -> None:
    assert client.post(f"/invoices/{family['invoice']}/finalize").status_code == 200
    books.used(
        (family["East"], "calls", "2026-01-20", "875"),
        (family["Depot"], "miles", "2026-01-21", "400"),
    )
    [invoice] = bill(books, "2026-03-01")
    adjusted = {line["id"]: line for line in lines(client, invoice).values() if "adjusts" in line}
    every = told(client, f"/invoices/{invoice}/allocations", method=method, limit=100)["items"]
    shares = [one for one in every if one["lineItemId"] in adjusted]
    assert len({one["lineItemId"] for one in shares}) == len(adjusted) == 2

    for one in shares:
        path = f"/invoices/{invoice}/line-items/{one['lineItemId']}/shares/{one['customerId']}"
        found = told(client, f"{path}/explanation", method=method)
        assert (found["netTotal"], found["quantity"]) == (one["netTotal"], one["quantity"])
        [member] = found["members"]["items"]
        [deducted] = found["deducted"]
        whole = D(member["cut"]) + D(member["leftover"])
        assert whole - D(member["deducted"]) == D(one["netTotal"])
        assert deducted["netTotal"] == member["deducted"]
        part = Fraction(found["line"]["wholeNetTotal"]) * Fraction(found["weight"])
        assert Fraction(found["exact"]) == part / Fraction(found["weightsTotal"])


def test_a_share_of_what_is_taken_back_is_what_was_adjusted(
    client: TestClient, family, books: Books
) -> None:
    assert client.post(f"/invoices/{family['invoice']}/finalize").status_code == 200
    books.used((family["East"], "calls", "2026-01-20", "875"))
    [february] = bill(books, "2026-03-01")
    assert client.post(f"/invoices/{february}/finalize").status_code == 200
    assert client.post(f"/invoices/{family['invoice']}/void").status_code == 200
    drafts = bill(books, "2026-04-01")
    reversed_lines = [
        (invoice, line)
        for invoice in drafts
        for line in lines(client, invoice).values()
        if "adjusts" in line
    ]
    assert [D(line["netTotal"]) for _, line in reversed_lines] == [D("-656.25")]

    [(invoice, line)] = reversed_lines
    path = f"/invoices/{invoice}/line-items/{line['id']}/shares/{family['East']}/explanation"
    found = told(client, path)

    assert (found["weightsTotal"], found["exact"]) == ("0", "0")
    assert D(found["netTotal"]) == -sum(D(one["netTotal"]) for one in found["deducted"])


def test_a_share_of_a_discount_tells_what_it_is_of(client: TestClient, books: Books) -> None:
    made = discounted(books, off=[{"amount": "0.1"}])
    made["invoice"] = run(books, FEBRUARY).drafted[0].id

    found = explained(client, made, "Launch", "North")

    assert (found["weighedBy"], found["netTotal"]) == ("LINES", "-9.06")
    assert (found["weight"], found["weightsTotal"]) == ("90.6", "188.75")
    [member] = found["members"]["items"]
    [term] = member["settled"]
    assert (term["title"], term["amount"], member["terms"]) == ("Graduated", "90.6", [])
    assert term["servicePeriod"] == {"startDate": "2026-01-01", "endDate": "2026-01-31"}
