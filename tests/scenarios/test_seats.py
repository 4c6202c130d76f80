"""Months of seats, told through the API: what they cost, whose they are, and what came late."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.scenarios.seller import Seller

METHODS = ("PROPORTIONAL", "MARGINAL", "STANDALONE")
TIERS = [{"upperBound": "15", "price": "12"}, {"upperBound": None, "price": "15"}]


@pytest.fixture
def seller(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock
) -> Seller:
    clock.set("2026-03-31")
    return Seller(client, engine, usage, workspace, clock)


@pytest.fixture
def metric(seller: Seller) -> str:
    return str(seller.post("/seat-metrics", {"seatType": "user", "label": "Users"})["id"])


def structure(metric: str, price: str = "15", **more: Any) -> dict[str, Any]:
    return {
        "pricingType": "SEAT_BASED",
        "seatMetricId": metric,
        "pricePerSeat": price,
        "prorationStrategy": "PRORATE_INCREMENTS",
        "contractedMinimumSeats": 0,
        "tiers": [],
    } | more


def said(seller: Seller, *totals: tuple[str, str, int]) -> None:
    """(customer, day or instant, seats from then on)"""
    for customer, at, total in totals:
        body = {
            "customerAlias": customer,
            "seatType": "user",
            "eventTimestamp": at if "T" in at else f"{at}T12:00:00Z",
            "total": total,
        }
        seller.post("/seat-events", body)


def shares(seller: Seller, invoice: Any, method: str, line: int = 0) -> dict[str, str]:
    """The members' parts of a line of the invoice."""
    page = seller.get(f"/invoices/{invoice['id']}/allocations", method=method, limit=100)
    wanted = seller.lines(invoice)[line]["id"]
    items = [one for one in page["items"] if one["lineItemId"] == wanted]
    return {one["customerId"]: one["netTotal"] for one in items}


def is_sound(seller: Seller) -> bool:
    """Whether every finalised invoice comes out again, to the last figure."""
    with reading(seller.engine) as tx:
        found = list(verify_invoices(tx, seller.usage, seller.workspace))
    assert found
    return [one.difference for one in found] == [None] * len(found)


def test_seats_added_in_a_month_cost_its_remaining_days(seller: Seller, metric: str) -> None:
    acme = seller.customer("Acme")
    seller.schedule(acme, seller.price(structure(metric)), start="2026-04-01")
    said(seller, (acme, "2026-04-18", 27))

    april, may = [seller.run(day)[0] for day in ("2026-05-01", "2026-06-01")]

    assert (april["netTotal"], may["netTotal"]) == ("175.50", "405.00")
    [line] = seller.lines(april)
    assert (line["quantity"], line["rate"], line["unit"]) == ("11.7", "15", "seats")
    assert (line["seatMetricId"], line["eventCount"]) == (metric, 1)
    assert seller.lines(may)[0]["quantity"] == "27"


def test_the_contracted_minimum_is_billed_where_fewer_are_used(seller: Seller, metric: str) -> None:
    acme = seller.customer("Acme")
    price = seller.price(structure(metric, "1", contractedMinimumSeats=100))
    seller.schedule(acme, price, start="2026-04-01")
    said(seller, (acme, "2026-03-18", 90))

    [invoice] = seller.run("2026-05-01")

    assert invoice["netTotal"] == "100.00"
    assert seller.lines(invoice)[0]["quantity"] == "100"


def test_tiers_of_seats_explain_themselves(seller: Seller, metric: str) -> None:
    acme = seller.customer("Acme")
    seller.schedule(acme, seller.price(structure(metric, tiers=TIERS)), start="2026-04-01")
    said(seller, (acme, "2026-03-31", 20))

    [invoice] = seller.run("2026-05-01")

    [line] = seller.lines(invoice)
    assert invoice["netTotal"] == "255.00"
    assert [(one["quantity"], one["rate"], one["amount"]) for one in line["segments"]] == [
        ("15", "12", "180"),
        ("5", "15", "75"),
    ]
    told = seller.get(f"/invoices/{invoice['id']}/line-items/{line['id']}/explanation")
    assert told["usage"]["metric"]["eventType"] == "user"
    assert told["usage"]["seats"] == [
        {"start": "2026-04-01", "days": 30, "seats": "20", "charged": "20"}
    ]
    assert told["price"]["structure"]["pricingType"] == "SEAT_BASED"


