"""A change reaches what is not issued yet and spares what is; who is archived is billed what was due."""

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.agreements import body_of, create, customer, linear, phase, price, update_of
from tests.api.catalogue import made, metric, refusal


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
    made(client.post("/billing-runs", json={"asOf": "2026-06-30", "wait": True}))
    assert len(made(client.get("/invoices"))["items"]) == drafted + 1
