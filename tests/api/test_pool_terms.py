"""Schedules leave customers out of their pools, and prices name whom they price; the wrong ones are refused."""

from dataclasses import dataclass
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


@dataclass
class Group:
    """A holding with two branches, one of them with a shop, and a metric with a price on it."""

    client: TestClient
    holding: str
    east: str
    west: str
    shop: str
    calls: str
    everyone: str

    def price(self, *names: str) -> str:
        named = {"restrictToCustomers": list(names)} if names else {}
        return price(self.client, linear(self.calls), **named)

    def body(self, *prices: str, **more: Any) -> dict[str, Any]:
        return body_of(self.holding, phase(*prices), **{"rollUpBilling": True, **more})


@pytest.fixture
def group(client: TestClient, engine: Engine, workspace: Workspace) -> Group:
    holding = customer(client, "Holding")
    east, west = (customer(client, name, parentId=holding) for name in ("East", "West"))
    shop = customer(client, "Shop", parentId=east)
    calls = metric(engine, workspace.id)
    return Group(client, holding, east, west, shop, calls, price(client, linear(calls)))


def test_exclusions_are_shown_and_stay_until_they_are_said_anew(
    client: TestClient, group: Group
) -> None:
    body = group.body(group.everyone)
    shown = create(client, {**body, "rollUpExclusions": [group.west, group.east]})
    url = f"/billing-schedules/{shown['id']}"

    unsaid = made(client.put(url, json=update_of(body)))
    fewer = made(client.put(url, json=update_of(body, rollUpExclusions=[group.east])))
    none = made(client.put(url, json=update_of(body, rollUpExclusions=[])))
    made(client.put(url, json=update_of(body, rollUpExclusions=[group.east])))
    alone = made(client.put(url, json=update_of(body, rollUpBilling=False)))

    assert shown["rollUpExclusions"] == [group.west, group.east]
    assert unsaid["rollUpExclusions"] == [group.west, group.east]
    assert fewer["rollUpExclusions"] == [group.east]
    assert "rollUpExclusions" not in none
    assert "rollUpExclusions" not in alone, "without roll-up there is nobody to leave out"


def test_who_cannot_be_left_out_is_named(client: TestClient, group: Group) -> None:
    def refused(exclusions: list[str], **more: Any) -> Any:
        body = group.body(group.everyone, rollUpExclusions=exclusions, **more)
        return refusal(client.post("/billing-schedules", json=body))

    outsider = customer(client, "Outsider")

    assert refused([group.west, NOBODY]) == (404, "not_found", ["/rollUpExclusions/1"])
    assert refused([group.west, group.west]) == (400, "invalid", ["/rollUpExclusions/1"])
    assert refused([group.west, group.holding]) == (400, "invalid", ["/rollUpExclusions/1"])
    assert refused(["x"]) == (400, "invalid", ["/rollUpExclusions/0"])
    alone = refused([group.west], rollUpBilling=False)
    assert alone == (400, "invalid", ["/rollUpExclusions"])
    create(client, group.body(group.everyone, rollUpExclusions=[outsider], isDraft=False))


def test_a_strangers_customer_cannot_be_left_out_or_named(
    client: TestClient, stranger: TestClient, group: Group
) -> None:
    theirs = customer(stranger, "Theirs")
    body = group.body(group.everyone, rollUpExclusions=[theirs])
    named = price_body(product(client), linear(group.calls), restrictToCustomers=[theirs])

    excluded = refusal(client.post("/billing-schedules", json=body))

    assert excluded == (404, "not_found", ["/rollUpExclusions/0"])
    assert refusal(client.post("/prices", json=named))[2] == ["/restrictToCustomers/0"]


def test_a_copy_leaves_out_the_same_and_is_not_for_one_of_those(
    client: TestClient, group: Group
) -> None:
    shown = create(client, group.body(group.everyone, rollUpExclusions=[group.west]))
    url = f"/billing-schedules/{shown['id']}/duplicate"

    assert made(client.post(url, json={"customerId": group.east}))["rollUpExclusions"] == [
        group.west
    ]
    copied = refusal(client.post(url, json={"customerId": group.west}))
    assert copied == (400, "invalid", ["/customerId"])