def test_a_line_lists_the_events_that_decided_its_seats(seller: Seller, metric: str) -> None:
    acme, other = seller.customer("Acme"), seller.customer("Other")
    seller.schedule(acme, seller.price(structure(metric)), start="2026-04-01")
    said(seller, (acme, "2026-02-01", 5), (acme, "2026-03-31", 20), (other, "2026-04-02", 9))
    said(seller, (acme, "2026-04-18", 27), (acme, "2026-05-01", 30))
    [invoice] = seller.run("2026-05-01")
    said(seller, (acme, "2026-04-20", 28))

    [line] = seller.lines(invoice)

    told = seller.get(f"/invoices/{invoice['id']}/line-items/{line['id']}/explanation")
    assert told["usage"]["events"] == f"/seat-events?lineItemId={line['id']}"
    found = seller.get("/seat-events", lineItemId=line["id"])["items"]
    assert [one["total"] for one in found] == [27, 20]
    assert seller.get("/usage-events", lineItemId=line["id"])["items"] == []


@pytest.mark.parametrize(
    ("strategy", "amount"),
    [("USE_MAXIMUM", "90.00"), ("PRORATE_INCREMENTS", "70.00"), ("PRORATE_ALL_CHANGES", "45.00")],
)
def test_each_strategy_bills_what_it_says(
    seller: Seller, metric: str, strategy: str, amount: str
) -> None:
    acme = seller.customer("Acme")
    price = seller.price(structure(metric, "3", prorationStrategy=strategy))
    seller.schedule(acme, price, start="2026-04-01")
    said(seller, (acme, "2026-04-01", 10), (acme, "2026-04-11", 30), (acme, "2026-04-21", 5))

    [invoice] = seller.run("2026-05-01")

    assert invoice["netTotal"] == amount


def test_a_family_pools_its_seats_day_by_day(seller: Seller, metric: str) -> None:
    group = seller.customer("Group")
    a, b, left = (seller.customer(name, group) for name in ("A", "B", "Left"))
    seller.post(
        f"/customers/{left}/moves", {"parentId": None, "effectiveFrom": "2026-04-16T00:00:00Z"}
    )
    price = seller.price(structure(metric, tiers=TIERS, prorationStrategy="PRORATE_ALL_CHANGES"))
    seller.schedule(group, price, start="2026-04-01", rollUpBilling=True)
    said(seller, (a, "2026-03-01", 10), (b, "2026-04-16", 10), (left, "2026-04-01", 8))

    [invoice] = seller.run("2026-05-01")

    # 18 seats for fifteen days, then 20: 15 at 12, and 3 and 5 at 15 for half the month each.
    assert invoice["netTotal"] == "240.00"
    assert seller.breakdown(invoice) == {"A": ["10"], "B": ["5"], "Left": ["4"]}
    [line] = seller.lines(invoice)
    for method in METHODS:
        found = shares(seller, invoice, method)
        assert sum(float(one) for one in found.values()) == 240
        for who, part in found.items():
            path = f"/invoices/{invoice['id']}/line-items/{line['id']}/shares/{who}"
            told = seller.get(f"{path}/explanation", method=method)
            assert told["netTotal"] == part
    # Left made way in the first tier for some of what B added; A was there first.
    assert shares(seller, invoice, "MARGINAL") == {a: "120.00", b: "67.50", left: "52.50"}


def test_whoever_has_a_schedule_of_its_own_pays_for_its_own_seats(
    seller: Seller, metric: str
) -> None:
    group = seller.customer("Group")
    office = seller.customer("Office", group)
    price = seller.price(structure(metric, "1"))
    seller.schedule(group, price, start="2026-04-01", rollUpBilling=True)
    seller.schedule(office, price, start="2026-04-01")
    said(seller, (group, "2026-03-01", 100), (office, "2026-03-01", 7))

    invoices = seller.run("2026-05-01")

    assert sorted(one["netTotal"] for one in invoices) == ["100.00", "7.00"]


