"""Schedules are agreed on, changed, started, copied and archived; what could not be billed is refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.catalogue import NOBODY, changed, made, metric, price_body, product, refusal

ADDRESS = {"line1": "1 Quay St", "town": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
CONTACT = {"name": "Ada Poe", "email": "ap@northwind.test", "billingPreference": "PRIMARY"}


def customer(client: TestClient, name: str = "Northwind", **more: Any) -> str:
    body = {
        "legalName": name,
        "address": ADDRESS,
        "taxStatus": "TAXED",
        "contacts": [CONTACT],
        **more,
    }
    return str(made(client.post("/customers", json=body))["id"])


def price(client: TestClient, structure: dict[str, Any] | None = None, **more: Any) -> str:
    return str(
        made(client.post("/prices", json=price_body(product(client), structure, **more)))["id"]
    )


def linear(metric_id: str) -> dict[str, Any]:
    return {
        "pricingType": "LINEAR",
        "pricePerUnit": "2",
        "usageMetricId": metric_id,
        "isPricePercentage": False,
    }


def phase(
    *prices: str, start: str = "2026-01-01", end: str | None = "2026-12-31", **more: Any
) -> dict[str, Any]:
    return {"startDate": start, "endDate": end, "priceIds": list(prices), **more}


def body_of(customer_id: str, *phases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "customerId": customer_id,
        "startDate": phases[0]["startDate"],
        "endDate": phases[-1]["endDate"],
        "taxRates": [],
        "autoIssueInvoices": False,
        "isDraft": True,
        "rollUpBilling": False,
        "phases": list(phases),
        **more,
    }


def update_of(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    kept = {
        k: v
        for k, v in body.items()
        if k not in {"customerId", "isDraft", "label", "reference", "paymentProvider", "autoCharge"}
    }
    return {**kept, **more}


def create(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    return made(client.post("/billing-schedules", json=body))


@pytest.fixture
def payer(client: TestClient) -> str:
    return customer(client)


@pytest.fixture
def fee(client: TestClient) -> str:
    return price(client)


def test_a_schedule_is_shown_with_everything_that_was_agreed(
    client: TestClient, payer: str, fee: str
) -> None:
    setup = price(
        client,
        {"pricingType": "ONE_TIME", "price": "500"},
        billingFrequency="ONE_TIME",
        billingType="IN_ADVANCE",
    )
    body = body_of(
        payer,
        phase(
            fee,
            setup,
            end="2026-06-30",
            name="Ramp",
            externalContractRef=" MSA ",
            phasePriceMetadata=[{"priceId": fee, "arrCalculation": "INCLUDE"}],
        ),
        phase(fee, start="2026-07-01", end=None, recurrencePreference="RESET"),
        recurrenceDayOfMonth=15,
        purchaseOrderNumber="PO-7",
        reference="ref",
        label="Main deal",
        memo="Thanks",
        defaultDueDateDays=14,
        customFields={"owner": "Ada"},
        paymentProvider="NONE",
        autoCharge=False,
        attachmentAssetIds=[],
    )

    response = client.post("/billing-schedules", json=body)

    assert response.status_code == 201
    shown = made(client.get(f"/billing-schedules/{response.json()['id']}"))
    assert shown == response.json()
    first, second = shown["phases"]
    assert shown == {
        "id": shown["id"],
        "customerId": payer,
        "status": "DRAFT",
        "startDate": "2026-01-01",
        "taxRates": [],
        "firstBillingDate": "2026-01-01",
        "autoIssueInvoices": False,
        "purchaseOrderNumber": "PO-7",
        "reference": "ref",
        "label": "Main deal",
        "recurrenceDayOfMonth": 15,
        "prices": [made(client.get(f"/prices/{id}")) for id in (fee, setup)],
        "createdAt": "2026-03-10T09:30:00.000Z",
        "updatedAt": "2026-03-10T09:30:00.000Z",
        "phases": [first, second],
        "rollUpBilling": False,
        "billTo": "SELF",
        "integrationIds": [],
        "attachmentAssets": [],
        "defaultDueDateDays": 14,
        "memo": "Thanks",
        "customFields": {"owner": "Ada"},
        "adjustLateUsage": True,
        "paymentProvider": "NONE",
        "autoCharge": False,
    }
    assert first == {
        "id": first["id"],
        "name": "Ramp",
        "externalContractRef": "MSA",
        "createdAt": "2026-03-10T09:30:00.000Z",
        "billingScheduleId": shown["id"],
        "priceIds": [fee, setup],
        "startDate": "2026-01-01",
        "endDate": "2026-06-30",
        "discounts": [],
        "minimums": [],
        "creditGrants": [],
        "recurrencePreference": "CONTINUE_FROM_PREVIOUS_PHASE",
        "phasePriceMetadata": [{"priceId": fee, "arrCalculation": "INCLUDE"}],
    }
    assert (second["recurrencePreference"], "endDate" in second) == ("RESET", False)


def test_list_prices_are_copied_into_prices_of_the_schedule(
    client: TestClient, payer: str, fee: str
) -> None:
    listed = made(client.post("/list-prices", json=price_body(product(client), name="List")))
    metadata = [{"listPriceId": listed["id"], "arrCalculation": "EXCLUDE"}]

    shown = create(
        client,
        body_of(payer, phase(fee, listPriceIds=[listed["id"]], phaseListPriceMetadata=metadata)),
    )

    copy = shown["prices"][1]
    assert shown["phases"][0]["priceIds"] == [fee, copy["id"]]
    assert shown["phases"][0]["phasePriceMetadata"] == [
        {"priceId": copy["id"], "arrCalculation": "EXCLUDE"}
    ]
    assert (copy["name"], copy["listPriceId"], copy["status"]) == ("List", listed["id"], "ACTIVE")
    assert copy["id"] != listed["id"]


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
    ("/taxRates", [{"priceId": NOBODY, "taxRateId": NOBODY}], "/taxRates"),
    ("/attachmentAssetIds", [NOBODY], "/attachmentAssetIds"),
    ("/paymentProvider", "STRIPE", "/paymentProvider"),
    ("/paymentProvider", "GOCARDLESS", "/paymentProvider"),
    ("/autoCharge", True, "/autoCharge"),
    ("/phases/0/discounts", [{"type": "PERCENTAGE", "amount": 10}], "/phases/0/discounts"),
    ("/phases/0/minimums", [{"amount": 500}], "/phases/0/minimums"),
    ("/phases/0/creditGrants", [{"name": "Included"}], "/phases/0/creditGrants"),
]


@pytest.mark.parametrize(("path", "value", "pointer"), NOT_YET)
def test_what_is_not_built_is_refused_and_never_ignored(
    client: TestClient, payer: str, fee: str, path: str, value: Any, pointer: str
) -> None:
    body = changed(
        body_of(payer, phase(fee, discounts=[], minimums=[], creditGrants=[])), path, value
    )

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


def test_the_status_follows_the_calendar(client: TestClient, payer: str, fee: str) -> None:
    def status(start: str, end: str | None, *, draft: bool = False) -> str:
        return str(
            create(client, body_of(payer, phase(fee, start=start, end=end), isDraft=draft))[
                "status"
            ]
        )

    assert status("2026-01-01", None, draft=True) == "DRAFT"
    assert status("2026-03-11", None) == "PENDING"
    assert status("2026-03-10", "2026-03-10") == "ACTIVE"
    assert status("2026-02-01", None) == "ACTIVE"
    assert status("2026-02-01", "2026-03-09") == "COMPLETED"


def test_starting_bills_what_has_elapsed_at_once(client: TestClient, payer: str, fee: str) -> None:
    draft = create(client, body_of(payer, phase(fee)))
    assert made(client.get("/invoices"))["items"] == []

    started = made(client.put(f"/billing-schedules/{draft['id']}/activate"))

    invoices = made(client.get("/invoices", params={"billingScheduleId": draft["id"]}))["items"]
    assert [i["netTotal"] for i in invoices] == ["49.90", "49.90"]
    assert started["status"] == "ACTIVE"
    assert started["lastInvoiceId"] == max(invoices, key=lambda i: i["accountingDate"])["id"]
    assert started["firstBillingDate"] == "2026-02-01"
    again = client.put(f"/billing-schedules/{draft['id']}/activate")
    assert refusal(again) == (409, "schedule_started", [])


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


def test_a_draft_changes_whole_and_keeps_what_a_change_cannot_say(
    client: TestClient, payer: str, fee: str
) -> None:
    body = body_of(payer, phase(fee), label="L", reference="R", customFields={"a": "1"}, memo="m")
    before = create(client, body)
    url = f"/billing-schedules/{before['id']}"

    after = made(
        client.put(url, json=update_of(body_of(payer, phase(fee, start="2026-02-01", end=None))))
    )

    assert (after["startDate"], "endDate" in after, "memo" in after) == ("2026-02-01", False, False)
    assert (after["label"], after["reference"], after["customFields"]) == ("L", "R", {"a": "1"})
    assert after["phases"][0]["id"] != before["phases"][0]["id"]
    emptied = made(client.put(url, json=update_of(body, customFields={"b": "2"})))
    assert emptied["customFields"] == {"b": "2"}
    unknown = ["/customerId", "/isDraft", "/label", "/reference"]
    assert sorted(refusal(client.put(url, json=body))[2]) == unknown


def test_a_change_of_a_started_schedule_reaches_its_drafts_and_spares_final_invoices(
    client: TestClient, payer: str, fee: str
) -> None:
    other = price(client, {"pricingType": "FIXED", "price": "10"})
    body = body_of(payer, phase(fee), isDraft=False)
    url = f"/billing-schedules/{create(client, body)['id']}"

    def totals() -> dict[str, str]:
        items = made(client.get("/invoices"))["items"]
        return {i["billingPeriod"]["start"]: i["netTotal"] for i in items}

    with_more = update_of(body_of(payer, phase(fee, other)))
    first = made(client.put(url, json=with_more))
    assert totals() == {"2026-01-01": "59.90", "2026-02-01": "59.90"}
    january = min(made(client.get("/invoices"))["items"], key=lambda i: i["accountingDate"])
    number = made(client.post(f"/invoices/{january['id']}/finalize"))["invoiceNumber"]

    refused = client.put(url, json=update_of(body))
    assert refusal(refused)[:2] == (409, "schedule_billed")
    assert number in refused.json()["detail"]
    later = refusal(client.put(url, json=update_of(body_of(payer, phase(fee, start="2026-01-02")))))
    assert later == (409, "schedule_started", ["/startDate"])
    day = refusal(
        client.put(url, json=update_of(body_of(payer, phase(fee, other)), recurrenceDayOfMonth=5))
    )
    assert day[:2] == (409, "schedule_billed")

    split = (phase(fee, other, end="2026-01-31"), phase(fee, start="2026-02-01"))
    after = made(client.put(url, json=update_of(body_of(payer, *split), memo="Less")))
    assert totals() == {"2026-01-01": "59.90", "2026-02-01": "49.90"}
    assert after["phases"][0]["id"] == first["phases"][0]["id"]
    shorter = made(
        client.put(url, json=update_of(body_of(payer, phase(fee, other, end="2026-01-31"))))
    )
    assert (shorter["endDate"], totals()) == ("2026-01-31", {"2026-01-01": "59.90"})
    assert refusal(client.put(url, json=with_more))[:2] == (409, "schedule_completed")


def test_the_pooling_of_a_final_invoice_is_not_changed(
    client: TestClient, engine: Engine, workspace: Workspace, payer: str
) -> None:
    used = price(client, linear(metric(engine, workspace.id)))
    customer(client, "Child", parentId=payer)
    body = body_of(payer, phase(used), isDraft=False, rollUpBilling=True)
    url = f"/billing-schedules/{create(client, body)['id']}"
    first = made(client.get("/invoices?sortOrder=ASC"))["items"][0]
    made(client.post(f"/invoices/{first['id']}/finalize"))

    response = client.put(url, json=update_of(body, rollUpBilling=False))

    assert refusal(response) == (409, "schedule_billed", ["/rollUpBilling"])


def test_a_childs_own_schedule_takes_its_usage_from_drafts_above_but_not_from_final_invoices(
    client: TestClient, engine: Engine, workspace: Workspace, payer: str
) -> None:
    used = price(client, linear(metric(engine, workspace.id)))
    child = customer(client, "Child", parentId=payer, customerAliases=["kid"])
    event = {
        "customerAlias": "kid",
        "eventType": "calls",
        "eventTimestamp": "2026-02-05T00:00:00Z",
        "eventProperties": {"n": 7},
    }
    made(client.post("/usage-events", json=event))
    create(client, body_of(payer, phase(used), isDraft=False, rollUpBilling=True))

    def february(who: str) -> str:
        items = made(client.get("/invoices", params={"customerId": who}))["items"]
        return next(
            (i["netTotal"] for i in items if i["billingPeriod"]["start"] == "2026-02-01"), "none"
        )

    assert february(payer) == "14.00"
    own = create(client, body_of(child, phase(used, start="2026-02-01"), isDraft=False))
    assert (february(payer), february(child)) == ("0.00", "14.00")
    january = made(client.get("/invoices?sortOrder=ASC", params={"customerId": payer}))["items"]
    january = min(january, key=lambda i: i["accountingDate"])
    made(client.post(f"/invoices/{january['id']}/finalize"))
    early = client.post("/billing-schedules", json=body_of(child, phase(used), isDraft=False))
    assert refusal(early) == (409, "usage_billed", [])
    made(client.post(f"/billing-schedules/{own['id']}/archive"))
    assert (february(payer), february(child)) == ("0.00", "14.00"), "what it had before, it keeps"


def test_an_archived_schedule_is_billed_no_more(
    client: TestClient, clock: Any, payer: str, fee: str
) -> None:
    schedule = create(client, body_of(payer, phase(fee), isDraft=False))
    url = f"/billing-schedules/{schedule['id']}"

    archived = made(client.post(f"{url}/archive"))

    assert archived["archivedAt"] == "2026-03-10T09:30:00.000Z"
    assert made(client.post(f"{url}/archive")) == archived
    assert made(client.get("/billing-schedules"))["items"] == []
    assert len(made(client.get("/billing-schedules?includeArchivedSchedules=true"))["items"]) == 1
    assert len(made(client.get("/invoices"))["items"]) == 2
    assert refusal(client.put(url, json=update_of(body_of(payer, phase(fee)))))[:2] == (
        409,
        "schedule_archived",
    )
    draft = create(client, body_of(payer, phase(fee)))["id"]
    made(client.post(f"/billing-schedules/{draft}/archive"))
    assert refusal(client.put(f"/billing-schedules/{draft}/activate"))[:2] == (
        409,
        "schedule_archived",
    )


def test_what_was_due_before_a_schedule_is_archived_is_billed(
    client: TestClient, clock: Any, payer: str, fee: str
) -> None:
    schedule = create(client, body_of(payer, phase(fee), isDraft=False))
    drafted = len(made(client.get("/invoices"))["items"])
    clock.set("2026-04-20")

    made(client.post(f"/billing-schedules/{schedule['id']}/archive"))

    assert len(made(client.get("/invoices"))["items"]) == drafted + 1
    made(client.post("/billing-runs", json={"asOf": "2026-06-30"}))
    assert len(made(client.get("/invoices"))["items"]) == drafted + 1


def test_a_copy_is_a_draft_of_the_same_terms_for_another(
    client: TestClient, payer: str, fee: str
) -> None:
    original = create(
        client,
        body_of(payer, phase(fee, name="Year"), isDraft=False, label="L", customFields={"a": "1"}),
    )
    other = customer(client, "Other")

    response = client.post(
        f"/billing-schedules/{original['id']}/duplicate", json={"customerId": other}
    )

    copy = made(response)
    assert response.status_code == 201
    new = {"id", "customerId", "status", "phases", "lastInvoiceId"}
    assert {k: v for k, v in copy.items() if k not in new} == {
        k: v for k, v in original.items() if k not in new
    }
    assert (copy["customerId"], copy["status"]) == (other, "DRAFT")
    assert copy["phases"][0]["priceIds"] == [fee]
    assert copy["phases"][0]["id"] != original["phases"][0]["id"]
    url = f"/billing-schedules/{original['id']}/duplicate"
    assert refusal(client.post(url, json={"customerId": NOBODY})) == (
        404,
        "not_found",
        ["/customerId"],
    )
    assert refusal(client.post(url, json={})) == (400, "invalid", ["/customerId"])


def test_schedules_are_filtered_and_sorted(client: TestClient, payer: str, fee: str) -> None:
    other = customer(client, "Other")

    def add(name: str, who: str, start: str, end: str | None, **more: Any) -> None:
        create(client, body_of(who, phase(fee, start=start, end=end), label=name, **more))

    add(
        "a",
        payer,
        "2026-01-01",
        "2026-12-31",
        isDraft=False,
        customFields={"owner": "Zoe", "b": "1"},
    )
    add(
        "b",
        payer,
        "2026-04-15",
        None,
        isDraft=False,
        autoIssueInvoices=True,
        customFields={"owner": "Ada"},
    )
    add("c", other, "2025-01-31", "2025-12-31", isDraft=False, recurrenceDayOfMonth=15)
    add("d", other, "2026-01-01", None)

    def found(**query: Any) -> str:
        return "".join(
            s["label"] for s in made(client.get("/billing-schedules", params=query))["items"]
        )

    assert found() == "dcba"
    assert found(sortOrder="ASC") == "abcd"
    assert found(customerId=payer) == "ba"
    assert found(customerId=f"{payer},{other}") == "dcba"
    assert found(customerId=NOBODY) == found(customerId="?") == ""
    assert [
        found(billingScheduleStatus=s)
        for s in ("DRAFT", "PENDING", "ACTIVE", "COMPLETED", "SUSPENDED", "DRAFT,ACTIVE")
    ] == ["d", "b", "a", "c", "", "da"]
    assert (found(autoSendInvoices="true"), found(autoSendInvoices="false")) == ("b", "dca")
    assert found(label="B") == "b"
    assert found(startingBefore="2026-01-01") == "c"
    assert found(startingAfter="2026-01-01") == "b"
    assert found(startingAfter="2025-12-31", startingBefore="2026-02-01") == "da"
    assert found(endingBefore="2026-12-31") == "c"
    assert found(endingAfter="2025-12-31") == "a"
    assert found(endingAfter="2025-12-31", includeOpenEndedSchedules="true") == "dba"
    assert found(includeOpenEndedSchedules="false") == "ca"
    assert found(recurrenceDayOfMonth="15") == "cb"
    assert found(recurrenceDayOfMonth="1,15") == "dcba"
    assert found(sortBy="customFields.owner", sortOrder="ASC") == "cdba"
    first = made(
        client.get("/billing-schedules", params={"sortBy": "customFields.owner", "limit": 2})
    )
    assert "".join(s["label"] for s in first["items"]) == "ab"
    assert found(sortBy="customFields.owner", after=first["pagination"]["after"]) == "dc"
    assert made(client.get("/billing-schedule-custom-field-keys"))["items"] == ["b", "owner"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("billingScheduleStatus", "LATE"),
        ("recurrenceDayOfMonth", "0"),
        ("recurrenceDayOfMonth", "x"),
        ("sortBy", "label"),
        ("sortBy", 'customFields.a"b'),
        ("startingBefore", "soon"),
        ("includeOpenEndedSchedules", "maybe"),
        ("limit", "0"),
    ],
)
def test_a_bad_filter_is_refused_by_name(client: TestClient, name: str, value: str) -> None:
    response = client.get("/billing-schedules", params={name: value})

    assert refusal(response) == (400, "invalid", [f"?{name}"])


def test_another_workspace_sees_none_of_it(
    client: TestClient, stranger: TestClient, payer: str, fee: str
) -> None:
    body = body_of(payer, phase(fee), customFields={"secret": "1"})
    url = f"/billing-schedules/{create(client, body)['id']}"

    assert stranger.get(url).status_code == 404
    assert stranger.put(url, json=update_of(body)).status_code == 404
    assert stranger.put(f"{url}/activate").status_code == 404
    assert stranger.post(f"{url}/archive").status_code == 404
    copy = stranger.post(f"{url}/duplicate", json={"customerId": customer(stranger)})
    assert copy.status_code == 404
    assert made(stranger.get("/billing-schedules"))["items"] == []
    assert made(stranger.get("/billing-schedule-custom-field-keys"))["items"] == []


def test_the_pool_says_who_is_measured_together_and_who_is_carved_out(
    client: TestClient, stranger: TestClient, engine: Engine, workspace: Workspace, payer: str
) -> None:
    calls, storage = (metric(engine, workspace.id, name) for name in ("calls", "storage"))
    per_call, per_byte = price(client, linear(calls)), price(client, linear(storage))
    child = customer(client, "Child", parentId=payer)
    grandchild = customer(client, "Grandchild", parentId=child)
    loner = customer(client, "Loner")
    move = {"parentId": payer, "effectiveFrom": "2026-03-01T00:00:00Z"}
    made(client.post(f"/customers/{loner}/moves", json=move))
    top = create(
        client, body_of(payer, phase(per_call, per_byte), isDraft=False, rollUpBilling=True)
    )
    own = create(client, body_of(child, phase(per_call), isDraft=False))
    url = f"/billing-schedules/{top['id']}/pool"

    pool = made(client.get(url))
    before = made(client.get(url, params={"asOf": "2026-02-28T23:59:59Z"}))
    first = made(client.get(url, params={"limit": 1}))["pagination"]["after"]
    rest = made(client.get(url, params={"limit": 3, "after": first}))

    both = sorted([calls, storage])
    elsewhere = [
        {"usageMetricId": calls, "reason": "OTHER_SCHEDULE", "billingScheduleId": own["id"]}
    ]
    expected = [
        (payer, "Northwind", 0, [payer], both, []),
        (child, "Child", 1, [payer, child], [storage], elsewhere),
        (grandchild, "Grandchild", 2, [payer, child, grandchild], both, []),
        (loner, "Loner", 1, [payer, loner], both, []),
    ]
    names = ("customerId", "legalName", "depth", "path", "usageMetricIds", "carvedOut")
    assert [tuple(item[n] for n in names) for item in pool["items"]] == expected
    assert {k: v for k, v in pool.items() if k != "items"} == {
        "billingScheduleId": top["id"],
        "asOf": "2026-03-10T09:30:00.000Z",
        "rollUpBilling": True,
        "pagination": {"totalResultSize": 4},
    }
    assert [item["customerId"] for item in before["items"]] == [payer, child, grandchild]
    assert rest["items"] == pool["items"][1:]
    assert made(client.get(url, params={"asOf": "2027-01-01T00:00:00Z"}))["items"] == []
    alone = made(client.get(f"/billing-schedules/{own['id']}/pool"))["items"]
    assert [item["customerId"] for item in alone] == [child]
    assert stranger.get(url).status_code == 404


def at_once(*calls: Callable[[], Any]) -> list[int]:
    """The statuses of calls made at the same time, in order."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> int:
        barrier.wait()
        return int(call().status_code)

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


