"""Discounts and minimums through the API: agreed, shown, changed, and what invoices make of them."""

from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.api.agreements import body_of, create, linear, phase, price, update_of
from tests.api.catalogue import NOBODY, made, metric, price_body, product, refusal
from tests.api.pooled import METHODS, read_pdf, told
from tests.api.test_invoices import bill
from tests.api.world import SEAT_METRIC, seat_structure
from tests.flows.books import GRADUATED, Books

LAUNCH = {"type": "PERCENTAGE", "amount": 0.1, "message": "Launch", "separateLineItem": True}
LEAST = {"amount": 500}


@pytest.fixture
def calls(client: TestClient, engine: Engine, workspace: Workspace) -> str:
    """A usage price: 2 for a call."""
    return price(client, linear(metric(engine, workspace.id)))


@pytest.fixture
def daily(client: TestClient, engine: Engine, workspace: Workspace) -> str:
    """The same on demand."""
    metered = linear(metric(engine, workspace.id, "daily"))
    return price(client, metered, billingFrequency="ON_DEMAND")


def titles(client: TestClient, invoice: str) -> list[tuple[str, str]]:
    found = told(client, f"/invoices/{invoice}/line-items")["items"]
    return [(line["title"], line["netTotal"]) for line in found]


def newest(client: TestClient) -> dict[str, Any]:
    found = told(client, "/invoices")["items"]
    return max(found, key=lambda invoice: str(invoice["accountingDate"]))


def test_a_phase_shows_its_discounts_and_minimums(
    client: TestClient, payer: str, fee: str, calls: str
) -> None:
    nominal = {
        "type": "NOMINAL",
        "amount": 12.5,
        "message": "",
        "separateLineItem": False,
        "restrictToPrices": [calls],
        "seatDiscountType": "OVERAGE_SEATS_ONLY",
    }
    body = body_of(payer, phase(fee, calls, discounts=[LAUNCH, nominal], minimums=[LEAST]))

    made_of = create(client, body)

    [shown] = made_of["phases"]
    first, second = shown["discounts"]
    assert {**first, "id": ""} == {**LAUNCH, "id": "", "restrictToPrices": []}
    assert {**second, "id": ""} == {**nominal, "id": ""}
    [least] = shown["minimums"]
    assert (least["amount"], least["phaseId"], least["restrictToPrices"]) == (500, shown["id"], [])
    assert least["billingScheduleId"] == made_of["id"]


def test_what_stays_agreed_keeps_its_id(client: TestClient, payer: str, calls: str) -> None:
    body = body_of(payer, phase(calls, discounts=[LAUNCH], minimums=[LEAST]))
    before = create(client, body)["phases"][0]
    more = phase(calls, discounts=[LAUNCH | {"amount": 0.2}, LAUNCH], minimums=[LEAST])
    url = f"/billing-schedules/{before['billingScheduleId']}"

    after = made(client.put(url, json=update_of(body_of(payer, more))))["phases"][0]

    assert after["discounts"][1] == before["discounts"][0]
    assert after["minimums"][0]["id"] == before["minimums"][0]["id"]
    assert after["discounts"][0]["id"] != before["discounts"][0]["id"]


def test_a_list_price_may_be_named_for_its_copy(client: TestClient, payer: str) -> None:
    terms = price_body(product(client), {"pricingType": "FIXED", "price": "10"})
    listed = made(client.post("/list-prices", json=terms))["id"]
    of = phase(listPriceIds=[listed], discounts=[LAUNCH | {"restrictToPrices": [listed]}])

    [shown] = create(client, body_of(payer, of))["phases"]

    assert shown["discounts"][0]["restrictToPrices"] == shown["priceIds"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"discounts": [LAUNCH | {"amount": 10}]}, "/phases/0/discounts/0/amount"),
    ({"discounts": [LAUNCH | {"amount": -0.1}]}, "/phases/0/discounts/0/amount"),
    ({"discounts": [LAUNCH | {"amount": "0.1234567890123456"}]}, "/phases/0/discounts/0/amount"),
    ({"discounts": [LAUNCH | {"type": "GIFT"}]}, "/phases/0/discounts/0/type"),
    (
        {"discounts": [LAUNCH | {"restrictToPrices": [NOBODY]}]},
        "/phases/0/discounts/0/restrictToPrices/0",
    ),
    (
        {"discounts": [LAUNCH | {"type": "NOMINAL", "amount": 5}]},
        "/phases/0/discounts/0/restrictToPrices",
    ),
    ({"minimums": [{"amount": -1}]}, "/phases/0/minimums/0/amount"),
    (
        {"minimums": [{"amount": 1, "restrictToPrices": [NOBODY]}]},
        "/phases/0/minimums/0/restrictToPrices/0",
    ),
]