def test_a_minimum_that_nobody_uses_is_the_payers(seller: Seller, metric: str) -> None:
    group = seller.customer("Group")
    seller.customer("Office", group)
    price = seller.price(structure(metric, "1", contractedMinimumSeats=9))
    seller.schedule(group, price, start="2026-04-01", rollUpBilling=True, autoIssueInvoices=True)

    [invoice] = seller.run("2026-05-01")

    assert (invoice["netTotal"], invoice["status"]) == ("9.00", "FINAL")
    assert shares(seller, invoice, "PROPORTIONAL") == {group: "9.00"}
    assert is_sound(seller)


def test_seats_told_too_late_are_adjusted_on_the_next_invoice(seller: Seller, metric: str) -> None:
    group = seller.customer("Group")
    a, b = (seller.customer(name, group) for name in "AB")
    price = seller.price(structure(metric, "30", prorationStrategy="PRORATE_ALL_CHANGES"))
    seller.schedule(group, price, start="2026-04-01", rollUpBilling=True, autoIssueInvoices=True)
    said(seller, (a, "2026-03-01", 10))
    [april] = seller.run("2026-05-01")
    assert (april["netTotal"], april["status"]) == ("300.00", "FINAL")

    said(seller, (b, "2026-04-21", 6))
    [may] = seller.run("2026-06-01")

    own, late = seller.lines(may)
    assert (own["netTotal"], late["netTotal"]) == ("480.00", "60.00")
    assert "adjustment for 1 – 30 April 2026" in late["title"]
    assert shares(seller, may, "PROPORTIONAL")
    assert is_sound(seller)
    assert [one["netTotal"] for one in seller.run("2026-07-01")] == ["480.00"]


def test_an_event_that_is_sent_again_takes_the_place_of_the_first(
    seller: Seller, metric: str
) -> None:
    acme = seller.customer("Acme")
    price = seller.price(structure(metric, "30"))
    seller.schedule(acme, price, start="2026-04-01", autoIssueInvoices=True)
    body = {
        "customerAlias": acme,
        "customerEventId": "s1",
        "seatType": "user",
        "eventTimestamp": "2026-03-01T00:00:00Z",
        "total": 40,
    }
    seller.post("/seat-events", body)
    [april] = seller.run("2026-05-01")

    seller.post("/seat-events", body | {"total": 4})
    [may] = seller.run("2026-06-01")

    assert april["netTotal"] == "1200.00"
    assert [one["netTotal"] for one in seller.lines(may)] == ["120.00", "-1080.00"]
    assert is_sound(seller)


def test_seats_in_advance_are_those_of_the_first_day_and_changes_come_after(
    seller: Seller, metric: str
) -> None:
    acme = seller.customer("Acme")
    said(seller, (acme, "2026-03-01", 10))
    price = seller.price(structure(metric, "30"), billingType="IN_ADVANCE")
    seller.schedule(acme, price, start="2026-04-01", autoIssueInvoices=True)

    [april] = seller.run("2026-04-01")
    said(seller, (acme, "2026-04-21", 16), (acme, "2026-04-30", 12))
    [may] = seller.run("2026-05-01")

    assert (april["netTotal"], april["billingPeriod"]["start"]) == ("300.00", "2026-04-01")
    found = [
        (one["title"], one["netTotal"], one["servicePeriodStart"]) for one in seller.lines(may)
    ]
    assert sorted(found) == [
        ("Seat_Based", "360.00", "2026-05-01"),
        ("Seat_Based – overages", "60.00", "2026-04-01"),
    ]
    assert is_sound(seller)


def test_seats_of_the_first_day_told_too_late_are_charged_once(seller: Seller, metric: str) -> None:
    acme = seller.customer("Acme")
    price = seller.price(
        structure(metric, "30", prorationStrategy="PRORATE_ALL_CHANGES"), billingType="IN_ADVANCE"
    )
    seller.schedule(acme, price, start="2026-04-01", end="2026-04-30", autoIssueInvoices=True)
    [april] = seller.run("2026-04-01")
    said(seller, (acme, "2026-04-01", 4), (acme, "2026-04-16", 2))

    [after] = seller.run("2026-05-01")

    assert april["netTotal"] == "0.00"
    assert sorted(one["netTotal"] for one in seller.lines(after)) == ["-30.00", "120.00"]
    assert is_sound(seller)


