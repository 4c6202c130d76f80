"""A group billed less one branch, and one carrier at its own rate: told through the public API."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, Table, update

from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.schema import billing_schedules, line_items
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.scenarios.seller import Seller, graduated, linear


@pytest.fixture
def seller(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock
) -> Seller:
    clock.set("2026-01-01")
    return Seller(client, engine, usage, workspace, clock)


@pytest.fixture
def group(seller: Seller) -> dict[str, str]:
    """A group of three carriers, one with an aircraft of its own; all of them call in January."""
    ids = {"Group": seller.customer("Group")}
    for name in ("Delta", "Echo", "Kilo"):
        ids[name] = seller.customer(name, ids["Group"])
    ids["Plane"] = seller.customer("Plane", ids["Kilo"])
    for name, n in (("Group", "1"), ("Delta", "60"), ("Echo", "65"), ("Kilo", "7"), ("Plane", "3")):
        seller.used((ids[name], "2026-01-20", n))
    return ids


def told(seller: Seller, invoices: list[Any]) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """What everybody pays, and for whose usage."""
    return {
        one["customerLegalCompanyName"]: (one["netTotal"], seller.breakdown(one))
        for one in invoices
    }


def anew(seller: Seller, invoices: list[Any]) -> list[Any]:
    return [seller.get(f"/invoices/{invoice['id']}") for invoice in invoices]


def all_equal(seller: Seller) -> bool:
    """Whether every finalised invoice comes out the same when it is billed again."""
    with reading(seller.engine) as tx:
        verdicts = list(verify_invoices(tx, seller.usage, seller.workspace))
    return bool(verdicts) and all(verdict.difference is None for verdict in verdicts)


def test_a_group_is_billed_less_one_branch(seller: Seller, group: dict[str, str]) -> None:
    price = seller.price(graduated(seller.metric()))
    seller.schedule(
        group["Group"], price, rollUpBilling=True, rollUpExclusions=[group["Kilo"], group["Delta"]]
    )
    seller.schedule(group["Delta"], price)

    invoices = seller.run("2026-02-01")

    assert told(seller, invoices) == {
        "Group": ("86.00", {"Echo": ["65"], "Group": ["1"]}),
        "Delta": ("80.00", {}),
    }


def test_what_one_schedule_leaves_out_the_next_one_up_has(
    seller: Seller, group: dict[str, str]
) -> None:
    price = seller.price(linear(seller.metric()))
    holding = seller.customer("Holding")
    seller.post(
        f"/customers/{group['Group']}/moves",
        {"parentId": holding, "effectiveFrom": "1970-01-01T00:00:00Z"},
    )
    terms = {"rollUpBilling": True, "rollUpExclusions": [group["Kilo"]]}
    schedule = seller.schedule(group["Group"], price, **terms)
    seller.schedule(holding, price, rollUpBilling=True)

    invoices = seller.run("2026-02-01")

    assert told(seller, invoices) == {
        "Group": ("126.00", {"Delta": ["60"], "Echo": ["65"], "Group": ["1"]}),
        "Holding": ("10.00", {"Kilo": ["7"], "Plane": ["3"]}),
    }
    pool = seller.get(f"/billing-schedules/{schedule}/pool", asOf="2026-01-20T12:00:00Z")
    reasons = {one["legalName"]: [x["reason"] for x in one["carvedOut"]] for one in pool["items"]}
    assert (reasons["Kilo"], reasons["Plane"], reasons["Echo"]) == (["EXCLUDED"], ["EXCLUDED"], [])


def test_one_carrier_flies_at_its_own_rate_within_the_group(
    seller: Seller, group: dict[str, str]
) -> None:
    metric, product = seller.metric(), seller.product()
    everyone = seller.price(graduated(metric), product=product)
    own = seller.price(linear(metric, "2"), product=product, restrictToCustomers=[group["Kilo"]])
    again = seller.price(
        linear(metric, "0.5"), product=product, restrictToCustomers=[group["Kilo"]]
    )
    seller.schedule(group["Group"], everyone, own, again, rollUpBilling=True)

    [invoice] = seller.run("2026-02-01")

    lines = seller.lines(invoice)
    assert [(line["quantity"], line["netTotal"]) for line in lines] == [
        ("126", "189.50"),  # 100 + 20 + 26 x 0.75 + 50
        ("10", "20.00"),
        ("10", "5.00"),
    ]
    assert seller.breakdown(invoice) == {
        "Group": ["1"], "Delta": ["60"], "Echo": ["65"], "Kilo": ["7"], "Plane": ["3"],
    }  # fmt: skip
    explained = [
        seller.get(f"/invoices/{invoice['id']}/line-items/{line['id']}/explanation")["usage"]
        for line in lines
    ]
    assert [one.get("restrictToCustomers") for one in explained] == [
        None,
        [group["Kilo"]],
        [group["Kilo"]],
    ]
    assert [m["name"] for m in explained[1]["members"]["items"]] == ["Kilo", "Plane"]
    shares = seller.get(f"/invoices/{invoice['id']}/allocations", limit=100)["items"]
    by_line = [[s["netTotal"] for s in shares if s["lineItemId"] == ln["id"]] for ln in lines]
    assert [len(parts) for parts in by_line] == [3, 2, 2]
    assert by_line[1] == ["14.00", "6.00"]


def test_what_was_left_out_and_named_is_proved_and_explained_afterwards(
    seller: Seller, group: dict[str, str]
) -> None:
    metric = seller.metric()
    seller.schedule(
        group["Group"],
        seller.price(linear(metric)),
        seller.price(linear(metric, "2"), restrictToCustomers=[group["Kilo"]]),
        rollUpBilling=True,
        rollUpExclusions=[group["Delta"]],
    )
    [invoice] = seller.run("2026-02-01")
    seller.post(f"/invoices/{invoice['id']}/finalize")

    assert invoice["netTotal"] == "86.00"  # 66 + 2 x 10
    assert all_equal(seller)
    line = seller.lines(invoice)[1]
    explained = seller.get(f"/invoices/{invoice['id']}/line-items/{line['id']}/explanation")
    assert explained["usage"]["rollUpExclusions"] == [group["Delta"]]
    events = seller.get("/usage-events", lineItemId=line["id"])["items"]
    assert {event["customerAlias"] for event in events} == {group["Kilo"], group["Plane"]}


def test_a_move_below_somebody_left_out_is_previewed_and_recalculates_the_draft(
    seller: Seller, group: dict[str, str]
) -> None:
    price = seller.price(linear(seller.metric()))
    seller.schedule(group["Group"], price, rollUpBilling=True, rollUpExclusions=[group["Kilo"]])
    before = seller.run("2026-02-01")
    move = {"parentId": group["Kilo"], "effectiveFrom": "2026-01-15T00:00:00Z"}

    preview = seller.post(f"/customers/{group['Echo']}/moves/preview", move)
    seller.post(f"/customers/{group['Echo']}/moves", move)

    after = anew(seller, before)
    assert [(p["before"], p["after"]) for p in preview["payers"]] == [("126.00", "61.00")]
    assert told(seller, before)["Group"][0] == "126.00"
    assert told(seller, after) == {"Group": ("61.00", {"Delta": ["60"], "Group": ["1"]})}


def test_an_import_that_moves_below_somebody_left_out_recalculates_the_draft(
    seller: Seller, group: dict[str, str]
) -> None:
    price = seller.price(linear(seller.metric()))
    seller.schedule(group["Group"], price, rollUpBilling=True, rollUpExclusions=[group["Kilo"]])
    before = seller.run("2026-02-01")
    rows = f"customer,parent,effectiveFrom\n{group['Echo']},{group['Kilo']},2026-01-15\n"

    answer = seller.client.post(
        "/customers/import", content=rows.encode(), headers={"Content-Type": "text/csv"}
    )

    assert answer.json()["moved"] == 1, answer.text
    assert told(seller, anew(seller, before))["Group"][0] == "61.00"


def test_a_move_below_somebody_named_changes_the_rate_and_spares_final_invoices(
    seller: Seller, group: dict[str, str]
) -> None:
    metric = seller.metric()
    seller.schedule(
        group["Group"],
        seller.price(linear(metric)),
        seller.price(linear(metric, "2"), restrictToCustomers=[group["Kilo"]]),
        rollUpBilling=True,
    )
    drafts = seller.run("2026-02-01")
    early = {"parentId": group["Kilo"], "effectiveFrom": "2026-01-15T00:00:00Z"}
    seller.post(f"/customers/{group['Echo']}/moves", early)
    [draft] = anew(seller, drafts)
    seller.post(f"/invoices/{draft['id']}/finalize")

    refused = seller.client.post(
        f"/customers/{group['Delta']}/moves", json={**early, "reason": "sold"}
    )

    assert (drafts[0]["netTotal"], draft["netTotal"]) == ("146.00", "211.00")
    assert refused.status_code == 409
    assert refused.json()["code"] == "move_before_finalised"
    assert all_equal(seller)


def test_editing_who_is_left_out_recalculates_the_drafts_of_both_schedules(
    seller: Seller, group: dict[str, str]
) -> None:
    price = seller.price(linear(seller.metric()))
    holding = seller.customer("Holding")
    seller.post(
        f"/customers/{group['Group']}/moves",
        {"parentId": holding, "effectiveFrom": "1970-01-01T00:00:00Z"},
    )
    schedule = seller.schedule(group["Group"], price, rollUpBilling=True)
    seller.schedule(holding, price, rollUpBilling=True)
    before = seller.run("2026-02-01")
    shown = seller.get(f"/billing-schedules/{schedule}")
    body = {
        "startDate": shown["startDate"],
        "taxRates": [],
        "autoIssueInvoices": False,
        "rollUpBilling": True,
        "rollUpExclusions": [group["Echo"]],
        "phases": [{"startDate": shown["startDate"], "priceIds": [price]}],
    }

    answer = seller.client.put(f"/billing-schedules/{schedule}", json=body)

    assert answer.status_code == 200, answer.text
    nets = [
        {one["customerLegalCompanyName"]: one["netTotal"] for one in invoices}
        for invoices in (before, anew(seller, before))
    ]
    assert nets == [{"Group": "136.00", "Holding": "0.00"}, {"Group": "71.00", "Holding": "65.00"}]


@pytest.mark.parametrize(
    ("table", "column"),
    [(billing_schedules, "roll_up_exclusions"), (line_items, "restrict_to_customers")],
)
def test_a_name_that_was_taken_out_by_hand_is_found(
    seller: Seller, group: dict[str, str], table: Table, column: str
) -> None:
    price = seller.price(linear(seller.metric()), restrictToCustomers=[group["Kilo"]])
    seller.schedule(group["Group"], price, rollUpBilling=True, rollUpExclusions=[group["Plane"]])
    [invoice] = seller.run("2026-02-01")
    seller.post(f"/invoices/{invoice['id']}/finalize")
    assert (invoice["netTotal"], all_equal(seller)) == ("7.00", True)

    with writing(seller.engine) as tx:
        tx.execute(update(table).values({column: None}))

    assert not all_equal(seller)
