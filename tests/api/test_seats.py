"""Seat metrics, seat events and balances, and prices that count seats."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.agreements import customer
from tests.api.catalogue import NOBODY, made, price_body, product, refusal
from tests.api.world import SEAT_METRIC, customer_body, seat_structure


@pytest.fixture
def metric(client: TestClient) -> str:
    return str(made(client.post("/seat-metrics", json=SEAT_METRIC))["id"])


def tell(client: TestClient, alias: str, at: str, total: int, **more: Any) -> dict[str, Any]:
    body = {"customerAlias": alias, "seatType": "full_user", "eventTimestamp": at, "total": total}
    return made(client.post("/seat-events", json=body | more))


def listed(client: TestClient, path: str, **query: Any) -> list[Any]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    assert answer.json()["pagination"]["totalResultSize"] == len(items)
    return items


def test_a_seat_metric_is_made_renamed_and_deleted(client: TestClient) -> None:
    one = made(client.post("/seat-metrics", json=SEAT_METRIC))
    path = f"/seat-metrics/{one['id']}"

    renamed = client.put(path, json={"label": "Editors"}).json()

    assert {key: one[key] for key in SEAT_METRIC} == SEAT_METRIC
    assert renamed == client.get(path).json()
    assert (renamed["seatType"], renamed["label"]) == ("full_user", "Editors")
    assert "description" not in renamed
    assert listed(client, "/seat-metrics") == [renamed]
    assert client.delete(path).json() == renamed
    assert client.get(path).status_code == 404
    assert made(client.post("/seat-metrics", json=SEAT_METRIC))["seatType"] == "full_user"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"seatType": "Full User"}, "/seatType"),
        ({"seatType": ""}, "/seatType"),
        ({"seatType": "9_users"}, "/seatType"),
        ({"label": " "}, "/label"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_bad_seat_metric_is_refused_naming_the_field(
    client: TestClient, body: dict[str, Any], pointer: str
) -> None:
    answer = client.post("/seat-metrics", json=SEAT_METRIC | body)

    assert refusal(answer) == (400, "invalid", [pointer])


def test_a_seat_type_is_of_one_metric_and_never_changes(client: TestClient, metric: str) -> None:
    again = client.post("/seat-metrics", json=SEAT_METRIC)
    other = client.put(f"/seat-metrics/{metric}", json=SEAT_METRIC)

    assert refusal(again) == (409, "seat_type_taken", ["/seatType"])
    assert refusal(other) == (400, "invalid", ["/seatType"])


def test_a_seat_metric_that_a_price_counts_stays(client: TestClient, metric: str) -> None:
    body = price_body(product(client), seat_structure(metric))
    price = made(client.post("/prices", json=body))

    assert client.delete(f"/seat-metrics/{metric}").json()["code"] == "metric_in_use"

    client.delete(f"/prices/{price['id']}")
    assert client.delete(f"/seat-metrics/{metric}").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"total": -1}, "/total"),
        ({"total": 1.5}, "/total"),
        ({"total": "3"}, "/total"),
        ({"total": None}, "/total"),
        ({"seatType": "unheard_of"}, "/seatType"),
        ({"customerAlias": ""}, "/customerAlias"),
        ({"eventTimestamp": "yesterday"}, "/eventTimestamp"),
    ],
)
@pytest.mark.usefixtures("metric")
def test_a_bad_seat_event_is_refused_naming_the_field(
    client: TestClient, body: dict[str, Any], pointer: str
) -> None:
    good = {
        "customerAlias": "nw",
        "seatType": "full_user",
        "eventTimestamp": "2026-02-18T10:00:00Z",
        "total": 27,
    }

    assert refusal(client.post("/seat-events", json=good | body)) == (400, "invalid", [pointer])


@pytest.mark.usefixtures("metric")
def test_an_event_with_the_same_id_takes_the_place_of_the_first(client: TestClient) -> None:
    payer = customer(client)
    first = tell(client, payer, "2026-02-20T00:00:00Z", 9, customerEventId="s1")
    then = tell(client, payer, "2026-02-10T00:00:00Z", 4, customerEventId="s1")

    assert listed(client, "/seat-events", customerEventId="s1") == [
        then,
        first | {"isLatestForCustomerEventId": False},
    ]
    assert client.get(f"/seat-events/{then['id']}").json() == then
    [balance] = listed(client, "/seat-balances")
    assert (balance["total"], balance["changeTimestamp"]) == (4, "2026-02-10T00:00:00.000Z")


@pytest.mark.usefixtures("metric")
def test_seat_events_are_found_by_what_they_say(client: TestClient) -> None:
    client.post("/seat-metrics", json={"seatType": "reader", "label": "Readers"})
    body = customer_body("Northwind", customerAliases=["nw", "nw-eu"])
    northwind = made(client.post("/customers", json=body))["id"]
    early = tell(client, "nw", "2026-02-01T00:00:00Z", 1)
    late = tell(client, "nw-eu", "2026-02-09T00:00:00Z", 2, seatType="reader")
    own = tell(client, northwind, "2026-02-05T00:00:00Z", 3)
    other = tell(client, "nobody", "2026-02-07T00:00:00Z", 4)

    def found(**query: Any) -> list[Any]:
        return listed(client, "/seat-events", **query)

    assert found() == [other, own, late, early]
    assert found(sortBy="eventTimestamp", sortOrder="ASC") == [early, own, other, late]
    assert found(customerIds=northwind) == [own, late, early]
    assert found(customerIds=northwind, customerAlias="nw,nobody") == [early]
    assert found(customerAlias="nobody") == [other]
    assert found(seatType="reader") == [late]
    assert found(eventTimestampAfter="2026-02-01T00:00:00Z", seatType="full_user") == [other, own]
    assert found(eventTimestampBefore="2026-02-05T00:00:00Z") == [early]


def test_a_filter_takes_25_values_at_most(client: TestClient) -> None:
    many = ",".join(["x"] * 26)

    for name in ("seatType", "customerIds"):
        answer = client.get("/seat-events", params={name: many})
        assert refusal(answer) == (400, "invalid", [f"?{name}"])


@pytest.mark.usefixtures("metric")
def test_a_balance_is_the_latest_total_under_any_alias(client: TestClient) -> None:
    client.post("/seat-metrics", json={"seatType": "reader", "label": "Readers"})
    body = customer_body("Northwind", customerAliases=["nw", "nw-eu"])
    northwind = made(client.post("/customers", json=body))["id"]
    gone = customer(client)
    tell(client, "nw", "2026-02-01T00:00:00Z", 10)
    tell(client, "nw-eu", "2026-02-09T00:00:00Z", 7)
    tell(client, "nw", "2026-02-05T00:00:00Z", 8)
    tell(client, "nw", "2026-02-03T00:00:00Z", 2, seatType="reader")
    tell(client, "nw", "2027-01-01T00:00:00Z", 99)  # not yet
    tell(client, gone, "2026-02-03T00:00:00Z", 0)
    tell(client, "nobody", "2026-02-03T00:00:00Z", 50)

    first, second = listed(client, "/seat-balances")

    assert (first["id"], first["total"]) == (gone, 0)
    assert second["customerAliases"] == ["nw", "nw-eu"]
    assert (second["total"], second["changeTimestamp"]) == (9, "2026-02-09T00:00:00.000Z")
    assert second["balances"] == [
        {"seatType": "full_user", "total": 7, "changeTimestamp": "2026-02-09T00:00:00.000Z"},
        {"seatType": "reader", "total": 2, "changeTimestamp": "2026-02-03T00:00:00.000Z"},
    ]
    assert listed(client, "/seat-balances", excludeZeroQuantity=True) == [second]
    assert listed(client, "/seat-balances", customerIds=northwind) == [second]
    assert listed(client, "/seat-balances", customerAliases="nw-eu,nobody") == [second]
    assert listed(client, "/seat-balances", customerAliases="nw", customerIds=gone) == []


@pytest.mark.parametrize("path", ["/prices", "/list-prices"])
def test_a_seat_price_is_shown_as_it_was_made(client: TestClient, metric: str, path: str) -> None:
    structure = seat_structure(metric)

    price = made(client.post(path, json=price_body(product(client), structure)))

    structure["tiers"][1] |= {"fee": "0"}
    structure["tiers"][1].pop("upperBound")
    assert price["structure"] == structure
    assert client.get(f"{path}/{price['id']}").json() == price


@pytest.mark.parametrize(
    ("change", "more", "answer"),
    [
        ({"seatMetricId": NOBODY}, {}, (404, "not_found", ["/structure/seatMetricId"])),
        ({"tiers": [{"upperBound": "1", "price": "1"}]}, {}, (400, "tiers_invalid", ["/structure/tiers/0/upperBound"])),
        ({"contractedMinimumSeats": -1}, {}, (400, "invalid", ["/structure/contractedMinimumSeats"])),
        ({"prorationStrategy": "USE_FIRST"}, {}, (400, "invalid", ["/structure/prorationStrategy"])),
        ({}, {"billingFrequency": "ONE_TIME"}, (400, "invalid", ["/billingFrequency"])),
        (
            {"overagesBillingFrequency": "YEARLY"},
            {},
            (400, "invalid", ["/structure/overagesBillingFrequency"]),
        ),
    ],
)  # fmt: skip
def test_a_seat_price_that_cannot_be_billed_is_refused_naming_the_field(
    client: TestClient,
    metric: str,
    change: dict[str, Any],
    more: dict[str, Any],
    answer: tuple[int, str, list[str]],
) -> None:
    body = price_body(product(client), seat_structure(metric) | change, **more)

    assert refusal(client.post("/prices", json=body)) == answer
