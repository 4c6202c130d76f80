"""On demand through the API: what is agreed, previewed, invoiced and told; today is 10 March 2026."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.agreements import body_of, phase
from tests.api.pooled import told
from tests.api.test_next_invoice import plain, upcoming
from tests.api.test_simulations import nets, simulated
from tests.flows.books import GRADUATED, Books, fixed, linear


def family(books: Books, structure: dict[str, Any], frequency: str) -> dict[str, str]:
    """A family of two that pays its calls at a price of that frequency, and 5 a month."""
    made = {"group": books.customer("Group"), "calls": books.metric("calls")}
    made["north"] = books.customer("North", made["group"])
    made["south"] = books.customer("South", made["group"])
    made["price"] = books.price(structure, made["calls"], frequency=frequency)
    made["schedule"] = books.schedule(
        made["group"], made["price"], books.price(fixed("5")), roll_up_billing=True
    )
    books.write()
    return made


@pytest.fixture
def group(books: Books) -> dict[str, str]:
    """Its calls are billed by the day, at 2 each."""
    return family(books, linear("2"), "ON_DEMAND")


def ran(client: TestClient, as_of: str) -> list[Any]:
    """What a run has drafted, oldest first."""
    run = client.post("/billing-runs", json={"asOf": as_of, "wait": True}).json()
    assert run["status"] == "BALANCED", run
    found = told(client, "/invoices", limit=100)["items"]
    return sorted(
        (one for one in found if one.get("billingRunId") == run["id"]),
        key=lambda one: str(one["accountingDate"]),
    )


def test_the_next_invoice_is_of_the_next_day_that_was_used(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    books.used(
        (group["north"], "calls", "2026-01-05", "3"), (group["north"], "calls", "2026-03-10", "4")
    )
    ran(client, "2026-03-09")

    shown = upcoming(client, group["schedule"], method="PROPORTIONAL")
    [drafted] = ran(client, "2026-03-11")

    [line] = shown["lineItems"]
    assert (shown["dueOn"], line["netTotal"], line["title"]) == ("2026-03-11", "8.00", "Linear")
    assert shown["billingPeriod"] == {"start": "2026-03-10", "endInclusive": "2026-03-10"}
    items = told(client, f"/invoices/{drafted['id']}/line-items")["items"]
    assert plain(shown["lineItems"]) == plain(items)


def test_without_usage_the_next_invoice_is_that_of_the_month(
    client: TestClient, group: dict[str, str]
) -> None:
    ran(client, "2026-03-10")

    assert upcoming(client, group["schedule"])["dueOn"] == "2026-04-01"


def test_supposed_usage_comes_every_day(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    ran(client, "2026-03-01")
    books.used((group["north"], "calls", "2026-03-05", "3"))

    found = simulated(
        client, group["schedule"], until="2026-04-02", usage={group["price"]: {"every": "62"}}
    )

    # 3 on the 5th; 2 of 62 on each of the 21 days left of March, with the month's 5 on the last.
    every_day = [(f"2026-03-{day}", "4.00") for day in range(12, 32)]
    april = f"{2 * 62 / 30:.2f}"
    assert nets(found) == [
        ("2026-03-06", "6.00"),
        *every_day,
        ("2026-04-01", "9.00"),
        ("2026-04-02", april),
    ]


def test_what_nobody_is_supposed_to_use_makes_no_day(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    ran(client, "2026-03-01")

    found = simulated(
        client, group["schedule"], until="2026-04-30", usage={group["price"]: {"every": "0"}}
    )

    assert nets(found) == [("2026-04-01", "5.00")]


def test_a_line_explains_since_when_its_tiers_count(client: TestClient, books: Books) -> None:
    who = books.customer("Solo")
    price = books.price(GRADUATED, books.metric("calls"), frequency="ON_DEMAND")
    books.schedule(who, price)
    books.write()
    books.used((who, "calls", "2026-01-05", "60"), (who, "calls", "2026-01-07", "65"))
    _, second = ran(client, "2026-01-31")
    [line] = told(client, f"/invoices/{second['id']}/line-items")["items"]

    found = told(client, f"/invoices/{second['id']}/line-items/{line['id']}/explanation")

    assert (line["netTotal"], line["servicePeriodStart"], line["servicePeriodEnd"]) == (
        "108.75",
        "2026-01-07",
        "2026-01-07",
    )
    assert found["usage"]["tiersBegan"] == {"since": "2026-01-01", "reached": "60"}
    assert found["price"]["billingFrequency"] == "ON_DEMAND"


def test_a_move_is_previewed_by_the_days_that_it_adds(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    joins = books.customer("South")
    books.write()
    books.used((joins, "calls", "2026-03-05", "3"), (group["north"], "calls", "2026-03-05", "1"))
    books.used((joins, "calls", "2026-03-07", "2"))
    body = {"parentId": group["group"], "effectiveFrom": "2026-03-01T00:00:00Z"}

    answer = client.post(f"/customers/{joins}/moves/preview", json=body)

    [payer] = answer.json()["payers"]
    [schedule] = payer["schedules"]
    days = [(one["dueOn"], one["before"], one["after"]) for one in schedule["periods"]]
    assert days == [("2026-03-06", "2.00", "8.00"), ("2026-03-08", "0.00", "4.00")]


def test_a_first_day_of_billing_is_told_where_something_recurs(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    alone = books.schedule(
        group["group"], books.price(linear("1"), books.metric("m"), frequency="ON_DEMAND")
    )
    books.write()

    shown = [told(client, f"/billing-schedules/{id}") for id in (group["schedule"], alone)]

    assert [one.get("firstBillingDate") for one in shown] == ["2026-02-01", None]


def test_starting_a_schedule_drafts_the_days_that_were_used(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    books.used((group["north"], "calls", "2026-01-05", "3"))
    another = books.price(linear("1"), group["calls"], frequency="ON_DEMAND")
    books.write()
    body = body_of(group["north"], phase(another, start="2026-01-01"), isDraft=False)

    started = client.post("/billing-schedules", json=body)

    assert started.status_code == 201, started.text
    [first] = told(client, "/invoices", customerId=group["north"])["items"]
    assert (first["billingPeriod"]["start"], first["netTotal"]) == ("2026-01-05", "3.00")
