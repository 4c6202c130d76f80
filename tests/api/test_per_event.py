"""Per event through the API: what is previewed, invoiced and explained; today is 10 March 2026."""

import pytest
from fastapi.testclient import TestClient

from tests.api.pooled import told
from tests.api.test_next_invoice import plain, upcoming
from tests.api.test_on_demand import family, ran
from tests.api.test_simulations import nets, simulated
from tests.flows.books import GRADUATED, Books

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def group(books: Books) -> dict[str, str]:
    """Every one of its calls is billed by itself, in tiers."""
    return family(books, GRADUATED, "PER_EVENT")


def test_the_next_invoice_has_a_line_for_each_event(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    ran(client, "2026-03-09")
    books.used(
        (group["north"], "calls", "2026-03-10", "60"), (group["south"], "calls", "2026-03-10", "60")
    )

    shown = upcoming(client, group["schedule"], method="PROPORTIONAL")
    [drafted] = ran(client, "2026-03-11")

    assert [(one["customerEventId"], one["netTotal"]) for one in shown["lineItems"]] == [
        ("e1", "80.00"),
        ("e2", "105.00"),
    ]
    items = told(client, f"/invoices/{drafted['id']}/line-items")["items"]
    assert plain(shown["lineItems"]) == plain(items)


def test_events_to_come_are_simulated_by_the_day(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    ran(client, "2026-03-01")
    books.used(
        (group["north"], "calls", "2026-03-05", "60"), (group["north"], "calls", "2026-03-05", "40")
    )

    found = simulated(
        client, group["schedule"], until="2026-03-13", usage={group["price"]: {"every": "31"}}
    )

    assert nets(found)[0] == ("2026-03-06", "120.00")
    assert [day for day, _ in nets(found)] == ["2026-03-06", "2026-03-12", "2026-03-13"]
    assert [len(one["lineItems"]) for one in found["invoices"]] == [2, 1, 1]


def test_a_line_is_explained_by_its_one_event(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    books.used(
        (group["north"], "calls", "2026-01-05", "60"), (group["north"], "calls", "2026-01-05", "60")
    )
    [drafted] = [one for one in ran(client, "2026-01-10") if one["netTotal"] != "5.00"]
    _, second = told(client, f"/invoices/{drafted['id']}/line-items")["items"]
    path = f"/invoices/{drafted['id']}/line-items/{second['id']}"

    found = told(client, f"{path}/explanation")
    events = told(client, "/usage-events", lineItemId=second["id"])["items"]
    share = told(client, f"{path}/shares/{group['north']}/explanation", method="STANDALONE")

    assert (found["customerEventId"], found["quantity"]) == ("e2", "60")
    assert found["usage"]["tiersBegan"] == {"since": "2026-01-01", "reached": "60"}
    [member] = found["usage"]["members"]["items"]
    assert (member["customerId"], member["quantity"], member["eventCount"]) == (
        group["north"],
        "60",
        1,
    )
    assert [one["customerEventId"] for one in events] == ["e2"]
    assert (share["quantity"], share["netTotal"]) == ("60", "105.00")


def test_shares_and_usage_of_members_are_those_of_their_events(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    books.used(
        (group["north"], "calls", "2026-01-05", "60"), (group["south"], "calls", "2026-01-05", "60")
    )
    books.used((group["north"], "calls", "2026-01-05", "10"))
    [drafted] = ran(client, "2026-01-06")

    shares = told(client, f"/invoices/{drafted['id']}/allocations", method="MARGINAL")["items"]
    used = told(client, f"/invoices/{drafted['id']}/usage-item-groups")["items"]

    assert [(one["customerId"], one["netTotal"]) for one in shares] == [
        (group["north"], "80.00"),
        (group["north"], "7.50"),
        (group["south"], "105.00"),
    ]
    assert [(one["title"], [item["value"] for item in one["items"]]) for one in used] == [
        ("North", ["70"]),
        ("South", ["60"]),
    ]


def test_a_move_is_previewed_by_the_events_that_it_adds(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    joins = books.customer("West")
    books.write()
    books.used((joins, "calls", "2026-03-05", "3"), (group["north"], "calls", "2026-03-05", "1"))
    books.used((joins, "calls", "2026-03-07", "2"))
    ran(client, "2026-03-06")
    body = {"parentId": group["group"], "effectiveFrom": "2026-03-01T00:00:00Z"}

    answer = client.post(f"/customers/{joins}/moves/preview", json=body)

    [payer] = answer.json()["payers"]
    [schedule] = payer["schedules"]
    days = [(one["dueOn"], one["before"], one["after"]) for one in schedule["periods"]]
    assert days == [("2026-03-06", "21.00", "24.00"), ("2026-03-08", "0.00", "2.00")]
