"""Credits that are bought: the invoice that sells them, and what it has to do with the grant."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.agreements import body_of, create, customer, phase
from tests.api.catalogue import made, metric, refusal
from tests.api.pooled import read_pdf, told
from tests.api.sandbox import make_sandbox
from tests.api.taxed import change, figures, lines, rate
from tests.api.world import grant_body


@pytest.fixture
def account(client: TestClient) -> str:
    """The workspace as clients call it."""
    return str(told(client, "/merchant-for-sequence-account")["id"])


def sold(client: TestClient, account: str, customer: str, **more: Any) -> dict[str, Any]:
    return made(
        client.post("/credits", json=grant_body(account, customer, createInvoice=True, **more))
    )


def billed(client: TestClient) -> dict[str, Any]:
    """The newest invoice of a schedule."""
    found = told(client, "/invoices")["items"]
    return next(one for one in found if "billingScheduleId" in one)


def test_a_grant_is_sold_by_a_draft_of_one_line(
    client: TestClient, account: str, payer: str
) -> None:
    gift = sold(client, account, payer)
    url = f"/invoices/{gift['invoiceId']}"

    draft, [line] = told(client, url), lines(client, gift["invoiceId"])

    assert (draft["status"], draft["customerId"]) == ("DRAFT", payer)
    assert "billingScheduleId" not in draft
    assert (figures(draft), draft["currency"]) == (("80.00", "0.00", "80.00"), "USD")
    assert (draft["projectedCreditGrants"], draft["appliedCreditGrants"]) == ([], [])
    assert draft["billingPeriod"] == {"start": "2026-03-10", "endInclusive": "2026-03-10"}
    assert (line["title"], line["quantity"], line["rate"]) == ("Welcome credit", "1", "80")
    assert line["creditGrantId"] == gift["id"]
    assert not {"priceId", "settles", "servicePeriod"} & line.keys()
    words = "100.00 USD, for service from 1 January 2026 to 31 December 2026"
    assert line["description"] == words
    explained = told(client, f"{url}/line-items/{line['id']}/explanation")
    assert explained["price"]["structure"] == {"pricingType": "ONE_TIME", "price": "80.00"}
    steps = told(client, f"{url}/explanation")["steps"]
    assert [(one["step"], one["amount"]) for one in steps] == [("CHARGES", "80.00")]
    [share] = told(client, f"{url}/allocations")["items"]
    assert (share["customerId"], share["netTotal"]) == (payer, "80.00")
    paper = read_pdf(client, f"{url}/download")
    assert "Prepaid credits" in paper
    assert words in paper
    assert told(client, f"/credits/{gift['id']}") == gift
    assert told(client, "/credits")["items"] == [gift]
    [balance] = told(client, f"/credits/{payer}/balances")["items"]
    assert balance["grants"][0]["invoiceId"] == gift["invoiceId"]


def test_units_are_sold_by_the_metrics_name(
    client: TestClient, account: str, payer: str, engine: Engine, workspace: Workspace
) -> None:
    calls = metric(engine, workspace.id)
    gift = sold(client, account, payer, creditUnitType="METRIC", metricId=calls, amount=1000)

    [line] = lines(client, gift["invoiceId"])

    name = told(client, f"/usage-metrics/{calls}")["name"]
    assert line["description"].startswith(f"1000 units of {name}, for service")


def test_a_sale_is_not_paid_by_credits_and_draws_nothing(
    client: TestClient, account: str, payer: str, fee: str
) -> None:
    gift = sold(client, account, payer, amount=60)
    create(client, body_of(payer, phase(fee), isDraft=False))

    [balance] = told(client, f"/credits/{payer}/balances")["items"]

    assert (balance["balance"], balance["projected"]) == ("60", "60")
    final = made(client.post(f"/invoices/{gift['invoiceId']}/finalize"))
    assert (final["grossTotal"], final["appliedCreditGrants"]) == ("80.00", [])
    assert billed(client)["projectedCreditGrants"][0]["amount"] == "10.10"
    [balance] = told(client, f"/credits/{payer}/balances")["items"]
    assert (balance["balance"], balance["projected"]) == ("60", "60")


def test_a_sale_is_taxed_once_and_what_it_pays_no_more(
    client: TestClient, account: str, payer: str, fee: str
) -> None:
    rate(client, "0.2")
    gift = sold(client, account, payer, amount=1000)
    create(client, body_of(payer, phase(fee), isDraft=False))

    [line] = lines(client, gift["invoiceId"])

    assert (line["taxation"]["reason"], line["totalTax"]) == ("DEFAULT", "16.00")
    assert figures(billed(client)) == ("0.00", "0.00", "0.00")


def test_a_sale_has_the_rate_that_the_grant_names(
    client: TestClient, account: str, payer: str
) -> None:
    rate(client, "0.2")
    named = rate(client, "0.05", "FR")
    gift = sold(client, account, payer, taxRateId=named)
    url = f"/invoices/{gift['invoiceId']}"

    [line] = lines(client, gift["invoiceId"])

    assert (line["taxation"]["reason"], line["totalTax"]) == ("GRANT", "4.00")
    assert gift["taxRateId"] == named
    change(client, named, "0.1", "FR")
    again = made(client.post(f"{url}/recalculate"))
    assert figures(again) == ("80.00", "8.00", "88.00")
    [same] = lines(client, gift["invoiceId"])
    assert same["id"] == line["id"]
    made(client.post(f"/tax-rates/{named}/archive"))
    missed = made(client.post(f"{url}/recalculate"))
    assert (missed["totalTax"], missed["linesWithoutTaxRate"]) == ("0.00", 1)
    other = grant_body(account, payer, taxRateId=named)
    assert refusal(client.post("/credits", json=other)) == (409, "tax_archived", ["/taxRateId"])


def test_who_is_reverse_charged_buys_without_tax(client: TestClient, account: str) -> None:
    rate(client, "0.2")
    abroad = customer(client, "Abroad", taxStatus="REVERSE_CHARGED")

    gift = sold(client, account, abroad)

    draft = told(client, f"/invoices/{gift['invoiceId']}")
    assert (draft["totalTax"], draft["taxNote"][:14]) == ("0.00", "Reverse charge")


def test_what_becomes_of_the_invoice_leaves_the_grant(
    client: TestClient, account: str, payer: str
) -> None:
    deleted, voided = (sold(client, account, payer) for _ in range(2))

    made(client.delete(f"/invoices/{deleted['invoiceId']}"))
    number = made(client.post(f"/invoices/{voided['invoiceId']}/void"))["invoiceNumber"]

    assert number == "SEQ-00001"
    for one in (deleted, voided):
        shown = told(client, f"/credits/{one['id']}")
        assert ("invoiceId" in shown, "isClosed" in shown) == (False, False)
    assert told(client, f"/credits/{payer}/balances")["items"][0]["balance"] == "200"


def test_taking_an_unused_grant_back_deletes_the_draft_that_sells_it(
    client: TestClient, account: str, payer: str
) -> None:
    gift, issued = (sold(client, account, payer) for _ in range(2))
    made(client.post(f"/invoices/{issued['invoiceId']}/finalize"))

    for one in (gift, issued):
        made(client.delete(f"/credits/{one['id']}"))

    assert client.get(f"/invoices/{gift['invoiceId']}").status_code == 404
    assert told(client, f"/invoices/{issued['invoiceId']}")["status"] == "FINAL"


def test_what_has_paid_an_invoice_stays_sold(
    client: TestClient, account: str, payer: str, fee: str
) -> None:
    gift = sold(client, account, payer)
    create(client, body_of(payer, phase(fee), isDraft=False))
    made(client.post(f"/invoices/{billed(client)['id']}/finalize"))

    made(client.delete(f"/credits/{gift['id']}"))

    assert told(client, f"/invoices/{gift['invoiceId']}")["status"] == "DRAFT"


def test_in_a_sandbox_a_sale_stays_as_it_is_while_its_grant_pays_later_times(
    client: TestClient, account: str, payer: str, fee: str
) -> None:
    make_sandbox(client)
    gift = sold(client, account, payer, amount=60)
    made_of = create(client, body_of(payer, phase(fee), isDraft=False, autoIssueInvoices=True))
    clock = {"billingScheduleId": made_of["id"], "frozenTime": "2026-05-01T00:00:00Z"}

    made(client.post("/time-travellers", json=clock))

    draft = told(client, f"/invoices/{gift['invoiceId']}")
    assert (draft["status"], draft["accountingDate"]) == ("DRAFT", "2026-03-10")
    [balance] = told(client, f"/credits/{payer}/balances")["items"]
    assert balance["balance"] == "0"
    paid = [one["netTotal"] for one in told(client, "/invoices")["items"] if "issueDate" in one]
    assert sorted(paid) == ["0.00", "39.80", "49.90", "49.90"]
