"""Taxes in the settings, on schedules and on invoices."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import (
    catalogue,
    choose,
    customer,
    dialog,
    pick_price,
    row,
    schedule,
    table,
)


def vat(seller: Seller, country: str = "GB", **more: Any) -> str:
    body = {
        "isPublished": True,
        "name": f"{country} standard",
        "invoiceName": "VAT",
        "invoiceShortName": "VAT",
        "amount": "0.2",
        "country": country,
        **more,
    }
    return str(seller.make("/tax-rates", body)["id"])


def drafted(seller: Seller) -> str:
    """The id of a draft of January's fee of somebody in the United Kingdom."""
    known = catalogue(seller)
    schedule(
        seller,
        customer(seller, "Loner Ltd"),
        [],
        startDate="2026-01-01",
        endDate="2026-01-31",
        rollUpBilling=False,
        phases=[
            {
                "startDate": "2026-01-01",
                "endDate": "2026-01-31",
                "priceIds": [],
                "listPriceIds": [known.fee],
            }
        ],
    )
    [invoice] = seller.items("/invoices")
    return str(invoice["id"])


def test_a_rate_is_added_changed_and_archived(page: Page) -> None:
    page.goto("/settings/taxes")
    page.get_by_role("button", name="New tax rate").click()
    form = dialog(page, "New tax rate")
    form.get_by_label("Rate name").fill("New York")
    form.get_by_label("Percent").fill("8.875")
    choose(form, "Country", "United States", typing="United St")
    choose(form, "State", "New York")
    form.get_by_role("button", name="Add tax rate").click()
    expect(form).to_be_hidden()

    found = row(table(page, "Tax rates"), "New York")
    expect(found).to_contain_text("8.875 %")
    expect(found).to_contain_text("NY, United States")
    found.get_by_role("button", name="Edit New York").click()
    form = dialog(page, "Edit tax rate")
    expect(form.get_by_text("This becomes version 2")).to_be_visible()
    form.get_by_label("Percent").fill("9")
    form.get_by_role("button", name="Update").click()
    expect(found).to_contain_text("9 %")
    found.get_by_role("button", name="Archive").click()
    dialog(page, "Archive New York?").get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Show archived rates")).to_be_visible()


def test_a_product_gets_a_category_and_keeps_it(page: Page, seller: Seller) -> None:
    known = catalogue(seller)
    page.goto("/settings/taxes")
    page.get_by_role("button", name="New tax category").click()
    form = dialog(page, "New tax category")
    form.get_by_label("Category name").fill("Software")
    form.get_by_role("button", name="Add tax category").click()
    expect(row(table(page, "Tax categories"), "Software")).to_be_visible()

    for _ in range(2):  # the second time nothing is chosen anew
        page.goto(f"/products/{known.product}?edit=1")
        form = dialog(page, "Edit product")
        if form.get_by_label("Tax category", exact=True).input_value() == "":
            choose(form, "Tax category", "Software")
        form.get_by_role("button", name="Update").click()
        expect(form).to_be_hidden()
    [product] = seller.items("/products")
    [category] = seller.items("/tax-categories")
    assert product["taxCategoryId"] == category["id"]


def test_an_invoice_shows_its_tax_and_what_has_no_rate(page: Page, seller: Seller) -> None:
    vat(seller, "FR")
    invoice = drafted(seller)
    page.goto(f"/billing/invoices/{invoice}")
    expect(page.get_by_text("1 line has no tax rate")).to_be_visible()
    expect(row(table(page, "Lines"), "No rate")).to_be_visible()

    vat(seller)
    page.get_by_role("button", name="Recalculate").click()

    lines = table(page, "Lines")
    expect(row(lines, "VAT 20 %")).to_contain_text("9.98")
    expect(page.get_by_text("has no tax rate")).to_be_hidden()
    lines.get_by_role("button", name="Explain Platform fee").click()
    told = dialog(page, "Explain Platform fee")
    expect(told.get_by_text("for all products, where the customer is")).to_be_visible()


def test_a_schedule_names_the_rate_of_a_price(page: Page, seller: Seller) -> None:
    known = catalogue(seller)
    rate = vat(seller, "DE", name="Reduced", amount="0.07")
    payer = customer(seller, "Loner Ltd")
    page.goto(f"/billing/schedules/new?customerId={payer}")
    pick_price(page.get_by_role("group", name="Phase 1", exact=True), "Prices", "Platform fee")
    choose(page, "Tax rate of Platform fee", "Reduced, 7 % (Germany)")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="Schedule of Loner Ltd")).to_be_visible()

    [made] = seller.items("/billing-schedules")
    [price] = made["prices"]
    assert made["taxRates"] == [{"priceId": price["id"], "taxRateId": rate}]
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="Schedule of Loner Ltd")).to_be_visible()
    assert seller.items("/billing-schedules")[0]["taxRates"] == made["taxRates"]
    assert known.fee == price["listPriceId"]
