"""A schedule that is suspended drafts nothing; one that is cancelled ends with a prorated invoice."""

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.agreements import body_of, create, customer, linear, phase, price, update_of
from tests.api.catalogue import made, metric, refusal
from tests.conftest import Clock


def totals(client: TestClient) -> dict[str, tuple[str, str]]:
    """The last day and the total of every invoice, by its first day."""
    items = made(client.get("/invoices"))["items"]
    periods = {i["billingPeriod"]["start"]: i for i in items}
    return {
        start: (i["billingPeriod"]["endInclusive"], i["netTotal"]) for start, i in periods.items()
    }


def started(client: TestClient, payer: str, *phases: dict[str, Any], **more: Any) -> str:
    body = body_of(payer, *phases, isDraft=False, **more)
    return f"/billing-schedules/{create(client, body)['id']}"


def test_a_suspended_schedule_is_drafted_no_more_until_it_is_resumed(
    client: TestClient, payer: str, fee: str, clock: Clock
) -> None:
    url = started(client, payer, phase(fee))
    before = totals(client)

    suspended = made(client.post(f"{url}/suspend"))
    clock.set("2026-05-10T09:00:00Z")
    run = made(client.post("/billing-runs", json={"asOf": "2026-05-10", "wait": True}))
    meanwhile = totals(client)
    resumed = made(client.post(f"{url}/resume"))

    assert (suspended["status"], run["draftedCount"], meanwhile) == ("SUSPENDED", 0, before)
    assert (resumed["status"], "suspendedAt" in resumed) == ("ACTIVE", False)
    assert list(before) == ["2026-02-01", "2026-01-01"]
    assert sorted(totals(client)) == [f"2026-0{month}-01" for month in (1, 2, 3, 4)]


def test_suspending_and_resuming_twice_changes_nothing(
    client: TestClient, payer: str, fee: str
) -> None:
    url = started(client, payer, phase(fee))

    assert made(client.post(f"{url}/resume"))["status"] == "ACTIVE"
    first, again = (made(client.post(f"{url}/suspend")) for _ in range(2))
    found = made(client.get("/billing-schedules?billingScheduleStatus=SUSPENDED"))["items"]

    assert first == again == found[0]
    assert made(client.get("/billing-schedules?billingScheduleStatus=ACTIVE"))["items"] == []


def test_a_change_of_a_suspended_schedule_drafts_nothing_new(
    client: TestClient, payer: str, fee: str, clock: Clock
) -> None:
    url = started(client, payer, phase(fee))
    client.post(f"{url}/suspend")
    clock.set("2026-05-10T09:00:00Z")

    changed = made(client.put(url, json=update_of(body_of(payer, phase(fee)), memo="m")))

    assert (changed["status"], len(totals(client))) == ("SUSPENDED", 2)


def test_a_cancelled_schedule_ends_with_a_prorated_invoice(
    client: TestClient, payer: str, clock: Clock
) -> None:
    fee = price(client, {"pricingType": "FIXED", "price": "310"})
    url = started(client, payer, phase(fee, end="2026-06-30"), phase(fee, start="2026-07-01"))

    cancelled = made(client.post(f"{url}/cancel", json={"endDate": "2026-03-15"}))
    before = totals(client)
    clock.set("2026-03-16T00:00:00Z")
    made(client.post("/billing-runs", json={"asOf": "2026-03-16", "wait": True}))

    assert (cancelled["status"], cancelled["endDate"]) == ("ACTIVE", "2026-03-15")
    assert [one["endDate"] for one in cancelled["phases"]] == ["2026-03-15"]
    assert "2026-03-01" not in before
    assert totals(client)["2026-03-01"] == ("2026-03-15", "150.00")
    shown = made(client.get(url))
    assert shown["status"] == "CANCELLED"
    listed = made(client.get("/billing-schedules?billingScheduleStatus=CANCELLED"))["items"]
    assert [one["id"] for one in listed] == [shown["id"]]
    completed = made(client.get("/billing-schedules?billingScheduleStatus=COMPLETED"))["items"]
    assert completed == []


def test_a_schedule_can_be_cancelled_in_the_past_as_far_as_nothing_is_final(
    client: TestClient, payer: str
) -> None:
    fee = price(client, {"pricingType": "FIXED", "price": "280"})
    url = started(client, payer, phase(fee))
    january = min(made(client.get("/invoices"))["items"], key=lambda i: i["accountingDate"])
    number = made(client.post(f"/invoices/{january['id']}/finalize"))["invoiceNumber"]

    too_early = client.post(f"{url}/cancel", json={"endDate": "2026-01-15"})
    cancelled = made(client.post(f"{url}/cancel", json={"endDate": "2026-02-14"}))

    assert refusal(too_early)[:2] == (409, "schedule_billed")
    assert number in too_early.json()["detail"]
    assert cancelled["status"] == "CANCELLED"
    assert totals(client)["2026-02-01"] == ("2026-02-14", "140.00")
    assert refusal(client.post(f"{url}/cancel", json={}))[:2] == (409, "schedule_completed")
    assert refusal(client.post(f"{url}/suspend"))[:2] == (409, "schedule_completed")


def test_usage_after_a_cancellation_is_billed_by_nobody(
    client: TestClient, payer: str, engine: Engine, workspace: Workspace
) -> None:
    calls = price(client, linear(metric(engine, workspace.id)))
    url = started(client, payer, phase(calls, end=None))
    for day in ("2026-03-02", "2026-03-05"):
        event = {
            "customerEventId": day,
            "customerAlias": payer,
            "eventType": "calls",
            "eventTimestamp": f"{day}T12:00:00.000Z",
            "eventProperties": {"n": "10"},
        }
        made(client.post("/usage-events", json=event))

    made(client.post(f"{url}/cancel", json={"endDate": "2026-03-04"}))

    assert totals(client)["2026-03-01"] == ("2026-03-04", "20.00")


def test_another_last_day_takes_a_cancellation_back(
    client: TestClient, payer: str, fee: str, clock: Clock
) -> None:
    url = started(client, payer, phase(fee))
    client.post(f"{url}/cancel", json={"endDate": "2026-04-15"})

    renewed = made(client.put(url, json=update_of(body_of(payer, phase(fee)))))
    clock.set("2027-02-01T00:00:00Z")

    assert ("cancelledAt" in renewed, renewed["endDate"]) == (False, "2026-12-31")
    assert made(client.get(url))["status"] == "COMPLETED"


def test_only_what_was_started_can_stop(client: TestClient, payer: str, fee: str) -> None:
    draft = create(client, body_of(payer, phase(fee)))
    url = f"/billing-schedules/{draft['id']}"

    for how, body in (("suspend", None), ("resume", None), ("cancel", {})):
        answer = client.post(f"{url}/{how}", json=body)
        assert refusal(answer) == (409, "schedule_not_started", [])
    running = started(client, customer(client, "Other"), phase(fee, start="2026-02-01"))
    for day in ("2026-01-31", "2027-01-01"):
        answer = client.post(f"{running}/cancel", json={"endDate": day})
        assert refusal(answer) == (400, "invalid", ["/endDate"])
