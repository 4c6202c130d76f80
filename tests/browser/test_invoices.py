"""An invoice, from the draft to its number."""

import re

from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import dialog, family, february, row, table


def test_an_invoice_explains_itself(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")

    lines = table(page, "Lines")
    expect(lines.get_by_role("rowheader", name="Platform")).to_be_visible()
    expect(row(lines, "API calls")).to_contain_text("188.75")
    expect(row(lines, "Platform fee")).to_contain_text("49.90")
    expect(row(lines, "Total")).to_contain_text("238.65")
    lines.get_by_role("button", name="How API calls is priced").click()
    expect(row(lines, "Up to 100")).to_contain_text("120.00")
    expect(row(lines, "Above 100")).to_contain_text("68.75")


def test_a_number_is_explained_down_to_its_events(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")

    table(page, "Lines").get_by_role("button", name="Explain API calls").click()
    drawer = dialog(page, "Explain API calls")
    expect(drawer).to_contain_text("None: 188.75 exactly")
    used = table(drawer, "Measured usage")
    expect(row(used, "Northwind Ltd")).to_contain_text("100")
    drawer.get_by_role("link", name=re.compile(r"^Show the \d+ events$")).click()

    expect(page).to_have_url(re.compile(r"/usage/events\?lineItemId="))
    expect(page.get_by_text("Only what one invoice line counted")).to_be_visible()
    rows = table(page, "Usage events").get_by_role("row")
    [invoice] = seller.items("/invoices")
    lines = seller.items(f"/invoices/{invoice['id']}/line-items")
    counted = next(line["eventCount"] for line in lines if line.get("eventCount"))
    expect(rows).to_have_count(counted + 1)


def test_the_usage_of_every_child_is_shown_indented(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")

    usage = table(page, "Usage breakdown")
    cells = usage.get_by_role("row").get_by_role("cell")
    together = ["Billed together", "125", "238.65 USD"]
    payer = ["Northwind Group", "", "49.90 USD"]  # the fee, which nobody shares
    german = ["Northwind GmbH", "5", "7.55 USD"]
    below = ["Northwind Ltd", "100", "151.00 USD", "Northwind Leeds", "20", "30.20 USD"]
    expect(cells).to_have_text([*together, *payer, *german, *below])
    boxes = [cells.nth(at).locator("a").bounding_box() for at in (3, 6, 9, 12)]
    group, other, limited, shop = [box["x"] for box in boxes if box]
    assert group < other == limited < shop

    page.get_by_label("Filter the usage breakdown").fill("leeds")
    expect(cells).to_have_text([*together, *payer, *below])


def test_the_document_is_read_beside_the_figures(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")

    with page.expect_response(lambda answer: "/download" in answer.url) as sent:
        page.get_by_role("button", name="Show PDF").click()

    assert sent.value.status == 200
    assert sent.value.headers["content-type"] == "application/pdf"
    frame = page.locator('iframe[title="Invoice PDF"]')
    expect(frame).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF-")


def test_finalizing_asks_first_and_gives_a_number(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")
    button = page.get_by_role("button", name="Finalize", exact=True)

    button.click()
    asked = dialog(page, "Finalize this invoice?")
    expect(asked).to_contain_text("Northwind Group owes 238.65 USD")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_be_hidden()
    expect(page.get_by_role("heading", name="Draft invoice")).to_be_visible()
    button.click()
    asked.get_by_role("button", name="Finalize", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Invoice \S+$"))
    [issued] = seller.items("/invoices")
    expect(page.get_by_role("heading", name=f"Invoice {issued['invoiceNumber']}")).to_be_visible()
    expect(button).to_have_count(0)
    expect(page.get_by_role("button", name="Recalculate")).to_have_count(0)


def test_a_draft_takes_in_usage_that_came_late(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/billing/invoices/{february(seller, kin)}")
    expect(row(table(page, "Lines"), "API calls")).to_contain_text("188.75")
    seller.make(
        "/usage-events",
        {
            "customerAlias": "nw",
            "eventType": "call",
            "eventTimestamp": "2026-02-20T10:00:00Z",
            "eventProperties": {"n": 4},
        },
    )

    page.get_by_role("button", name="Recalculate").click()

    expect(row(table(page, "Lines"), "API calls")).to_contain_text("191.75")
