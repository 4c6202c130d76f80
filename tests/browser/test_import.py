"""Families from a file, in four steps."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import choose, customer, row, table
from tests.browser.test_every_screen import findings, needs_axe

HEADER = "Account;Full name;Parent account;Valid from;Region;E-mail;Street;City;ZIP;Country"
ROOT = "acme;Acme Holding;;;EU;ap@acme.example;1 Quay St;Leeds;LS1 1AA;GB"
GOOD = (ROOT, 'acme-uk;"Acme; UK";acme', "", "acme-fr;Acme France;acme;2026-02-01;EU")
FAULTY = (*GOOD, "acme-de;Acme Germany;acme;01.04.2026;EU", "acme-it;Acme Italy;akme")


@pytest.fixture
def write(tmp_path: Path):
    def write(name: str, *rows: str) -> Path:
        path = tmp_path / name
        path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join((HEADER, *rows)).encode())
        return path

    return write


def start(page: Page, file: Path) -> None:
    page.goto("/customers")
    page.get_by_role("link", name="Import…").click()
    put(page, file)


def put(page: Page, file: Path) -> None:
    """Choose a file, which is then shown."""
    page.get_by_label("Choose a file").set_input_files(file)
    expect(page.get_by_role("heading", name=file.name, level=2)).to_be_visible()


def check(page: Page, *, name: str = "Full name") -> None:
    """Go on to the check; the file calls names in its own way."""
    page.get_by_role("button", name="Continue").click()
    choose(page, "Company name", name)
    page.get_by_role("button", name="Check the file").click()


def count(page: Page, name: str) -> str:
    figures = page.locator(".counts > div").filter(has_text=name)
    return figures.locator("dd").inner_text()


def test_a_faulty_file_is_refused_row_by_row_and_a_good_one_imported(
    page: Page, seller: Seller, write
) -> None:
    start(page, write("faulty.csv", *FAULTY))
    rows = table(page, "Rows of the file")
    expect(page.get_by_text("5 rows, 10 columns")).to_be_visible()
    expect(row(rows, "Acme; UK").get_by_role("cell").first).to_have_text("3")
    expect(row(rows, "Acme France").get_by_role("cell").first).to_have_text("5")

    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("combobox", name="Parent", exact=True)).to_have_value("Parent account")
    expect(page.get_by_text("Not imported: Full name, Region.")).to_be_visible()
    choose(page, "Company name", "Full name")
    expect(page.get_by_text("Not imported: Region.")).to_be_visible()
    page.get_by_role("button", name="Check the file").click()

    refusals = table(page, "Refusals")
    expect(refusals.get_by_role("row")).to_have_count(3)
    date = row(refusals, "01.04.2026").first
    expect(date).to_contain_text("Valid from")
    expect(date).to_contain_text("acme-de | Acme Germany | acme | 01.04.2026 | EU")
    expect(row(refusals, "akme").first).to_contain_text("neither in this workspace")
    expect(page.get_by_role("button", name="Create")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    told = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert download.value.suggested_filename == "faulty-refused.csv"
    assert told[0].startswith("Row,Column,Reason,Account,Full name,")
    assert told[1].startswith("6,Valid from,")
    assert seller.items("/customers") == []

    page.get_by_role("navigation", name="Steps").get_by_role("link", name="File").click()
    put(page, write("good.csv", *GOOD))
    check(page)
    create = page.get_by_role("button", name="Create 3 customers")
    expect(create).to_be_visible()
    assert [count(page, name) for name in ("to create", "to move", "links to add", "Refused")] == [
        "3", "0", "2", "0",
    ]  # fmt: skip
    assert seller.items("/customers") == []
    create.click()

    expect(page.get_by_role("heading", name="Imported", level=2)).to_be_visible()
    assert count(page, "Customers created") == "3"
    assert sorted(one["legalName"] for one in seller.items("/customers")) == [
        "Acme France", "Acme Holding", "Acme; UK",
    ]  # fmt: skip
    page.get_by_role("link", name="See the tree").click()
    expect(page.get_by_role("treeitem", name="Acme Holding")).to_be_visible()


def test_back_and_forward_lose_nothing(page: Page, write) -> None:
    start(page, write("good.csv", *GOOD))
    check(page)
    expect(page.get_by_role("button", name="Create 3 customers")).to_be_visible()

    page.go_back()
    expect(page.get_by_role("combobox", name="Company name")).to_have_value("Full name")
    page.go_back()
    expect(page.get_by_role("heading", name="good.csv")).to_be_visible()
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    page.go_back()
    page.get_by_role("navigation", name="Steps").get_by_role("link", name="Check").click()
    expect(page.get_by_role("button", name="Create 3 customers")).to_be_visible()

    page.reload()
    expect(page.get_by_label("Choose a file")).to_be_attached()
    expect(page.get_by_role("button", name="Create 3 customers")).to_have_count(0)


def test_what_has_changed_since_the_check_refuses_the_import(
    page: Page, seller: Seller, write
) -> None:
    partner = customer(seller, "Partner", customerAliases=["partner"])
    start(page, write("good.csv", ROOT, "acme-uk;Acme UK;partner"))
    check(page)
    create = page.get_by_role("button", name="Create 2 customers")
    expect(create).to_be_visible()

    seller.make(f"/customers/{partner}/archive", None)
    create.click()

    expect(page.get_by_text("Something has changed since the file was checked")).to_be_visible()
    expect(row(table(page, "Refusals"), "partner").first).to_contain_text("archived")
    assert len(seller.items("/customers")) == 0


def test_the_columns_that_are_needed_are_asked_for(page: Page, write) -> None:
    start(page, write("good.csv", *GOOD))
    page.get_by_role("button", name="Continue").click()
    parent = page.get_by_role("combobox", name="Parent", exact=True)
    page.get_by_role("row").filter(has=parent).get_by_label("Clear selection").click()

    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_text("Say which column this is")).to_be_visible()
    expect(parent).to_have_attribute("aria-invalid", "true")


def test_what_is_no_csv_file_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "open.csv"
    file.write_text('customer,parent\na,"b\nc,d\n')
    page.goto("/customers/import")

    page.get_by_label("Choose a file").set_input_files(file)

    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("Row 2 has a quotation mark that is never closed.")
    file.write_bytes(b"customer,parent\nM\xfcller,\n")
    page.get_by_label("Choose a file").set_input_files(file)
    expect(problem).to_contain_text("not UTF-8")


def test_a_file_can_be_dropped(page: Page, write) -> None:
    page.goto("/customers/import")
    content = write("dropped.csv", *GOOD).read_text("utf-8-sig")
    transfer = page.evaluate_handle(
        """(content) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([content], "dropped.csv"));
          return transfer;
        }""",
        content,
    )

    page.locator(".drop-zone").dispatch_event("drop", {"dataTransfer": transfer})

    expect(page.get_by_role("heading", name="dropped.csv", level=2)).to_be_visible()


def test_the_tree_of_a_day_is_exported(page: Page, seller: Seller, write) -> None:
    start(page, write("good.csv", *GOOD))
    check(page)
    page.get_by_role("button", name="Create 3 customers").click()
    page.get_by_role("link", name="See the tree").click()

    def exported(day: str) -> list[str]:
        page.get_by_role("button", name="Export").click()
        page.get_by_label("As of").fill(day)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download CSV").click()
        page.keyboard.press("Escape")
        lines = Path(download.value.path()).read_text().splitlines()
        return sorted(",".join(line.split(",")[:3]) for line in lines[1:])

    assert exported("2026-01-31") == ["acme,,", "acme-fr,,", "acme-uk,acme,"]
    assert exported("2026-02-01") == ["acme,,", "acme-fr,acme,2026-02-01", "acme-uk,acme,"]


@needs_axe
def test_everybody_can_use_every_step(page: Page, write) -> None:
    def look() -> list[str]:
        found = findings(page)
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_function("() => document.documentElement.scrollWidth <= 390")
        page.set_viewport_size({"width": 1440, "height": 900})
        return found

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        start(page, write("faulty.csv", *FAULTY))
        assert look() == [], f"file, {scheme}"
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("combobox", name="Parent", exact=True)).to_be_visible()
        assert look() == [], f"columns, {scheme}"
        page.get_by_role("button", name="Check the file").click()
        expect(table(page, "Refusals")).to_be_visible()
        assert look() == [], f"check, {scheme}"