def test_a_schedule_starts_once_however_many_ask_at_once(
    client: TestClient, payer: str, fee: str
) -> None:
    url = f"/billing-schedules/{create(client, body_of(payer, phase(fee)))['id']}/activate"

    assert at_once(*[lambda: client.put(url)] * 4) == [200, 409, 409, 409]
    assert len(made(client.get("/invoices"))["items"]) == 2


def test_a_price_is_either_deleted_or_on_a_schedule(client: TestClient, payer: str) -> None:
    for _ in range(5):
        fee = price(client)
        body = body_of(payer, phase(fee))

        outcome = at_once(
            lambda fee=fee: client.delete(f"/prices/{fee}"),
            lambda body=body: client.post("/billing-schedules", json=body),
        )

        assert outcome in ([200, 404], [201, 409])


def test_late_usage_is_billed_unless_it_is_turned_off(
    client: TestClient, payer: str, fee: str
) -> None:
    body = body_of(payer, phase(fee))

    new = made(client.post("/billing-schedules", json=body))
    url = f"/billing-schedules/{new['id']}"
    off = made(client.put(url, json=update_of(body, adjustLateUsage=False)))
    kept = made(client.put(url, json=update_of(body)))

    assert [one["adjustLateUsage"] for one in (new, off, kept)] == [True, False, False]