@pytest.mark.parametrize(("terms", "pointer"), BAD)
def test_what_cannot_be_worked_out_is_refused(
    client: TestClient, payer: str, fee: str, terms: dict[str, Any], pointer: str
) -> None:
    yearly = price(client, {"pricingType": "FIXED", "price": "10"}, billingFrequency="YEARLY")
    body = body_of(payer, phase(fee, yearly, **terms))

    status, code, pointers = refusal(client.post("/billing-schedules", json=body))

    assert (status, code, pointers) == (400, "invalid", [pointer])


def test_a_minimum_needs_usage(client: TestClient, payer: str, fee: str, calls: str) -> None:
    at = "/phases/0/minimums/0/restrictToPrices"
    for of in (
        phase(fee, minimums=[LEAST]),
        phase(fee, calls, minimums=[LEAST | {"restrictToPrices": [fee]}]),
    ):
        answer = client.post("/billing-schedules", json=body_of(payer, of))
        assert refusal(answer) == (400, "invalid", [at])


def test_what_is_charged_on_demand_has_no_cycle_to_take_an_amount_off_or_to_fill(
    client: TestClient, payer: str, fee: str, calls: str, daily: str
) -> None:
    nominal = LAUNCH | {"type": "NOMINAL", "amount": 5}
    for terms, pointer in (
        ({"minimums": [LEAST]}, "/phases/0/minimums/0/restrictToPrices"),
        ({"discounts": [nominal]}, "/phases/0/discounts/0/restrictToPrices"),
    ):
        answer = client.post(
            "/billing-schedules", json=body_of(payer, phase(calls, daily, **terms))
        )
        assert refusal(answer) == (400, "invalid", [pointer])

    least, off = LEAST | {"restrictToPrices": [calls]}, nominal | {"restrictToPrices": [fee]}
    of = phase(fee, calls, daily, minimums=[least], discounts=[off, LAUNCH])
    assert client.post("/billing-schedules", json=body_of(payer, of)).status_code == 201


def test_seats_do_not_count_towards_a_minimum(
    client: TestClient, payer: str, fee: str, calls: str
) -> None:
    metric = client.post("/seat-metrics", json=SEAT_METRIC).json()["id"]
    terms = {"billingFrequency": "YEARLY", "billingType": "IN_ADVANCE"}
    seats = price(client, seat_structure(metric), **terms)
    at = "/phases/0/minimums/0/restrictToPrices"

    for of in (
        phase(fee, seats, minimums=[LEAST]),
        phase(calls, seats, minimums=[LEAST | {"restrictToPrices": [seats]}]),
    ):
        answer = client.post("/billing-schedules", json=body_of(payer, of))
        assert refusal(answer) == (400, "invalid", [at])
    of_all_usage = body_of(payer, phase(calls, seats, minimums=[LEAST]))
    assert client.post("/billing-schedules", json=of_all_usage).status_code == 201


def test_an_invoice_shows_and_explains_every_step(
    client: TestClient, payer: str, calls: str
) -> None:
    body = body_of(
        payer, phase(calls, discounts=[LAUNCH], minimums=[LEAST]), isDraft=False, taxRates=[]
    )
    create(client, body)

    invoice = newest(client)

    assert titles(client, invoice["id"]) == [
        ("Fee", "0.00"),
        ("Launch", "0.00"),
        ("Minimum", "500.00"),
    ]
    _, launch, least = told(client, f"/invoices/{invoice['id']}/line-items")["items"]
    assert (launch["settles"], launch["priceId"]) == ("DISCOUNT", calls)
    assert (least["settles"], "priceId" in least) == ("MINIMUM", False)
    [step] = least["steps"]
    assert (step["kind"], step["before"], step["amount"]) == ("MINIMUM", "0.00", "500.00")
    path = f"/invoices/{invoice['id']}"
    explained = told(client, f"{path}/line-items/{least['id']}/explanation")
    assert (explained["steps"], explained["netTotal"]) == ([step], "500.00")
    steps = told(client, f"{path}/explanation")["steps"]
    assert [(one["step"], one["amount"]) for one in steps] == [
        ("CHARGES", "0.00"),
        ("MINIMUMS", "500.00"),
    ]


