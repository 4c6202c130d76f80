"""/billing-runs: a run answers with its control sheet, and is listed with those before it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from catchment import ids
from catchment.jobs.billing import BillingJobs
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.store.schema import invoices, line_items
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.flows.books import GRADUATED, Books, fixed, linear


@pytest.fixture
def made(engine: Engine, usage: UsageStore, workspace: Workspace) -> dict[str, str]:
    """A family billed together in January 2026, some usage that is not anybody's, and a loner."""
    books = Books(engine, usage, workspace)
    found = {"parent": books.customer("Parent"), "stranger": books.customer("Stranger")}
    found["child"] = books.customer("Child", found["parent"])
    found["calls"] = books.metric("calls")
    price = books.price(GRADUATED, found["calls"])
    found["schedule"] = books.schedule(found["parent"], price, roll_up_billing=True)
    found["loner"] = books.customer("Loner")
    found["own"] = books.schedule(
        found["loner"],
        books.price(fixed("10")),
        books.price(linear("1"), found["calls"]),
        auto_issue_invoices=True,
    )
    books.write()
    books.used(
        (found["child"], "calls", "2026-01-05", "60"),
        (found["parent"], "calls", "2026-01-06", "65"),
        (found["stranger"], "calls", "2026-01-06", "1"),
        ("nobody", "calls", "2026-01-07", "1"),
        ("nobody", "calls", "2026-01-08", "1"),
    )
    return found


def billed(client: TestClient, as_of: str = "2026-02-01", **headers: str) -> Any:
    answer = client.post("/billing-runs", json={"asOf": as_of, "wait": True}, headers=headers)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_run_answers_with_its_control_sheet(client: TestClient, made: dict[str, str]) -> None:
    told = billed(client)

    [row] = told["controlSheet"]["metrics"]
    assert row == {
        "usageMetricId": made["calls"],
        "usageMetricName": "calls",
        "period": {"start": "2026-01-01", "endInclusive": "2026-01-31"},
        "received": 5,
        "billed": 2,
        "other": 0,
        "unpriced": 1,
        "unmapped": 2,
        "balanced": True,
        "unpricedCustomers": [
            {
                "customerId": made["stranger"],
                "customerLegalCompanyName": "Stranger",
                "eventCount": 1,
            }
        ],
        "unmappedAliases": [{"customerAlias": "nobody", "eventCount": 2}],
    }
    assert (told["status"], told["source"], told["asOf"]) == ("BALANCED", "API", "2026-02-01")
    assert (told["draftedCount"], told["issuedCount"], told["failureCount"]) == (2, 1, 0)
    assert told["totals"] == [
        {
            "currency": "USD",
            "invoiceCount": 2,
            "netTotal": "198.75",
            "totalTax": "0.00",
            "grossTotal": "198.75",
        }
    ]
    assert (told["differences"], told["failures"], told["differenceCount"]) == ([], [], 0)
    assert told["createdAt"] == told["finishedAt"] == "2026-03-10T09:30:00.000Z"
    assert client.get(f"/billing-runs/{told['id']}").json() == told | {"issuedByNowCount": 1}


def test_runs_are_listed_newest_first_without_their_sheets(
    client: TestClient, made: dict[str, str]
) -> None:
    first, second = billed(client), billed(client, "2026-03-01")

    listed = client.get("/billing-runs").json()
    page = client.get("/billing-runs", params={"limit": 1, "sortOrder": "ASC"}).json()

    assert [one["id"] for one in listed["items"]] == [second["id"], first["id"]]
    assert listed["pagination"]["totalResultSize"] == 2
    assert [one["id"] for one in page["items"]] == [first["id"]]
    assert not {"controlSheet", "differences"} & listed["items"][0].keys()


def test_an_invoice_names_its_run_and_is_found_by_it(
    client: TestClient, made: dict[str, str]
) -> None:
    first, second = billed(client), billed(client, "2026-03-01")

    found = client.get("/invoices", params={"billingRunId": first["id"]}).json()["items"]
    others = client.get("/invoices", params={"excludeBillingRunId": first["id"]}).json()["items"]

    assert [one["billingRunId"] for one in found] == [first["id"]] * 2
    assert [one["billingRunId"] for one in others] == [second["id"]] * 2
    assert {one["status"] for one in found} == {"DRAFT", "FINAL"}


def test_the_same_key_answers_with_the_same_run(client: TestClient, made: dict[str, str]) -> None:
    key = {"Idempotency-Key": "once"}

    first, again = billed(client, **key), billed(client, **key)
    other = client.post("/billing-runs", json={"asOf": "2026-02-02", "wait": True}, headers=key)

    assert first == again
    assert client.get("/billing-runs").json()["pagination"]["totalResultSize"] == 1
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_a_day_far_ahead_is_taken_for_a_slip(client: TestClient, made: dict[str, str]) -> None:
    answer = client.post("/billing-runs", json={"asOf": "2062-02-01", "wait": True})

    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/asOf"]
    assert client.get("/invoices").json()["items"] == []


