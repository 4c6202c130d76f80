"""The statement of a whole branch: its members and their sums, and nothing about anybody else."""

from __future__ import annotations

import json
from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from catchment.store.engine import writing
from catchment.store.schema import usage_item_groups
from tests.api.pooled import METHODS, january, read_pdf, told, values
from tests.api.test_invoices import bill
from tests.flows.books import Books, linear

BRANCH = {"includeDescendants": True}


@pytest.fixture
def family(books: Books, client: TestClient) -> dict[str, str]:
    made = january(books)
    assert client.post(f"/invoices/{made['invoice']}/finalize").status_code == 200
    return made


def detail(client: TestClient, family: dict[str, str], who: str, **query: Any) -> dict[str, Any]:
    path = f"/customers/{family[who]}/statements/{family['invoice']}"
    found: dict[str, Any] = told(client, path, **BRANCH | query)
    return found


def test_who_used_nothing_has_a_statement_of_those_below(client: TestClient, family) -> None:
    alone = client.get(f"/customers/{family['North']}/statements/{family['invoice']}")

    found = detail(client, family, "North")

    assert alone.status_code == 404
    assert (found["customerName"], found["includeDescendants"]) == ("North", True)
    assert [(one["title"], one.get("value")) for one in found["usage"]] == [
        ("calls", "70"),
        ("users", None),  # ann is a user of both
        ("miles", "310"),
    ]
    assert [(one["title"], one.get("quantity"), one["netTotal"]) for one in found["lines"]] == [
        ("Graduated", "70", "105.70"),
        ("Linear", None, found["lines"][1]["netTotal"]),
        ("Volume", "310", found["lines"][2]["netTotal"]),
    ]
    members = found["members"]["items"]
    assert [(one["name"], one["depth"], one["pathNames"]) for one in members] == [
        ("Depot", 1, ["North", "Depot"]),
        ("Site", 1, ["North", "Site"]),
    ]
    assert members[1]["usage"][0]["value"] == "60"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("who", ["North", "South", "Group"])
def test_the_sums_are_those_of_the_members_and_of_the_list(
    client: TestClient, family, who: str, method: str
) -> None:
    found = detail(client, family, who, method=method)
    [listed] = told(client, f"/customers/{family[who]}/statements", **BRANCH, method=method)[
        "items"
    ]

    assert listed == {key: found[key] for key in listed}
    for figure in ("netTotal", "totalTax", "grossTotal"):
        assert D(found[figure]) == sum(D(one[figure]) for one in found["members"]["items"])
        assert D(found[figure]) == sum(D(one[figure]) for one in found["lines"])
    for line in found["lines"]:
        own = [
            one
            for member in found["members"]["items"]
            for one in member["lines"]
            if one["lineItemId"] == line["lineItemId"]
        ]
        assert D(line["netTotal"]) == sum(D(one["netTotal"]) for one in own)


def test_the_payer_s_branch_is_the_whole_invoice(client: TestClient, family) -> None:
    invoice = told(client, f"/invoices/{family['invoice']}")

    found = detail(client, family, "Group")

    assert found["netTotal"] == invoice["netTotal"]
    assert [one["name"] for one in found["members"]["items"]] == [
        "Group", "East", "Depot", "Site", "South",
    ]  # fmt: skip
    assert found["members"]["items"][0]["netTotal"] == "500.00"


def test_a_branch_s_statement_says_nothing_about_anybody_outside(
    client: TestClient, family
) -> None:
    """Neither an id, name or figure, nor a rate or total of the pool from which they could be read."""
    outside = ("South", "East")
    names = [*outside, *(family[who] for who in outside)]
    path = f"/customers/{family['North']}/statements"

    for method in METHODS:
        query = {**BRANCH, "method": method}
        own = set(values(detail(client, family, "North", **query)))
        others = {
            value
            for who in (*outside, "Group")
            for line in detail(client, family, who, method=method)["lines"]
            for value in (line.get("quantity"), line["netTotal"])
            if value
        }
        figures = {*others, "125", "188.75", "325", "0.75", "0.333"} - own
        assert len(figures) > 9, figures
        bodies = [client.get(path, params=query).text]
        bodies.append(client.get(f"{path}/{family['invoice']}", params=query).text)
        for body in bodies:
            assert not [name for name in names if name in body], method
            assert not figures & set(values(json.loads(body))), method
            assert not [key for key in ("rate", "segments", "tiers") if f'"{key}"' in body]
        text = read_pdf(client, f"{path}/{family['invoice']}/download", **query)
        assert not [name for name in names if name in text], method
        assert not figures & {word.strip("$") for word in text.split()}, method
        assert "Depot" in text
        assert "Site" in text


def test_the_pdf_lists_the_members_with_their_shares(client: TestClient, family) -> None:
    path = f"/customers/{family['North']}/statements/{family['invoice']}/download"

    answer = client.get(path, params=BRANCH)
    text = read_pdf(client, path, **BRANCH)

    assert 'filename="SEQ-00001-branch-statement.pdf"' in answer.headers["content-disposition"]
    assert answer.content == client.get(path, params=BRANCH).content
    found = detail(client, family, "North")
    for member in found["members"]["items"]:
        assert f"${member['netTotal']}" in text
    assert f"${found['netTotal']}" in text
    assert "North with all customers below it" in text
    assert "users: the customers' own figures do not add up" in text


