"""Families of customers, as a person makes and reads them."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Seller
from tests.browser.story import add_new, choose, customer, dialog, family, row, table


def fill_in(form: Locator, name: str) -> None:
    """Everything a customer needs, but for its parent."""
    form.get_by_label("Company name").fill(name)
    form.get_by_label("Address line 1").fill("3180 18th St")
    form.get_by_label("Town").fill("San Francisco")
    form.get_by_label("Postcode").fill("94110")
    choose(form, "Country", "United States", typing="United St")
    choose(form, "State", "California", typing="calif")
    form.get_by_label("Primary contact name").fill("Sam Lawford")
    form.get_by_label("Primary contact e-mail").fill("billing@creditnow.example")


def problem_of(field: Locator) -> Locator:
    """What is said beside a field."""
    said = field.get_attribute("aria-describedby") or ""
    assert said, "the field has no description"
    ids = ", ".join(f'[id="{one}"]' for one in said.split())
    return field.page.locator(f":is({ids})")


def test_a_child_account_is_added_as_the_guide_tells(page: Page, seller: Seller) -> None:
    customer(seller, "Northwind Group")
    page.goto("/customers")

    form = add_new(page, "Customer")
    fill_in(form, "Credit Now Inc.")
    choose(form, "Parent", "Northwind Group", typing="north")
    form.get_by_role("button", name="Add New", exact=True).click()

    expect(form).to_be_hidden()
    page.get_by_role("link", name="Credit Now Inc.").click()
    expect(page.get_by_role("heading", name="Credit Now Inc.", level=1)).to_be_visible()
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role(
        "link", name="Northwind Group"
    ).click()
    expect(page.get_by_role("heading", name="Northwind Group", level=1)).to_be_visible()
    expect(row(table(page, "Child accounts"), "Credit Now Inc.")).to_be_visible()


def test_a_name_is_found_before_an_address_that_is_like_it(page: Page, seller: Seller) -> None:
    mail = {"name": "Ada Poe", "email": "ap@zenith.example", "billingPreference": "PRIMARY"}
    customer(seller, "Zenith Holding")
    for number in range(21):
        customer(seller, f"Branch {number}", contacts=[mail])
    page.goto("/customers?new=customer")

    parent = dialog(page, "New customer").get_by_role("combobox", name="Parent")
    parent.fill("zenith")

    options = page.get_by_role("option")
    expect(options.first).to_have_text("Zenith Holding")
    expect(options).to_have_count(20)


def test_customers_are_listed_by_name_or_newest_first(page: Page, seller: Seller) -> None:
    customer(seller, "Alder Ltd")
    customer(seller, "Beech Ltd")
    page.goto("/customers")

    names = table(page, "Customers").get_by_role("link")
    expect(names).to_have_text(["Alder Ltd", "Beech Ltd"])
    choose(page, "Sort by", "Newest first")
    expect(names).to_have_text(["Beech Ltd", "Alder Ltd"])


def test_a_customer_moves_to_another_parent(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/customers/{kin.shop}")

    page.get_by_role("button", name="Edit customer").click()
    form = dialog(page, "Edit customer")
    choose(form, "Parent", "Northwind GmbH", typing="gmbh")
    form.get_by_role("button", name="Update", exact=True).click()

    crumbs = page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link")
    expect(crumbs).to_have_text(["Customers", "Northwind Group", "Northwind GmbH"])
    history = table(page, "Parent history")
    expect(history.get_by_role("row", name="Northwind Ltd Always 10 Mar 2026")).to_be_visible()
    crumbs.last.click()
    expect(row(table(page, "Child accounts"), "Northwind Leeds")).to_be_visible()
    page.goto(f"/customers/{kin.limited}")
    expect(page.get_by_text("No child accounts")).to_be_visible()


def test_a_customer_becomes_independent(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/customers/{kin.limited}?edit=1")

    form = dialog(page, "Edit customer")
    expect(form.get_by_role("combobox", name="Parent")).to_have_value("Northwind Group")
    form.get_by_role("button", name="Clear selection").first.click()
    form.get_by_role("button", name="Update", exact=True).click()

    crumbs = page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link")
    expect(crumbs).to_have_text(["Customers"])


def test_what_is_wrong_is_said_beside_its_field(page: Page, seller: Seller) -> None:
    customer(seller, "Taken Ltd", customerAliases=["acme"])
    page.goto("/customers?new=customer")
    form = dialog(page, "New customer")
    add = form.get_by_role("button", name="Add New", exact=True)

    form.get_by_label("Company name").fill("Acme Inc.")
    choose(form, "Country", "United States", typing="United St")
    add.click()
    expect(problem_of(form.get_by_role("combobox", name="State"))).to_contain_text(
        ["Choose the state"]
    )

    fill_in(form, "Acme Inc.")
    aliases = form.get_by_role("combobox", name="Aliases")
    aliases.fill("acme")
    aliases.press("Enter")
    add.click()
    said = form.get_by_text("acme", exact=False).filter(has_text="Taken Ltd")
    expect(said.first).to_be_visible()
    expect(form).to_be_visible()


def test_a_customer_cannot_be_moved_below_itself(page: Page, seller: Seller) -> None:
    kin = family(seller)
    page.goto(f"/customers/{kin.group}?edit=1")

    form = dialog(page, "Edit customer")
    choose(form, "Parent", "Northwind Leeds", typing="leeds")
    form.get_by_role("button", name="Update", exact=True).click()

    parent = form.get_by_role("combobox", name="Parent")
    expect(parent).to_have_attribute("aria-invalid", "true")
    expect(parent).to_be_focused()
    expect(form.get_by_text("Northwind Leeds").first).to_be_visible()


def test_the_tree_is_walked_with_the_arrow_keys(page: Page, seller: Seller) -> None:
    family(seller)
    page.goto("/customers?view=tree")
    tree = page.get_by_role("tree", name="Customers")
    item = lambda name: tree.get_by_role("treeitem", name=name)  # noqa: E731
    expect(tree.get_by_role("treeitem")).to_have_count(2)

    item("Loner Ltd").focus()
    page.keyboard.press("ArrowDown")
    expect(item("Northwind Group")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem")).to_have_count(4)
    page.keyboard.press("ArrowRight")
    expect(item("Northwind GmbH")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(item("Northwind Ltd")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(item("Northwind Leeds")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(item("Northwind Leeds")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(item("Northwind Leeds")).to_have_count(0)
    page.keyboard.press("End")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Northwind Ltd", level=1)).to_be_visible()


def test_control_k_finds_a_customer(page: Page, seller: Seller) -> None:
    family(seller)
    page.goto("/products")
    expect(page.get_by_role("heading", name="Products", level=1)).to_be_visible()

    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search customers, invoices and pages").fill("leeds")
    expect(page.get_by_role("dialog").get_by_text("Northwind Leeds")).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Northwind Leeds", level=1)).to_be_visible()
