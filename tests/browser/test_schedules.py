"""What was agreed, from the form to the first drafts."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import (
    catalogue,
    choose,
    dialog,
    family,
    pick_price,
    row,
    schedule,
    table,
    usage,
)


def test_roll_up_is_off_for_a_customer_without_children_and_says_why(
    page: Page, seller: Seller
) -> None:
    family(seller)
    page.goto("/billing/schedules/new")
    switch = page.get_by_role("switch", name="Roll-up billing")

    choose(page, "Customer", "Loner Ltd", typing="loner")

    expect(switch).to_be_disabled()
    expect(
        page.get_by_text("Loner Ltd has no child accounts, so there is nothing to roll up.")
    ).to_be_visible()


def test_a_child_s_schedule_may_bill_its_parent(page: Page, seller: Seller) -> None:
    kin = family(seller)
    prices = catalogue(seller)
    schedule(seller, kin.group, [prices.fee])
    page.goto("/billing/schedules/new")

    choose(page, "Customer", "Northwind Leeds", typing="leeds")
    page.get_by_label("Start date").fill("2026-02-01")
    choose(page, "Bill to", "Its parent")
    pick_price(page.get_by_role("group", name="Phase 1", exact=True), "Prices", "Platform fee")
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_text("Its parent", exact=True)).to_be_visible()
    row(table(page, "Invoices"), "1 – 28 Feb 2026").click()
    expect(page.get_by_text("Northwind Leeds · ")).to_be_visible()


def test_a_roll_up_schedule_in_two_phases_drafts_what_is_due(page: Page, seller: Seller) -> None:
    family(seller)
    catalogue(seller)
    usage(seller, nw=100, nw_leeds=20, nw_de=5)
    page.goto("/customers")
    page.get_by_role("button", name="Add new", exact=True).click()
    page.get_by_role("menuitem", name="Billing schedule").click()

    choose(page, "Customer", "Northwind Group", typing="group")
    page.get_by_label("Start date").fill("2026-01-01")
    page.get_by_label("Billing day").fill("1")
    page.get_by_role("switch", name="Roll-up billing").check()
    page.get_by_role("button", name="Add phase").click()
    first = page.get_by_role("group", name="Phase 1", exact=True)
    first.get_by_label("Phase 1 last day").fill("2026-01-31")
    pick_price(first, "Phase 1 prices", "Platform fee")
    second = page.get_by_role("group", name="Phase 2", exact=True)
    second.get_by_label("Phase 2 first day").fill("2026-02-01")
    pick_price(second, "Phase 2 prices", "API calls")
    page.get_by_role("button", name="Save draft").click()

    expect(page.get_by_role("heading", name="Schedule of Northwind Group")).to_be_visible()
    expect(page.get_by_text("No invoices yet")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    asked = page.get_by_role("dialog", name="Start this billing schedule?")
    asked.get_by_role("button", name="Start", exact=True).click()

    invoices = table(page, "Invoices")
    expect(row(invoices, "1 – 28 Feb 2026")).to_contain_text("188.75")
    expect(row(invoices, "1 – 31 Jan 2026")).to_contain_text("49.90")
    expect(page.get_by_text("Active", exact=True)).to_be_visible()


def test_a_refused_schedule_says_which_phase(page: Page, seller: Seller) -> None:
    kin = family(seller)
    prices = catalogue(seller)
    draft = schedule(
        seller,
        kin.group,
        [prices.fee],
        isDraft=True,
        endDate="2026-06-30",
        phases=[
            {
                "startDate": "2026-02-01",
                "endDate": "2026-06-30",
                "listPriceIds": [prices.fee],
                "priceIds": [],
            }
        ],
    )
    page.goto(f"/billing/schedules/{draft}/edit")

    page.get_by_label("First day").fill("2026-03-01")
    page.get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_label("First day")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("First day")).to_be_focused()


def february_fee(seller: Seller) -> str:
    """A started schedule with a monthly fee, whose February is a draft."""
    kin = family(seller)
    return schedule(seller, kin.group, [catalogue(seller).fee])


def test_a_schedule_is_suspended_and_resumed(page: Page, seller: Seller) -> None:
    page.goto(f"/billing/schedules/{february_fee(seller)}")

    page.get_by_role("button", name="Suspend").click()
    asked = dialog(page, "Suspend this billing schedule?")
    expect(asked).to_contain_text("drafts that are there stay")
    asked.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Suspended", exact=True).first).to_be_visible()
    expect(page.get_by_text("Since 10 Mar 2026")).to_be_visible()

    page.get_by_role("button", name="Resume").click()
    dialog(page, "Resume this billing schedule?").get_by_role("button", name="Resume").click()

    expect(page.get_by_text("Active", exact=True)).to_be_visible()


def test_a_cancelled_schedule_says_first_what_its_last_invoice_is(
    page: Page, seller: Seller
) -> None:
    page.goto(f"/billing/schedules/{february_fee(seller)}")

    page.get_by_role("button", name="Cancel schedule").click()
    asked = dialog(page, "Cancel this billing schedule?")
    expect(asked).to_contain_text("The last invoice is drafted on 11 Mar 2026")
    asked.get_by_label("Last day").fill("2026-01-31")
    asked.get_by_role("button", name="Cancel schedule").click()
    expect(asked).to_contain_text("The schedule starts on 2026-02-01; archive it instead.")
    asked.get_by_label("Last day").fill("2026-02-14")
    expect(asked).to_contain_text("due on 15 Feb 2026, so it is drafted at once")
    asked.get_by_role("button", name="Cancel schedule").click()

    expect(page.get_by_text("Ends with 14 Feb 2026")).to_be_visible()
    expect(row(table(page, "Invoices"), "1 – 14 Feb 2026")).to_contain_text("24.95")
    expect(page.get_by_role("button", name="Suspend")).to_have_count(0)


def test_discounts_and_minimums_are_agreed_on_a_schedule_that_runs(
    page: Page, seller: Seller
) -> None:
    kin = family(seller)
    prices = catalogue(seller)
    usage(seller, nw=100)
    made = schedule(seller, kin.group, [prices.calls, prices.fee])
    page.goto(f"/billing/schedules/{made}")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Start date")).to_be_disabled()

    page.get_by_role("button", name="Add discount").click()
    page.get_by_label("Discount 1 percent").fill("120")
    page.get_by_label("Discount 1 words on the invoice").fill("Launch")
    page.get_by_role("combobox", name="Discount 1 only for prices").click()
    page.get_by_role("option", name="Platform fee", exact=True).click()
    choose(page, "Discount 1 shown", "As own lines")
    page.get_by_role("button", name="Add minimum").click()
    page.get_by_label("Minimum 1 amount").fill("200")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("At most 100 percent")).to_be_visible()
    page.get_by_label("Discount 1 percent").fill("10")
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_text("10 % of Platform fee, as a line of its own")).to_be_visible()
    # 120.00 for calls and 80.00 up to the minimum, 49.90 less 4.99
    row(table(page, "Invoices"), "244.91").click()
    lines = table(page, "Lines")
    lines.get_by_role("button", name="How Launch is priced").click()
    expect(row(lines, "Off charges of 49.90")).to_contain_text("-4.99")
    lines.get_by_role("button", name="How Minimum is priced").click()
    expect(row(lines, "From charges of 120.00 up to the minimum of 200.00")).to_be_visible()


def test_what_a_phase_grants_is_agreed_and_taken_out_again(page: Page, seller: Seller) -> None:
    kin = family(seller)
    made = schedule(seller, kin.group, [catalogue(seller).fee])
    page.goto(f"/billing/schedules/{made}/edit")
    page.get_by_role("button", name="Add credit grant").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Give an amount, such as 100")).to_be_visible()
    page.get_by_label("Credit grant 1 name").fill("Included")
    page.get_by_label("Credit grant 1 amount").fill("10")
    choose(page, "Credit grant 1 what is left", "Ends with the phase")
    page.get_by_role("button", name="Save changes").click()
    granted = page.get_by_text("10.00 of credit, monthly, what is left rolls over")
    expect(granted).to_be_visible()

    page.get_by_role("link", name="Edit").click()
    expect(granted).to_be_visible()
    expect(page.get_by_label("Credit grant 1 amount")).to_have_count(0)
    page.get_by_role("button", name="Remove credit grant 1").click()
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_role("link", name="Edit")).to_be_visible()
    expect(granted).to_have_count(0)


def test_a_price_that_leaves_a_phase_leaves_its_discount_in_plain_sight(
    page: Page, seller: Seller
) -> None:
    kin = family(seller)
    prices = catalogue(seller)
    phase: dict[str, Any] = {
        "startDate": "2026-02-01",
        "priceIds": [],
        "listPriceIds": [prices.calls, prices.fee],
        "discounts": [
            {
                "type": "PERCENTAGE",
                "amount": 0.1,
                "message": "Launch",
                "separateLineItem": False,
                "restrictToPrices": [prices.fee],
            }
        ],
    }
    draft = schedule(seller, kin.group, [], isDraft=True, phases=[phase])
    page.goto(f"/billing/schedules/{draft}/edit")

    prices_field = page.get_by_role("combobox", name="Prices", exact=True)
    prices_field.press("Backspace")
    page.get_by_role("button", name="Save draft").click()

    expect(page.get_by_text("Names a price that the phase no longer has")).to_be_visible()


def test_payment_settings_are_kept_with_the_schedule(page: Page, seller: Seller) -> None:
    page.goto(f"/billing/schedules/{february_fee(seller)}")
    expect(page.get_by_text("As set for the customer")).to_be_visible()

    page.get_by_role("button", name="Payment settings").click()
    form = dialog(page, "Payment settings")
    expect(form.get_by_label("Charge automatically")).to_be_disabled()
    choose(form, "Payment provider", "Stripe")
    form.get_by_label("Charge automatically").check()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Stripe, charged automatically")).to_be_visible()

    page.get_by_role("button", name="Payment settings").click()
    choose(form, "Payment provider", "As set for the customer")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Stripe, charged automatically")).to_have_count(0)


def test_the_next_invoice_and_the_months_to_come_are_seen_before_they_are_billed(
    seller: Seller, page: Page
) -> None:
    kin, prices = family(seller), catalogue(seller)
    usage(seller, nw=125)
    usage(seller, "2026-03-09T10:00:00Z", nw_leeds=31, nw_de=9)
    running = schedule(seller, kin.group, [prices.calls, prices.fee])
    page.goto(f"/billing/schedules/{running}")

    coming = page.get_by_role("region", name="Next invoice", exact=True)
    expect(coming).to_contain_text("so far · 2 customers · due 1 Apr 2026")
    expect(row(table(coming, "Lines of the next invoice"), "Total")).to_contain_text("109.90")

    simulated = page.get_by_role("region", name="Simulate", exact=True)
    simulated.get_by_role("button", name="Simulate").click()
    expect(row(table(simulated, "Simulated invoices"), "1 – 30 Apr 2026")).to_contain_text("238.65")

    simulated.get_by_label("API calls a month").fill("100")
    simulated.get_by_role("button", name="Simulate").click()
    expect(row(table(simulated, "Simulated invoices"), "1 – 30 Apr 2026")).to_contain_text("169.90")


def test_a_milestone_ends_its_phase_and_begins_the_next(page: Page, seller: Seller) -> None:
    kin = family(seller)
    prices = catalogue(seller)
    draft = schedule(seller, kin.group, [prices.fee], isDraft=True)
    page.goto(f"/billing/schedules/{draft}/edit")

    page.get_by_label("Until milestone").fill("Go-live")
    page.get_by_role("button", name="Add phase").click()
    second = page.get_by_role("group", name="Phase 2", exact=True)
    expect(second.get_by_label("Phase 2 first day")).to_have_value("")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("once the milestone before it is reached")).to_be_visible()
    page.get_by_role("button", name="Milestone reached").click()
    asked = dialog(page, "When is “Go-live” reached?")
    asked.get_by_label("Day of the milestone").fill("2026-02-14")
    expect(asked).to_contain_text("The next phase begins on 15 Feb 2026")
    asked.get_by_role("button", name="Milestone reached").click()

    expect(page.get_by_role("heading", name="Phase 2, 15 Feb 2026 – open-ended")).to_be_visible()
