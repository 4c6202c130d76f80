"""A year of a family whose devices report late, against arithmetic that knows everything at once."""

from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.scenarios.seller import Seller, graduated


@pytest.fixture
def seller(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock
) -> Seller:
    clock.set("2026-01-01")
    return Seller(client, engine, usage, workspace, clock)


def cost(calls: int) -> D:
    """What a month's calls of the whole family cost: TIERS, in plain words."""
    if calls == 0:
        return D(0)
    if calls <= 100:
        return D(20) + calls
    return D(20) + 100 + D(50) + (calls - 100) * D("0.75")


def cents(amount: D) -> D:
    return amount.quantize(D("0.01"), ROUND_HALF_UP)


def test_a_year_with_late_events_costs_what_it_would_have_cost_in_time(seller: Seller) -> None:
    top = seller.customer("Group")
    north, south = seller.customer("North", top), seller.customer("South", top)
    seller.schedule(top, seller.price(graduated(seller.metric())), rollUpBilling=True)
    used = dict.fromkeys(range(1, 13), 0)
    by_month: dict[int, D] = dict.fromkeys(range(1, 13), D(0))
    billed_of: dict[str, D] = {}

    for month in range(1, 13):
        # In time: 30 and 25 a month more each month; two months late: 17 of the south.
        events = [
            (north, f"2026-{month:02}-05", str(30 * month)),
            (south, f"2026-{month:02}-06", "25"),
        ]
        used[month] += 30 * month + 25
        if month > 2:
            events.append((south, f"2026-{month - 2:02}-20", "17"))
            used[month - 2] += 17
        seller.used(*events)
        year, following = (2027, 1) if month == 12 else (2026, month + 1)
        [invoice] = seller.run(f"{year}-{following:02}-01")
        seller.post(f"/invoices/{invoice['id']}/finalize")
        for line in seller.lines(invoice):
            by_month[int(line["servicePeriodStart"][5:7])] += D(line["netTotal"])
        for share in shares(seller, invoice):
            owner = share["customerId"]
            billed_of[owner] = billed_of.get(owner, D(0)) + D(share["netTotal"])

    assert by_month == {month: cents(cost(calls)) for month, calls in used.items()}
    assert sum(billed_of.values()) == sum(by_month.values())
    assert billed_of.keys() == {north, south}


def shares(seller: Seller, invoice: Any) -> list[Any]:
    found: list[Any] = seller.get(f"/invoices/{invoice['id']}/allocations", limit=100)["items"]
    return found


def test_an_adjustment_says_what_it_is_wherever_it_is_shown(seller: Seller) -> None:
    top = seller.customer("Group")
    north, south = seller.customer("North", top), seller.customer("South", top)
    seller.schedule(top, seller.price(graduated(seller.metric())), rollUpBilling=True)
    seller.used((north, "2026-01-05", "60"), (south, "2026-01-06", "40"))
    [january] = seller.run("2026-02-01")
    january = seller.post(f"/invoices/{january['id']}/finalize")
    seller.used((south, "2026-01-07", "20"), (north, "2026-02-07", "10"))

    [february] = seller.run("2026-03-01")
    seller.post(f"/invoices/{february['id']}/finalize")

    [own, late] = seller.lines(february)
    assert (own["netTotal"], "adjusts" in own) == ("30.00", False)
    assert (late["title"], late["quantity"]) == (
        "Graduated – adjustment for 1 – 31 January 2026",
        "20",
    )
    assert (late["netTotal"], late["eventCount"]) == ("65.00", 1)  # 20 + 100 + 50 + 15 less 120
    assert (late["adjusts"]["netTotal"], late["adjusts"]["billedNetTotal"]) == ("185.00", "120.00")
    assert late["adjusts"]["lines"][0]["invoiceNumber"] == january["invoiceNumber"]
    why = seller.get(f"/invoices/{february['id']}/line-items/{late['id']}/explanation")
    assert (why["rounding"]["rounded"], why["netTotal"]) == ("185.00", "65.00")
    assert why["adjustment"]["billedBy"] == [late["adjusts"]["lines"][0]["lineItemId"]]
    assert why["usage"]["quantity"] == why["usage"]["membersTotal"] == "120"
    totals = seller.get(f"/invoices/{february['id']}/explanation")
    assert totals["rounding"] | {"exact": "95"} == totals["rounding"]
    # North had 72.00 of 120.00 and has 92.50 of 185.00 by now.
    page = seller.get(f"/customers/{north}/statements/{february['id']}")
    assert [line["netTotal"] for line in page["lines"]] == ["30.00", "20.50"]
    table = seller.client.get(f"/invoices/{february['id']}/usage-item-groups/download").text
    assert table.count("adjustment for 1 – 31 January 2026") == 2
    assert seller.client.get(f"/invoices/{february['id']}/download").content.startswith(b"%PDF")
    share = seller.get(
        f"/invoices/{february['id']}/line-items/{late['id']}/shares/{north}/explanation"
    )
    assert (share["exact"], share["netTotal"]) == ("92.5", "20.50")
    assert [one["netTotal"] for one in share["deducted"]] == ["72.00"]


def test_an_event_cancelled_after_its_invoice_is_given_back_to_the_cent(seller: Seller) -> None:
    top = seller.customer("Group")
    north = seller.customer("North", top)
    seller.schedule(top, seller.price(graduated(seller.metric())), rollUpBilling=True)
    seller.used((top, "2026-01-05", "80"), (north, "2026-01-06", "45"))
    wrong = seller.get("/usage-events", customerAlias=north)["items"][0]
    [january] = seller.run("2026-02-01")
    seller.post(f"/invoices/{january['id']}/finalize")

    seller.client.delete(f"/usage-events/by-customer-event-id/{wrong['id']}")
    [february] = seller.run("2026-03-01")
    seller.post(f"/invoices/{february['id']}/finalize")

    [_, back] = seller.lines(february)
    # 20 + 100 + 50 + 25 * 0.75 were billed; 80 calls cost 20 + 80.
    assert (back["netTotal"], back["quantity"], back["eventCount"]) == ("-88.75", "-45", -1)
    counted = seller.get("/usage-events", lineItemId=seller.lines(january)[0]["id"])["items"]
    assert wrong["id"] in {event["id"] for event in counted}
    [run] = [one for one in seller.get("/billing-runs")["items"] if one["asOf"] == "2026-03-01"]
    assert run["status"] == "BALANCED"
