"""Seats: their kinds, what was told of them, what they cost, and why."""

from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import (
    add_new,
    catalogue,
    choose,
    dialog,
    family,
    row,
    schedule,
    seat_price,
    seats,
    table,
)


def test_a_kind_of_seat_is_added_renamed_and_deleted(page: Page) -> None:
    page.goto("/seats/metrics")
    expect(page.get_by_text("No seat metrics yet")).to_be_visible()

    form = add_new(page, "Seat metric")
    form.get_by_label("Label").fill("Full users")
    form.get_by_label("Seat type").fill("Full user")
    form.get_by_role("button", name="Add seat metric").click()
    expect(form.get_by_text("Small letters, digits and _")).to_be_visible()
    form.get_by_label("Seat type").fill("full_user")
    form.get_by_role("button", name="Add seat metric").click()

    metrics = table(page, "Seat metrics")
    row(metrics, "full_user").get_by_role("button", name="Edit Full users").click()
    form = dialog(page, "Edit seat metric")
    expect(form.get_by_label("Seat type")).to_be_disabled()
    form.get_by_label("Label").fill("Members")
    form.get_by_role("button", name="Update").click()
    row(metrics, "Members").get_by_role("button", name="Delete").click()
    dialog(page, "Delete Members?").get_by_role("button", name="Delete").click()

    expect(page.get_by_text("No seat metrics yet")).to_be_visible()


def test_seats_are_told_and_corrected_and_found(page: Page, seller: Seller) -> None:
    family(seller)
    seats(seller, nw_de=3)
    page.goto("/seats/events")

    for total in ("20", "27"):
        page.get_by_role("button", name="New seat event").click()
        form = dialog(page, "New seat event")
        form.get_by_label("Customer alias").fill("nw")
        choose(form, "Kind", "Full users")
        form.get_by_label("Seats").fill(total)
        form.get_by_label("From (UTC)").fill("2026-02-18T09:00:00")
        form.get_by_label("Event id").fill("seats-9")
        form.get_by_role("button", name="Add event").click()
        expect(form).to_be_hidden()

    events = table(page, "Seat events")
    expect(row(events, "seats-9 (replaced)")).to_contain_text("20")
    page.get_by_label("Event id").fill("seats-9")
    expect(events.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Clear filters").click()

    page.get_by_role("tab", name="Balances").click()
    expect(row(table(page, "Balances"), "Northwind Ltd")).to_contain_text("Full users: 27")
    page.get_by_role("link", name="Events of Northwind GmbH").click()
    expect(events.get_by_role("row")).to_have_count(2)
    expect(row(events, "nw-de")).to_be_visible()


def test_a_price_of_seats_says_when_it_charges_what(page: Page, seller: Seller) -> None:
    known = catalogue(seller)
    seats(seller)
    page.goto(f"/products/{known.product}?new=price&forProduct={known.product}")
    form = dialog(page, "New price")

    form.get_by_label("Price name").fill("Seats")
    choose(form, "Pricing model", "Seats")
    choose(form, "Seat metric", "Full users")
    form.get_by_label("Price per seat", exact=True).last.fill("15")
    choose(form, "Seats that come and go", "Additions by days")
    expect(form.get_by_text("Removed ones count until the billing period ends.")).to_be_visible()
    form.get_by_label("Contracted minimum seats").fill("20")
    choose(form, "Billed", "In advance")
    choose(form, "Seats above the minimum", "At the end of every month")
    expect(
        form.get_by_text("The contracted minimum is charged when a month begins")
    ).to_be_visible()
    form.get_by_label("Seats to calculate").fill("12")
    expect(form.get_by_test_id("calculated")).to_have_text("300.00 USD")
    form.get_by_role("button", name="Add price").click()

    expect(form).to_be_hidden()
    made = row(table(page, "List prices"), "15.00 per seat")
    expect(made).to_contain_text("Additions by days, at least 20 seats")
    [kept] = [one for one in seller.items("/list-prices") if one["name"] == "Seats"]
    assert kept["structure"]["contractedMinimumSeats"] == 20
    assert kept["structure"]["overagesBillingFrequency"] == "MONTHLY"


def test_a_line_of_seats_shows_the_days_it_is_made_of(page: Page, seller: Seller) -> None:
    kin = family(seller)
    known = catalogue(seller)
    metric = seats(seller, nw=20)
    seats(seller, at="2026-02-15T09:00:00Z", nw_de=14)
    schedule(seller, kin.group, [seat_price(seller, known.product, metric)])
    [draft] = seller.items("/invoices")
    page.goto(f"/billing/invoices/{draft['id']}")

    page.get_by_role("button", name="Explain Seats").click()

    told = dialog(page, "Explain Seats")
    days = table(told, "Seats by days")
    expect(row(days, "1 – 14 Feb 2026")).to_contain_text("20")
    expect(row(days, "15 – 28 Feb 2026")).to_contain_text("34")
    expect(table(told, "How the amount adds up")).to_contain_text("405.00")  # 27 at 15
    told.get_by_role("link", name="Show the seat events").click()
    expect(page.get_by_text("Only what decided the seats of one invoice line")).to_be_visible()
    expect(row(table(page, "Seat events"), "nw-de")).to_contain_text("14")
    page.go_back()
    told.get_by_role("link", name="Seat events of Northwind GmbH").click()
    expect(row(table(page, "Seat events"), "nw-de")).to_contain_text("14")
