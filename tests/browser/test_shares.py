"""Whose share of an invoice is whose, why, and each customer's own page of it."""

import csv
import io
import re
from pathlib import Path

import pyarrow.parquet as pq
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Seller
from tests.browser.story import dialog, family, february, row, table


def shares(page: Page) -> Locator:
    """The last cell of each row of the breakdown: the share."""
    return table(page, "Usage breakdown").locator("tbody td:last-child")


def test_the_breakdown_shows_shares_by_each_method(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")

    # 188.75 for 125 calls, and the fee, which is the payer's: all, Group, GmbH, Ltd, Leeds.
    money = [re.compile(text) for text in ("238.65", "49.90", "7.55", "151.00", "30.20")]
    expect(shares(page)).to_have_text(money)
    page.get_by_text("Standalone", exact=True).click()

    # Alone Ltd would have paid 120, Leeds 40 and GmbH 25, of 185.
    money = [re.compile(text) for text in ("238.65", "49.90", "25.51", "122.43", "40.81")]
    expect(shares(page)).to_have_text(money)
    expect(page).to_have_url(re.compile("method=STANDALONE"))


def test_a_share_is_explained_and_the_method_switched_beside_it(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")

    page.get_by_role("button", name="Explain the share of Northwind Leeds").click()
    drawer = dialog(page, "Share of Northwind Leeds")
    expect(row(table(drawer, "Share of each line"), "API calls")).to_contain_text("30.20")
    expect(drawer).to_contain_text("20 of 125")
    expect(drawer).to_contain_text("188.75 × 20 ÷ 125 = 30.20")
    expect(drawer).to_contain_text("Cut to 30.20; nothing was left over for it")

    drawer.get_by_text("Marginal", exact=True).click()
    made_of = table(drawer, "What the weight is made of")
    expect(made_of).to_contain_text("of")
    drawer.get_by_text("Standalone", exact=True).click()
    expect(row(made_of, "0 – 100")).to_contain_text("40.00")
    expect(drawer).to_contain_text("40.00 of 185.00")

    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_be_hidden()
    expect(page).not_to_have_url(re.compile("share="))


def test_the_total_is_explained_down_to_a_line(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")

    page.get_by_role("button", name="Explain the total", exact=True).click()
    sums = table(dialog(page, "Explain the total"), "How the total adds up")
    expect(row(sums, "Platform").first).to_contain_text("238.65")
    expect(row(sums, "Total")).to_contain_text("238.65")
    sums.get_by_role("button", name="API calls").click()

    expect(dialog(page, "Explain API calls")).to_contain_text("None: 188.75 exactly")


def saved(page: Page, item: str) -> Path:
    """The file that an item of the download menu saves."""
    page.get_by_role("button", name="Full table").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    return Path(download.value.path())


def test_the_full_table_is_saved_with_the_shares_on_screen(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}?method=STANDALONE")

    rows = list(csv.DictReader(io.StringIO(saved(page, "CSV").read_text("utf-8"))))
    table = pq.read_table(saved(page, "Parquet"))

    assert [(row["customer"], row["quantity"], row["netTotal"]) for row in rows] == [
        ("Northwind Group", "1", "49.90"),
        ("Northwind GmbH", "5", "25.51"),
        ("Northwind Ltd", "100", "122.43"),
        ("Northwind Leeds", "20", "40.81"),
    ]
    assert table.column("customerId").to_pylist() == [row["customerId"] for row in rows]


def issued(seller: Seller) -> tuple[str, str]:
    """An issued invoice, and the customer whose branch is two of its three members."""
    kin = family(seller)
    invoice = february(seller, kin)
    seller.make(f"/invoices/{invoice}/finalize", None)
    return invoice, kin.limited


def test_a_member_s_statement_is_its_own_or_that_of_its_branch(page: Page, seller: Seller) -> None:
    invoice, _ = issued(seller)
    page.goto(f"/billing/invoices/{invoice}")

    page.get_by_role("link", name="Statement of Northwind Ltd").click()
    expect(page.get_by_role("heading", name="Statement of Northwind Ltd")).to_be_visible()
    lines = table(page, "Share of each line")
    expect(row(lines, "API calls")).to_contain_text("151.00")
    expect(page.get_by_text("Northwind GmbH")).to_have_count(0)

    page.get_by_role("switch", name="With all below").click()
    expect(row(lines, "API calls")).to_contain_text("181.20")
    members = table(page, "Customers of the statement")
    expect(row(members, "Northwind Leeds")).to_contain_text("30.20")
    lines.get_by_role("button", name="Explain the share of API calls").click()
    summed = table(
        dialog(page, "Share of Northwind Ltd in API calls"), "Customers it is the sum of"
    )
    expect(row(summed, "Northwind Leeds")).to_contain_text("30.20")


def test_a_statement_is_read_and_saved_as_pdf(page: Page, seller: Seller) -> None:
    invoice, customer = issued(seller)
    page.goto(f"/customers/{customer}/statements/{invoice}?branch=1")

    with page.expect_response(lambda answer: "/download" in answer.url) as sent:
        page.get_by_role("button", name="Show PDF").click()

    assert "includeDescendants=true" in sent.value.url
    expect(page.locator('iframe[title="Statement PDF"]')).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "SEQ-00001-branch-statement.pdf"


def test_a_customer_s_page_lists_its_statements(page: Page, seller: Seller) -> None:
    _, customer = issued(seller)
    page.goto(f"/customers/{customer}")

    statements = table(page, "Statements")
    expect(row(statements, "SEQ-00001")).to_contain_text("181.20")
    panel = page.get_by_role("region", name="Statements", exact=True)
    panel.get_by_role("switch", name="Include children").click()
    expect(row(statements, "SEQ-00001")).to_contain_text("151.00")
    statements.get_by_role("link", name="SEQ-00001").click()

    expect(page.get_by_role("heading", name="Statement of Northwind Ltd")).to_be_visible()
    expect(page.get_by_role("switch", name="With all below")).not_to_be_checked()
