"""Products and their prices, typed as a person types them."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Seller
from tests.browser.story import add_new, catalogue, choose, dialog, row, table


def new_price(page: Page, product: str, name: str, model: str) -> Locator:
    """The form of a new price of a model, so far without figures."""
    page.goto(f"/products/{product}?new=price&forProduct={product}")
    form = dialog(page, "New price")
    form.get_by_label("Price name").fill(name)
    choose(form, "Pricing model", model)
    return form


def comes_to(form: Locator) -> Locator:
    return form.get_by_role("group", name="Calculator").get_by_test_id("calculated")


def test_a_product_is_added_and_opened(page: Page) -> None:
    page.goto("/products")

    form = add_new(page, "Product")
    form.get_by_label("Product name").fill("Messages")
    form.get_by_role("button", name="Add product").click()

    expect(page.get_by_role("heading", name="Messages", level=1)).to_be_visible()
    expect(page.get_by_text("No list prices yet")).to_be_visible()


@pytest.mark.parametrize(
    ("model", "fields", "amount", "rate"),
    [
        ("One-time", {"Amount": "100"}, "100.00 USD", "100.00"),
        ("Fixed", {"Amount": "49.9"}, "49.90 USD", "49.90"),
        ("Linear", {"Price per unit": "0.1"}, "12.50 USD", "0.10 per unit"),
        (
            "Package",
            {"Package size": "50", "Price per package": "10"},
            "30.00 USD",
            "10.00 per 50",
        ),
        ("Volume", {"Tier 1 price": "0.5", "Tier 1 fee": "3"}, "65.50 USD", "0.50"),
    ],
)
def test_a_price_of_each_model_shows_what_it_comes_to(
    page: Page, seller: Seller, model: str, fields: dict[str, str], amount: str, rate: str
) -> None:
    known = catalogue(seller)
    form = new_price(page, known.product, f"{model} price", model)

    if model not in {"One-time", "Fixed"}:
        choose(form, "Usage metric", "Calls")
    for label, text in fields.items():
        form.get_by_label(label, exact=True).fill(text)
    expect(comes_to(form)).to_have_text(amount)
    form.get_by_role("button", name="Add price").click()

    expect(form).to_be_hidden()
    expect(row(table(page, "List prices"), f"{model} price")).to_contain_text(rate)


def test_graduated_tiers_are_typed_with_the_keyboard_alone(page: Page, seller: Seller) -> None:
    known = catalogue(seller)
    form = new_price(page, known.product, "Steps", "Graduated")
    choose(form, "Usage metric", "Calls")
    form.get_by_label("Tier 1 up to").focus()

    for text in ("100", "1", "20"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(form.get_by_label("Tier 2 up to")).to_be_focused()
    page.keyboard.press("Enter")  # left open
    for text in ("0.75", "50"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")

    expect(comes_to(form)).to_have_text("188.75 USD")
    form.get_by_role("button", name="Add price").click()
    expect(form).to_be_hidden()
    page.get_by_role("button", name="Steps, show tiers").click()
    expect(table(page, "Tiers of Steps").get_by_role("row")).to_have_text(
        ["Up toPriceFee", "1001.0020.00", "open0.7550.00"]
    )


def test_tiers_that_overlap_are_refused_in_their_row(page: Page, seller: Seller) -> None:
    known = catalogue(seller)
    form = new_price(page, known.product, "Steps", "Graduated")
    choose(form, "Usage metric", "Calls")
    form.get_by_role("button", name="Add tier").click()
    form.get_by_role("button", name="Add tier").click()

    for number, (upper, price) in enumerate([("100", "3"), ("100", "2"), ("", "1")], start=1):
        form.get_by_label(f"Tier {number} up to").fill(upper)
        form.get_by_label(f"Tier {number} price").fill(price)
    form.get_by_role("button", name="Add price").click()

    expect(table(form, "Tiers").get_by_role("alert")).to_have_text(
        ["Tier 2: Must be above 100, where the tier begins"]
    )


def test_a_percentage_is_typed_in_percent(page: Page, seller: Seller) -> None:
    known = catalogue(seller)
    form = new_price(page, known.product, "Share", "Linear")
    choose(form, "Usage metric", "Calls")

    form.get_by_label("Percentage of the measured value").check()
    form.get_by_label("Percent", exact=True).fill("2.9")
    expect(comes_to(form)).to_have_text("3.625 USD")
    form.get_by_role("button", name="Add price").click()

    expect(row(table(page, "List prices"), "Share")).to_contain_text("2.9 %")
    kept = {price["name"]: price for price in seller.items("/list-prices")}
    assert kept["Share"]["structure"]["pricePerUnit"] == "0.029"
