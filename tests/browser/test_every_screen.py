"""Every screen in light and dark, for everybody, and on a phone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.server import House, Seller
from tests.browser.story import Catalogue, Family, catalogue, family, schedule, seats, usage
from tests.browser.window import Window

AXE = Path(__file__).parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
RULES = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
    `${id}: ${html.slice(0, 160)} ${failureSummary}`));
}"""


needs_axe = pytest.mark.skipif(
    not AXE.is_file(), reason="axe-core is not installed: run `make setup`"
)


@dataclass(frozen=True)
class Full:
    """A workspace with something on every screen."""

    seller: Seller
    kin: Family
    prices: Catalogue
    schedule: str
    draft: str
    issued: str
    run: str


@pytest.fixture(scope="module")
def full(house: House) -> Iterator[Full]:
    with house.seller() as seller:
        kin, prices = family(seller), catalogue(seller)
        usage(seller, at="2026-01-05T10:00:00Z", nw=40, nw_leeds=2)
        usage(seller, nw=100, nw_leeds=20, nw_de=5, stray=1)
        seats(seller, nw=20, nw_de=3)
        running = schedule(
            seller,
            kin.group,
            [],
            startDate="2026-01-01",
            phases=[
                {
                    "startDate": "2026-01-01",
                    "priceIds": [],
                    "listPriceIds": [prices.calls, prices.fee],
                    "discounts": [
                        {
                            "type": "PERCENTAGE",
                            "amount": 0.1,
                            "message": "Launch",
                            "separateLineItem": True,
                        }
                    ],
                    "minimums": [{"amount": 100}],
                }
            ],
        )
        schedule(seller, kin.limited, [prices.fee], isDraft=True)
        draft, other = seller.items("/invoices")
        seller.make(f"/invoices/{other['id']}/finalize", None)
        schedule(seller, kin.loner, [prices.calls], isDraft=False, rollUpBilling=False)
        [of_loner] = seller.items("/invoices", customerId=kin.loner)
        seller.client.delete(f"/invoices/{of_loner['id']}")
        run = seller.make("/billing-runs", {"asOf": "2026-03-10", "wait": True})["id"]
        yield Full(seller, kin, prices, running, draft["id"], other["id"], run)


@dataclass(frozen=True)
class Screen:
    """Where it is, and what says that all of it has come."""

    address: str
    shows: str


SCREENS = {
    "customers": Screen("/customers", "Northwind Leeds"),
    "tree": Screen("/customers?view=tree", "Northwind Group"),
    "found in the tree": Screen("/customers?view=tree&search=leeds", "Northwind Leeds"),
    "tree of a day": Screen(
        "/customers?view=tree&asOf=2026-02-01&knownAt=2026-03-10&chosen={kin.shop}",
        "The tree as it was on 1 Feb 2026",
    ),
    "customer": Screen("/customers/{kin.group}", "Northwind GmbH"),
    "child": Screen("/customers/{kin.shop}?show=table", "Feb 2026"),
    "import": Screen("/customers/import", "Choose a file"),
    "new customer": Screen("/customers?new=customer", "Primary contact name"),
    "edit customer": Screen("/customers/{kin.limited}?edit=1", "Primary contact name"),
    "products": Screen("/products", "Platform"),
    "product": Screen("/products/{prices.product}", "API calls"),
    "new product": Screen("/products?new=product", "Product name"),
    "new price": Screen("/products/{prices.product}?new=price", "Tiers start again"),
    "events": Screen("/usage/events", "nw-leeds"),
    "new event": Screen("/usage/events?new=event", "Timestamp (UTC)"),
    "unmapped aliases": Screen("/usage/unmapped", "Give to a customer"),
    "backfill": Screen("/usage/backfill", "To before (UTC)"),
    "metrics": Screen("/usage/metrics", "Sum of n"),
    "new metric": Screen("/usage/metrics?new=metric", "Metric name"),
    "preview": Screen("/usage/metrics?preview={prices.metric}", "Preview calculation"),
    "seat balances": Screen("/seats/balances", "Northwind GmbH"),
    "seat events": Screen("/seats/events", "nw-de"),
    "new seat event": Screen("/seats/events?new=seat-event", "not how many more"),
    "seat metrics": Screen("/seats/metrics", "full_user"),
    "new seat metric": Screen("/seats/metrics?new=seat-metric", "What invoices call the seats."),
    "schedules": Screen("/billing/schedules", "Northwind Group"),
    "schedule": Screen("/billing/schedules/{schedule}", "1 – 28 Feb 2026"),
    "payment settings": Screen("/billing/schedules/{schedule}?payment=1", "nothing is charged yet"),
    "edit schedule": Screen("/billing/schedules/{schedule}/edit", "Words on the invoice"),
    "new schedule": Screen("/billing/schedules/new?customerId={kin.group}", "added up first"),
    "invoices": Screen("/billing/invoices", "Northwind Group"),
    "draft": Screen("/billing/invoices/{draft}", "Northwind Leeds"),
    "issued": Screen("/billing/invoices/{issued}", "Northwind Leeds"),
    "share": Screen(
        "/billing/invoices/{draft}?share={kin.limited}&method=MARGINAL", "while a tier was open"
    ),
    "total": Screen("/billing/invoices/{issued}?explain=total", "all else is adding up"),
    "statement": Screen("/customers/{kin.shop}/statements/{issued}", "Share of each line"),
    "branch": Screen("/customers/{kin.limited}/statements/{issued}?branch=1", "Northwind Leeds"),
    "billing runs": Screen("/billing/runs", "Balanced"),
    "billing run": Screen("/billing/runs/{run}", "Aliases without a customer"),
    "settings": Screen("/settings", "Invoice number prefix"),
    "taxes": Screen("/settings/taxes", "Your tax ids"),
    "new tax rate": Screen("/settings/taxes?rate=new", "Name on invoices"),
    "new tax category": Screen("/settings/taxes?category=new", "Category name"),
    "nowhere": Screen("/no/such/page", "There is nothing at this address"),
}


