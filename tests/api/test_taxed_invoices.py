"""What an invoice is taxed: which rate each line has, who is not taxed, and that it all adds up."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.schema import line_items, tax_rate_versions
from tests.api import agreements
from tests.api.catalogue import NOBODY, category, made, price_body, product, refusal
from tests.api.pooled import METHODS, january
from tests.api.taxed import change, figures, lines, rate
from tests.api.test_invoices import bill
from tests.api.world import grant_body
from tests.flows.books import ADDRESS, GRADUATED, Books, fixed


def verified(books: Books) -> list[Any]:
    """What verifying finds wrong with the finalised invoices."""
    with reading(books.engine) as tx:
        found = list(verify_invoices(tx, books.usage, books.workspace))
    assert found
    return [one.difference for one in found]


def sold(books: Books, *amounts: str, category: str | None = None, **customer: Any) -> str:
    """A customer who pays a product's fixed prices monthly; its schedule's id."""
    product = books.product("Platform", tax_category_id=category)
    prices = (books.price(fixed(amount), product=product) for amount in amounts)
    schedule = books.schedule(books.customer("Northwind", **customer), *prices)
    books.write()
    return schedule


def reasons(client: TestClient, invoice: str) -> list[str]:
    return [one["taxation"]["reason"] for one in lines(client, invoice)]


def test_lines_are_taxed_at_the_rate_of_their_category_where_the_customer_is(
    client: TestClient, books: Books
) -> None:
    software = category(client)
    vat = rate(client, "0.2", "GB", taxCategoryId=software)
    rate(client, "0.19", "DE", taxCategoryId=software)
    rate(client, "0.05")
    sold(books, "10.02", "0.02", category=software)

    [invoice] = bill(books, "2026-02-01")

    found = lines(client, invoice)
    # 2.004 and 0.004: each line is rounded by itself.
    assert [figures(one) for one in found] == [
        ("10.02", "2.00", "12.02"),
        ("0.02", "0.00", "0.02"),
    ]
    assert [one["taxRate"] for one in found] == ["0.2", "0.2"]
    assert found[0]["taxation"] == {
        "reason": "CATEGORY",
        "taxRateId": vat,
        "taxRateVersionId": found[0]["taxation"]["taxRateVersionId"],
        "taxRateVersion": 1,
        "name": "VAT GB",
        "shortName": "VAT",
    }
    head = client.get(f"/invoices/{invoice}").json()
    assert figures(head) == ("10.04", "2.00", "12.04")
    assert "linesWithoutTaxRate" not in head
    [group] = client.get(f"/invoices/{invoice}/line-item-groups").json()["items"]
    assert figures(group) == ("10.04", "2.00", "12.04")


def test_without_any_tax_rate_nothing_is_taxed_and_nothing_is_missed(
    client: TestClient, books: Books
) -> None:
    sold(books, "10")

    [invoice] = bill(books, "2026-02-01")

    assert reasons(client, invoice) == ["NOT_TAXED"]
    assert "linesWithoutTaxRate" not in client.get(f"/invoices/{invoice}").json()


@pytest.mark.parametrize(
    ("status", "reason"),
    [("TAX_EXEMPT", "EXEMPT"), ("REVERSE_CHARGED", "REVERSE_CHARGED")],
)
def test_who_is_exempt_or_reverse_charged_pays_no_tax(
    client: TestClient, books: Books, status: str, reason: str
) -> None:
    rate(client)
    sold(books, "10", tax_status=status)

    [invoice] = bill(books, "2026-02-01")

    assert reasons(client, invoice) == [reason]
    head = client.get(f"/invoices/{invoice}").json()
    assert figures(head) == ("10.00", "0.00", "10.00")
    assert head["customerTaxStatus"] == status


def test_a_line_without_a_rate_is_reported_and_the_invoice_can_be_issued_all_the_same(
    client: TestClient, books: Books
) -> None:
    rate(client, country="FR")
    sold(books, "10", "20")

    [invoice] = bill(books, "2026-02-01")

    assert reasons(client, invoice) == ["MISSING", "MISSING"]
    assert client.get(f"/invoices/{invoice}").json()["linesWithoutTaxRate"] == 2
    [run] = client.get("/billing-runs").json()["items"]
    assert run["invoicesWithoutTaxRate"] == 1
    rate(client)
    assert client.get(f"/invoices/{invoice}").json()["linesWithoutTaxRate"] == 2, "as calculated"
    again = made(client.post(f"/invoices/{invoice}/recalculate"))
    assert ("linesWithoutTaxRate" in again, figures(again)[1]) == (False, "6.00")
    rate(client)
    client.post(f"/invoices/{invoice}/recalculate")
    assert reasons(client, invoice) == ["AMBIGUOUS", "AMBIGUOUS"]
    assert made(client.post(f"/invoices/{invoice}/finalize"))["linesWithoutTaxRate"] == 2
    assert verified(books) == [None]


def test_a_changed_rate_applies_to_what_is_calculated_later(
    client: TestClient, books: Books
) -> None:
    vat = rate(client, "0.2")
    sold(books, "10")
    january, february = bill(books, "2026-03-01")
    client.post(f"/invoices/{january}/finalize")

    change(client, vat, "0.1")

    again = made(client.post(f"/invoices/{february}/recalculate"))
    assert figures(again)[1] == "1.00"
    assert lines(client, february)[0]["taxation"]["taxRateVersion"] == 2
    assert figures(client.get(f"/invoices/{january}").json())[1] == "2.00"
    client.post(f"/invoices/{february}/finalize")
    client.post(f"/tax-rates/{vat}/archive")
    client.delete(f"/tax-rates/{vat}")
    assert verified(books) == [None, None]


def test_a_schedule_names_the_rate_of_a_price(client: TestClient, books: Books) -> None:
    rate(client, "0.2")
    reduced = rate(client, "0.05", name="reduced", taxCategoryId=category(client))
    schedule = sold(books, "10", "20")
    shown = client.get(f"/billing-schedules/{schedule}").json()
    first, _ = (price["id"] for price in shown["prices"])
    body = {
        "startDate": shown["startDate"],
        "taxRates": [{"priceId": first, "taxRateId": reduced}],
        "autoIssueInvoices": False,
        "rollUpBilling": False,
        "phases": [
            {
                "startDate": shown["phases"][0]["startDate"],
                "priceIds": shown["phases"][0]["priceIds"],
            }
        ],
    }
    bill(books, "2026-02-01")

    changed = made(client.put(f"/billing-schedules/{schedule}", json=body))

    assert changed["taxRates"] == body["taxRates"]
    [february, draft] = client.get("/invoices").json()["items"]
    assert reasons(client, draft["id"]) == ["SCHEDULE", "DEFAULT"]
    assert figures(draft)[1] == "4.50"
    client.post(f"/tax-rates/{reduced}/archive")
    assert made(client.post(f"/invoices/{february['id']}/recalculate"))["linesWithoutTaxRate"] == 1
    # What was agreed before may stay.
    assert client.put(f"/billing-schedules/{schedule}", json=body).status_code == 200
    copy = made(
        client.post(
            f"/billing-schedules/{schedule}/duplicate", json={"customerId": shown["customerId"]}
        )
    )
    assert copy["taxRates"] == body["taxRates"]


def test_whoever_pays_decides_how_its_childrens_lines_are_taxed(
    client: TestClient, books: Books
) -> None:
    rate(client, "0.2", "GB")
    rate(client, "0.19", "DE")
    german = {**ADDRESS, "country": "DE"}
    parent = books.customer("Parent")
    child = books.customer("Child", parent, address=german, tax_status="TAX_EXEMPT")
    alone = books.customer("Alone", parent, address=german)
    books.schedule(parent, books.price(fixed("10")))
    books.schedule(child, books.price(fixed("5")), bill_to="PARENT")
    books.schedule(alone, books.price(fixed("100")))
    books.write()

    bill(books, "2026-02-01")

    heads = {
        one["customerLegalCompanyName"]: one for one in client.get("/invoices").json()["items"]
    }
    assert figures(heads["Parent"]) == ("15.00", "3.00", "18.00")
    assert figures(heads["Alone"]) == ("100.00", "19.00", "119.00")


def test_shares_of_tax_add_up_to_every_line_by_every_method(
    client: TestClient, books: Books
) -> None:
    rate(client, "0.19")
    who = january(books)

    invoice = who["invoice"]

    for method in METHODS:
        found = client.get(f"/invoices/{invoice}/allocations?method={method}&limit=100").json()
        assert found["pagination"]["totalResultSize"] == len(found["items"])
        for line in lines(client, invoice):
            own = [one for one in found["items"] if one["lineItemId"] == line["id"]]
            for figure in ("netTotal", "totalTax", "grossTotal"):
                assert sum(D(one[figure]) for one in own) == D(line[figure]), (method, line)
        assert sum(bool(D(one["totalTax"])) for one in found["items"]) > 6
    client.post(f"/invoices/{invoice}/finalize")
    statement = client.get(f"/customers/{who['Site']}/statements/{invoice}").json()
    assert D(statement["totalTax"]) == sum(D(one["totalTax"]) for one in statement["lines"]) > 0
    assert verified(books) == [None]


def test_a_tampered_tax_is_found(client: TestClient, books: Books, engine: Engine) -> None:
    rate(client, "0.2")
    sold(books, "10")
    [invoice] = bill(books, "2026-02-01")
    client.post(f"/invoices/{invoice}/finalize")

    with writing(engine) as tx:
        tx.execute(update(tax_rate_versions).values(amount="0.25"))
    [found] = verified(books)
    assert (found.field, found.stored, found.recomputed) == ("totalTax", "2.00", "2.50")
    with writing(engine) as tx:
        tx.execute(update(tax_rate_versions).values(amount="0.2"))
        tx.execute(update(line_items).values(tax_rate="0.3"))
    [found] = verified(books)
    assert (found.field, found.stored, found.recomputed) == ("taxRate", "0.3", "0.2")


def test_late_usage_is_taxed_as_its_line_was(client: TestClient, books: Books) -> None:
    vat = rate(client, "0.2")
    customer = books.customer("Northwind")
    calls = books.metric("calls")
    books.schedule(customer, books.price(GRADUATED, calls))
    books.write()
    books.used((customer, "calls", "2026-01-05", "60"))
    [january] = bill(books, "2026-02-01")
    client.post(f"/invoices/{january}/finalize")
    change(client, vat, "0.1")

    books.used((customer, "calls", "2026-01-06", "10"), (customer, "calls", "2026-02-06", "10"))
    [february] = bill(books, "2026-03-01")

    own, late = lines(client, february)
    assert (own["taxRate"], late["taxRate"]) == ("0.1", "0.2")
    assert figures(late) == ("10.00", "2.00", "12.00")
    assert late["taxation"]["taxRateVersion"] == 1
    client.post(f"/invoices/{february}/finalize")
    assert verified(books) == [None, None]


def test_a_line_and_an_invoice_explain_their_tax(client: TestClient, books: Books) -> None:
    rate(client, "0.175")
    sold(books, "9.99", "20")
    [invoice] = bill(books, "2026-02-01")
    line = lines(client, invoice)[0]

    told = client.get(f"/invoices/{invoice}/line-items/{line['id']}/explanation").json()["tax"]
    whole = client.get(f"/invoices/{invoice}/explanation").json()

    assert told | line["taxation"] == told
    assert (told["taxRate"], told["exact"], told["rounded"]) == ("0.175", "1.74825", "1.75")
    assert [(s["step"], s["amount"]) for s in whole["steps"]] == [
        ("CHARGES", "29.99"),
        ("TAX", "5.25"),
    ]
    [tax] = whole["taxes"]
    assert (tax["name"], tax["taxRate"], tax["netTotal"], tax["totalTax"]) == (
        "VAT GB",
        "0.175",
        "29.99",
        "5.25",
    )


def test_the_tax_of_a_credit_is_what_the_tax_left_to_pay_falls_by(
    client: TestClient, books: Books, workspace: Workspace
) -> None:
    vat = rate(client, "0.2")
    customer = books.customer("Northwind")
    books.schedule(customer, books.price(GRADUATED, books.metric("calls")))
    books.write()
    books.used((customer, "calls", "2026-01-05", "60"))
    [january] = bill(books, "2026-02-01")
    client.post(f"/invoices/{january}/finalize")
    change(client, vat, "0.1")
    books.used_again(1, (customer, "calls", "2026-01-05", "50"))  # gives 10.00 and 2.00 back
    books.used((customer, "calls", "2026-02-05", "60"))  # costs 80.00 and 8.00
    for amount in (35, 100):
        made(client.post("/credits", json=grant_body(workspace.id, customer, amount=amount)))

    [february] = bill(books, "2026-03-01")

    credits = [one for one in lines(client, february) if one.get("settles") == "CREDIT"]
    url = f"/invoices/{february}/line-items"
    taxes = [client.get(f"{url}/{one['id']}/explanation").json()["tax"] for one in credits]
    assert [figures(one)[:2] for one in credits] == [("-35.00", "-3.00"), ("-35.00", "-3.00")]
    assert [tax["rounded"] for tax in taxes] == ["-3.00", "-3.00"]
    assert not any("exact" in tax for tax in taxes), "a tenth of 35.00 is another figure"
    assert [tuple(tax["leftToPay"].values()) for tax in taxes] == [
        ("70.00", "6.00", "35.00", "3.00"),
        ("35.00", "3.00", "0.00", "0.00"),
    ]


def test_both_tax_ids_are_on_the_invoice(client: TestClient, books: Books) -> None:
    rate(client)
    sold(books, "10")
    [invoice] = bill(books, "2026-02-01")
    head = client.get(f"/invoices/{invoice}").json()
    merchant = client.get("/merchant-for-sequence-account").json()["id"]
    for body in (
        {"taxIdentifier": "GB-THEIRS", "country": "GB", "customerId": head["customerId"]},
        {"taxIdentifier": "FR-OURS", "country": "FR", "merchantId": merchant},
        {"taxIdentifier": "GB-OURS", "country": "GB", "merchantId": merchant},
    ):
        made(client.post("/tax-registrations", json=body))
    assert "customerTaxId" not in client.get(f"/invoices/{invoice}").json()

    client.post(f"/invoices/{invoice}/recalculate")
    final = made(client.post(f"/invoices/{invoice}/finalize"))

    assert final["customerTaxId"] == "GB-THEIRS"
    assert final["merchantDetails"]["taxId"] == "GB-OURS"


def test_validating_taxes_tells_each_prices_rate_or_which_have_none(
    client: TestClient, books: Books
) -> None:

    price = agreements.price(client)
    other = agreements.price(client)
    customer = agreements.customer(client)
    vat = rate(client, "0.2", "FR")
    named = [{"priceId": price, "taxRateId": vat}]
    body = agreements.body_of(customer, agreements.phase(price, other), taxRates=named)

    answer = client.post("/billing-schedules/validate-taxes", json=body)

    assert refusal(answer) == (400, "tax_rate_missing", ["/phases/0/priceIds/1"])
    rate(client, "0.05")
    told = made(client.post("/billing-schedules/validate-taxes", json=body))["items"]
    assert [(one["priceId"], one["reason"], one["taxRate"]) for one in told] == [
        (price, "SCHEDULE", "0.2"),
        (other, "DEFAULT", "0.05"),
    ]
    assert client.get("/billing-schedules").json()["items"] == []


@pytest.mark.parametrize(
    ("price", "named", "told"),
    [
        ("own", "nobody", (404, "not_found", ["/taxRates/0/taxRateId"])),
        ("nobody", "rate", (400, "invalid", ["/taxRates/0/priceId"])),
        ("own", "archived", (409, "tax_archived", ["/taxRates/0/taxRateId"])),
    ],
)
def test_a_schedule_names_rates_in_force_for_its_own_prices(
    client: TestClient, price: str, named: str, told: tuple[int, str, list[str]]
) -> None:

    known = {"nobody": NOBODY, "rate": rate(client), "archived": rate(client)}
    known["own"] = agreements.price(client)
    client.post(f"/tax-rates/{known['archived']}/archive")
    taxed = [{"priceId": known[price], "taxRateId": known[named]}]
    customer = agreements.customer(client)
    body = agreements.body_of(customer, agreements.phase(known["own"]), taxRates=taxed)

    assert refusal(client.post("/billing-schedules", json=body)) == told


def test_what_is_named_for_a_list_price_holds_for_its_copy(client: TestClient) -> None:

    body = price_body(product(client))
    listed = made(client.post("/list-prices", json=body))["id"]
    taxed = [{"priceId": listed, "taxRateId": rate(client)}]
    phase = agreements.phase(listPriceIds=[listed])
    asked = agreements.body_of(agreements.customer(client), phase, taxRates=taxed)

    schedule = agreements.create(client, asked)

    [copy] = schedule["prices"]
    assert schedule["taxRates"] == [{"priceId": copy["id"], "taxRateId": taxed[0]["taxRateId"]}]