def test_overages_of_a_yearly_commitment_are_charged_by_the_month(
    seller: Seller, metric: str
) -> None:
    group = seller.customer("Group")
    a, b = (seller.customer(name, group) for name in "AB")
    price = seller.price(
        structure(
            metric,
            "365",
            contractedMinimumSeats=100,
            overagesBillingFrequency="MONTHLY",
            prorationStrategy="PRORATE_ALL_CHANGES",
        ),
        billingType="IN_ADVANCE",
        billingFrequency="YEARLY",
    )
    seller.schedule(group, price, start="2026-04-01", rollUpBilling=True, autoIssueInvoices=True)
    said(seller, (a, "2026-03-01", 60), (b, "2026-03-01", 30))
    [year] = seller.run("2026-04-01")
    said(seller, (b, "2026-04-21", 45))

    [april] = seller.run("2026-05-01")
    [may] = seller.run("2026-06-01")

    [line] = seller.lines(april)
    told = seller.get(f"/invoices/{april['id']}/line-items/{line['id']}/explanation")
    assert told["usage"]["seats"] == [
        {"start": "2026-04-01", "days": 20, "seats": "90", "charged": "0"},
        {"start": "2026-04-21", "days": 10, "seats": "105", "charged": "5"},
    ]
    assert year["netTotal"] == "36500.00"
    assert (april["netTotal"], may["netTotal"]) == ("50.00", "155.00")
    for method in METHODS:
        assert sum(float(one) for one in shares(seller, april, method).values()) == 50
    assert is_sound(seller)


def test_seats_of_an_alias_count_once_a_customer_has_it(seller: Seller, metric: str) -> None:
    acme = seller.customer("Acme")
    price = seller.price(structure(metric, "30"))
    seller.schedule(acme, price, start="2026-04-01", autoIssueInvoices=True)
    said(seller, ("acme-eu", "2026-03-01", 5))
    [april] = seller.run("2026-05-01")

    seller.clock.set("2026-05-20")
    seller.post("/customer-aliases", {"customerId": acme, "value": "acme-eu"})
    [may] = seller.run("2026-06-01")

    assert april["netTotal"] == "0.00"
    assert [one["netTotal"] for one in seller.lines(may)] == ["150.00", "150.00"]
    assert is_sound(seller)


def test_a_seat_price_bills_at_most_what_it_names(seller: Seller, metric: str) -> None:
    group = seller.customer("Group")
    office = seller.customer("Office", group)
    named = seller.price(structure(metric, "2"), restrictToCustomers=[office])
    seller.schedule(
        group, seller.price(structure(metric, "1")), named, start="2026-04-01", rollUpBilling=True
    )
    said(seller, (group, "2026-03-01", 100), (office, "2026-03-01", 7))

    [invoice] = seller.run("2026-05-01")

    assert [one["netTotal"] for one in seller.lines(invoice)] == ["100.00", "14.00"]


def test_a_draft_takes_in_what_was_told_meanwhile(seller: Seller, metric: str) -> None:
    acme = seller.customer("Acme")
    seller.schedule(acme, seller.price(structure(metric, "1")), start="2026-04-01")
    said(seller, (acme, "2026-03-01", 10))
    [draft] = seller.run("2026-05-01")
    said(seller, (acme, "2026-03-20", 30))

    again = seller.post(f"/invoices/{draft['id']}/recalculate")

    assert (draft["netTotal"], again["netTotal"]) == ("10.00", "30.00")


def test_who_joins_after_the_first_day_has_its_share_of_overages(
    seller: Seller, metric: str
) -> None:
    group = seller.customer("Group")
    early, late = (seller.customer(name, group) for name in ("Early", "Late"))
    yearly = structure(metric, "365", overagesBillingFrequency="HALF_YEARLY")
    price = seller.price(yearly, billingFrequency="YEARLY")
    seller.schedule(group, price, start="2026-04-01", rollUpBilling=True)
    said(seller, (early, "2026-04-01", 1), (late, "2027-03-31", 2))

    invoices = seller.run("2027-04-01")

    last = invoices[-1]
    overages = [line["quantity"] != "0" for line in seller.lines(last)].index(True)
    assert shares(seller, last, "PROPORTIONAL", overages).keys() == {early, late}
    groups = seller.get(f"/invoices/{last['id']}/usage-item-groups")["items"]
    assert late in {one["customerId"] for one in groups}
