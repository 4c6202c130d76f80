"""A company's months, told through the public API: what was agreed, what was used, what was billed."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.scenarios.seller import TIERS, Seller, fixed, graduated, linear, package, volume

CAPPED = [{"price": "0.02", "isPricePercentage": True, "minPrice": "1", "maxPrice": "10"}]


@pytest.fixture
def seller(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock
) -> Seller:
    clock.set("2026-01-01")
    return Seller(client, engine, usage, workspace, clock)


def nets(invoices: list[Any]) -> list[tuple[str, str]]:
    """(last day of the billing period, net total)"""
    return [(i["billingPeriod"]["endInclusive"], i["netTotal"]) for i in invoices]


def test_every_price_model_comes_to_the_amount_agreed(seller: Seller) -> None:
    buyer, product, metric = seller.customer("Buyer"), seller.product(), seller.metric()
    seller.schedule(
        buyer,
        *(
            seller.price(structure, product=product)
            for structure in (
                {"pricingType": "ONE_TIME", "price": "99.5"},
                fixed("500"),
                linear(metric, "0.1"),
                linear(metric, "0.005", percentage=True),
                package(metric),
                volume(metric, TIERS),
                graduated(metric),
                volume(metric, CAPPED),
            )
        ),
        end="2026-01-31",
    )
    seller.used(
        (buyer, "2026-01-10", "25"), (buyer, "2026-01-11", "100"), (buyer, "2026-01-31", "475")
    )

    [invoice] = seller.run("2026-02-01")

    lines = seller.lines(invoice)
    assert [(line["title"], line["netTotal"]) for line in lines] == [
        ("One_Time", "99.50"),
        ("Fixed", "500.00"),
        ("Linear", "60.00"),  # 600 x 0.1
        ("Linear", "3.00"),  # 0.5 % of 600
        ("Package", "30.00"),  # 3 packages of 250
        ("Volume", "500.00"),  # 600 x 0.75 + 50
        ("Graduated", "545.00"),  # 100 + 20 + 500 x 0.75 + 50
        ("Volume", "12.50"),  # 1 + 2 + 9.50, event by event
    ]
    assert [line["rateDisplay"] for line in lines[2:4]] == ["ABSOLUTE", "PERCENTAGE"]
    assert invoice["netTotal"] == "1750.00"
    [group] = seller.get(f"/invoices/{invoice['id']}/line-item-groups")["items"]
    assert (group["title"], group["grossTotal"]) == ("Platform", "1750.00")


def test_tiers_of_125_and_caps_per_payment(seller: Seller) -> None:
    buyer, calls, payments = (
        seller.customer("Buyer"),
        seller.metric(),
        seller.metric(event="payment"),
    )
    seller.schedule(
        buyer,
        seller.price(volume(calls, TIERS)),
        seller.price(graduated(calls)),
        seller.price(volume(payments, CAPPED)),
    )
    seller.used((buyer, "2026-01-10", "125"))
    seller.used(*((buyer, "2026-01-10", n) for n in ("25", "100", "750")), kind="payment")

    [invoice] = seller.run("2026-02-01")

    assert [line["netTotal"] for line in seller.lines(invoice)] == ["143.75", "188.75", "13.00"]


def test_a_family_reaches_the_cheaper_tier_together(seller: Seller) -> None:
    parent = seller.customer("Parent")
    children = [seller.customer(name, parent) for name in ("North", "South", "West")]
    schedule = seller.schedule(parent, seller.price(graduated(seller.metric())), rollUpBilling=True)
    for child, n in zip(children, ("60", "40", "25"), strict=True):
        seller.used((child, "2026-01-20", n))

    [invoice] = seller.run("2026-02-01")

    assert (invoice["billingScheduleId"], invoice["netTotal"]) == (schedule, "188.75")
    assert invoice["customerLegalCompanyName"] == "Parent"
    assert seller.breakdown(invoice) == {"North": ["60"], "South": ["40"], "West": ["25"]}


def test_children_alone_would_have_paid_their_own_tiers(seller: Seller) -> None:
    parent, metric = seller.customer("Parent"), seller.metric()
    for name, n in (("North", "60"), ("South", "40"), ("West", "25")):
        child = seller.customer(name, parent)
        seller.schedule(child, seller.price(graduated(metric)))
        seller.used((child, "2026-01-20", n))

    invoices = seller.run("2026-02-01")

    assert [invoice["netTotal"] for invoice in invoices] == ["80.00", "60.00", "45.00"]
    assert [seller.breakdown(invoice) for invoice in invoices] == [{}, {}, {}]


def test_a_distinct_user_of_two_children_is_billed_once(seller: Seller) -> None:
    parent = seller.customer("Parent")
    a, b = (seller.customer(name, parent) for name in "AB")
    seller.schedule(parent, seller.price(linear(seller.metric("UNIQUE"), "10")), rollUpBilling=True)
    seller.used(
        *((a, "2026-01-20", user) for user in "12"), *((b, "2026-01-20", user) for user in "23")
    )

    [invoice] = seller.run("2026-02-01")

    assert invoice["netTotal"] == "30.00"
    assert seller.breakdown(invoice) == {"A": ["2"], "B": ["2"]}
    assert "add up to 4" in seller.get(f"/invoices/{invoice['id']}/usage-item-groups")["notes"][0]


def test_seats_are_billed_by_the_latest_count_of_every_member(seller: Seller) -> None:
    parent = seller.customer("Parent")
    a, b, left = (seller.customer(name, parent) for name in ("A", "B", "Left"))
    seller.post(
        f"/customers/{left}/moves", {"parentId": None, "effectiveFrom": "2026-01-16T00:00:00Z"}
    )
    price = seller.price(linear(seller.metric("LATEST"), "10"))
    seller.schedule(parent, price, rollUpBilling=True)
    for who, day, seats in (
        (a, "2026-01-20", "5"), (a, "2026-01-10", "50"), (b, "2026-01-02", "8"), (b, "2026-01-05", "?"),
        (left, "2026-01-15", "30"), (left, "2026-01-16", "31"), (parent, "2025-12-31", "1000"),
    ):  # fmt: skip
        seller.used((who, day, seats))

    [invoice] = seller.run("2026-02-01")

    assert invoice["netTotal"] == "430.00"
    assert seller.breakdown(invoice) == {"A": ["5"], "B": ["8"], "Left": ["30"]}
    assert seller.get(f"/invoices/{invoice['id']}/usage-item-groups")["notes"] == []
    for method in ("PROPORTIONAL", "MARGINAL", "STANDALONE"):
        shares = seller.get(f"/invoices/{invoice['id']}/allocations", method=method)["items"]
        assert sorted(one["netTotal"] for one in shares) == ["300.00", "50.00", "80.00"]


def test_the_nearest_pool_wins_in_a_family_of_families(seller: Seller) -> None:
    metric = seller.metric()
    group = seller.customer("Group")
    region = seller.customer("Region", group)
    shop = seller.customer("Shop", region)
    office = seller.customer("Office", group)
    price = seller.price(linear(metric))
    seller.schedule(group, price, rollUpBilling=True)
    seller.schedule(region, price, rollUpBilling=True)
    for who, n in ((group, "1"), (region, "10"), (shop, "100"), (office, "1000")):
        seller.used((who, "2026-01-20", n))

    invoices = seller.run("2026-02-01")

    told = {i["customerLegalCompanyName"]: (i["netTotal"], seller.breakdown(i)) for i in invoices}
    assert told == {
        "Group": ("1001.00", {"Group": ["1"], "Office": ["1000"]}),
        "Region": ("110.00", {"Region": ["10"], "Shop": ["100"]}),
    }


def test_a_child_that_moves_in_mid_month_is_billed_where_it_was(seller: Seller) -> None:
    price = seller.price(linear(seller.metric()))
    old, new = seller.customer("Old"), seller.customer("New")
    child, stays = seller.customer("Child", old), seller.customer("Stays", old)
    seller.customer("Other", new)
    for parent in (old, new):
        seller.schedule(parent, price, rollUpBilling=True)
    seller.used(
        (child, "2026-01-14T23:59:59.999Z", "3"),
        (child, "2026-01-15T00:00:00Z", "40"),
        (stays, "2026-01-20", "500"),
    )
    body = {"parentId": new, "effectiveFrom": "2026-01-15T00:00:00Z", "reason": "sold"}
    seller.post(f"/customers/{child}/moves", body)

    invoices = seller.run("2026-02-01")

    told = {i["customerLegalCompanyName"]: (i["netTotal"], seller.breakdown(i)) for i in invoices}
    assert told == {
        "Old": ("503.00", {"Child": ["3"], "Stays": ["500"]}),
        "New": ("40.00", {"Child": ["40"]}),
    }


def test_a_backdated_move_recalculates_the_drafts_of_both_families(seller: Seller) -> None:
    price = seller.price(linear(seller.metric()))
    old, new = seller.customer("Old"), seller.customer("New")
    child = seller.customer("Child", old)
    seller.customer("Stays", old)
    seller.customer("Other", new)
    for parent in (old, new):
        seller.schedule(parent, price, rollUpBilling=True)
    seller.used((child, "2026-01-20", "40"))
    before = seller.run("2026-02-01")

    seller.post(
        f"/customers/{child}/moves", {"parentId": new, "effectiveFrom": "2026-01-15T00:00:00Z"}
    )

    after = [seller.get(f"/invoices/{invoice['id']}") for invoice in before]
    assert {i["customerLegalCompanyName"]: i["netTotal"] for i in before} == {
        "Old": "40.00",
        "New": "0.00",
    }
    assert {i["customerLegalCompanyName"]: i["netTotal"] for i in after} == {
        "Old": "0.00",
        "New": "40.00",
    }


def test_a_first_stub_and_a_last_part_are_prorated_by_days(seller: Seller) -> None:
    buyer = seller.customer("Buyer")
    seller.schedule(
        buyer,
        seller.price(fixed("500")),
        start="2026-04-16",
        end="2026-06-15",
        recurrenceDayOfMonth=1,
    )

    invoices = seller.run("2026-07-01")

    assert nets(invoices) == [
        ("2026-04-30", "250.00"),  # 15 of 30 days
        ("2026-05-31", "500.00"),
        ("2026-06-15", "250.00"),  # 15 of 30 days
    ]
    assert [line["quantity"] for i in invoices for line in seller.lines(i)] == ["1", "1", "1"]
    assert [line["rate"] for i in invoices for line in seller.lines(i)] == ["250", "500", "250"]


def test_billing_day_31_is_the_last_day_of_every_month(seller: Seller) -> None:
    buyer = seller.customer("Buyer")
    seller.schedule(buyer, seller.price(fixed("31")), start="2026-01-31")

    invoices = seller.run("2026-06-01")

    assert nets(invoices) == [
        ("2026-02-27", "31.00"),
        ("2026-03-30", "31.00"),
        ("2026-04-29", "31.00"),
        ("2026-05-30", "31.00"),
    ]


def test_a_quarter_and_a_month_that_end_together_share_an_invoice(seller: Seller) -> None:
    buyer, metric, product = seller.customer("Buyer"), seller.metric(), seller.product()
    seller.schedule(
        buyer,
        seller.price(linear(metric), product=product),
        seller.price(fixed("300"), product=product, billingFrequency="QUARTERLY"),
        seller.price(fixed("20"), product=product, billingType="IN_ADVANCE"),
    )
    for month in ("01", "02", "03"):
        seller.used((buyer, f"2026-{month}-10", month))

    [first] = seller.get("/invoices")["items"]
    rest = seller.run("2026-04-01")

    assert first["grossTotal"] == "20.00"  # drafted on the very day of the start, in advance
    assert [i["netTotal"] for i in rest] == ["21.00", "22.00", "323.00"]
    assert rest[-1]["billingPeriod"] == {"start": "2026-01-01", "endInclusive": "2026-03-31"}
    assert rest[-1]["accountingDate"] == "2026-03-31"
    periods = [line["servicePeriod"] for line in seller.lines(rest[-1])]
    assert periods == [
        {"startDate": "2026-03-01", "endDate": "2026-03-31"},
        {"startDate": "2026-01-01", "endDate": "2026-03-31"},
        {"startDate": "2026-04-01", "endDate": "2026-04-30"},
    ]


def test_a_year_of_months_is_numbered_without_a_gap(seller: Seller) -> None:
    buyer = seller.customer("Buyer")
    seller.schedule(buyer, seller.price(fixed("10")), autoIssueInvoices=True)
    other = seller.customer("Other")
    seller.schedule(other, seller.price(fixed("10")))

    for month in range(2, 13):
        for invoice in seller.run(f"2026-{month:02d}-01"):
            if invoice["status"] == "DRAFT":
                done = seller.post(f"/invoices/{invoice['id']}/finalize")
                assert done["issueDate"] == f"2026-{month:02d}-01"

    found = seller.get("/invoices", limit=100)["items"]
    assert sorted(i["invoiceNumber"] for i in found) == [f"SEQ-{n:05d}" for n in range(1, 23)]
    assert seller.run("2026-12-01") == []


def test_a_schedule_begun_in_the_past_is_drafted_at_once(seller: Seller) -> None:
    seller.clock.set("2026-03-10")
    buyer, metric = seller.customer("Buyer"), seller.metric()
    seller.used((buyer, "2026-02-10", "7"))
    price = seller.price(linear(metric))

    seller.schedule(buyer, price)

    found = seller.get("/invoices", sortBy="ACCOUNTING_DATE", sortOrder="ASC")["items"]
    assert nets(found) == [("2026-01-31", "0.00"), ("2026-02-28", "7.00")]
    assert seller.run("2026-03-10") == []


def test_yen_have_no_cents_and_half_a_yen_is_rounded_up(seller: Seller) -> None:
    buyer = seller.customer("Buyer")
    seller.schedule(buyer, seller.price(linear(seller.metric(), "0.5"), currency="JPY"))
    seller.used((buyer, "2026-01-10", "5"))

    [invoice] = seller.run("2026-02-01")

    assert (invoice["netTotal"], invoice["grossTotal"]) == ("3", "3")


def test_an_alias_mapped_late_brings_its_usage(seller: Seller) -> None:
    buyer, metric = seller.customer("Buyer"), seller.metric()
    seller.schedule(buyer, seller.price(linear(metric)))
    seller.used(("acct-9", "2026-01-10", "5"))
    [invoice] = seller.run("2026-02-01")
    seller.post("/customer-aliases", {"customerId": buyer, "value": "acct-9"})

    after = seller.post(f"/invoices/{invoice['id']}/recalculate")

    assert (invoice["netTotal"], after["netTotal"]) == ("0.00", "5.00")
