"""What a preview says of a move is what the move does, and making the preview does nothing."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from catchment.flows.billing.run_billing import hold
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.schema import metadata
from tests.api.kin import create_id, move
from tests.conftest import Clock
from tests.flows.test_moves_and_invoices import Seller

Preview = dict[str, Any]


@pytest.fixture
def seller(client: TestClient) -> Seller:
    return Seller(client)


@pytest.fixture
def group(client: TestClient, seller: Seller) -> dict[str, str]:
    """Two payers that pool, one with a child that calls in January, February and March."""
    old, new = create_id(client, "Old"), create_id(client, "New")
    child = create_id(client, "Child", parentId=old)
    other = create_id(client, "Other", parentId=new)
    seller.call(child, "2026-01-10", "2026-01-20", "2026-02-10", "2026-02-20", "2026-03-05")
    seller.bill(old, pooled=True)
    seller.bill(new, pooled=True)
    return {"old": old, "new": new, "child": child, "other": other}


def preview(client: TestClient, id: str, parent: str | None, at: str) -> Preview:
    answer = client.post(
        f"/customers/{id}/moves/preview", json={"parentId": parent, "effectiveFrom": at}
    )
    assert answer.status_code == 200, answer.text
    told: Preview = answer.json()
    return told


def sums(told: Preview) -> dict[str, tuple[str, str, str]]:
    return {p["name"]: (p["before"], p["after"], p["change"]) for p in told["payers"]}


def periods(told: Preview, payer: str) -> list[tuple[Any, ...]]:
    """Month, status, whether it changes, before and after of what a payer is told."""
    (found,) = [p for p in told["payers"] if p["name"] == payer]
    return [
        (one["billingPeriod"]["start"][:7], *map(one.get, ("status", "changes", "before", "after")))
        for schedule in found["schedules"]
        for one in schedule["periods"]
    ]


def everything(engine: Engine) -> dict[str, list[Any]]:
    with reading(engine) as tx:
        return {
            table.name: sorted(map(repr, tx.execute(select(table))))
            for table in metadata.sorted_tables
        }


def test_a_preview_says_what_the_move_then_does(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    told = preview(client, group["child"], group["new"], "2026-02-15T00:00:00Z")
    moved = move(client, group["child"], group["new"], "2026-02-15T00:00:00Z")

    assert moved.status_code == 201
    assert told["effectiveFrom"] == "2026-02-15T00:00:00.000Z"
    assert sums(told) == {"Old": ("3.00", "1.00", "-2.00"), "New": ("0.00", "2.00", "2.00")}
    assert periods(told, "Old") == [
        ("2026-02", "DRAFT", True, "2.00", "1.00"),
        ("2026-03", "RUNNING", True, "1.00", "0.00"),
    ]
    assert seller.totals(group["old"]) == ["2.00", "1.00"]
    assert seller.totals(group["new"]) == ["0.00", "1.00"]


def test_it_says_so_line_by_line(client: TestClient, seller: Seller, group: dict[str, str]) -> None:
    told = preview(client, group["child"], None, "2026-02-15T00:00:00Z")

    (payer,) = told["payers"]
    (schedule,) = payer["schedules"]
    february = schedule["periods"][0]
    assert february["lines"] == [
        {
            "priceId": seller.price,
            "title": "Calls",
            "servicePeriod": {"start": "2026-02-01", "endInclusive": "2026-02-28"},
            "before": "2.00",
            "after": "1.00",
            "quantityBefore": "2",
            "quantityAfter": "1",
        }
    ]
    invoices = client.get("/invoices", params={"customerId": group["old"]}).json()["items"]
    assert february["invoiceId"] in [one["id"] for one in invoices]
    assert february["invoiced"] == "2.00"
    assert february["change"] == "-1.00"


def test_nothing_is_written_and_an_idempotency_key_replays_nothing(
    client: TestClient, seller: Seller, group: dict[str, str], engine: Engine
) -> None:
    before = everything(engine)
    body = {"parentId": group["new"], "effectiveFrom": "2026-01-01T00:00:00Z"}

    def ask() -> Any:
        return client.post(
            f"/customers/{group['child']}/moves/preview",
            json=body,
            headers={"Idempotency-Key": "one"},
        )

    first = ask()
    after = everything(engine)
    seller.call(group["child"], "2026-01-11")
    second = ask()

    assert first.status_code == 200
    assert after == before
    assert "Idempotent-Replayed" not in second.headers
    assert sums(second.json())["New"] == ("0.00", "6.00", "6.00")


def test_a_preview_waits_for_nobody_who_writes(
    client: TestClient, group: dict[str, str], engine: Engine, workspace: Workspace
) -> None:
    with writing(engine) as tx:
        hold(tx, workspace)
        told = preview(client, group["child"], group["new"], "2026-02-15T00:00:00Z")

    assert sums(told)["New"] == ("0.00", "2.00", "2.00")


def test_usage_since_the_draft_is_no_change_of_the_move(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    seller.call(group["child"], "2026-02-20")

    told = preview(client, group["child"], None, "2026-02-15T00:00:00Z")

    february = told["payers"][0]["schedules"][0]["periods"][0]
    assert (february["invoiced"], february["before"], february["after"]) == ("2.00", "3.00", "1.00")


def test_a_finalised_invoice_is_shown_as_staying_what_it_is(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    number = seller.finalise(group["old"], "2026-01")["invoiceNumber"]

    told = preview(client, group["child"], group["new"], "2026-01-15T00:00:00Z")
    refused = move(client, group["child"], group["new"], "2026-01-15T00:00:00Z").json()

    assert told["refusal"] == {
        key: refused[key] for key in ("status", "code", "title", "detail", "errors")
    }
    assert number in told["refusal"]["detail"]
    assert periods(told, "Old")[:2] == [
        ("2026-01", "FINAL", False, "2.00", "1.00"),
        ("2026-02", "DRAFT", True, "2.00", "0.00"),
    ]
    assert sums(told)["Old"] == ("3.00", "0.00", "-3.00")


def test_what_is_due_and_on_no_invoice_is_told_as_well(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    drafts = client.get("/invoices", params={"customerId": group["old"]}).json()["items"]
    for draft in drafts:
        client.delete(f"/invoices/{draft['id']}")

    told = preview(client, group["child"], group["new"], "2026-02-15T00:00:00Z")

    assert periods(told, "Old")[0] == ("2026-02", "UNBILLED", True, "2.00", "1.00")


def test_only_periods_with_another_bill_are_listed(
    client: TestClient, seller: Seller, group: dict[str, str], clock: Clock
) -> None:
    clock.set("2026-04-10")

    idle = preview(client, group["other"], group["old"], "2026-01-01T00:00:00Z")
    later = preview(client, group["child"], group["new"], "2026-03-06T00:00:00Z")

    assert idle["payers"] == later["payers"] == []
    assert "refusal" not in idle


def test_a_nearer_pool_in_between_is_a_payer_too(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    between = create_id(client, "Between", parentId=group["new"])
    create_id(client, "Below", parentId=between)
    seller.bill(between, pooled=True)

    told = preview(client, group["child"], between, "2026-02-01T00:00:00Z")

    assert sums(told) == {"Old": ("3.00", "0.00", "-3.00"), "Between": ("0.00", "3.00", "3.00")}


def test_what_pays_for_itself_stays_with_itself(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    below = create_id(client, "Below", parentId=group["child"])
    seller.call(below, "2026-02-03")
    seller.bill(below, pooled=False)

    told = preview(client, group["child"], group["new"], "2026-02-01T00:00:00Z")

    assert sums(told) == {"Old": ("3.00", "0.00", "-3.00"), "New": ("0.00", "3.00", "3.00")}


def test_a_customer_from_the_top_brings_its_whole_family(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    top = create_id(client, "Top")
    middle = create_id(client, "Middle", parentId=top)
    low = create_id(client, "Low", parentId=middle)
    seller.call(low, "2026-02-03")
    payer = create_id(client, "Payer", parentId=top)
    seller.call(payer, "2026-02-04")
    seller.bill(payer, pooled=False)

    told = preview(client, top, group["new"], "2026-02-01T00:00:00Z")

    assert sums(told) == {"New": ("0.00", "1.00", "1.00")}


@pytest.mark.parametrize("parent", ["child", "below", "archived"])
def test_what_would_refuse_the_move_is_told(
    client: TestClient, seller: Seller, group: dict[str, str], parent: str
) -> None:
    group["below"] = create_id(client, "Below", parentId=group["child"])
    group["archived"] = create_id(client, "Archived")
    client.post(f"/customers/{group['archived']}/archive")

    told = preview(client, group["child"], group[parent], "2026-02-01T00:00:00Z")
    refused = move(client, group["child"], group[parent], "2026-02-01T00:00:00Z").json()

    assert told["payers"] == []
    assert told["refusal"]["code"] == refused["code"]
    assert told["refusal"]["status"] == refused["status"]
    assert told["refusal"]["errors"] == refused["errors"]


def test_a_move_to_where_it_is_changes_nothing(
    client: TestClient, seller: Seller, group: dict[str, str]
) -> None:
    same = preview(client, group["child"], group["old"], "2026-02-01T00:00:00Z")
    top = preview(client, group["old"], None, "2026-02-01T00:00:00Z")

    assert same == {"effectiveFrom": "2026-02-01T00:00:00.000Z", "payers": []}
    assert top["refusal"]["code"] == "nothing_to_move"


def test_a_parent_that_does_not_exist_is_not_found(
    client: TestClient, group: dict[str, str], stranger: TestClient
) -> None:
    path = f"/customers/{group['child']}/moves/preview"
    body = {"parentId": group["child"][:-4] + "0000", "effectiveFrom": "2026-02-01T00:00:00Z"}

    assert client.post(path, json=body).status_code == 404
    assert stranger.post(path, json=body | {"parentId": None}).status_code == 404
    assert client.post(path, json={"parentId": None}).status_code == 400
