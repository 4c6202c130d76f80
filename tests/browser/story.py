"""What the stories start from, made through the API, and a few gestures they share."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Seller

ADDRESS = {"line1": "1 Quay St", "town": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
CONTACT = {"name": "Ada Poe", "email": "ap@northwind.example", "billingPreference": "PRIMARY"}
TIERS = [
    {"upperBound": "100", "price": "1", "fee": "20", "isPricePercentage": False},
    {"upperBound": None, "price": "0.75", "fee": "50", "isPricePercentage": False},
]


def customer(seller: Seller, name: str, **more: Any) -> str:
    """The id of a new customer."""
    body = {
        "legalName": name,
        "address": ADDRESS,
        "taxStatus": "TAXED",
        "contacts": [CONTACT],
        **more,
    }
    return str(seller.make("/customers", body)["id"])


@dataclass(frozen=True)
class Family:
    """Northwind Group with two branches, one of which has a shop; and somebody without family."""

    group: str
    limited: str
    shop: str
    gmbh: str
    loner: str


def family(seller: Seller) -> Family:
    group = customer(seller, "Northwind Group")
    limited = customer(seller, "Northwind Ltd", parentId=group, customerAliases=["nw"])
    return Family(
        group,
        limited,
        customer(seller, "Northwind Leeds", parentId=limited, customerAliases=["nw-leeds"]),
        customer(seller, "Northwind GmbH", parentId=group, customerAliases=["nw-de"]),
        customer(seller, "Loner Ltd", customerAliases=["loner"]),
    )


@dataclass(frozen=True)
class Catalogue:
    """A metric that adds up ``n`` of calls, a product, a graduated price of it and a monthly fee."""

    metric: str
    product: str
    calls: str
    fee: str


def catalogue(seller: Seller) -> Catalogue:
    metric = seller.make(
        "/usage-metrics",
        {
            "name": "Calls",
            "metricType": "SIMPLE",
            "eventType": "call",
            "aggregationType": "SUM",
            "aggregationProperty": "n",
            "propertyFilters": {},
            "propertiesToNegate": [],
            "caseSensitive": True,
            "unit": "calls",
        },
    )["id"]
    product = seller.make("/products", {"name": "Platform"})["id"]
    graduated = {
        "pricingType": "GRADUATED",
        "usageMetricId": metric,
        "usageCalculationMode": "BILLING_PERIOD",
        "tiers": TIERS,
    }
    fixed = {"pricingType": "FIXED", "price": "49.90"}
    calls = list_price(seller, product, "API calls", graduated)
    return Catalogue(metric, product, calls, list_price(seller, product, "Platform fee", fixed))


def list_price(seller: Seller, product: str, name: str, structure: dict[str, Any]) -> str:
    """The id of a new monthly price in arrears."""
    body = {
        "productId": product,
        "name": name,
        "currency": "USD",
        "billingFrequency": "MONTHLY",
        "billingType": "IN_ARREARS",
        "structure": structure,
        "integrationIds": [],
        "customMetricParameters": [],
    }
    return str(seller.make("/list-prices", body)["id"])


def usage(seller: Seller, at: str = "2026-02-05T10:00:00Z", **calls: int) -> None:
    """Calls by alias; an underscore stands for the hyphen of an alias."""
    events = [
        {
            "customerAlias": alias.replace("_", "-"),
            "eventType": "call",
            "eventTimestamp": at,
            "eventProperties": {"n": n},
        }
        for alias, n in calls.items()
    ]
    seller.make("/usage-events/batch", events)


def seats(seller: Seller, at: str = "2026-01-05T09:00:00Z", **totals: int) -> str:
    """Full users by alias, as in ``usage``; the id of their metric."""
    known = seller.items("/seat-metrics")
    body = {"seatType": "full_user", "label": "Full users"}
    metric = (known or [seller.make("/seat-metrics", body)])[0]
    for alias, total in totals.items():
        event = {
            "customerAlias": alias.replace("_", "-"),
            "seatType": "full_user",
            "eventTimestamp": at,
            "total": total,
        }
        seller.make("/seat-events", event)
    return str(metric["id"])


def seat_price(seller: Seller, product: str, metric: str) -> str:
    """The id of a new price of 15 dollars a month for each seat."""
    structure = {
        "pricingType": "SEAT_BASED",
        "seatMetricId": metric,
        "pricePerSeat": "15",
        "prorationStrategy": "PRORATE_ALL_CHANGES",
        "contractedMinimumSeats": 0,
        "tiers": [],
    }
    return list_price(seller, product, "Seats", structure)


def schedule(seller: Seller, payer: str, prices: list[str], **more: Any) -> str:
    """The id of a new schedule from February 2026 on that rolls up, started unless ``isDraft``."""
    body = {
        "customerId": payer,
        "startDate": "2026-02-01",
        "recurrenceDayOfMonth": 1,
        "taxRates": [],
        "autoIssueInvoices": False,
        "isDraft": False,
        "rollUpBilling": True,
        "phases": [{"startDate": "2026-02-01", "priceIds": [], "listPriceIds": prices}],
        **more,
    }
    return str(seller.make("/billing-schedules", body)["id"])


def february(seller: Seller, kin: Family) -> str:
    """The draft of a bill for 125 calls of a family and the monthly fee: 238.65 dollars."""
    prices = catalogue(seller)
    usage(seller, nw=100, nw_leeds=20, nw_de=5, loner=7)
    schedule(seller, kin.group, [prices.calls, prices.fee])
    [draft] = seller.items("/invoices")
    return str(draft["id"])


def add_new(page: Page, what: str) -> Locator:
    """The dialog that the Add new menu opens."""
    page.get_by_role("button", name="Add new", exact=True).click()
    page.get_by_role("menuitem", name=what, exact=True).click()
    return dialog(page, f"New {what.lower()}")


def dialog(page: Page, name: str) -> Locator:
    """The dialog, when it has the focus."""
    found = page.get_by_role("dialog", name=name)
    expect(found).to_be_visible()
    expect(found.locator(":focus")).to_have_count(1)
    return found


def choose(place: Page | Locator, label: str, option: str, *, typing: str = "") -> None:
    """Pick from a drop-down list, typing first where that is given."""
    box = place.get_by_role("combobox", name=label, exact=True)
    box.click()
    if typing:
        box.fill(typing)
    page = place if isinstance(place, Page) else place.page
    page.get_by_role("option", name=option, exact=True).click()


def pick_price(phase: Locator, label: str, text: str) -> None:
    """Choose a price of a phase by a part of its name."""
    box = phase.get_by_role("combobox", name=label)
    box.click()
    box.fill(text)
    phase.page.get_by_role("option").filter(has_text=text).click()
    box.press("Escape")


def table(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("table", name=name, exact=True)


def row(place: Locator, text: str) -> Locator:
    """The row that says so."""
    return place.get_by_role("row").filter(has_text=text)
