"""Schedules are agreed on, started, copied and found, whoever asks at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.agreements import (
    body_of,
    create,
    customer,
    linear,
    phase,
    price,
    priced,
    update_of,
)
from tests.api.catalogue import NOBODY, made, metric, price_body, product, refusal


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
        "prices": [priced(client, id) for id in (fee, setup)],
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
