"""Where a family's money goes, over the API: the shares of its invoices along the tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.kin import refusal
from tests.api.test_allocations import METHODS, shares
from tests.api.test_invoices import NOBODY, bill
from tests.flows.books import GRADUATED, Books, fixed, linear

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
FIGURES = ("netTotal", "totalTax", "grossTotal")


@pytest.fixture
def family(client: TestClient, books: Books) -> dict[str, str]:
    """Two months of a group of three levels, issued. Site moves from North to South on 1 February.

    South has a schedule of its own besides, and Plant pays for itself in another currency.
    """
    made = {"Group": books.customer("Group")}
    for name, parent in (("North", "Group"), ("South", "Group"), ("Plant", "South")):
        made[name] = books.customer(name, made[parent])
    made["Site"] = books.customer("Site")
    books.link(made["Site"], made["North"], datetime(1970, 1, 1, tzinfo=UTC), FEBRUARY)
    books.link(made["Site"], made["South"], FEBRUARY)
    calls, texts = books.metric("calls"), books.metric("texts")
    product = books.product("Platform")
    books.schedule(
        made["Group"],
        books.price(GRADUATED, calls, product=product),
        books.price(fixed("500")),
        roll_up_billing=True,
    )
    books.schedule(made["South"], books.price(fixed("70")))
    books.schedule(made["Plant"], books.price(linear("0.3"), texts, currency="EUR"))
    books.write()
    for month in ("01", "02"):
        books.used(
            (made["Site"], "calls", f"2026-{month}-05", "60"),
            (made["South"], "calls", f"2026-{month}-06", "40"),
            (made["Plant"], "calls", f"2026-{month}-07", "25"),
            (made["Plant"], "texts", f"2026-{month}-07", "10"),
        )
    for invoice in bill(books, "2026-03-01"):
        assert client.post(f"/invoices/{invoice}/finalize").is_success
    return made


def spend(client: TestClient, customer: str, **query: Any) -> dict[str, dict[str, Any]]:
    """The spend by currency."""
    answer = client.get(f"/customers/{customer}/spend", params=query)
    assert answer.status_code == 200, answer.text
    return {one["currency"]: one for one in answer.json()["items"]}


def children(found: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["netTotal"] for one in found["branch"]["children"]}


def nodes(branch: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield branch
    for child in branch["children"]:
        yield from nodes(child)


def adds_up(branch: dict[str, Any]) -> bool:
    """Own, children and others make the whole, at every node."""
    return all(
        sum(D(part[figure]) for part in (node["own"], *node["children"], *others))
        == D(node[figure])
        for node in nodes(branch)
        for others in [[node["others"]] if "others" in node else []]
        for figure in FIGURES
    )


def test_a_family_s_spend_by_child_the_greatest_first(client: TestClient, family) -> None:
    january = spend(client, family["Group"], **{"from": "2026-01-01", "to": "2026-01-31"})
    both = spend(client, family["Group"])

    assert list(january) == list(both) == ["USD"], "what Plant pays for itself is Plant's"
    branch = january["USD"]["branch"]
    # 188.75 by quantity: 60 of 125 below North, 65 below South; and the fee of the group.
    assert (branch["netTotal"], branch["own"]["netTotal"]) == ("688.75", "500.00")
    assert list(children(january["USD"]).items()) == [("South", "98.15"), ("North", "90.60")]
    assert [one["childCount"] for one in branch["children"]] == [1, 1]
    # In February Site is below South.
    assert children(both["USD"]) == {"South": "286.90", "North": "90.60"}
    assert [one["billingPeriod"]["start"] for one in both["USD"]["invoices"]] == [
        "2026-02-01", "2026-01-01",
    ]  # fmt: skip
    assert {one["payerName"] for one in both["USD"]["invoices"]} == {"Group"}


def test_the_spend_is_the_shares_of_the_invoices(client: TestClient, family) -> None:
    """Every customer's figure is what its invoices' allocations say of it and of all below it."""
    ids = {id: name for name, id in family.items()}
    invoices = client.get("/invoices").json()["items"]
    for method in METHODS:
        expected: Counter[tuple[str, str]] = Counter()
        for invoice in invoices:
            for share in shares(client, invoice["id"], method=method):
                for who in share["path"]:
                    expected[who, invoice["currency"]] += D(share["netTotal"])

        for customer in ids:
            found = spend(client, customer, method=method, depth=3)
            assert {currency: D(one["branch"]["netTotal"]) for currency, one in found.items()} == {
                c: total for (who, c), total in expected.items() if who == customer
            }
            for one in found.values():
                assert adds_up(one["branch"])
                parts = sum(D(part["netTotal"]) for part in one["invoices"])
                assert parts == D(one["branch"]["netTotal"])


def test_a_member_has_a_spend_of_what_it_pays_and_of_its_share(client: TestClient, family) -> None:
    south = spend(client, family["South"])["USD"]
    plant = spend(client, family["Plant"])

    assert (south["branch"]["own"]["netTotal"], south["branch"]["netTotal"]) == ("260.80", "426.90")
    assert {one["payerName"] for one in south["invoices"]} == {"South", "Group"}
    assert {currency: one["branch"]["netTotal"] for currency, one in plant.items()} == {
        "EUR": "6.00", "USD": "75.50",
    }  # fmt: skip
    assert list(spend(client, family["Plant"], currency="EUR")) == ["EUR"]


def test_opening_a_child_shows_the_same_figures(client: TestClient, family) -> None:
    whole = spend(client, family["Group"], depth=3)["USD"]["branch"]
    assert len(list(nodes(whole))) == 6, "Site stands below North and below South"

    def opened(branch: dict[str, Any], way: tuple[str, ...]) -> None:
        for child in branch["children"]:
            path = (*way, child["customerId"])
            below = spend(client, family["Group"], path=",".join(path), depth=3)["USD"]["branch"]
            assert below == child
            opened(child, path)

    opened(whole, ())
    there = client.get(
        f"/customers/{family['Group']}/spend", params={"path": family["South"].upper()}
    ).json()
    assert [step["name"] for step in there["path"]] == ["Group", "South"]


def test_children_beyond_the_limit_are_told_together(client: TestClient, family) -> None:
    found = spend(client, family["Group"], limit=1, depth=2)["USD"]["branch"]

    assert [one["name"] for one in found["children"]] == ["South"]
    assert (found["childCount"], found["others"]["customerCount"]) == (2, 1)
    assert found["others"]["netTotal"] == "90.60"
    assert adds_up(found)


def test_only_periods_that_lie_within_the_days_count(client: TestClient, family) -> None:
    def total(first: str, last: str) -> str | None:
        found = spend(client, family["Group"], **{"from": first, "to": last}).get("USD")
        return found and found["branch"]["netTotal"]

    assert total("2026-01-01", "2026-02-28") == "1377.50"
    assert total("2026-01-01", "2026-02-27") == "688.75"
    assert total("2026-01-02", "2026-02-28") == "688.75"
    assert total("2026-02-02", "2026-02-27") is None


def test_drafts_count_when_asked_for_and_void_invoices_never(
    client: TestClient, family, books: Books
) -> None:
    [voided] = client.get("/invoices", params={"customerId": family["South"], "limit": 1}).json()[
        "items"
    ]
    client.post(f"/invoices/{voided['id']}/void")
    [draft] = bill(books, "2026-03-01")

    issued, all_of_it = (
        spend(client, family["South"], includeDrafts=drafts)["USD"] for drafts in (False, True)
    )

    difference = D(all_of_it["branch"]["netTotal"]) - D(issued["branch"]["netTotal"])
    assert difference == D("70.00")
    assert [one["invoiceId"] for one in all_of_it["invoices"] if one["status"] == "DRAFT"] == [
        draft
    ]
    assert voided["id"] not in {one["invoiceId"] for one in all_of_it["invoices"]}


def test_the_periods_are_those_of_the_customer_and_of_whoever_was_above_it(
    client: TestClient, family
) -> None:
    def listed(name: str) -> list[tuple[str, str, int]]:
        found = client.get(f"/customers/{family[name]}/spend/periods").json()["items"]
        return [(one["start"], one["endInclusive"], one["invoiceCount"]) for one in found]

    february, january = ("2026-02-01", "2026-02-28"), ("2026-01-01", "2026-01-31")
    assert listed("Group") == [(*february, 1), (*january, 1)]
    assert listed("Plant") == [(*february, 3), (*january, 3)]


def test_a_name_that_looks_like_an_id_is_not_taken_for_it(client: TestClient, books: Books) -> None:
    group, other = books.customer("Group"), books.customer("Other")
    named = books.customer(other, group)
    calls = books.metric("calls")
    books.schedule(group, books.price(linear("1"), calls), roll_up_billing=True)
    books.write()
    books.link(other, group, datetime(2027, 1, 1, tzinfo=UTC))
    books.write()
    books.used((named, "calls", "2026-01-05", "60"))
    [invoice] = bill(books, "2026-02-01")
    client.post(f"/invoices/{invoice}/finalize")

    assert spend(client, other) == {}
    assert spend(client, named)["USD"]["branch"]["netTotal"] == "60.00"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2026-02-01", "to": "2026-01-31"}, "?to"),
        ({"depth": 4}, "?depth"),
        ({"limit": 0}, "?limit"),
        ({"method": "FAIR"}, "?method"),
        ({"currency": "XXX"}, "?currency"),
        ({"way": "x"}, "?way"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    client: TestClient, books: Books, query: dict[str, Any], pointer: str
) -> None:
    customer = books.customer("Group")
    books.write()

    answer = client.get(f"/customers/{customer}/spend", params=query)

    status, _, pointers = refusal(answer)
    assert (status, pointers) == (400, [pointer])


def test_a_way_that_nobody_stood_on_has_no_spend(client: TestClient, family) -> None:
    group = f"/customers/{family['Group']}/spend"

    assert spend(client, family["North"], path=family["Plant"]) == {}
    assert client.get(group, params={"path": NOBODY}).status_code == 404
    assert client.get(group, params={"path": "x\x01"}).status_code == 404
    assert client.get(f"/customers/{NOBODY}/spend").status_code == 404


def test_a_stranger_sees_no_spend(client: TestClient, stranger: TestClient, family) -> None:
    for path in ("spend", "spend/periods"):
        assert client.get(f"/customers/{family['Group']}/{path}").status_code == 200
        assert stranger.get(f"/customers/{family['Group']}/{path}").status_code == 404