@pytest.mark.parametrize("path", ["/prices", "/list-prices"])
def test_a_usage_price_names_customers(client: TestClient, group: Group, path: str) -> None:
    body = price_body(product(client), linear(group.calls))
    named = {**body, "restrictToCustomers": [group.west, group.shop]}

    shown = made(client.post(path, json=named))

    assert shown["restrictToCustomers"] == [group.west, group.shop]
    assert made(client.get(f"{path}/{shown['id']}")) == shown
    for empty in (body, {**body, "restrictToCustomers": []}):
        assert "restrictToCustomers" not in made(client.post(path, json=empty))
    for wrong, expected in (
        ([group.west, NOBODY], (404, "not_found", ["/restrictToCustomers/1"])),
        ([group.west, group.west], (400, "invalid", ["/restrictToCustomers/1"])),
        (["x"], (400, "invalid", ["/restrictToCustomers/0"])),
    ):
        answer = client.post(path, json={**body, "restrictToCustomers": wrong})
        assert refusal(answer) == expected
    fixed = price_body(product(client), restrictToCustomers=[group.west])
    assert refusal(client.post(path, json=fixed)) == (400, "invalid", ["/restrictToCustomers"])


def test_a_list_price_is_replaced_whole_and_its_copies_name_whom_it_named(
    client: TestClient, group: Group
) -> None:
    body = price_body(product(client), linear(group.calls))
    listed = made(client.post("/list-prices", json={**body, "restrictToCustomers": [group.west]}))
    stretch = {**phase(), "listPriceIds": [listed["id"]]}
    wanted = body_of(group.holding, stretch, rollUpBilling=True)

    alone = client.post("/billing-schedules", json={**wanted, "rollUpBilling": False})
    [copy] = create(client, wanted)["prices"]
    replaced = made(client.put(f"/list-prices/{listed['id']}", json=body))

    assert refusal(alone) == (400, "invalid", ["/phases/0/listPriceIds/0"])
    assert copy["restrictToCustomers"] == [group.west]
    assert "restrictToCustomers" not in replaced
    assert priced(client, copy["id"]) == copy


def test_prices_that_name_customers_need_roll_up_and_share_all_names_or_none(
    client: TestClient, group: Group
) -> None:
    west, also_west = group.price(group.west), group.price(group.west)
    both, shop = group.price(group.west, group.east), group.price(group.shop)

    def refused(*prices: str, **more: Any) -> Any:
        answer = client.post("/billing-schedules", json=group.body(*prices, **more))
        return refusal(answer), answer.json()["errors"][0]["code"]

    create(client, group.body(group.everyone, west, also_west, shop))
    create(client, group.body(both, shop))
    at_1 = ["/phases/0/priceIds/1"]
    needed = refused(group.everyone, west, rollUpBilling=False)
    assert needed == ((400, "invalid", at_1), "roll_up_needed")
    assert refused(west, both) == ((400, "invalid", at_1), "scopes_overlap")
    draft = create(client, group.body(west))
    alone = client.put(
        f"/billing-schedules/{draft['id']}", json=update_of(group.body(west), rollUpBilling=False)
    )
    assert refusal(alone) == (400, "invalid", ["/phases/0/priceIds/0"])


def test_periodic_tiers_stand_alone_on_their_metric(client: TestClient, group: Group) -> None:
    structure = {
        "pricingType": "GRADUATED",
        "usageMetricId": group.calls,
        "usageCalculationMode": "PERIODIC",
        "tiers": [{"price": "1", "isPricePercentage": False}],
    }
    period = {"frequency": "MONTHLY", "interval": 1}
    body = price_body(product(client), structure, usageCalculationPeriod=period)
    periodic = made(client.post("/prices", json=body))["id"]

    beside = client.post("/billing-schedules", json=group.body(group.everyone, periodic))

    create(client, group.body(periodic, group.price(group.west)))
    assert refusal(beside) == (400, "not_supported_yet", ["/phases/0/priceIds/1"])


