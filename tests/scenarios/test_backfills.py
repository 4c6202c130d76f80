"""A month is sent once more, and what the preview says of its money is what the invoices say."""

from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.scenarios.seller import Seller, fixed, graduated, linear


@pytest.fixture
def seller(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock
) -> Seller:
    clock.set("2026-01-01")
    return Seller(client, engine, usage, workspace, clock)


def sent(customer: str, at: str, n: int, id: str) -> dict[str, Any]:
    return {
        "customerAlias": customer,
        "customerEventId": id,
        "eventType": "call",
        "eventTimestamp": f"{at}T12:00:00Z",
        "eventProperties": {"n": n},
    }


def of_days(start: str, end: str, *events: dict[str, Any], **more: Any) -> dict[str, Any]:
    days = {"start": f"{start}T00:00:00Z", "end": f"{end}T00:00:00Z"}
    return {"eventType": "call", **days, "events": list(events), **more}


@pytest.fixture
def family(seller: Seller) -> dict[str, str]:
    """Two members that pool: January is final, February a draft."""
    top = seller.customer("Group")
    north, south = seller.customer("North", top), seller.customer("South", top)
    seller.schedule(top, seller.price(graduated(seller.metric())), rollUpBilling=True)
    seller.post(
        "/usage-events/batch",
        [
            sent(north, "2026-01-05", 60, "a"),
            sent(south, "2026-01-06", 40, "b"),
            sent(north, "2026-02-05", 30, "c"),
            sent(south, "2026-02-06", 90, "d"),
        ],
    )
    [january] = seller.run("2026-02-01")
    january = seller.post(f"/invoices/{january['id']}/finalize")
    [february] = seller.run("2026-03-01")
    return {"north": north, "south": south, "january": january["id"], "february": february["id"]}


def test_a_preview_says_what_the_invoices_say_after_the_backfill(
    seller: Seller, family: dict[str, str]
) -> None:
    north, south = family["north"], family["south"]
    body = of_days(
        "2026-01-01",
        "2026-03-01",
        sent(north, "2026-01-05", 60, "a"),
        sent(south, "2026-01-06", 55, "b"),
        sent(north, "2026-02-07", 10, "e"),
        sent(south, "2026-02-06", 90, "d"),
    )
    kept = seller.get("/usage-events")

    told = seller.post("/usage-events/backfills/preview", body)

    assert seller.get("/usage-events") == kept
    assert told["events"] == {"added": 1, "replaced": 1, "cancelled": 1, "unchanged": 2}
    [payer] = told["payers"]
    [period] = payer["schedules"][0]["periods"]
    assert (period["invoiceId"], period["status"]) == (family["february"], "DRAFT")
    # 120 calls cost 20 + 100 + 50 + 15, and 100 calls 20 + 100.
    assert (period["before"], period["after"], payer["change"]) == ("185.00", "120.00", "-65.00")
    [late] = told["adjustments"]
    # 115 calls cost 20 + 100 + 50 + 11.25; 120.00 were billed.
    assert (late["billed"], late["before"], late["after"]) == ("120.00", "0.00", "61.25")
    assert [line["invoiceId"] for line in late["lines"]] == [family["january"]]

    assert seller.post("/usage-events/backfills", body) == told["events"]

    february = seller.post(f"/invoices/{family['february']}/recalculate")
    lines = seller.lines(february)
    assert [line["netTotal"] for line in lines] == [period["after"], late["after"]]
    assert lines[1]["title"] == late["title"]
    assert D(february["netTotal"]) == D(period["after"]) + D(late["after"])


def test_the_same_backfill_again_changes_nothing(seller: Seller, family: dict[str, str]) -> None:
    body = of_days("2026-01-01", "2026-03-01", sent(family["north"], "2026-01-05", 61, "a"))
    first = seller.post("/usage-events/backfills", body)
    kept = seller.get("/usage-events")

    again = seller.post("/usage-events/backfills/preview", body)

    assert first == {"added": 0, "replaced": 1, "cancelled": 3, "unchanged": 0}
    nothing = {"added": 0, "replaced": 0, "cancelled": 0, "unchanged": 1}
    assert again == {"events": nothing, "payers": [], "adjustments": []}
    assert seller.post("/usage-events/backfills", body) == nothing
    assert seller.get("/usage-events") == kept


def test_only_the_window_of_these_aliases_is_replaced(
    seller: Seller, family: dict[str, str]
) -> None:
    north = family["north"]
    seller.used((north, "2026-01-05", "7"), kind="other")
    body = of_days("2026-01-01", "2026-02-01", customerAliases=[north])

    assert seller.post("/usage-events/backfills", body)["cancelled"] == 1

    events = seller.get("/usage-events")["items"]
    gone = [one["customerEventId"] for one in events if not one["isLatestForCustomerEventId"]]
    assert gone == ["a"]


def test_what_a_draft_adjusts_already_is_part_of_the_comparison(
    seller: Seller, family: dict[str, str]
) -> None:
    seller.post("/usage-events", sent(family["south"], "2026-01-08", 10, "late"))
    seller.post(f"/invoices/{family['february']}/recalculate")

    told = seller.post("/usage-events/backfills/preview", of_days("2026-01-08", "2026-01-09"))

    [late] = told["adjustments"]
    # 110 calls cost 20 + 100 + 50 + 7.50; without the late ones nothing is left to adjust.
    assert (late["before"], late["after"], told["payers"]) == ("57.50", "0.00", [])


def test_the_adjustment_is_shown_under_who_pays(seller: Seller) -> None:
    parent = seller.customer("Parent")
    child = seller.customer("Child", parent)
    calls = seller.price(linear(seller.metric()))
    seller.schedule(parent, seller.price(fixed("10")))
    seller.schedule(child, calls, billTo="PARENT")
    seller.post("/usage-events", sent(child, "2026-01-05", 60, "a"))
    [january] = seller.run("2026-02-01")
    seller.post(f"/invoices/{january['id']}/finalize")
    body = of_days("2026-01-01", "2026-02-01", sent(child, "2026-01-05", 45, "a"))

    told = seller.post("/usage-events/backfills/preview", body)
    seller.post("/usage-events/backfills", body)

    [late] = told["adjustments"]
    assert (late["name"], late["before"], late["after"]) == ("Parent", "0.00", "-15.00")
    [february] = seller.run("2026-03-01")
    assert late["after"] in {line["netTotal"] for line in seller.lines(february)}