def test_a_draft_that_does_not_add_up_is_not_finalised(
    client: TestClient, made: dict[str, str], engine: Engine
) -> None:
    billed(client)
    [draft] = client.get("/invoices", params={"invoiceStatus": "DRAFT"}).json()["items"]
    with writing(engine) as tx:
        tx.execute(
            update(line_items)
            .where(line_items.c.invoice_id == draft["id"])
            .values(net_minor=18876, gross_minor=18876)
        )

    refused = client.post(f"/invoices/{draft['id']}/finalize")
    client.post(f"/invoices/{draft['id']}/recalculate")
    accepted = client.post(f"/invoices/{draft['id']}/finalize")

    assert (refused.status_code, refused.json()["code"]) == (409, "out_of_balance")
    assert made["parent"] in refused.json()["detail"]
    assert (accepted.status_code, accepted.json()["status"]) == (200, "FINAL")


def test_a_difference_names_customer_invoice_line_and_figure(
    client: TestClient, made: dict[str, str], engine: Engine
) -> None:
    """What a broken run has left is looked at again by the next one, and still does not add up."""
    billed(client)
    [issued] = client.get("/invoices", params={"invoiceStatus": "FINAL"}).json()["items"]
    lines = client.get(f"/invoices/{issued['id']}/line-items").json()["items"]
    with writing(engine) as tx:
        tx.execute(update(invoices).where(invoices.c.id == issued["id"]).values(status="DRAFT"))
        tx.execute(
            update(line_items).where(line_items.c.id == lines[0]["id"]).values(gross_minor=1)
        )

    told = billed(client)

    assert (told["status"], told["issuedCount"], told["differenceCount"]) == ("UNBALANCED", 0, 1)
    assert told["differences"] == [
        {
            "customerId": made["loner"],
            "customerLegalCompanyName": "Loner",
            "billingScheduleId": made["own"],
            "invoiceId": issued["id"],
            "lineItemId": lines[0]["id"],
            "part": "line",
            "partId": lines[0]["id"],
            "figure": "grossTotal",
            "expected": "10.00",
            "found": "0.01",
        }
    ]


def test_a_run_is_answered_at_once_and_worked_on_later(
    client: TestClient, made: dict[str, str], engine: Engine, usage: UsageStore
) -> None:
    begun = client.post("/billing-runs", json={"asOf": "2026-02-01"})
    waiting = client.get("/billing-runs", params={"status": "RUNNING"}).json()["items"]
    BillingJobs(engine, usage, Clock(), ids.new_id).work_off()
    ended = client.get(f"/billing-runs/{begun.json()['id']}").json()

    assert (begun.status_code, begun.json()["status"]) == (202, "RUNNING")
    assert [one["id"] for one in waiting] == [begun.json()["id"]]
    assert (ended["status"], ended["draftedCount"]) == ("BALANCED", 2)
    assert ended["progress"] == {
        "invoicesDone": 2,
        "invoiceCount": 2,
        "chunksDone": 1,
        "chunkCount": 1,
    }
    assert client.get("/billing-runs", params={"status": "RUNNING"}).json()["items"] == []


def test_a_run_at_work_can_be_cancelled_once(client: TestClient, made: dict[str, str]) -> None:
    id = client.post("/billing-runs", json={"asOf": "2026-02-01"}).json()["id"]

    too_early = client.post(f"/billing-runs/{id}/retry", json={})
    done = client.post(f"/billing-runs/{id}/cancel")
    again = client.post(f"/billing-runs/{id}/cancel")

    assert (too_early.status_code, too_early.json()["code"]) == (409, "billing_run_at_work")
    assert (done.status_code, done.json()["status"]) == (200, "CANCELLED")
    assert (again.status_code, again.json()["code"]) == (409, "billing_run_ended")


def test_a_status_that_is_none_is_refused(client: TestClient) -> None:
    answer = client.get("/billing-runs", params={"status": "RUNNING,DONE"})

    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == ["?status"]


def test_what_is_out_of_bounds_is_listed_and_issued_when_that_is_accepted(
    client: TestClient, made: dict[str, str]
) -> None:
    tight = {"mostLines": 1, "jumpFactor": "10", "jumpFrom": "1000"}
    usual = client.get("/billing-bounds").json()
    set_to = client.put("/billing-bounds", json=tight).json()

    run = billed(client)
    listed = client.get(f"/billing-runs/{run['id']}/failures").json()
    accepted = client.post(
        f"/billing-runs/{run['id']}/retry", json={"acceptBounds": True, "wait": True}
    )
    nothing = client.post(f"/billing-runs/{accepted.json()['id']}/retry", json={})

    assert usual == {"mostLines": 10000, "jumpFactor": "10", "jumpFrom": "1000"}
    assert set_to == client.get("/billing-bounds").json() == tight
    assert (run["status"], run["issuedCount"], run["failureCount"]) == ("BALANCED", 0, 1)
    [draft] = client.get("/invoices", params={"customerId": made["loner"]}).json()["items"]
    assert listed["items"] == run["failures"]
    assert listed["items"] == [
        {
            "customerId": made["loner"],
            "customerLegalCompanyName": "Loner",
            "billingScheduleId": made["own"],
            "invoiceId": draft["id"],
            "code": "too_many_lines",
            "reason": "It has 2 lines, and 1 are the most.",
        }
    ]
    assert (accepted.status_code, accepted.json()["retryOf"]) == (201, run["id"])
    assert (accepted.json()["issuedCount"], accepted.json()["acceptBounds"]) == (1, True)
    assert draft["status"] == "FINAL"
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_retry")