def test_the_pool_says_by_which_prices_somebody_is_measured_and_why_not(
    client: TestClient, group: Group
) -> None:
    shop = group.price(group.shop)
    most = create(
        client,
        group.body(group.everyone, shop, rollUpExclusions=[group.west], isDraft=False),
    )
    only = create(client, group.body(shop, isDraft=True))

    def pool(schedule: dict[str, Any]) -> dict[str, Any]:
        items = made(client.get(f"/billing-schedules/{schedule['id']}/pool"))["items"]
        return {
            one["customerId"]: (one["priceIds"], [left["reason"] for left in one["carvedOut"]])
            for one in items
        }

    assert pool(most) == {
        group.holding: ([group.everyone], []),
        group.east: ([group.everyone], []),
        group.shop: ([shop], []),
        group.west: ([], ["EXCLUDED"]),
    }
    assert pool(only) == {
        group.holding: ([], ["NOT_NAMED"]),
        group.east: ([], ["NOT_NAMED"]),
        group.shop: ([], ["OTHER_SCHEDULE"]),
        group.west: ([], ["NOT_NAMED"]),
    }


def _finalise_first(client: TestClient, who: str) -> str:
    found = made(client.get("/invoices", params={"customerId": who}))["items"]
    first = min(found, key=lambda invoice: invoice["accountingDate"])
    return str(made(client.post(f"/invoices/{first['id']}/finalize"))["invoiceNumber"])


def test_who_is_in_the_pool_of_a_final_invoice_stays_in_it(
    client: TestClient, group: Group
) -> None:
    body = group.body(group.everyone, isDraft=False)
    url = f"/billing-schedules/{create(client, body)['id']}"
    number = _finalise_first(client, group.holding)
    late = customer(client, "Late")
    move = {"parentId": group.holding, "effectiveFrom": "2026-03-01T00:00:00Z"}
    made(client.post(f"/customers/{late}/moves", json=move))

    refused = client.put(url, json=update_of(body, rollUpExclusions=[group.west]))
    split = [phase(group.everyone, end="2026-02-28"), phase(group.everyone, start="2026-03-01")]
    split[1]["priceIds"].append(group.price(group.west))
    only_then = made(client.put(url, json=update_of({**body, "phases": split})))
    yearly = price(
        client,
        linear(group.calls),
        billingFrequency="YEARLY",
        restrictToCustomers=[group.west],
    )
    sooner = client.put(url, json=update_of(group.body(group.everyone, yearly)))
    after_all = made(client.put(url, json=update_of(body, rollUpExclusions=[late])))

    assert refusal(refused) == (409, "schedule_billed", ["/rollUpExclusions"])
    assert number in refused.json()["detail"]
    assert len(only_then["phases"]) == 2
    begun = "the year has begun with other members"
    assert refusal(sooner) == (409, "schedule_billed", ["/phases"]), begun
    assert after_all["rollUpExclusions"] == [late], "who came later was in no final pool"


def test_usage_that_the_schedule_above_has_billed_for_good_is_neither_taken_nor_left_to_it(
    client: TestClient, group: Group
) -> None:
    create(client, group.body(group.everyone, isDraft=False))
    body = body_of(
        group.east, phase(group.everyone), rollUpBilling=True, rollUpExclusions=[group.shop]
    )
    url = f"/billing-schedules/{create(client, {**body, 'isDraft': False})['id']}"
    _finalise_first(client, group.holding)

    taken = client.put(url, json=update_of(body, rollUpExclusions=[]))
    kept = client.put(url, json=update_of(body))

    assert refusal(taken) == (409, "usage_billed", [])
    assert kept.status_code == 200
