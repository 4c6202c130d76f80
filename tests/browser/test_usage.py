"""Usage events and what is measured of them."""

from playwright.sync_api import Page, expect

from tests.browser.server import Seller
from tests.browser.story import catalogue, choose, dialog, family, row, table, usage


def test_an_event_is_added_by_hand(page: Page, seller: Seller) -> None:
    family(seller)
    page.goto("/usage/events")

    page.get_by_role("button", name="New usage event").first.click()
    form = dialog(page, "New usage event")
    form.get_by_label("Customer alias").fill("nw")
    form.get_by_label("Event type").fill("call")
    form.get_by_label("Timestamp (UTC)").fill("2026-03-02T10:00:05")
    form.get_by_label("Property 1 name").fill("n")
    form.get_by_label("Property 1 value").fill("12")
    form.get_by_role("button", name="Add event").click()

    expect(form).to_be_hidden()
    stored = row(table(page, "Usage events"), "call")
    expect(stored).to_contain_text("2 Mar 2026")
    expect(stored).to_contain_text("n=12")


def test_a_wrong_event_is_cancelled(page: Page, seller: Seller) -> None:
    family(seller)
    usage(seller, nw=1)
    page.goto("/usage/events")
    row(table(page, "Usage events"), "nw").get_by_role("button", name="Cancel").click()
    asked = dialog(page, "Cancel this event?")
    expect(asked).to_contain_text("call of nw")

    asked.get_by_role("button", name="Cancel event").click()

    expect(asked).to_be_hidden()
    gone = row(table(page, "Usage events"), "nw")
    expect(gone).to_contain_text("(cancelled)")
    expect(gone.get_by_role("button", name="Cancel")).to_have_count(0)


def test_events_of_nobody_are_found(page: Page, seller: Seller) -> None:
    family(seller)
    usage(seller, nw=1, stray=2)
    page.goto("/usage/events")
    expect(table(page, "Usage events").get_by_role("row")).to_have_count(3)

    page.get_by_label("Unmapped aliases only").check()

    expect(table(page, "Usage events").get_by_role("row")).to_have_count(2)
    expect(row(table(page, "Usage events"), "stray")).to_be_visible()
    assert "unmapped=true" in page.url


def test_an_alias_of_nobody_is_given_to_a_customer(page: Page, seller: Seller) -> None:
    family(seller)
    usage(seller, stray=2)
    page.goto("/usage/unmapped")
    aliases = table(page, "Unmapped aliases")
    row(aliases, "stray").get_by_role("button", name="Give to a customer").click()
    form = dialog(page, "Whose is stray?")
    choose(form, "Customer", "Northwind GmbH")
    form.get_by_role("button", name="Give alias").click()

    expect(form).to_be_hidden()
    expect(page.get_by_text("Every event has its customer")).to_be_visible()


def test_a_metric_with_a_filter_is_added_and_tried(page: Page, seller: Seller) -> None:
    family(seller)
    catalogue(seller)
    usage(seller, at="2026-03-02T10:00:00Z", nw=100, nw_de=5)
    page.goto("/usage/metrics")

    page.get_by_role("button", name="New usage metric").first.click()
    form = dialog(page, "New usage metric")
    form.get_by_label("Metric name").fill("Small calls")
    form.get_by_label("Event type").fill("call")
    form.get_by_label("Unit").fill("calls")
    choose(form, "Aggregation", "Sum of a property")
    form.get_by_label("Aggregation property").fill("n")
    form.get_by_role("button", name="Add filter").click()
    form.get_by_label("Filter 1 property").fill("n")
    choose(form, "Filter 1 rule", "is none of")
    form.get_by_label("Filter 1 values").fill("100")
    form.get_by_label("Filter 1 values").press("Enter")
    form.get_by_role("button", name="Add metric").click()
    expect(form).to_be_hidden()
    expect(row(table(page, "Usage metrics"), "Small calls")).to_contain_text("n is not 100")

    row(table(page, "Usage metrics"), "Small calls").get_by_role("button", name="Preview").click()
    trial = dialog(page, "Preview Small calls")
    customers = trial.get_by_role("combobox", name="Customers", exact=True)
    for alias in ("nw", "nw-de"):
        customers.fill(alias)
        customers.press("Enter")
    trial.get_by_role("button", name="Preview calculation").click()

    result = trial.get_by_role("region", name="Result")
    expect(result).to_contain_text("5 calls")
    expect(result).to_contain_text("1 event")


def test_an_expression_leaves_its_weight_to_the_price(page: Page, seller: Seller) -> None:
    product = seller.make("/products", {"name": "Models"})["id"]
    page.goto("/usage/metrics")

    page.get_by_role("button", name="New usage metric").first.click()
    form = dialog(page, "New usage metric")
    form.get_by_label("Metric name").fill("Tokens")
    form.get_by_label("Event type").fill("call")
    choose(form, "Aggregation", "Expression over properties")
    form.get_by_label("Expression").fill("n * weight +")
    form.get_by_role("button", name="Add parameter").click()
    form.get_by_label("Parameter 1 name").fill("weight")
    form.get_by_label("Parameter 1 default").fill("2")
    form.get_by_role("button", name="Add metric").click()
    expect(
        form.get_by_text("A number, a name or a parenthesis is expected at character 13.")
    ).to_be_visible()
    form.get_by_label("Expression").fill("n * weight")
    form.get_by_role("button", name="Add metric").click()
    expect(row(table(page, "Usage metrics"), "Tokens")).to_contain_text("n * weight")

    page.goto(f"/products/{product}?new=price&forProduct={product}")
    form = dialog(page, "New price")
    form.get_by_label("Price name").fill("Output")
    choose(form, "Pricing model", "Linear")
    choose(form, "Usage metric", "Tokens")
    form.get_by_label("weight").fill("0.5")
    form.get_by_label("Price per unit").fill("1")
    form.get_by_role("button", name="Add price").click()
    expect(form).to_be_hidden()

    [made] = seller.items("/list-prices")
    assert [one["value"] for one in made["customMetricParameters"]] == ["0.5"]


def test_usage_per_month_counts_children_when_asked(page: Page, seller: Seller) -> None:
    kin = family(seller)
    catalogue(seller)
    usage(seller, nw=100, nw_leeds=20, nw_de=5)
    page.goto(f"/customers/{kin.limited}?show=table")

    months = table(page, "Usage per month")
    expect(row(months, "Feb 2026")).to_contain_text("120")
    page.get_by_role("region", name="Usage per month", exact=True).get_by_label(
        "Include children"
    ).uncheck()
    expect(row(months, "Feb 2026")).to_contain_text("100")
    page.get_by_text("Chart", exact=True).click()
    expect(page.locator(".chart svg")).to_be_visible()


def test_after_a_quiet_year_the_last_months_with_usage_are_shown(
    page: Page, seller: Seller
) -> None:
    kin = family(seller)
    catalogue(seller)
    usage(seller, at="2019-11-05T10:00:00Z", nw=30)
    page.goto(f"/customers/{kin.limited}?show=table")

    months = table(page, "Usage per month")
    expect(row(months, "Nov 2019")).to_contain_text("30")
    expect(row(months, "Dec 2018")).to_be_visible()
    page.goto(f"/customers/{kin.loner}")
    expect(page.get_by_text("No usage yet")).to_be_visible()
