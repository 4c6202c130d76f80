"""Running billing from the dashboard, and reading what a run ended with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect
from sqlalchemy import update

from catchment.flows.billing.runs.bill_workspace import BILLING
from catchment.store import access
from catchment.store.engine import reading, writing
from catchment.store.lease import held
from catchment.store.schema import invoices, line_items
from tests.browser.server import House, Seller
from tests.browser.story import catalogue, dialog, family, row, schedule, table, usage


def test_a_run_shows_where_every_event_went(page: Page, seller: Seller) -> None:
    kin, prices = family(seller), catalogue(seller)
    usage(seller, nw=100, nw_leeds=20, loner=7, stray=1)
    schedule(seller, kin.group, [prices.calls], isDraft=False)
    [made_at_once] = seller.items("/invoices")
    seller.client.delete(f"/invoices/{made_at_once['id']}")
    page.goto("/billing/invoices")

    page.get_by_role("link", name="Billing runs").click()
    page.get_by_role("button", name="Run billing").first.click()
    asking = dialog(page, "Run billing")
    expect(asking.get_by_label("Due up to")).to_have_value("2026-03-10")
    asking.get_by_role("button", name="Run billing").click()

    expect(page.get_by_role("heading", name="Billing run", level=1)).to_be_visible()
    expect(page.get_by_text("Balanced").first).to_be_visible()
    sheet = row(table(page, "Control sheet"), "Calls")
    for count in ("4", "2", "0", "1", "Balanced"):
        expect(sheet.get_by_role("cell", name=count, exact=True).first).to_be_visible()
    expect(row(table(page, "Unpriced"), "Loner Ltd")).to_contain_text("Calls: 1")
    expect(row(table(page, "Unmapped"), "stray")).to_contain_text("Calls: 1")

    row(table(page, "Invoices"), "Northwind Group").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Draft invoice")).to_be_visible()
    page.get_by_role("link", name="Open billing run").click()
    expect(table(page, "Control sheet")).to_be_visible()


def test_what_does_not_add_up_is_shown_with_customer_and_figure(
    page: Page, seller: Seller, house: House
) -> None:
    kin, prices = family(seller), catalogue(seller)
    usage(seller, nw=100)
    schedule(seller, kin.group, [prices.calls], autoIssueInvoices=True)
    [issued] = seller.items("/invoices")
    seller.make(f"/invoices/{issued['id']}/void", None)
    first = seller.make("/billing-runs", {"asOf": "2026-03-10", "wait": True})
    assert first["issuedCount"] == 1
    [again] = [one for one in seller.items("/invoices") if one["status"] == "FINAL"]
    with writing(house.engine) as tx:
        tx.execute(update(invoices).where(invoices.c.id == again["id"]).values(status="DRAFT"))
        mine = line_items.c.invoice_id == again["id"]
        tx.execute(update(line_items).where(mine).values(gross_minor=1))
    run = seller.make("/billing-runs", {"asOf": "2026-03-10", "wait": True})

    page.goto("/billing/runs")
    expect(row(table(page, "Billing runs"), "Out of balance")).to_have_count(1)
    page.goto(f"/billing/runs/{run['id']}")

    expect(page.get_by_role("alert")).to_contain_text("1 figure does not add up")
    wrong = row(table(page, "Differences"), "Northwind Group")
    expect(wrong).to_contain_text("grossTotal")
    expect(wrong).to_contain_text("0.01")
    wrong.get_by_role("link", name="Line").click()
    expect(page).to_have_url(re.compile(rf"/billing/invoices/{again['id']}$"))


def test_a_day_far_ahead_is_refused_beside_its_field(page: Page, seller: Seller) -> None:
    page.goto("/billing/runs")
    page.get_by_role("button", name="Run billing").first.click()
    asking = dialog(page, "Run billing")

    asking.get_by_label("Due up to").fill("2062-03-10")
    asking.get_by_role("button", name="Run billing").click()

    expect(asking.get_by_text("more than a year ahead")).to_be_visible()


def test_the_bounds_of_what_is_issued_are_set(page: Page, seller: Seller) -> None:
    page.goto("/billing/runs")
    page.get_by_role("button", name="Bounds").click()
    form = dialog(page, "Bounds of what is issued")
    form.get_by_label("Most lines").fill("0")
    form.get_by_label("Most times the usual").fill("2.5")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("A whole number from 1 to 1,000,000")).to_be_visible()
    form.get_by_label("Most lines").fill("500")
    form.get_by_role("button", name="Save").click()

    expect(form).to_be_hidden()
    kept = seller.client.get("/billing-bounds").json()
    assert kept == {"mostLines": 500, "jumpFactor": "2.5", "jumpFrom": "1000"}


def test_a_run_at_work_is_cancelled(page: Page, seller: Seller, house: House) -> None:
    with working_elsewhere(house, seller):
        run = seller.make("/billing-runs", {"asOf": "2026-03-10"})
        page.goto("/billing/runs")
        page.get_by_role("link", name="10 Mar 2026").first.click()

        expect(page.get_by_role("status")).to_contain_text("Looking for what is due")
        page.get_by_role("button", name="Cancel run").click()
        dialog(page, "Cancel this billing run?").get_by_role("button", name="Cancel run").click()

        expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
        expect(page).to_have_url(re.compile(rf"/billing/runs/{run['id']}$"))


def test_what_is_out_of_bounds_is_issued_once_somebody_accepts_it(
    page: Page, seller: Seller
) -> None:
    kin, prices = family(seller), catalogue(seller)
    usage(seller, nw=100)
    tight = {"mostLines": 1, "jumpFactor": "10", "jumpFrom": "1000"}
    schedule(seller, kin.group, [prices.calls, prices.fee], autoIssueInvoices=True)
    for one in seller.items("/invoices"):
        seller.make(f"/invoices/{one['id']}/void", None)
    seller.client.put("/billing-bounds", json=tight)
    run = seller.make("/billing-runs", {"asOf": "2026-03-10", "wait": True})

    page.goto(f"/billing/runs/{run['id']}")
    parked = row(table(page, "Out of bounds"), "Northwind Group")
    expect(parked).to_contain_text("It has 2 lines, and 1 are the most.")
    page.get_by_role("button", name="Accept and issue").click()
    dialog(page, "Issue 1 invoice that is out of bounds?").get_by_role(
        "button", name="Accept and issue"
    ).click()

    expect(page.get_by_role("link", name="Open that run")).to_be_visible()
    expect(page.get_by_text("Balanced").first).to_be_visible()
    assert "FINAL" in {one["status"] for one in seller.items("/invoices")}


@contextmanager
def working_elsewhere(house: House, seller: Seller) -> Iterator[None]:
    """As if another machine worked on the seller's runs, and got nowhere."""
    with reading(house.engine) as tx:
        home = next(one for one in access.all_workspaces(tx) if one.name == seller.workspace)
    with held(house.engine, BILLING, home.id, wait=True):
        yield
