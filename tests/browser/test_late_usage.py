"""What came after an invoice was final, where a seller looks for it."""

from playwright.sync_api import Page, expect

from tests.browser.server import House, Seller
from tests.browser.story import catalogue, dialog, family, row, schedule, table, usage


def test_late_events_are_found_from_the_run_to_the_invoice_they_adjust(
    page: Page, seller: Seller, house: House
) -> None:
    kin, prices = family(seller), catalogue(seller)
    usage(seller, nw=100, nw_leeds=20)
    schedule(seller, kin.group, [prices.calls])
    [february] = seller.items("/invoices")
    february = seller.make(f"/invoices/{february['id']}/finalize", None)
    usage(seller, nw_leeds=5)
    run = seller.make("/billing-runs", {"asOf": "2026-04-01", "wait": True})

    page.goto(f"/billing/runs/{run['id']}")
    late = row(table(page, "Late usage"), "Calls")
    expect(late).to_contain_text("1 – 28 Feb 2026")
    row(table(page, "Invoices"), "Northwind Group").get_by_role("link").click()

    lines = table(page, "Lines")
    adjustment = row(lines, "adjustment for 1 – 28 February 2026")
    expect(adjustment).to_contain_text(f"Adjusts {february['invoiceNumber']}")
    adjustment.get_by_role("button", name="How API calls").click()
    expect(row(lines, "Billed before")).to_contain_text("185.00")
    adjustment.get_by_role("button", name="Explain").click()
    expect(dialog(page, "Explain API calls")).to_contain_text("by all that is known, less")
