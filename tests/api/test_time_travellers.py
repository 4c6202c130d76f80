"""Time that is moved, schedule by schedule, in a sandbox; today is 10 March 2026."""

from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.api.sandbox import make_sandbox
from tests.api.test_invoices import bill
from tests.flows.books import Books, fixed, linear


@pytest.fixture
def books(client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace) -> Books:
    make_sandbox(client)
    with reading(engine) as tx:
        [sandbox] = [one for one in access.all_workspaces(tx) if one.id == workspace.id]
    return Books(engine, usage, sandbox)


@pytest.fixture
def group(client: TestClient, books: Books) -> dict[str, str]:
    """A family that issues by itself; a child bills its parent, another pays for itself."""
    made = {"group": books.customer("Group"), "stranger": books.customer("Stranger")}
    made["joining"] = books.customer("Joining", made["group"])
    made["paying"] = books.customer("Paying", made["group"])
    calls = books.metric("calls")
    made["schedule"] = books.schedule(
        made["group"],
        books.price(linear("2"), calls),
        roll_up_billing=True,
        auto_issue_invoices=True,
    )
    books.schedule(made["joining"], books.price(fixed("7")), bill_to="PARENT")
    made["own"] = books.schedule(made["paying"], books.price(fixed("11")))
    made["other"] = books.schedule(made["stranger"], books.price(fixed("13")))
    books.write()
    bill(books, "2026-03-10")
    books.used((made["joining"], "calls", "2026-03-11", "5"))
    return made


def frozen(client: TestClient, schedule: str, at: str) -> Any:
    body = {"billingScheduleId": schedule, "frozenTime": at}
    return client.post("/time-travellers", json=body)


def billed(client: TestClient, **query: str) -> list[tuple[str, str, str | None, str | None]]:
    """Period's end, net, number and issue date, oldest first, of what came after March began."""
    items = client.get("/invoices", params={"limit": "100", **query}).json()["items"]
    found = [
        (
            i["billingPeriod"]["endInclusive"],
            i["netTotal"],
            i.get("invoiceNumber"),
            i.get("issueDate"),
        )
        for i in items
    ]
    return sorted(one for one in found if one[0] > "2026-03-01")


def test_a_clock_bills_the_family_as_of_its_day(client: TestClient, group: dict[str, str]) -> None:
    made = frozen(client, group["schedule"], "2026-05-01T00:00:00Z")

    assert made.status_code == 201, made.text
    assert (made.json()["status"], made.json()["frozenTime"]) == (
        "READY", "2026-05-01T00:00:00.000Z",
    )  # fmt: skip
    ours = billed(client, customerId=group["group"])
    assert ours == [
        ("2026-03-31", "17.00", "SEQ-00003", "2026-05-01"),
        ("2026-04-30", "7.00", "SEQ-00004", "2026-05-01"),
    ]
    assert [one[:3] for one in billed(client, customerId=group["paying"])] == [
        ("2026-03-31", "11.00", None), ("2026-04-30", "11.00", None),
    ]  # fmt: skip
    assert billed(client, customerId=group["stranger"]) == []


def test_it_is_moved_on_and_never_back(client: TestClient, group: dict[str, str]) -> None:
    id = frozen(client, group["schedule"], "2026-04-15T12:00:00Z").json()["id"]
    path = f"/time-travellers/{id}"

    moved = client.put(path, json={"frozenTime": "2026-06-01T00:00:00Z"})
    back = client.put(path, json={"frozenTime": "2026-05-01T00:00:00Z"})
    far = client.put(path, json={"frozenTime": "2029-06-02T00:00:00Z"})

    assert client.get(path).json() == moved.json()
    assert client.get("/time-travellers").json()["items"] == [moved.json()]
    assert [one[0] for one in billed(client, customerId=group["group"])] == [
        "2026-03-31", "2026-04-30", "2026-05-31",
    ]  # fmt: skip
    for refused in (back, far):
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
            400, "/frozenTime",
        )  # fmt: skip


def test_runs_leave_a_schedule_to_its_clock(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    id = frozen(client, group["other"], "2026-03-31T00:00:00Z").json()["id"]

    bill(books, "2026-05-01")
    assert billed(client, customerId=group["stranger"]) == []
    assert len(billed(client, customerId=group["group"])) == 2

    assert client.delete(f"/time-travellers/{id}").json()["id"] == id
    bill(books, "2026-05-01")
    assert len(billed(client, customerId=group["stranger"])) == 2
    assert client.get(f"/time-travellers/{id}").status_code == 404


def test_a_member_with_a_clock_of_its_own_is_left_to_it(
    client: TestClient, group: dict[str, str]
) -> None:
    frozen(client, group["own"], "2026-03-31T00:00:00Z")

    frozen(client, group["schedule"], "2026-05-01T00:00:00Z")

    assert billed(client, customerId=group["paying"]) == []


def test_only_in_a_sandbox(
    make_client: Any, client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    books = Books(engine, usage, workspace)
    schedule = books.schedule(books.customer("Solo"), books.price(fixed("1")))
    books.write()

    answer = frozen(client, schedule, "2026-05-01T00:00:00Z")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_sandbox")


def test_a_schedule_has_one_clock_and_is_started(
    client: TestClient, books: Books, group: dict[str, str]
) -> None:
    draft = books.schedule(
        group["stranger"], books.price(fixed("1")), start=date(2026, 4, 1), activated_at=None
    )
    books.write()
    frozen(client, group["schedule"], "2026-04-01T00:00:00Z")

    again = frozen(client, group["schedule"], "2026-04-01T00:00:00Z")
    early = frozen(client, draft, "2026-04-01T00:00:00Z")

    assert (again.status_code, again.json()["code"]) == (409, "time_traveller_exists")
    assert (early.status_code, early.json()["code"]) == (409, "schedule_not_started")
