"""The list of customers: every filter, every order, pages that survive inserts."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

from catchment import ids
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.store.schema import billing_schedules
from tests.api.kin import ADA, NOBODY, create, create_id, move, names, refusal
from tests.conftest import Clock


@pytest.fixture
def three(client: TestClient) -> dict[str, str]:
    """Three customers that differ in everything a filter asks."""
    acme = create_id(client, "Acme 100% Ltd", label="Gold", customProperties={"tier": "1"})
    emile = {**ADA, "email": "Emile@Zola.example"}
    zola = create_id(
        client,
        "ÉMILE Zola",
        contacts=[emile],
        customerAliases=["zola-1"],
        parentId=acme,
        customProperties={"tier": "3"},
    )
    under = create_id(client, "under_score", label="gold_plate", customProperties={"tier": "2"})
    return {"acme": acme, "zola": zola, "under": under}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["under_score", "ÉMILE Zola", "Acme 100% Ltd"]),
        ({"legalName": "acme"}, ["Acme 100% Ltd"]),
        ({"legalName": "émile"}, ["ÉMILE Zola"]),
        ({"legalName": "%"}, ["Acme 100% Ltd"]),
        ({"legalName": "_"}, ["under_score"]),
        ({"legalName": "nobody"}, []),
        ({"email": "emile@zola"}, ["ÉMILE Zola"]),
        ({"email": "northwind"}, ["under_score", "Acme 100% Ltd"]),
        ({"alias": "zola-1"}, ["ÉMILE Zola"]),
        ({"alias": "zola"}, []),
        ({"alias": "ZOLA-1"}, []),
        ({"label": "GOLD"}, ["under_score", "Acme 100% Ltd"]),
        ({"label": "d_p"}, ["under_score"]),
        ({"search": "SCORE"}, ["under_score"]),
        ({"search": "gold"}, ["under_score", "Acme 100% Ltd"]),
        ({"search": "zola.EX"}, ["ÉMILE Zola"]),
        ({"search": "OLA-1"}, ["ÉMILE Zola"]),
        ({"label": "gold", "legalName": "acme"}, ["Acme 100% Ltd"]),
        ({"parentId": "none"}, ["under_score", "Acme 100% Ltd"]),
        ({"parentId": NOBODY}, []),
        ({"parentId": "no id"}, []),
        ({"billingStatus": "INACTIVE"}, ["under_score", "ÉMILE Zola", "Acme 100% Ltd"]),
        ({"billingStatus": "ACTIVE"}, []),
        ({"sortOrder": "ASC"}, ["Acme 100% Ltd", "ÉMILE Zola", "under_score"]),
        ({"sortBy": "createdAt"}, ["under_score", "ÉMILE Zola", "Acme 100% Ltd"]),
        (
            {"sortBy": "customProperties.tier", "sortOrder": "ASC"},
            ["Acme 100% Ltd", "under_score", "ÉMILE Zola"],
        ),
        ({"sortBy": "customProperties.tier"}, ["ÉMILE Zola", "under_score", "Acme 100% Ltd"]),
    ],
)
@pytest.mark.usefixtures("three")
def test_every_filter_and_order(
    client: TestClient, query: dict[str, str], found: list[str]
) -> None:
    answer = client.get("/customers", params=query)

    assert names(answer) == found
    assert answer.json()["pagination"]["totalResultSize"] == len(found)


def test_a_text_that_many_have_is_found_like_one_that_few_have(client: TestClient) -> None:
    top = create_id(client, "Top")
    rows = "\n".join(f"depot {number:04},{top}" for number in range(1_001))
    sent = {"content": f"customer,parent\n{rows}\n", "headers": {"Content-Type": "text/csv"}}
    assert client.post("/customers/import", **sent).is_success
    by_name = {"sortBy": "legalName", "sortOrder": "ASC", "limit": 2}

    many = client.get("/customers", params={"search": "DEPOT", **by_name})
    few = client.get("/customers", params={"search": "Depot 100", **by_name})

    assert (names(many), names(few)) == (["depot 0000", "depot 0001"], ["depot 1000"])
    totals = [one.json()["pagination"]["totalResultSize"] for one in (many, few)]
    assert totals == [1_001, 1]


def test_by_ids(client: TestClient, three: dict[str, str]) -> None:
    def found(**query: str) -> list[str]:
        return names(client.get("/customers", params=query))

    assert found(parentId=three["acme"]) == ["ÉMILE Zola"]
    assert found(parentId=three["acme"].upper()) == ["ÉMILE Zola"]
    assert found(alias=three["acme"]) == ["Acme 100% Ltd"]
    assert found(search=three["acme"]) == ["Acme 100% Ltd"]


def test_sorted_by_legal_name(client: TestClient) -> None:
    for name in ("b", "c", "a"):
        create(client, name)

    ascending = client.get("/customers", params={"sortBy": "legalName", "sortOrder": "ASC"})

    assert names(ascending) == ["a", "b", "c"]


def test_archived_customers_only_when_asked_for(client: TestClient, three: dict[str, str]) -> None:
    client.post(f"/customers/{three['under']}/archive")

    without = client.get("/customers", params={"includeArchived": False})
    everyone = client.get("/customers", params={"includeArchived": True})

    assert names(without) == ["ÉMILE Zola", "Acme 100% Ltd"]
    assert names(everyone) == ["under_score", "ÉMILE Zola", "Acme 100% Ltd"]


def test_the_parent_of_today_counts(
    client: TestClient, three: dict[str, str], clock: Clock
) -> None:
    move(client, three["under"], three["acme"], "2026-05-01T00:00:00Z")

    before = client.get("/customers", params={"parentId": three["acme"]})
    clock.set("2026-05-01")
    after = client.get("/customers", params={"parentId": three["acme"]})

    assert (len(names(before)), len(names(after))) == (1, 2)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"activated_at": True}, ["Billed"]),
        ({"activated_at": False}, []),
        ({"activated_at": True, "archived_at": True}, []),
        ({"activated_at": True, "start_date": "2026-03-11"}, []),
        ({"activated_at": True, "start_date": "2026-03-10"}, ["Billed"]),
        ({"activated_at": True, "end_date": "2026-03-10"}, ["Billed"]),
        ({"activated_at": True, "end_date": "2026-03-09"}, []),
    ],
)
def test_a_customer_is_billed_while_a_schedule_runs(
    client: TestClient,
    engine: Engine,
    workspace: Workspace,
    clock: Clock,
    facts: dict[str, Any],
    found: list[str],
) -> None:
    customer = create_id(client, "Billed")
    add_schedule(engine, workspace, customer, clock, **facts)

    active = client.get("/customers", params={"billingStatus": "ACTIVE"})
    inactive = client.get("/customers", params={"billingStatus": "INACTIVE"})

    assert names(active) == found
    assert names(inactive) == [one for one in ["Billed"] if one not in found]


def test_list_items_leave_out_contacts_and_status(
    client: TestClient, three: dict[str, str]
) -> None:
    item = client.get("/customers", params={"alias": "zola-1"}).json()["items"][0]

    assert not {"contacts", "status"} & item.keys()
    assert item["parentId"] == three["acme"]
    assert [one["owner"]["name"] for one in item["organizations"]] == ["Acme 100% Ltd"]


def test_pages_in_both_directions(client: TestClient) -> None:
    for name in ("a", "b", "c", "d", "e"):
        create(client, name)
    query: dict[str, Any] = {"limit": 2, "sortBy": "legalName", "sortOrder": "ASC"}

    first = client.get("/customers", params=query).json()
    create(client, "a2")
    second = client.get(
        "/customers", params={**query, "after": first["pagination"]["after"]}
    ).json()
    back = client.get(
        "/customers", params={**query, "before": second["pagination"]["before"]}
    ).json()

    assert [[one["legalName"] for one in page["items"]] for page in (first, second, back)] == [
        ["a", "b"],
        ["c", "d"],
        ["a2", "b"],
    ]
    assert "before" not in first["pagination"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"sortBy": "label"}, "?sortBy"),
        ({"sortBy": "customProperties."}, "?sortBy"),
        ({"sortBy": 'customProperties."'}, "?sortBy"),
        ({"sortOrder": "UP"}, "?sortOrder"),
        ({"billingStatus": "ALL"}, "?billingStatus"),
        ({"includeArchived": "maybe"}, "?includeArchived"),
        ({"limit": 0}, "?limit"),
        ({"limit": 101}, "?limit"),
        ({"after": "nonsense"}, "?after"),
    ],
)
def test_a_bad_parameter_is_named(client: TestClient, query: dict[str, Any], pointer: str) -> None:
    status, _, fields = refusal(client.get("/customers", params=query))

    assert (status, fields) == (400, [pointer])


def add_schedule(
    engine: Engine, workspace: Workspace, customer: str, clock: Clock, **facts: Any
) -> None:
    """A schedule of a customer from 2026 on, written down directly."""
    days = {
        name: clock().date().fromisoformat(facts[name])
        for name in ("start_date", "end_date")
        if name in facts
    }
    instants = {
        name: clock() if facts.get(name) else None for name in ("activated_at", "archived_at")
    }
    with writing(engine) as tx:
        tx.execute(
            insert(billing_schedules).values(
                id=ids.new_id(),
                workspace_id=workspace.id,
                customer_id=customer,
                roll_up_billing=False,
                auto_issue_invoices=False,
                custom_fields={},
                created_at=clock(),
                updated_at=clock(),
                **({"start_date": clock().date().replace(month=1)} | days | instants),
            )
        )
