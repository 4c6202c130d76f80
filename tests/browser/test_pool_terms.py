"""Whom a schedule leaves out and whom a price is for, chosen by name."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Seller
from tests.browser.story import catalogue, choose, dialog, family, row, table, usage
from tests.browser.test_schedules import pick_price


def add(place: Page | Locator, label: str, typing: str, name: str) -> None:
    """Add a customer to those chosen."""
    choose(place, label, name, typing=typing)
    expect(place.get_by_text(name, exact=True).first).to_be_visible()


def test_a_price_for_one_branch_and_a_schedule_that_leaves_another_out(
    page: Page, seller: Seller
) -> None:
    kin = family(seller)
    known = catalogue(seller)
    usage(seller, nw=100, nw_leeds=20, nw_de=5)
    page.goto(f"/products/{known.product}?new=price&forProduct={known.product}")
    form = dialog(page, "New price")
    form.get_by_label("Price name").fill("German calls")
    choose(form, "Pricing model", "Fixed")
    expect(form.get_by_label("Only for customers")).to_be_hidden()
    choose(form, "Pricing model", "Linear")
    choose(form, "Usage metric", "Calls")
    add(form, "Only for customers", "gmbh", "Northwind GmbH")
    form.get_by_label("Price per unit").fill("2")
    form.get_by_role("button", name="Add price").click()
    german = row(table(page, "List prices"), "German calls")
    expect(german).to_contain_text("Only Northwind GmbH and below")

    page.goto(f"/billing/schedules/new?customer={kin.group}")
    choose(page, "Customer", "Northwind Group", typing="group")
    page.get_by_label("Start date").fill("2026-02-01")
    leave_out = page.get_by_role("combobox", name="Leave out")
    expect(leave_out).to_be_hidden()
    page.get_by_role("switch", name="Roll-up billing").check()
    add(page, "Leave out", "leeds", "Northwind Leeds")
    phase = page.get_by_role("group", name="Phase 1", exact=True)
    pick_price(phase, "Prices", "API calls")
    pick_price(phase, "Prices", "German calls")
    page.get_by_role("button", name="Start", exact=True).click()

    invoices = table(page, "Invoices")
    expect(row(invoices, "1 – 28 Feb 2026")).to_contain_text("130.00")  # 100 + 20, and 5 x 2
    expect(page.get_by_role("link", name="Northwind Leeds")).to_be_visible()
    [schedule] = seller.items("/billing-schedules")
    assert schedule["rollUpExclusions"] == [kin.shop]