def test_members_come_by_pages(client: TestClient, family) -> None:
    first = detail(client, family, "Group", limit=3)["members"]
    second = detail(client, family, "Group", limit=3, after=first["pagination"]["after"])["members"]

    assert [one["name"] for one in (*first["items"], *second["items"])] == [
        "Group", "East", "Depot", "Site", "South",
    ]  # fmt: skip
    assert second["pagination"] == {"totalResultSize": 5}
    path = f"/customers/{family['Group']}/statements/{family['invoice']}"
    answer = client.get(path, params={**BRANCH, "after": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "cursor_invalid")


def test_the_branch_is_the_one_the_invoice_was_made_with(client: TestClient, family) -> None:
    before = detail(client, family, "North")
    moved = client.post(
        f"/customers/{family['Depot']}/moves",
        json={"parentId": family["South"], "effectiveFrom": "2026-02-01T00:00:00Z"},
    )

    assert moved.status_code == 201
    assert detail(client, family, "North") == before
    assert [one["name"] for one in detail(client, family, "South")["members"]["items"]] == ["South"]


def test_recalculating_a_draft_draws_its_branches_anew(books: Books, client: TestClient) -> None:
    family = january(books)
    path = f"/invoices/{family['invoice']}"
    client.post(
        f"/customers/{family['Depot']}/moves",
        json={"parentId": family["South"], "effectiveFrom": "2026-01-01T00:00:00Z"},
    )

    for action in ("recalculate", "finalize"):
        assert client.post(f"{path}/{action}").status_code == 200

    south = detail(client, family, "South")["members"]["items"]
    assert [one["name"] for one in south] == ["South", "Depot"]
    north = detail(client, family, "North")["members"]["items"]
    assert [one["name"] for one in north] == ["Site"]


def test_who_moved_within_the_family_has_below_it_whoever_ever_was(
    books: Books, client: TestClient
) -> None:
    """A member below X only while X was below A is part of X's branch, though X ended below B."""
    group = books.customer("Group")
    a, b = books.customer("A", group), books.customer("B", group)
    x = books.customer("X", a)
    m = books.customer("M", x)
    stays = books.customer("Stays", a)
    books.schedule(group, books.price(linear("1"), books.metric("calls")), roll_up_billing=True)
    books.write()
    for who, parent in ((m, None), (x, b)):
        body = {"parentId": parent, "effectiveFrom": "2026-01-15T00:00:00Z"}
        assert client.post(f"/customers/{who}/moves", json=body).status_code == 201
    books.used(
        (m, "calls", "2026-01-05", "1"),
        (x, "calls", "2026-01-20", "2"),
        (stays, "calls", "2026-01-05", "4"),
    )
    [invoice] = bill(books, "2026-02-01")
    client.post(f"/invoices/{invoice}/finalize")
    made = {"X": x, "A": a, "B": b, "invoice": invoice}

    found = {
        who: {one["name"] for one in detail(client, made, who)["members"]["items"]} for who in "XAB"
    }

    assert found == {"X": {"X", "M"}, "A": {"M", "Stays"}, "B": {"X"}}


def test_a_small_branch_is_read_without_the_others(
    client: TestClient, family, books: Books
) -> None:
    """The others could not even be read."""
    before = detail(client, family, "North")
    branch = [family["Site"], family["Depot"]]
    with writing(books.engine) as tx:
        others = usage_item_groups.c.customer_id.not_in(branch)
        tx.execute(update(usage_item_groups).where(others).values(shares="unreadable"))

    assert detail(client, family, "North") == before


def test_a_payer_whose_lines_all_belong_to_others_has_a_statement_of_nothing(
    books: Books, client: TestClient
) -> None:
    group = books.customer("Group")
    kin = books.customer("Kin", group)
    books.schedule(group, books.price(linear("1"), books.metric("calls")), roll_up_billing=True)
    books.write()
    books.used((kin, "calls", "2026-01-05", "3"))
    [invoice] = bill(books, "2026-02-01")
    client.post(f"/invoices/{invoice}/finalize")

    alone = told(client, f"/customers/{group}/statements/{invoice}")
    branch = detail(client, {"Group": group, "invoice": invoice}, "Group")

    assert (alone["customerName"], alone["netTotal"], alone["lines"]) == ("Group", "0.00", [])
    assert branch["netTotal"] == "3.00"
    assert [one["name"] for one in branch["members"]["items"]] == ["Kin"]


def test_drafts_and_void_invoices_have_none(books: Books, client: TestClient) -> None:
    family = january(books)
    path = f"/customers/{family['North']}/statements"

    assert told(client, path, **BRANCH)["items"] == []
    client.post(f"/invoices/{family['invoice']}/finalize")
    assert len(told(client, path, **BRANCH)["items"]) == 1
    assert told(client, path)["items"] == [], "North itself used nothing"
    client.post(f"/invoices/{family['invoice']}/void")
    assert told(client, path, **BRANCH)["items"] == []


def test_a_stranger_sees_no_branch(client: TestClient, stranger: TestClient, family) -> None:
    path = f"/customers/{family['North']}/statements"

    for address in (path, f"{path}/{family['invoice']}", f"{path}/{family['invoice']}/download"):
        assert stranger.get(address, params=BRANCH).status_code == 404
