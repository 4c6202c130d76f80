"""What could not be billed, or is not built, is refused, naming the field."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.agreements import body_of, create, customer, phase, price
from tests.api.catalogue import NOBODY, changed, made, price_body, product, refusal

BAD: list[tuple[str, Any, str]] = [
    *(
        (f"/{name}", ..., f"/{name}")
        for name in (
            "customerId",
            "startDate",
            "taxRates",
            "autoIssueInvoices",
            "isDraft",
            "rollUpBilling",
            "phases",
        )
    ),
    ("/customerId", "me", "/customerId"),
    ("/startDate", "2026-02-30", "/startDate"),
    ("/startDate", "01.01.2026", "/startDate"),
    ("/startDate", "2026-01-02", "/phases/0/startDate"),
    ("/endDate", "2025-12-31", "/endDate"),
    ("/endDate", "2027-01-01", "/phases/1/endDate"),
    ("/endDate", None, "/phases/1/endDate"),
    ("/recurrenceDayOfMonth", 0, "/recurrenceDayOfMonth"),
    ("/recurrenceDayOfMonth", 32, "/recurrenceDayOfMonth"),
    ("/recurrenceDayOfMonth", "1", "/recurrenceDayOfMonth"),
    ("/defaultDueDateDays", -1, "/defaultDueDateDays"),
    ("/defaultDueDateDays", 366, "/defaultDueDateDays"),
    ("/isDraft", "yes", "/isDraft"),
    ("/phases", [], "/phases"),
    ("/phases/0/startDate", "2025-12-31", "/phases/0/startDate"),
    ("/phases/0/endDate", "2025-12-31", "/phases/0/endDate"),
    ("/phases/0/endDate", None, "/phases/0/endDate"),
    ("/phases/1/startDate", "2026-07-02", "/phases/1/startDate"),
    ("/phases/1/startDate", "2026-06-30", "/phases/1/startDate"),
    ("/phases/1/endDate", None, "/phases/1/endDate"),
    ("/phases/1/endDate", "2026-12-30", "/phases/1/endDate"),
    ("/phases/0/priceIds", ..., "/phases/0/priceIds"),
    ("/phases/0/priceIds", [], "/phases/0/priceIds"),
    ("/phases/0/priceIds/0", "x", "/phases/0/priceIds/0"),
    ("/phases/0/recurrencePreference", "SOMETIMES", "/phases/0/recurrencePreference"),
    (
        "/phases/0/phasePriceMetadata",
        [{"priceId": NOBODY, "arrCalculation": "INCLUDE"}],
        "/phases/0/phasePriceMetadata/0/priceId",
    ),
    (
        "/phases/0/phasePriceMetadata",
        [{"priceId": NOBODY, "arrCalculation": "MAYBE"}],
        "/phases/0/phasePriceMetadata/0/arrCalculation",
    ),
    (
        "/phases/0/phaseListPriceMetadata",
        [{"listPriceId": NOBODY, "arrCalculation": "INCLUDE"}],
        "/phases/0/phaseListPriceMetadata/0/listPriceId",
    ),
    ("/phases/0/colour", "red", "/phases/0/colour"),
    ("/paymentProvider", "PAYPAL", "/paymentProvider"),
    ("/customFields", {"k": 1}, "/customFields/k"),
    ("/customFields", {"": "v"}, "/customFields"),
    ("/customFields", {str(i): "" for i in range(51)}, "/customFields"),
    ("/planId", NOBODY, "/planId"),
]


@pytest.mark.parametrize(("path", "value", "pointer"), BAD)
def test_a_bad_schedule_is_refused_naming_the_field(
    client: TestClient, payer: str, fee: str, path: str, value: Any, pointer: str
) -> None:
    body = changed(
        body_of(payer, phase(fee, end="2026-06-30"), phase(fee, start="2026-07-01")), path, value
    )

    status, code, pointers = refusal(client.post("/billing-schedules", json=body))

    assert (status, code) == (400, "invalid")
    assert pointers[0].startswith(pointer)


NOT_YET: list[tuple[str, Any, str]] = [
    ("/attachmentAssetIds", [NOBODY], "/attachmentAssetIds"),
]


@pytest.mark.parametrize(("path", "value", "pointer"), NOT_YET)
def test_what_is_not_built_is_refused_and_never_ignored(
    client: TestClient, payer: str, fee: str, path: str, value: Any, pointer: str
) -> None:
    body = changed(body_of(payer, phase(fee, creditGrants=[])), path, value)

    assert refusal(client.post("/billing-schedules", json=body)) == (
        400,
        "not_supported_yet",
        [pointer],
    )


def test_what_a_schedule_refers_to_must_be_in_the_workspace(
    client: TestClient, stranger: TestClient, payer: str, fee: str
) -> None:
    body = body_of(payer, phase(fee, listPriceIds=[]))
    their_price = price(stranger)

    for path, value in (
        ("/customerId", NOBODY),
        ("/customerId", customer(stranger)),
        ("/phases/0/priceIds/1", NOBODY),
        ("/phases/0/priceIds/0", their_price),
        ("/phases/0/listPriceIds/0", fee),
    ):
        response = client.post("/billing-schedules", json=changed(body, path, value))
        assert refusal(response) == (404, "not_found", [path])


def test_prices_of_a_schedule_share_a_currency_and_stand_once_in_a_phase(
    client: TestClient, payer: str, fee: str
) -> None:
    euros = price(client, currency="EUR")
    gone = made(client.post("/list-prices", json=price_body(product(client))))["id"]
    made(client.post(f"/list-prices/{gone}/archive"))

    def refused(*phases: dict[str, Any]) -> tuple[int, list[str], list[str]]:
        response = client.post("/billing-schedules", json=body_of(payer, *phases))
        errors = response.json()["errors"]
        return response.status_code, [e["code"] for e in errors], [e["pointer"] for e in errors]

    two = (phase(fee, end="2026-06-30"), phase(euros, start="2026-07-01"))
    assert refused(*two) == (400, ["currency_mixed"], ["/phases/1/priceIds/0"])
    assert refused(phase(fee, fee)) == (400, ["price_twice"], ["/phases/0/priceIds/1"])
    assert refused(phase(listPriceIds=[gone])) == (
        409,
        ["list_price_archived"],
        ["/phases/0/listPriceIds/0"],
    )


def test_a_price_on_a_schedule_cannot_be_deleted(client: TestClient, payer: str, fee: str) -> None:
    create(client, body_of(payer, phase(fee)))

    assert refusal(client.delete(f"/prices/{fee}")) == (409, "price_in_use", [])
    back = client.put(f"/prices/{fee}", json={"name": "Fee", "status": "DRAFT"})
    assert refusal(back) == (409, "price_in_use", ["/status"])


def test_a_draft_price_or_customer_is_refused_at_the_start_and_an_archived_customer_always(
    client: TestClient, payer: str, fee: str
) -> None:
    raw = price(client, status="DRAFT")
    hidden = customer(client, "Hidden", status="DRAFT")
    gone = customer(client, "Gone")
    of_gone = create(client, body_of(gone, phase(fee)))["id"]
    made(client.post(f"/customers/{gone}/archive"))

    for body, code, pointer in (
        (body_of(payer, phase(fee, raw), isDraft=False), "price_draft", "/phases/0/priceIds/1"),
        (body_of(hidden, phase(fee), isDraft=False), "customer_draft", "/customerId"),
        (body_of(gone, phase(fee)), "customer_archived", "/customerId"),
    ):
        assert refusal(client.post("/billing-schedules", json=body)) == (409, code, [pointer])
    late = create(client, body_of(payer, phase(raw)))["id"]
    assert refusal(client.put(f"/billing-schedules/{late}/activate"))[1] == "price_draft"
    assert refusal(client.put(f"/billing-schedules/{of_gone}/activate"))[1] == "customer_archived"
    copy = client.post(f"/billing-schedules/{late}/duplicate", json={"customerId": gone})
    assert refusal(copy) == (409, "customer_archived", ["/customerId"])


def test_roll_up_needs_a_child_at_some_time_of_the_schedule(
    client: TestClient, payer: str, fee: str
) -> None:
    def refused(**more: Any) -> Any:
        body = body_of(payer, phase(fee), rollUpBilling=True, isDraft=False, **more)
        return client.post("/billing-schedules", json=body)

    expected = (400, "roll_up_needs_children", ["/rollUpBilling"])
    assert refusal(refused()) == expected
    draft = create(client, body_of(payer, phase(fee), rollUpBilling=True))["id"]
    assert refusal(client.put(f"/billing-schedules/{draft}/activate")) == expected

    child = customer(client, "Child")
    move = {"parentId": payer, "effectiveFrom": "2027-01-01T00:00:00Z"}
    made(client.post(f"/customers/{child}/moves", json=move))
    assert refusal(refused()) == expected, "the child comes the day after the schedule ends"
    made(
        client.post(
            f"/customers/{child}/moves", json={**move, "effectiveFrom": "2026-12-31T23:00:00Z"}
        )
    )
    assert refused().status_code == 201
    assert made(client.put(f"/billing-schedules/{draft}/activate"))["rollUpBilling"] is True