def show(page: Page, screen: Screen, full: Full) -> None:
    page.goto(screen.address.format(**vars(full)))
    expect(page.get_by_text(screen.shows).first).to_be_visible()
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)


def findings(page: Page) -> list[str]:
    """What axe has to say."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(RULES)
    return found


@pytest.fixture(scope="module")
def window(browser: Browser, house: House, full: Full) -> Iterator[Window]:
    """One window that goes from screen to screen."""
    opened = Window.open(browser, house, full.seller)
    yield opened
    opened.page.context.close()


@needs_axe
@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS.keys())
def test_everybody_can_use_every_screen(window: Window, full: Full, screen: Screen) -> None:
    page = window.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    show(page, screen, full)

    light = findings(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    dark = findings(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.documentElement.scrollWidth <= 390")

    assert (light, dark) == ([], [])
    window.check()


@needs_axe
def test_everybody_can_sign_in(open_page: Callable[..., Page]) -> None:
    page = open_page(width=390, height=844)
    page.goto("/sign-in")
    expect(page.get_by_label("E-mail")).to_be_visible()

    assert findings(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_the_navigation_of_a_phone_opens_and_closes(
    open_page: Callable[..., Page], full: Full
) -> None:
    page = open_page(full.seller, width=390, height=844)
    page.goto("/customers")
    invoices = page.get_by_role("link", name="Invoices")
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    expect(invoices).not_to_be_in_viewport()

    page.get_by_role("button", name="Open navigation").click()
    invoices.click()

    expect(page.get_by_role("heading", name="Invoices", level=1)).to_be_visible()
    expect(invoices).not_to_be_in_viewport()


def test_on_a_phone_the_filters_of_a_list_are_folded(
    open_page: Callable[..., Page], full: Full
) -> None:
    page = open_page(full.seller, width=390, height=844)
    page.goto("/customers")
    search, alias = (page.get_by_role("textbox", name=name) for name in ("Search", "Alias"))
    expect(search).to_be_visible()
    expect(alias).to_be_hidden()

    page.get_by_role("button", name="More filters").click()

    expect(alias).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.get_by_role("button", name="Fewer filters")).to_be_hidden()


def test_dark_mode_stays_when_it_was_chosen(page: Page) -> None:
    root = page.locator("html")
    page.emulate_media(color_scheme="light")
    page.goto("/customers")
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")

    page.get_by_role("button", name="Switch to dark mode").click()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.reload()

    expect(page.get_by_role("button", name="Switch to light mode")).to_be_visible()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    assert sum(int(part) for part in dark[4:-1].split(",")) < 150, dark
