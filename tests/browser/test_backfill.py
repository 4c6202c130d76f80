"""A stretch of usage sent once more, after a look at what that does to bills."""

import json

from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import catalogue, family, row, schedule, table, usage


def events(*numbers: int) -> str:
    return "\n".join(
        json.dumps(
            {
                "customerAlias": "nw",
                "eventType": "call",
                "customerEventId": f"e{place}",
                "eventTimestamp": f"2026-02-0{place + 1}T10:00:00Z",
                "eventProperties": {"n": n},
            }
        )
        for place, n in enumerate(numbers)
    )


def test_a_window_is_filled_anew_after_a_look_at_the_bills(page: Page, seller: Seller) -> None:
    kin, prices = family(seller), catalogue(seller)
    usage(seller, nw=40)
    schedule(seller, kin.group, [prices.calls])
    [draft] = seller.items("/invoices")
    seller.make(f"/invoices/{draft['id']}/finalize", None)
    usage(seller, at="2026-03-02T10:00:00Z", nw=7)
    page.goto("/usage/events")
    page.get_by_role("link", name="Fill a window anew").click()
    expect(page.get_by_role("heading", name="Fill a window anew")).to_be_visible()
    page.get_by_label("Event type").fill("call")
    page.get_by_label("From (UTC)").fill("2026-02-01T00:00:00")
    page.get_by_label("To before (UTC)").fill("2026-04-01T00:00:00")

    page.get_by_label("Events", exact=True).fill("{not an event")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 1 is no JSON.")

    page.get_by_label("Events", exact=True).fill(events(10, 20).replace('"nw"', '"nw", "x": 1'))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("/events/0/x")

    page.get_by_label("Events", exact=True).fill(events(10, 20))
    page.get_by_role("button", name="Preview").click()
    final = row(table(page, "Adjustments"), "API calls")
    expect(final).to_contain_text("-10.00")
    expect(row(table(page, "Effect on bills"), "Northwind Group")).to_contain_text("-27.00")
    page.get_by_role("button", name="Add 2 events, cancel 2").click()

    expect(page.get_by_text("the next one has an adjustment")).to_be_visible()
    page.get_by_role("link", name="See the events").click()
    expect(row(table(page, "Usage events"), "n=20")).to_contain_text("e1")


def test_a_file_brings_the_events(page: Page, seller: Seller) -> None:
    page.goto("/usage/backfill")
    page.get_by_label("Event type").fill("call")
    csv = "customerAlias,customerEventId,eventTimestamp,n\nnw,e1,2026-03-02T10:00:00Z,0.10\n"

    page.locator("input[type=file]").set_input_files(
        {"name": "march.csv", "mimeType": "text/csv", "buffer": csv.encode()}
    )
    expect(page.get_by_label("Events", exact=True)).to_have_value(csv)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("No bill changes.")).to_be_visible()
    page.get_by_label("Event type").fill("other")
    expect(page.get_by_text("have changed since")).to_be_visible()
    page.get_by_label("Event type").fill("call")
    page.get_by_role("button", name="Add 1 event").click()

    expect(page.get_by_text("Filled")).to_be_visible()
    [stored] = seller.items("/usage-events")
    assert stored["eventProperties"] == {"n": 0.1}
