"""What was agreed, from the form to the first drafts."""

from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import (
    catalogue,
    choose,
    family,
    pick_price,
    row,
    schedule,
    table,
    usage,
)


def test_roll_up_is_off_for_a_customer_without_children_and_says_why(
    page: Page, seller: Seller
) -> None:
    family(seller)
    page.goto("/billing/schedules/new")
    switch = page.get_by_role("switch", name="Roll-up billing")

    choose(page, "Customer", "Loner Ltd", typing="loner")

    expect(switch).to_be_disabled()
    expect(
        page.get_by_text("Loner Ltd has no child accounts, so there is nothing to roll up.")
    ).to_be_visible()


def test_a_child_s_schedule_may_bill_its_parent(page: Page, seller: Seller) -> None:
    kin = family(seller)
    prices = catalogue(seller)
    schedule(seller, kin.group, [prices.fee])
    page.goto("/billing/schedules/new")

    choose(page, "Customer", "Northwind Leeds", typing="leeds")
    page.get_by_label("Start date").fill("2026-02-01")
    choose(page, "Bill to", "Its parent")
    pick_price(page.get_by_role("group", name="Phase 1", exact=True), "Prices", "Platform fee")
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_text("Its parent", exact=True)).to_be_visible()
    row(table(page, "Invoices"), "1 – 28 Feb 2026").click()
    expect(page.get_by_text("Northwind Leeds · ")).to_be_visible()


def test_a_roll_up_schedule_in_two_phases_drafts_what_is_due(page: Page, seller: Seller) -> None:
    family(seller)
    catalogue(seller)
    usage(seller, nw=100, nw_leeds=20, nw_de=5)
    page.goto("/customers")
    page.get_by_role("button", name="Add new", exact=True).click()
    page.get_by_role("menuitem", name="Billing schedule").click()

    choose(page, "Customer", "Northwind Group", typing="group")
    page.get_by_label("Start date").fill("2026-01-01")
    page.get_by_label("Billing day").fill("1")
    page.get_by_role("switch", name="Roll-up billing").check()
    page.get_by_role("button", name="Add phase").click()
    first = page.get_by_role("group", name="Phase 1", exact=True)
    first.get_by_label("Phase 1 last day").fill("2026-01-31")
    pick_price(first, "Phase 1 prices", "Platform fee")
    second = page.get_by_role("group", name="Phase 2", exact=True)
    second.get_by_label("Phase 2 first day").fill("2026-02-01")
    pick_price(second, "Phase 2 prices", "API calls")
    page.get_by_role("button", name="Save draft").click()

    expect(page.get_by_role("heading", name="Schedule of Northwind Group")).to_be_visible()
    expect(page.get_by_text("No invoices yet")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    asked = page.get_by_role("dialog", name="Start this billing schedule?")
    asked.get_by_role("button", name="Start", exact=True).click()

    invoices = table(page, "Invoices")
    expect(row(invoices, "1 – 28 Feb 2026")).to_contain_text("188.75")
    expect(row(invoices, "1 – 31 Jan 2026")).to_contain_text("49.90")
    expect(page.get_by_text("Active", exact=True)).to_be_visible()


def test_a_refused_schedule_says_which_phase(page: Page, seller: Seller) -> None:
    kin = family(seller)
    prices = catalogue(seller)
    draft = schedule(
        seller,
        kin.group,
        [prices.fee],
        isDraft=True,
        endDate="2026-06-30",
        phases=[
            {
                "startDate": "2026-02-01",
                "endDate": "2026-06-30",
                "listPriceIds": [prices.fee],
                "priceIds": [],
            }
        ],
    )
    page.goto(f"/billing/schedules/{draft}/edit")

    page.get_by_label("First day").fill("2026-03-01")
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_label("First day")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("First day")).to_be_focused()


def test_the_next_invoice_and_the_months_to_come_are_seen_before_they_are_billed(
    seller: Seller, page: Page
) -> None:
    kin, prices = family(seller), catalogue(seller)
    usage(seller, nw=125)
    usage(seller, "2026-03-09T10:00:00Z", nw_leeds=31, nw_de=9)
    running = schedule(seller, kin.group, [prices.calls, prices.fee])
    page.goto(f"/billing/schedules/{running}")

    coming = page.get_by_role("region", name="Next invoice", exact=True)
    expect(coming).to_contain_text("so far · 2 customers · due 1 Apr 2026")
    expect(row(table(coming, "Lines of the next invoice"), "Total")).to_contain_text("109.90")

    simulated = page.get_by_role("region", name="Simulate", exact=True)
    simulated.get_by_role("button", name="Simulate").click()
    expect(row(table(simulated, "Simulated invoices"), "1 – 30 Apr 2026")).to_contain_text("238.65")

    simulated.get_by_label("API calls a month").fill("100")
    simulated.get_by_role("button", name="Simulate").click()
    expect(row(table(simulated, "Simulated invoices"), "1 – 30 Apr 2026")).to_contain_text("169.90")
