"""Credits through the API: granted, listed, drawn by invoices, explained, and taken back."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.agreements import body_of, create, customer, linear, phase, price, update_of
from tests.api.catalogue import NOBODY, made, metric, refusal
from tests.api.pooled import read_pdf, told
from tests.api.test_discounts import newest, titles
from tests.api.world import grant_body

INCLUDED = {
    "name": "Included",
    "creditUnitType": "CURRENCY",
    "amount": 10,
    "grantRefreshFrequency": "MONTHLY",
    "rolloverMode": "NONE",
}


@pytest.fixture
def account(client: TestClient) -> str:
    """The workspace as clients call it."""
    return str(told(client, "/merchant-for-sequence-account")["id"])


@pytest.fixture
def calls(engine: Engine, workspace: Workspace) -> str:
    return metric(engine, workspace.id)


def grant(client: TestClient, *args: str, **more: Any) -> dict[str, Any]:
    return made(client.post("/credits", json=grant_body(*args, **more)))


def test_a_grant_is_shown_as_it_was_made(client: TestClient, account: str, payer: str) -> None:
    shown = grant(client, account, payer)

    asked = grant_body(account, payer)
    del asked["createInvoice"]
    assert {key: shown[key] for key in asked} == asked
    assert (shown["integrationIds"], "metricId" in shown) == ([], False)
    assert told(client, f"/credits/{shown['id']}") == shown
    assert told(client, "/credits")["items"] == [shown]
    assert client.get("/credits", params={"customerId": NOBODY}).json()["items"] == []
    assert refusal(client.get(f"/credits/{NOBODY}"))[:2] == (404, "not_found")


def test_without_a_day_a_grant_pays_from_today_on(
    client: TestClient, account: str, payer: str
) -> None:
    body = grant_body(account, payer)
    del body["effectiveDate"], body["expiryDate"], body["costOfCredit"]

    shown = made(client.post("/credits", json=body))

    assert (shown["effectiveDate"], shown["costOfCredit"]) == ("2026-03-10", 0)
    assert "expiryDate" not in shown


REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"createInvoice": True, "costOfCredit": 0}, 400, "invalid", "/costOfCredit"),
    ({"createInvoice": True, "costOfCredit": "0.001"}, 400, "invalid", "/costOfCredit"),
    ({"taxRateId": NOBODY}, 404, "not_found", "/taxRateId"),
    ({"amount": 0}, 400, "invalid", "/amount"),
    ({"amount": "0.001"}, 400, "invalid", "/amount"),
    ({"amount": "0.5", "currency": "JPY"}, 400, "invalid", "/amount"),
    ({"expiryDate": "2025-12-31"}, 400, "invalid", "/expiryDate"),
    ({"creditUnitType": "METRIC"}, 400, "invalid", "/metricId"),
    ({"metricId": NOBODY}, 400, "invalid", "/metricId"),
    ({"creditUnitType": "METRIC", "metricId": NOBODY}, 404, "not_found", "/metricId"),
    ({"customerId": NOBODY}, 404, "not_found", "/customerId"),
    ({"sequenceAccountId": NOBODY}, 404, "not_found", "/sequenceAccountId"),
]


@pytest.mark.parametrize(("terms", "status", "code", "pointer"), REFUSED)
def test_what_cannot_be_granted_is_refused_by_field(
    client: TestClient,
    account: str,
    payer: str,
    terms: dict[str, Any],
    status: int,
    code: str,
    pointer: str,
) -> None:
    answer = client.post("/credits", json=grant_body(account, payer, **terms))

    found, its_code, pointers = refusal(answer)
    assert (found, pointers) == (status, [pointer])
    assert its_code == code


def test_an_archived_customer_is_granted_nothing(client: TestClient, account: str) -> None:
    gone = customer(client, "Gone")
    made(client.post(f"/customers/{gone}/archive"))

    refused = refusal(client.post("/credits", json=grant_body(account, gone)))

    assert refused == (409, "customer_archived", ["/customerId"])


def test_a_draft_projects_what_becomes_applied_and_is_given_back(
    client: TestClient, account: str, payer: str, fee: str
) -> None:
    create(client, body_of(payer, phase(fee), isDraft=False))
    gift = grant(client, account, payer, amount=120)
    url = f"/invoices/{newest(client)['id']}"

    draft = told(client, url)

    paid = {"creditGrantId": gift["id"], "creditGrantName": "Welcome credit", "amount": "49.90"}
    assert (draft["projectedCreditGrants"], draft["appliedCreditGrants"]) == ([paid], [])
    assert titles(client, draft["id"]) == [("Fee", "49.90"), ("Welcome credit – Fee", "-49.90")]
    [balance] = told(client, f"/credits/{payer}/balances")["items"]
    assert (balance["id"], balance["type"], balance["name"]) == ("USD", "CASH", "USD")
    assert (balance["balance"], balance["projected"]) == ("120", "99.8")
    final = made(client.post(f"{url}/finalize"))
    applied = paid | {"taxAmount": "0.00", "status": "APPLIED"}
    assert (final["projectedCreditGrants"], final["appliedCreditGrants"]) == ([], [applied])
    assert (final["netTotal"], final["grossTotal"]) == ("0.00", "0.00")
    [balance] = told(client, f"/credits/{payer}/balances")["items"]
    applied_then, granted = balance["transactions"]
    assert balance["balance"] == "70.1"
    assert (granted["type"], granted["amount"], granted["reason"]) == ("CREDIT", "120", "GRANTED")
    assert (applied_then["type"], applied_then["amount"]) == ("DEBIT", "49.9")
    assert applied_then["invoiceId"] == final["id"]
    [one] = balance["grants"]
    assert (one["originalAmount"], one["appliedAmount"]) == ("120", "49.9")
    [left] = told(client, f"/credits/{payer}/grants")["items"]
    assert (left["grantAmount"], left["balance"], left["issueDate"]) == (120, 70.1, "2026-01-01")
    made(client.post(f"{url}/void"))
    [balance] = told(client, f"/credits/{payer}/balances")["items"]
    assert balance["balance"] == "120"
    assert balance["transactions"][0]["reason"] == "RETURNED"


def test_a_credit_line_explains_itself(
    client: TestClient, account: str, payer: str, fee: str
) -> None:
    create(client, body_of(payer, phase(fee), isDraft=False))
    gift = grant(client, account, payer, amount=69.9)  # January comes first, with 49.90
    path = f"/invoices/{newest(client)['id']}"

    charge, credit = told(client, f"{path}/line-items")["items"]

    assert (credit["settles"], credit["creditGrantId"]) == ("CREDIT", gift["id"])
    assert (credit["priceId"], credit["quantity"], credit["rate"]) == (fee, "1", "-20")
    assert "creditGrantId" not in charge
    [step] = credit["steps"]
    assert step == {
        "kind": "CREDIT",
        "id": gift["id"],
        "message": "Welcome credit",
        "before": "49.90",
        "amount": "-20.00",
    }
    explained = told(client, f"{path}/line-items/{credit['id']}/explanation")
    assert (explained["steps"], explained["netTotal"]) == ([step], "-20.00")
    steps = told(client, f"{path}/explanation")["steps"]
    assert [(one["step"], one["amount"]) for one in steps] == [
        ("CHARGES", "49.90"),
        ("CREDITS", "-20.00"),
    ]
    groups = told(client, f"{path}/line-item-groups")["items"]
    assert [one["title"] for one in groups][-1] == "Credits"
    assert "Welcome credit – Fee" in read_pdf(client, f"{path}/download")


def test_what_is_left_is_taken_back_once(
    client: TestClient, account: str, payer: str, fee: str
) -> None:
    create(client, body_of(payer, phase(fee), isDraft=False))
    gift = grant(client, account, payer)
    assert newest(client)["netTotal"] == "0.00"

    made(client.delete(f"/credits/{gift['id']}"))

    assert newest(client)["netTotal"] == "49.90"
    assert told(client, f"/credits/{gift['id']}")["isClosed"] is True
    assert told(client, f"/credits/{payer}/grants")["items"] == []
    refused = refusal(client.delete(f"/credits/{gift['id']}"))
    assert refused[:2] == (409, "credit_grant_closed")


def test_a_phase_shows_and_makes_its_grants(
    client: TestClient, payer: str, calls: str, fee: str
) -> None:
    usage = price(client, linear(calls))
    units = INCLUDED | {
        "name": "Calls",
        "creditUnitType": "METRIC",
        "amount": 1000,
        "restrictToPrices": [usage],
        "costOfCredit": 5,
    }
    body = body_of(payer, phase(fee, usage, creditGrants=[INCLUDED, units]), isDraft=False)

    [shown] = create(client, body)["phases"]

    cash, calls_grant = shown["creditGrants"]
    assert {**cash, "id": ""} == INCLUDED | {"id": "", "currency": "USD", "restrictToPrices": []}
    assert calls_grant["metricId"] == calls
    granted = told(client, "/credits")["items"]
    assert sorted((one["name"], one["effectiveDate"]) for one in granted) == [
        (name, f"2026-0{month}-01") for name in ("Calls", "Included") for month in (1, 2, 3)
    ]
    assert newest(client)["projectedCreditGrants"][0]["amount"] == "10.00"
    money, used = told(client, f"/credits/{payer}/balances")["items"]
    assert (money["type"], used["type"], used["id"]) == ("CASH", "USAGE", calls)
    assert (money["balance"], money["grants"][0]["expiredAmount"]) == ("10", "10")
    expired = [one for one in money["transactions"] if one["reason"] == "EXPIRED"]
    assert [(one["date"], one["type"], "id" in one) for one in expired] == [
        ("2026-03-01", "DEBIT", False),
        ("2026-02-01", "DEBIT", False),
    ]


def test_grants_of_phases_stay_unless_something_is_said(
    client: TestClient, payer: str, fee: str
) -> None:
    body = body_of(payer, phase(fee, creditGrants=[INCLUDED]), isDraft=False)
    before = create(client, body)
    url = f"/billing-schedules/{before['id']}"
    [kept] = before["phases"][0]["creditGrants"]
    silent = update_of(body_of(payer, phase(fee)))
    same = update_of(body_of(payer, phase(fee, creditGrants=[INCLUDED])))
    named = update_of(body_of(payer, phase(fee, creditGrants=[INCLUDED | {"id": kept["id"]}])))

    for asked in (silent, same, named):
        assert made(client.put(url, json=asked))["phases"][0]["creditGrants"] == [kept]

    changed = phase(fee, creditGrants=[INCLUDED | {"id": kept["id"], "amount": 11}])
    refused = refusal(client.put(url, json=update_of(body_of(payer, changed))))
    assert refused == (400, "invalid", ["/phases/0/creditGrants/0/id"])
    none = update_of(body_of(payer, phase(fee, creditGrants=[])))
    assert made(client.put(url, json=none))["phases"][0]["creditGrants"] == []
    assert {one.get("isClosed") for one in told(client, "/credits")["items"]} == {True}
    assert newest(client)["netTotal"] == "49.90"


def test_a_grant_that_has_paid_an_invoice_stays_agreed(
    client: TestClient, payer: str, fee: str
) -> None:
    made_of = create(client, body_of(payer, phase(fee, creditGrants=[INCLUDED]), isDraft=False))
    made(client.post(f"/invoices/{newest(client)['id']}/finalize"))

    none = update_of(body_of(payer, phase(fee, creditGrants=[])))
    refused = refusal(client.put(f"/billing-schedules/{made_of['id']}", json=none))

    assert refused == (409, "credit_grant_used", ["/phases"])


BAD: list[tuple[dict[str, Any], str]] = [
    ({"amount": 0}, "amount"),
    ({"currency": "EUR"}, "currency"),
    ({"creditUnitType": "METRIC"}, "restrictToPrices"),
    ({"restrictToPrices": [NOBODY]}, "restrictToPrices/0"),
    ({"grantRefreshFrequency": "DAILY"}, "grantRefreshFrequency"),
    ({"id": NOBODY}, "id"),
]


@pytest.mark.parametrize(("terms", "field"), BAD)
def test_a_phase_cannot_grant_that(
    client: TestClient, payer: str, fee: str, terms: dict[str, Any], field: str
) -> None:
    body = body_of(payer, phase(fee, creditGrants=[INCLUDED | terms]))

    refused = refusal(client.post("/billing-schedules", json=body))

    assert refused == (400, "invalid", [f"/phases/0/creditGrants/0/{field}"])


def test_a_copy_of_a_schedule_grants_by_itself(client: TestClient, payer: str, fee: str) -> None:
    original = create(client, body_of(payer, phase(fee, creditGrants=[INCLUDED])))
    other = customer(client, "Other")

    url = f"/billing-schedules/{original['id']}/duplicate"
    copy = made(client.post(url, json={"customerId": other}))

    [old], [new] = (one["phases"][0]["creditGrants"] for one in (original, copy))
    assert {**new, "id": ""} == {**old, "id": ""}
    assert new["id"] != old["id"]
