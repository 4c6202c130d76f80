"""Credits of a customer: granted, held by a draft, spent by an invoice, taken back."""

from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import choose, dialog, row, table
from tests.browser.test_taxes import drafted


def test_credit_is_granted_spent_and_taken_back(page: Page, seller: Seller) -> None:
    invoice = drafted(seller)
    [customer] = seller.items("/customers")
    page.goto(f"/customers/{customer['id']}")
    expect(page.get_by_text("No credits")).to_be_visible()
    page.get_by_role("button", name="New grant").click()
    form = dialog(page, "New grant")
    form.get_by_role("button", name="Grant").click()
    expect(form.get_by_text("Give the credit a name")).to_be_visible()
    form.get_by_label("Name").fill("Welcome credit")
    form.get_by_label("Amount").fill("100")
    choose(form, "Currency", "USD", typing="USD")
    form.get_by_label("Pays from").fill("2026-01-01")
    form.get_by_label("Draft an invoice that sells it").check()
    form.get_by_label("Sold for").fill("80")
    form.get_by_role("button", name="Grant").click()
    expect(form).to_be_hidden()

    balance = page.get_by_role("region", name="Credit in USD", exact=True)
    expect(balance).to_contain_text("100.00 USD left")
    expect(balance).to_contain_text("49.90 of it is held by drafts")
    page.goto(f"/billing/invoices/{invoice}")
    expect(page.get_by_text("Welcome credit – Platform fee")).to_be_visible()
    page.get_by_role("button", name="Finalize").click()
    dialog(page, "Finalize this invoice?").get_by_role("button", name="Finalize").click()
    page.goto(f"/customers/{customer['id']}")
    expect(row(table(page, "Grants in USD"), "Welcome credit")).to_contain_text("50.10")
    page.get_by_text("2 transactions").click()
    expect(row(table(page, "Transactions in USD"), "Paid")).to_contain_text("-49.90")
    row(table(page, "Grants in USD"), "Welcome credit").get_by_role("link", name="Invoice").click()
    expect(page.get_by_text("Prepaid credits")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Take back").click()
    dialog(page, "Take back Welcome credit?").get_by_role("button", name="Take back").click()
    expect(balance).to_contain_text("0.00 USD left")
