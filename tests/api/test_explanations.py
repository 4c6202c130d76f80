"""A line explains its amount, from what was kept when it was calculated, down to the single events."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment import ids
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.flows.books import GRADUATED, NOW, Books, fixed

MOVED = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.fixture
def made(engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock) -> dict[str, Any]:
    """Groups A and B; Both is below A until the 15th of January, then below B. All bill January."""
    books = Books(engine, usage, workspace)
    a, b = books.customer("A"), books.customer("B")
    both, north = books.customer("Both"), books.customer("North", a)
    books.link(both, a, datetime(1970, 1, 1, tzinfo=UTC), MOVED)
    books.link(both, b, MOVED)
    price = books.price(GRADUATED, books.metric("calls"))
    fee = books.price(fixed("31"), timing="IN_ADVANCE")
    books.schedule(a, price, roll_up_billing=True)
    books.schedule(b, price, fee, roll_up_billing=True, recurrence_day_of_month=15)
    books.write()
    books.used(
        (both, "calls", "2026-01-05", "65"),
        (north, "calls", "2026-01-05", "60"),
        (both, "calls", "2026-01-14T23:59:59.999999", "3"),
        (both, "calls", "2026-01-15", "7"),
        (both, "calls", "2026-02-01", "1000"),
        (b, "other", "2026-01-20", "9"),
    )
    found = bill_workspace(
        engine, usage, workspace, as_of=date(2026, 2, 15), now=NOW, new_id=ids.new_id
    )
    clock.at = NOW + timedelta(days=1)
    return {
        "books": books,
        "a": a,
        "b": b,
        "both": both,
        "north": north,
        "invoices": {(one.customer_id, str(one.due_on)): one.id for one in found.drafted},
    }


def explained(client: TestClient, invoice: str, at: int = 0, **query: Any) -> dict[str, Any]:
    line = client.get(f"/invoices/{invoice}/line-items").json()["items"][at]
    answer = client.get(f"/invoices/{invoice}/line-items/{line['id']}/explanation", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def events(client: TestClient, told: dict[str, Any]) -> list[tuple[str, str]]:
    answer = client.get(f"{told['usage']['events']}&sortOrder=ASC&limit=100").json()
    assert answer["pagination"]["totalResultSize"] == len(answer["items"])
    return [(e["customerAlias"], e["eventTimestamp"][:10]) for e in answer["items"]]


def test_a_pooled_line_shows_what_made_it(client: TestClient, made) -> None:
    told = explained(client, made["invoices"][made["a"], "2026-02-01"])

    assert told["quantity"] == "128"
    assert told["price"]["structure"]["tiers"][0]["upperBound"] == "100"
    assert [(s["from"], s.get("to"), s["amount"]) for s in told["segments"]] == [
        ("0", "100", "120"),
        ("100", None, "71"),
    ]
    assert told["rounding"] == {
        "exact": "191",
        "rounded": "191.00",
        "minorDigits": 2,
        "mode": "HALF_AWAY_FROM_ZERO",
    }
    assert told["netTotal"] == told["grossTotal"] == "191.00"
    assert told["calculatedAt"] == "2026-03-10T09:30:00.000Z"
    used = told["usage"]
    assert (used["quantity"], used["membersTotal"], used["eventCount"]) == ("128", "128", 3)
    assert used["window"] == {"from": "2026-01-01T00:00:00.000Z", "to": "2026-02-01T00:00:00.000Z"}
    assert used["metric"]["aggregationType"] == "SUM"
    assert used["metric"]["name"] == "calls"


def test_each_member_shows_the_stretch_of_time_it_counted(client: TestClient, made) -> None:
    told = explained(client, made["invoices"][made["a"], "2026-02-01"])
    [both, north] = told["usage"]["members"]["items"]

    assert (both["name"], both["quantity"], both["eventCount"]) == ("Both", "68", 2)
    assert both["counted"] == [
        {"from": "2026-01-01T00:00:00.000Z", "to": "2026-01-15T00:00:00.000Z"}
    ]
    assert both["path"] == [made["a"], made["both"]]
    history = client.get(f"/customers/{made['both']}/parent-history").json()["items"]
    assert both["parentLinkIds"] == [one["id"] for one in history if one["parentId"] == made["a"]]
    assert (north["name"], north["quantity"], north["depth"]) == ("North", "60", 1)
    assert north["aliases"] == [made["north"]]


def test_the_events_listed_are_exactly_those_that_counted(client: TestClient, made) -> None:
    told = explained(client, made["invoices"][made["a"], "2026-02-01"])

    assert sorted(events(client, told)) == sorted(
        [
            (made["both"], "2026-01-05"),
            (made["both"], "2026-01-14"),
            (made["north"], "2026-01-05"),
        ]
    )


def test_what_comes_later_changes_neither_the_explanation_nor_its_events(
    client: TestClient, made
) -> None:
    invoice = made["invoices"][made["a"], "2026-02-01"]
    assert client.post(f"/invoices/{invoice}/finalize").status_code == 200
    before = explained(client, invoice)
    listed = events(client, before)

    made["books"].used((made["north"], "calls", "2026-01-06", "500"))
    replaced = {
        "customerEventId": "e1",
        "customerAlias": made["north"],
        "eventType": "calls",
        "eventTimestamp": "2026-01-07T00:00:00Z",
        "eventProperties": {"n": 1},
    }
    assert client.post("/usage-events", json=replaced).status_code == 201
    metric = before["usage"]["metric"]["id"]
    body = {
        "name": "calls",
        "metricType": "SIMPLE",
        "eventType": "calls",
        "aggregationType": "COUNT",
        "propertyFilters": {},
        "propertiesToNegate": [],
        "caseSensitive": True,
    }
    assert client.put(f"/usage-metrics/{metric}", json=body).status_code == 200

    assert explained(client, invoice) == before
    assert events(client, before) == listed


def test_recalculating_a_draft_explains_it_anew(client: TestClient, made) -> None:
    invoice = made["invoices"][made["a"], "2026-02-01"]
    made["books"].used((made["north"], "calls", "2026-01-06", "500"))

    assert client.post(f"/invoices/{invoice}/recalculate").status_code == 200

    told = explained(client, invoice)
    assert (told["quantity"], told["usage"]["eventCount"]) == ("628", 4)
    assert len(events(client, told)) == 4
    assert told["calculatedAt"] == "2026-03-11T09:30:00.000Z"


def test_a_prorated_fee_counts_days_and_no_events(client: TestClient, made) -> None:
    told = explained(client, made["invoices"][made["b"], "2026-01-01"])

    assert told["proration"] == {"days": 14, "ofDays": 31}
    assert told["price"]["structure"] == {"pricingType": "FIXED", "price": "31"}
    assert "usage" not in told
    assert told["netTotal"] == "14.00"
    listed = client.get("/usage-events", params={"lineItemId": told["lineItemId"]}).json()
    assert listed["items"] == []


def test_members_come_by_pages(client: TestClient, made) -> None:
    invoice = made["invoices"][made["a"], "2026-02-01"]
    first = explained(client, invoice, limit=1)["usage"]["members"]
    second = explained(client, invoice, limit=1, after=first["pagination"]["after"])
    members = second["usage"]["members"]

    assert [one["name"] for one in (*first["items"], *members["items"])] == ["Both", "North"]
    assert members["pagination"] == {"totalResultSize": 2}
    line = second["lineItemId"]
    bad = client.get(f"/invoices/{invoice}/line-items/{line}/explanation?after=x")
    assert (bad.status_code, bad.json()["errors"][0]["code"]) == (400, "cursor_invalid")


def test_a_line_of_another_invoice_is_not_found(client: TestClient, made) -> None:
    own, other = list(made["invoices"].values())[:2]
    line = client.get(f"/invoices/{other}/line-items").json()["items"][0]["id"]

    answer = client.get(f"/invoices/{own}/line-items/{line}/explanation")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_line_tells_where_its_tiers_had_got_to(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    books = Books(engine, usage, workspace)
    a = books.customer("A")
    period = {"frequency": "QUARTERLY", "interval": 1}
    structure = GRADUATED | {"usageCalculationMode": "PERIODIC", "usageCalculationPeriod": period}
    books.schedule(a, books.price(structure, books.metric("calls")))
    books.write()
    books.used((a, "calls", "2026-01-05", "60"), (a, "calls", "2026-02-05", "65"))
    found = bill_workspace(
        engine, usage, workspace, as_of=date(2026, 3, 1), now=NOW, new_id=ids.new_id
    )

    january, february = (explained(client, one.id) for one in found.drafted)

    assert "tiersBegan" not in january["usage"]
    assert february["usage"]["tiersBegan"] == {"since": "2026-01-01", "reached": "60"}
    assert february["price"]["structure"]["usageCalculationPeriod"] == period
    assert [(s["from"], s.get("to"), s["amount"]) for s in february["segments"]] == [
        ("60", "100", "40"),
        ("100", None, "68.75"),
    ]
