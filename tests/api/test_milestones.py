"""A phase that ends when its milestone is reached, and what starts then."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.api.agreements import create, customer, linear, phase, price, update_of
from tests.api.catalogue import made, metric, refusal
from tests.conftest import Clock

ONE_TIME = {"pricingType": "ONE_TIME", "price": "900"}
FIXED = {"pricingType": "FIXED", "price": "310"}


def until(*prices: str, **more: Any) -> dict[str, Any]:
    """A phase that starts on 1 January and lasts until the milestone."""
    return {"startDate": "2026-01-01", "milestone": "Go-live", "priceIds": list(prices), **more}


def agreed(payer: str, *phases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "customerId": payer,
        "startDate": "2026-01-01",
        "recurrenceDayOfMonth": 1,
        "taxRates": [],
        "autoIssueInvoices": False,
        "isDraft": False,
        "rollUpBilling": False,
        "phases": list(phases),
        **more,
    }


def reach(client: TestClient, schedule: dict[str, Any], at: int = 0, **body: str) -> Any:
    phases = f"/billing-schedules/{schedule['id']}/phases"
    return client.post(f"{phases}/{schedule['phases'][at]['id']}/complete", json=body)


def billed(client: TestClient) -> list[tuple[str, str, str, str]]:
    """Every line: when it is invoiced, for which days, and how much; in that order."""
    found = []
    for invoice in made(client.get("/invoices"))["items"]:
        for line in made(client.get(f"/invoices/{invoice['id']}/line-items"))["items"]:
            days = line["servicePeriod"]
            found.append((days["startDate"], days["endDate"], line["title"], line["netTotal"]))
    return sorted(found)


@pytest.fixture
def once(client: TestClient) -> str:
    return price(client, ONE_TIME, billingFrequency="ONE_TIME", name="Build")


@pytest.fixture
def deposit(client: TestClient) -> str:
    terms = {"billingFrequency": "ONE_TIME", "billingType": "IN_ADVANCE", "name": "Deposit"}
    return price(client, ONE_TIME, **terms)


@pytest.fixture
def fee(client: TestClient) -> str:
    return price(client, FIXED, billingFrequency="MONTHLY", name="Hosting")


def test_what_is_in_arrears_is_due_once_the_milestone_is_reached(
    client: TestClient, payer: str, once: str, deposit: str, fee: str, clock: Clock
) -> None:
    schedule = create(client, agreed(payer, until(once, deposit), {"priceIds": [fee]}))
    before = billed(client)
    assert ["startDate" in one for one in schedule["phases"]] == [True, False]

    reached = made(reach(client, schedule, date="2026-01-20"))

    assert before == [("2026-01-01", "2026-01-01", "Deposit", "900.00")]
    assert [(one["startDate"], one.get("endDate")) for one in reached["phases"]] == [
        ("2026-01-01", "2026-01-20"),
        ("2026-01-21", None),
    ]
    assert billed(client) == [
        *before,
        ("2026-01-01", "2026-01-20", "Build", "900.00"),
        ("2026-01-21", "2026-01-31", "Hosting", "110.00"),
        ("2026-02-01", "2026-02-28", "Hosting", "310.00"),
    ]
    assert reached["phases"][0]["milestone"] == "Go-live"


def test_recurring_prices_run_until_the_milestone_and_are_cut_by_days(
    client: TestClient, payer: str, fee: str
) -> None:
    schedule = create(client, agreed(payer, until(fee)))

    reached = made(reach(client, schedule, date="2026-02-14"))

    assert billed(client) == [
        ("2026-01-01", "2026-01-31", "Hosting", "310.00"),
        ("2026-02-01", "2026-02-14", "Hosting", "155.00"),
    ]
    assert (reached["endDate"], reached["status"]) == ("2026-02-14", "COMPLETED")


def test_a_milestone_may_be_reached_before_the_first_child_comes(
    client: TestClient, payer: str, fee: str
) -> None:
    move = {"parentId": payer, "effectiveFrom": "2026-03-01T00:00:00Z"}
    made(client.post(f"/customers/{customer(client, 'Child')}/moves", json=move))
    schedule = create(client, agreed(payer, until(fee), rollUpBilling=True))

    reached = made(reach(client, schedule, date="2026-02-14"))

    assert (reached["endDate"], reached["rollUpBilling"]) == ("2026-02-14", True)


def test_a_milestone_to_come_can_be_moved_and_taken_back(
    client: TestClient, payer: str, once: str, fee: str
) -> None:
    body = agreed(payer, until(once), {"priceIds": [fee]})
    schedule = create(client, body)
    made(reach(client, schedule, date="2026-03-20"))

    moved = made(reach(client, schedule, date="2026-02-28"))
    url = f"/billing-schedules/{schedule['id']}"
    taken_back = made(client.put(url, json=update_of(body)))

    assert [one.get("startDate") for one in moved["phases"]] == ["2026-01-01", "2026-03-01"]
    assert [one.get("startDate") for one in taken_back["phases"]] == ["2026-01-01", None]
    assert billed(client) == []


def test_what_is_invoiced_for_good_is_not_cut(client: TestClient, payer: str, fee: str) -> None:
    schedule = create(client, agreed(payer, until(fee)))
    issued(client)

    status, code, _ = refusal(reach(client, schedule, date="2026-02-14"))

    assert (status, code) == (409, "schedule_billed")
    assert made(reach(client, schedule, date="2026-02-28"))["endDate"] == "2026-02-28"


def test_two_milestones_are_reached_one_after_the_other(
    client: TestClient, payer: str, once: str, fee: str
) -> None:
    second = until(fee) | {"startDate": None, "milestone": "Accepted"}
    schedule = create(client, agreed(payer, until(once), second, {"priceIds": [fee]}))

    _, waits, _ = refusal(reach(client, schedule, 1))
    made(reach(client, schedule, date="2026-01-31"))
    reached = made(reach(client, schedule, 1, date="2026-02-10"))

    assert waits == "no_milestone"
    assert [one["startDate"] for one in reached["phases"]] == [
        "2026-01-01",
        "2026-02-01",
        "2026-02-11",
    ]
    assert refusal(reach(client, schedule, 2)) == (409, "no_milestone", [])


def test_usage_until_the_milestone_is_one_charge_and_all_of_it_comes_out_again(
    client: TestClient,
    payer: str,
    deposit: str,
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    clock: Clock,
) -> None:
    calls = price(client, linear(metric(engine, workspace.id)), billingFrequency="ONE_TIME")
    schedule = create(client, agreed(payer, until(calls, deposit)))
    for number, day in enumerate(("2026-01-05", "2026-03-05", "2026-03-08")):
        event = {
            "customerAlias": payer,
            "customerEventId": f"e{number}",
            "eventType": "calls",
            "eventTimestamp": f"{day}T10:00:00Z",
            "eventProperties": {"n": 10},
        }
        made(client.post("/usage-events", json=event))
    issued(client)

    made(reach(client, schedule, date="2026-03-05"))
    issued(client)

    assert billed(client)[1][3] == "40.00"  # 20 calls at 2
    with reading(engine) as tx:
        found = list(verify_invoices(tx, usage, workspace))
    assert [one.difference for one in found] == [None, None]


def issued(client: TestClient) -> None:
    """Issue all drafts."""
    for invoice in made(client.get("/invoices"))["items"]:
        if invoice["status"] == "DRAFT":
            made(client.post(f"/invoices/{invoice['id']}/finalize"))


@pytest.mark.parametrize("day", ["2025-12-31", "2026-06-30"])
def test_a_milestone_lies_within_its_phase_and_before_the_end_of_the_next(
    client: TestClient, payer: str, once: str, fee: str, day: str
) -> None:
    following = {"endDate": "2026-06-30", "priceIds": [fee]}
    schedule = create(client, agreed(payer, until(once), following, endDate="2026-06-30"))

    assert refusal(reach(client, schedule, date=day)) == (400, "invalid", ["/date"])


@pytest.mark.parametrize(
    ("phases", "pointer"),
    [
        ([until("fee"), phase("fee", start="2026-03-01", end=None)], "/phases/1/startDate"),
        ([phase("fee", end="2026-02-28"), {"priceIds": ["fee"]}], "/phases/1/startDate"),
        ([{"priceIds": ["fee"], "milestone": "Go-live"}], "/phases/0/startDate"),
        ([until("fee"), {"priceIds": ["fee"]}, {"priceIds": ["fee"]}], "/phases/1/endDate"),
    ],
)
def test_only_what_follows_a_milestone_has_no_first_day(
    client: TestClient, payer: str, fee: str, phases: list[dict[str, Any]], pointer: str
) -> None:
    wanted = [one | {"priceIds": [fee]} for one in phases]

    answer = client.post("/billing-schedules", json=agreed(payer, *wanted))

    status, _, pointers = refusal(answer)
    assert (status, pointers[0]) == (400, pointer)
