"""Where a family's money goes: from the family down to a single customer."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Seller
from tests.browser.story import catalogue, choose, family, february, row, schedule, table, usage


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Spend", exact=True)


def figures(page: Page) -> list[list[str]]:
    rows = table(page, "Spend by child").get_by_role("row").all()[1:]
    return [[cell.inner_text() for cell in one.get_by_role("cell").all()] for one in rows]


def test_a_family_s_spend_opens_branch_by_branch(page: Page, seller: Seller) -> None:
    kin = family(seller)
    draft = february(seller, kin)
    seller.make(f"/invoices/{draft}/finalize", None)
    page.goto(f"/customers/{kin.group}")

    # 188.75 by quantity: 120 of 125 below Northwind Ltd; and the fee of the group itself.
    expect(page.locator(".spend-chart svg")).to_be_visible()
    assert figures(page) == [
        ["Northwind Ltd\n1 child · Open", "181.20", "75.9 %"],
        ["Northwind GmbH", "7.55", "3.2 %"],
        ["Northwind Group itself", "49.90", "20.9 %"],
        ["Total", "238.65", "100.0 %"],
    ]
    panel(page).get_by_text("From 1 invoice").click()
    expect(row(table(page, "Invoices of the spend"), "1 – 28 Feb 2026")).to_contain_text("238.65")

    panel(page).get_by_role("button", name="Northwind Ltd").click()
    way = page.get_by_role("navigation", name="Branch")
    expect(way).to_contain_text("Northwind Ltd")
    expect(row(table(page, "Spend by child"), "Northwind Leeds")).to_contain_text("30.20")
    assert figures(page) == [
        ["Northwind Leeds", "30.20", "16.7 %"],
        ["Northwind Ltd itself", "151.00", "83.3 %"],
        ["Total", "181.20", "100.0 %"],
    ]

    page.go_back()
    expect(row(table(page, "Spend by child"), "Total")).to_contain_text("238.65")
    page.go_forward()
    way.get_by_role("button", name="Northwind Group").click()
    expect(row(table(page, "Spend by child"), "Total")).to_contain_text("238.65")
    table(page, "Spend by child").get_by_role("link", name="Open Northwind Ltd").click()
    expect(page.get_by_role("heading", name="Northwind Ltd", level=1)).to_be_visible()
    expect(row(table(page, "Spend by child"), "Total")).to_contain_text("181.20")


def test_a_click_on_the_map_opens_a_branch(page: Page, seller: Seller) -> None:
    kin = family(seller)
    seller.make(f"/invoices/{february(seller, kin)}/finalize", None)
    page.goto(f"/customers/{kin.group}")

    page.locator(".spend-chart svg text").filter(has_text="Northwind Ltd ·").click()

    expect(row(table(page, "Spend by child"), "Total")).to_contain_text("181.20")


def test_periods_shares_and_drafts_are_chosen(page: Page, seller: Seller) -> None:
    kin = family(seller)
    prices = catalogue(seller)
    usage(seller, at="2026-01-05T10:00:00Z", nw=40)
    usage(seller, nw=100, nw_de=25)
    phases = [{"startDate": "2026-01-01", "priceIds": [], "listPriceIds": [prices.calls]}]
    schedule(seller, kin.group, [], startDate="2026-01-01", phases=phases)
    page.goto(f"/customers/{kin.group}")
    expect(page.get_by_text("Nothing spent yet")).to_be_visible()

    page.get_by_label("Include drafts").check()
    by_child = table(page, "Spend by child")
    period = page.get_by_role("combobox", name="Period", exact=True)
    expect(period).to_have_value("Feb 2026")
    expect(row(by_child, "Northwind Ltd")).to_contain_text("151.00")
    choose(page, "Shares", "Marginal")
    expect(row(by_child, "Northwind Ltd")).to_contain_text("120.00")
    choose(page, "Period", "Q1 2026")
    expect(row(by_child, "Northwind Ltd")).to_contain_text("180.00")
    expect(panel(page).get_by_text("From 2 invoices")).to_be_visible()

    page.reload()
    expect(period).to_have_value("Q1 2026")
    expect(row(by_child, "Total")).to_contain_text("248.75")
    page.goto(f"/customers/{kin.loner}")
    expect(page.get_by_text("Nothing spent yet")).to_be_visible()
