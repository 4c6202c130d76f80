"""Coming in and going out."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.server import Seller

OpenPage = Callable[..., Page]


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password", exact=True).press("Enter")


def test_signing_in_leads_to_where_one_wanted_to_go(open_page: OpenPage, seller: Seller) -> None:
    page = open_page()
    page.goto("/billing/invoices?status=DRAFT")

    sign_in(page, seller.email, seller.password)

    expect(page.get_by_role("heading", name="Invoices", level=1)).to_be_visible()
    assert page.url.endswith("/billing/invoices?status=DRAFT")


def test_a_wrong_password_is_said_in_plain_words(open_page: OpenPage, seller: Seller) -> None:
    page = open_page()
    page.goto("/")

    sign_in(page, seller.email, "not the password")

    expect(page.get_by_role("alert")).to_contain_text(
        "The e-mail address or the password is wrong."
    )
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_signing_out_ends_the_session(page: Page, seller: Seller) -> None:
    page.goto("/customers")

    page.get_by_role("button", name="Account").click()
    expect(page.get_by_text(seller.email)).to_be_visible()
    page.get_by_role("menuitem", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/customers")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
