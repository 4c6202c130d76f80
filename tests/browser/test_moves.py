"""What a move does to bills is read before it is made."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Seller
from tests.browser.story import dialog, family, february, row, table


def change_from(page: Page, customer: str, day: str) -> Locator:
    """The drawer that makes the shop independent from a day on, filled in."""
    # What is above the button still grows until everything is there.
    page.goto(f"/customers/{customer}", wait_until="networkidle")
    page.get_by_role("button", name="Move…").click()
    form = dialog(page, "Move Northwind Leeds")
    form.get_by_role("button", name="Clear selection").click()
    form.get_by_label("From", exact=True).fill(day)
    return form


def test_a_move_shows_its_money_before_it_is_made(page: Page, seller: Seller) -> None:
    kin = family(seller)
    draft = february(seller, kin)

    form = change_from(page, kin.shop, "2026-02-01")

    bills = table(form, "Effect on bills")
    expect(row(bills, "Northwind Group")).to_have_text("Northwind Group238.65 USD223.65 USD-15.00")
    expect(row(bills, "1 – 28 Feb 2026, draft")).to_contain_text("-15.00")
    form.get_by_role("button", name="Move", exact=True).click()
    expect(form).to_be_hidden()
    assert seller.client.get(f"/invoices/{draft}").json()["netTotal"] == "223.65"


def test_a_move_that_a_finalised_invoice_forbids_says_so_beforehand(
    page: Page, seller: Seller
) -> None:
    kin = family(seller)
    number = seller.make(f"/invoices/{february(seller, kin)}/finalize", {})["invoiceNumber"]

    form = change_from(page, kin.shop, "2026-02-01")

    expect(form.get_by_text("Not possible")).to_be_visible()
    expect(form.get_by_text(f"what these invoices counted: {number}")).to_be_visible()
    bills = table(form, "Effect on bills")
    expect(row(bills, f"{number} stays as it is")).to_contain_text("223.65")


def test_editing_the_parent_shows_its_money_too(page: Page, seller: Seller) -> None:
    kin = family(seller)
    february(seller, kin)
    page.goto(f"/customers/{kin.shop}?edit=1")
    form = dialog(page, "Edit customer")
    effect = form.get_by_role("region", name="Effect on bills", exact=True)
    expect(form.get_by_role("combobox", name="Parent")).to_have_value("Northwind Ltd")
    expect(effect).to_be_hidden()

    form.get_by_role("button", name="Clear selection").first.click()

    expect(effect).to_contain_text("No bill changes by the usage there is so far.")
