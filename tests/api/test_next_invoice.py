"""What a schedule would bill next, told before any billing run."""

from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from catchment.store.engine import reading
from catchment.store.schema import metadata
from tests.api.pooled import told
from tests.api.test_invoices import bill
from tests.api.world import grant_body
from tests.flows.books import GRADUATED, NOW, Books, fixed, linear

NUMBERS = ("id", "lineItemId", "invoiceId", "groupId", "lineItemGroupId", "usageItemGroupId")
HEAD = ("createdAt", "updatedAt", "calculatedAt", "billingRunId", "dueOn")


def plain(value: Any) -> Any:
    """Without ids of the invoice's own and the instants of its making."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in (*NUMBERS, *HEAD)}
    return [plain(one) for one in value] if isinstance(value, list) else value


def upcoming(client: TestClient, schedule: str, **query: Any) -> Any:
    return told(client, f"/billing-schedules/{schedule}/next-invoice", **query)


def written(books: Books) -> dict[str, int]:
    with reading(books.engine) as tx:
        return {
            name: tx.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }


@pytest.fixture
def group(books: Books) -> dict[str, str]:
    """A family that pools, with a discount and a minimum; a child bills its parent besides."""
    made = {"group": books.customer("Group")}
    for name in ("North", "South"):
        made[name] = books.customer(name, made["group"])
    calls = books.metric("calls")
    usage_price = books.price(GRADUATED, calls)
    made["schedule"] = books.schedule(
        made["group"],
        usage_price,
        books.price(fixed("500")),
        books.price(fixed("12"), timing="IN_ADVANCE"),
        roll_up_billing=True,
        off=[{"amount": "0.1"}],
        least=[{"amount": "800"}],
        recurrence_day_of_month=1,
    )
    made["joining"] = books.schedule(
        made["South"], books.price(fixed("7")), bill_to="PARENT", recurrence_day_of_month=1
    )
    books.write()
    books.used(
        (made["North"], "calls", "2026-02-05", "60"),
        (made["South"], "calls", "2026-02-06", "65"),
    )
    return made


def test_it_is_what_a_billing_run_then_drafts(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    bill(books, "2026-02-01")

    expected = upcoming(client, group["schedule"], method="PROPORTIONAL")
    [drafted] = bill(books, "2026-03-01")

    assert expected["dueOn"] == "2026-03-01"
    stored = told(client, f"/invoices/{drafted}")
    assert plain(stored) == plain(
        {
            k: v
            for k, v in expected.items()
            if k not in ("lineItemGroups", "lineItems", "usageItemGroups")
        }
    )
    for part, path in (("lineItemGroups", "line-item-groups"), ("lineItems", "line-items")):
        assert plain(told(client, f"/invoices/{drafted}/{path}")["items"]) == plain(expected[part])
    members = told(client, f"/invoices/{drafted}/usage-item-groups", method="PROPORTIONAL")
    assert plain(members["items"]) == plain(expected["usageItemGroups"]["items"])
    assert len(expected["lineItems"]) == 8, "usage, two fees, three discounts, minimum, and South's"


def test_nothing_is_written(client: TestClient, books: Books, group: dict[str, str]) -> None:
    before = written(books)

    first = upcoming(client, group["schedule"])
    again = upcoming(client, group["schedule"])

    assert written(books) == before
    assert first == again
    assert first["id"] == "preview"


def test_without_shares_it_says_the_same(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    bill(books, "2026-02-01")

    whole = upcoming(client, group["schedule"], method="STANDALONE")
    for member in whole["usageItemGroups"]["items"]:
        del member["shares"], member["netTotal"]

    assert upcoming(client, group["schedule"]) == whole


def test_of_a_child_that_bills_its_parent_it_is_the_parents(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    bill(books, "2026-02-01")

    assert upcoming(client, group["joining"]) == upcoming(client, group["schedule"])


def test_usage_of_the_running_period_counts_as_it_comes(client: TestClient, books: Books) -> None:
    who = books.customer("Solo")
    schedule = books.schedule(who, books.price(linear("2"), books.metric("calls")))
    books.write()
    bill(books, "2026-03-01")
    seen = [upcoming(client, schedule)["netTotal"]]
    books.used((who, "calls", "2026-03-09", "21"))
    seen.append(upcoming(client, schedule)["netTotal"])

    assert seen == ["0.00", "42.00"]


def test_what_came_late_for_a_final_invoice_is_on_it(client: TestClient, books: Books) -> None:
    who = books.customer("Solo")
    schedule = books.schedule(
        who, books.price(linear("2"), books.metric("calls")), auto_issue_invoices=True
    )
    books.write()
    bill(books, "2026-03-01")
    books.used((who, "calls", "2026-02-09", "5"))

    found = upcoming(client, schedule)

    assert [line["netTotal"] for line in found["lineItems"]] == ["0.00", "10.00"]
    assert found["lineItems"][1]["adjusts"]["lines"][0]["invoiceNumber"]


def test_what_came_late_for_a_schedule_that_is_over_is_on_the_next_of_who_paid(
    client: TestClient, books: Books
) -> None:
    group, calls = books.customer("Group"), books.metric("calls")
    north = books.customer("North", group)
    own = books.schedule(group, books.price(linear("1"), calls), auto_issue_invoices=True)
    child = books.schedule(
        north, books.price(linear("2"), calls), bill_to="PARENT", end=date(2026, 2, 28)
    )
    books.write()
    bill(books, "2026-03-01")
    assert client.get(f"/billing-schedules/{child}/next-invoice").status_code == 404
    books.used((north, "calls", "2026-02-09", "5"))

    found = upcoming(client, child)

    assert found == upcoming(client, own)
    assert [line["netTotal"] for line in found["lineItems"]] == ["0.00", "10.00"]
    [drafted] = bill(books, "2026-04-01")
    assert told(client, f"/invoices/{drafted}")["netTotal"] == found["netTotal"]


def test_members_come_in_pages(client: TestClient, books: Books, group: dict[str, str]) -> None:
    bill(books, "2026-02-01")
    first = upcoming(client, group["schedule"], limit=1)["usageItemGroups"]
    rest = upcoming(client, group["schedule"], limit=5, after=first["pagination"]["after"])[
        "usageItemGroups"
    ]

    assert [one["title"] for one in (*first["items"], *rest["items"])] == [
        "North", "South",
    ]  # fmt: skip
    assert rest["pagination"] == {"totalResultSize": 2}


def test_a_draft_schedule_is_shown_as_if_it_were_started(client: TestClient, books: Books) -> None:
    schedule = books.schedule(
        books.customer("Solo"),
        books.price(fixed("30"), frequency="YEARLY"),
        start=date(2027, 5, 5),
        activated_at=None,
    )
    books.write()

    found = upcoming(client, schedule)

    assert (found["dueOn"], found["netTotal"]) == ("2028-05-05", "30.00")


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"end": date(2026, 2, 28)}, "Everything that the billing schedule charges is billed."),
        ({"archived_at": "now"}, "The billing schedule is archived: it bills nothing more."),
        (
            {"suspended_at": "now"},
            "The billing schedule is suspended: it bills nothing until it is resumed.",
        ),
    ],
)
def test_where_nothing_more_is_billed_it_says_why(
    client: TestClient, books: Books, columns: dict[str, Any], why: str
) -> None:
    columns = {key: NOW if value == "now" else value for key, value in columns.items()}
    schedule = books.schedule(books.customer("Solo"), books.price(fixed("30")), **columns)
    books.write()
    bill(books, "2026-03-01")

    answer = client.get(f"/billing-schedules/{schedule}/next-invoice")

    assert (answer.status_code, answer.json()["code"]) == (404, "nothing_to_bill")
    assert answer.json()["detail"] == why


@pytest.mark.parametrize("method", [{}, {"method": "PROPORTIONAL"}])
def test_credits_pay_of_it_what_they_then_pay(
    client: TestClient, books: Books, method: dict[str, str]
) -> None:
    """Ten granted each month by the phase, and 700 to the customer, of which January takes some."""
    group = books.customer("Group")
    child = books.customer("Child", group)
    schedule = books.schedule(
        group,
        books.price(linear("2"), books.metric("calls")),
        books.price(fixed("500")),
        roll_up_billing=True,
        given=[{"amount": "10"}],
    )
    books.write()
    workspace = books.workspace.id
    assert client.post("/credits", json=grant_body(workspace, group, amount=700)).is_success
    books.used((child, "calls", "2026-02-05", "60"))
    bill(books, "2026-02-01")

    expected = upcoming(client, schedule, **method)
    simulated = client.post(f"/billing-schedules/{schedule}/simulate", json={"until": "2026-04-01"})
    [drafted] = bill(books, "2026-03-01")

    stored = told(client, f"/invoices/{drafted}")
    names = [
        [(one["creditGrantName"], one["amount"]) for one in head["projectedCreditGrants"]]
        for head in (stored, expected, simulated.json()["invoices"][0])
    ]
    assert names[0] == names[1] == names[2]
    assert len(names[0]) == 2
    lines = told(client, f"/invoices/{drafted}/line-items")["items"]
    assert [one["netTotal"] for one in lines] == [one["netTotal"] for one in expected["lineItems"]]
    assert stored["grossTotal"] == expected["grossTotal"]