def test_discounts_are_listed_changed_and_taken_away_by_themselves(
    client: TestClient, payer: str, fee: str
) -> None:
    [shown] = create(client, body_of(payer, phase(fee, discounts=[LAUNCH]), isDraft=False))[
        "phases"
    ]
    [one] = told(client, "/discounts")["items"]
    url = f"/discounts/{one['id']}"
    assert (one["validFrom"], one["validTo"]) == ("2026-01-01", "2026-12-31")
    assert (one["phaseId"], one["seatDiscountType"]) == (shown["id"], "ALL_SEATS")
    assert told(client, url) == one
    assert newest(client)["netTotal"] == "44.91"
    asked = {
        "billingScheduleId": one["billingScheduleId"],
        "priceIds": [],
        "separateLineItem": False,
        "amount": 9.9,
        "discountCalculationType": "NOMINAL",
        "message": "Loyalty",
    }

    changed = made(client.put(url, json=asked))

    assert (changed["id"], changed["amount"], changed["message"]) == (one["id"], 9.9, "Loyalty")
    assert newest(client)["netTotal"] == "40.00"
    assert titles(client, newest(client)["id"]) == [("Fee", "40.00")]
    assert refusal(client.put(url, json=asked | {"amount": -1}))[2] == ["/amount"]
    elsewhere = asked | {"billingScheduleId": NOBODY, "validTo": "2026-06-30"}
    assert refusal(client.put(url, json=elsewhere))[2] == ["/billingScheduleId", "/validTo"]
    assert made(client.delete(url))["id"] == one["id"]
    assert told(client, "/discounts")["items"] == []
    assert newest(client)["netTotal"] == "49.90"
    assert refusal(client.get(url))[:2] == (404, "not_found")


def test_what_is_invoiced_for_good_keeps_its_discount(
    client: TestClient, payer: str, fee: str
) -> None:
    create(client, body_of(payer, phase(fee, discounts=[LAUNCH]), isDraft=False))
    number = made(client.post(f"/invoices/{newest(client)['id']}/finalize"))["invoiceNumber"]
    [one] = told(client, "/discounts")["items"]

    refused = client.delete(f"/discounts/{one['id']}")

    assert refusal(refused)[:2] == (409, "schedule_billed")
    assert number in refused.json()["detail"]
    assert told(client, f"/discounts/{one['id']}") == one


def test_a_copy_of_a_schedule_has_discounts_of_its_own(
    client: TestClient, payer: str, calls: str
) -> None:
    first = create(client, body_of(payer, phase(calls, discounts=[LAUNCH], minimums=[LEAST])))

    copy = made(
        client.post(f"/billing-schedules/{first['id']}/duplicate", json={"customerId": payer})
    )

    [was], [now] = first["phases"], copy["phases"]
    assert now["discounts"][0] == was["discounts"][0] | {"id": now["discounts"][0]["id"]}
    assert now["discounts"][0]["id"] != was["discounts"][0]["id"]
    assert now["minimums"][0]["id"] != was["minimums"][0]["id"]


def test_members_read_their_shares_of_discounts_and_minimums(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    books = Books(engine, usage, workspace)
    group = books.customer("Group")
    north, south = books.customer("North", group), books.customer("South", group)
    books.schedule(
        group,
        books.price(GRADUATED, books.metric("calls")),
        roll_up_billing=True,
        off=[{"amount": "0.1"}],
        least=[{"amount": "1000"}],
    )
    books.write()
    books.used((north, "calls", "2026-01-05", "60"), (south, "calls", "2026-01-06", "65"))
    [invoice] = bill(books, "2026-02-01")
    path = f"/invoices/{invoice}"
    lines = {one["id"]: one for one in told(client, f"{path}/line-items")["items"]}

    for method in METHODS:
        found = told(client, f"{path}/allocations", method=method)["items"]
        for id, line in lines.items():
            parts = [Decimal(one["netTotal"]) for one in found if one["lineItemId"] == id]
            assert sum(parts) == Decimal(line["netTotal"])

    made(client.post(f"{path}/finalize"))
    statement = told(client, f"/customers/{north}/statements/{invoice}")
    assert [one["netTotal"] for one in statement["lines"]][1] == "-9.06"
    assert "Launch" in read_pdf(client, f"/customers/{north}/statements/{invoice}/download")
    assert "Minimum" in read_pdf(client, f"{path}/download")
    least = next(id for id, line in lines.items() if line["title"] == "Minimum")
    why = told(client, f"{path}/line-items/{least}/shares/{north}/explanation")
    assert (why["weighedBy"], why["netTotal"]) == ("LINES", "398.47")
