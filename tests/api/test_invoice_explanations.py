"""The totals of an invoice explain themselves: groups, lines, one rounding each, and the steps."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from catchment.store.engine import writing
from catchment.store.schema import line_items
from tests.api.pooled import january, told
from tests.flows.books import Books


@pytest.fixture
def family(books: Books) -> dict[str, str]:
    return january(books)


def test_totals_are_their_groups_and_groups_their_lines(client: TestClient, family) -> None:
    invoice = told(client, f"/invoices/{family['invoice']}")

    found = told(client, f"/invoices/{family['invoice']}/explanation")

    for figure in ("netTotal", "totalTax", "grossTotal"):
        assert found[figure] == invoice[figure]
        assert D(found[figure]) == sum(D(group[figure]) for group in found["groups"])
        for group in found["groups"]:
            assert D(group[figure]) == sum(D(line[figure]) for line in group["lines"])
    assert [len(group["lines"]) for group in found["groups"]] == [3, 1]
    assert found["steps"] == [
        {"step": "CHARGES", "amount": invoice["netTotal"], "total": invoice["grossTotal"]}
    ]


def test_lines_are_rounded_one_by_one_and_name_price_and_reason(client: TestClient, family) -> None:
    found = told(client, f"/invoices/{family['invoice']}/explanation")

    users = found["groups"][0]["lines"][1]
    # Two users at 0.333.
    assert (users["title"], users["exact"], users["netTotal"]) == ("Linear", "0.666", "0.67")
    assert users["priceId"]
    assert found["rounding"] == {
        "exact": str(sum(D(line["exact"]) for g in found["groups"] for line in g["lines"])),
        "rounded": found["netTotal"],
        "minorDigits": 2,
        "mode": "HALF_AWAY_FROM_ZERO",
    }
    reason = told(client, users["explanation"])
    assert reason["netTotal"] == users["netTotal"]


def test_it_says_when_and_by_which_tree_it_was_calculated(client: TestClient, family) -> None:
    found = told(client, f"/invoices/{family['invoice']}/explanation")
    line = told(client, found["groups"][0]["lines"][0]["explanation"])

    assert found["calculatedAt"] == line["calculatedAt"] == "2026-03-10T09:30:00.000Z"
    assert found["treeKnownAt"] == line["usage"]["treeKnownAt"]
    assert (found["status"], found["currency"]) == ("DRAFT", "USD")


def test_a_sum_that_was_changed_by_hand_is_not_explained_away(
    client: TestClient, family, books: Books
) -> None:
    with writing(books.engine) as tx:
        fee = line_items.c.title == "Fixed"
        tx.execute(update(line_items).where(fee).values(net_minor=50001))

    answer = client.get(f"/invoices/{family['invoice']}/explanation")

    assert (answer.status_code, answer.json()["code"]) == (409, "figure_differs")
    assert "500.00; its parts add up to 500.01" in answer.json()["detail"]


def test_a_stranger_learns_nothing(client: TestClient, stranger: TestClient, family) -> None:
    assert stranger.get(f"/invoices/{family['invoice']}/explanation").status_code == 404
