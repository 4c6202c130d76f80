from typing import Any

import pytest
from fastapi.testclient import TestClient

from catchment.core.usage.metering import Aggregation
from tests.api import kin

METRIC: dict[str, Any] = {
    "name": "EU tokens",
    "metricType": "SIMPLE",
    "eventType": "api_call",
    "aggregationType": "SUM",
    "aggregationProperty": "tokens",
    "propertyFilters": {"region": ["eu"]},
    "propertiesToNegate": [],
    "caseSensitive": True,
    "unit": "tokens",
}
MARCH = {"periodStart": "2026-03-01", "periodEnd": "2026-03-31"}


def create(client: TestClient, **changes: Any) -> dict[str, Any]:
    body = {k: v for k, v in (METRIC | changes).items() if v is not ...}
    answer = client.post("/usage-metrics", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def send(client: TestClient, alias: str, tokens: Any, at: str, **more: Any) -> dict[str, Any]:
    event = {
        "customerAlias": alias,
        "eventType": "api_call",
        "eventTimestamp": at,
        "eventProperties": {"tokens": tokens, "region": "eu"} | more.pop("properties", {}),
    }
    answer = client.post("/usage-events", json=event | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def names(client: TestClient, **query: Any) -> list[str]:
    answer = client.get("/usage-metrics", params=query)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def price_on(client: TestClient, metric: str, structure: dict[str, Any] | None = None) -> str:
    product = client.post("/products", json={"name": "Calls"}).json()["id"]
    linear = {"pricingType": "LINEAR", "pricePerUnit": "1", "isPricePercentage": False}
    body = {
        "productId": product,
        "name": "Per token",
        "currency": "USD",
        "billingFrequency": "MONTHLY",
        "billingType": "IN_ARREARS",
        "structure": (structure or linear) | {"usageMetricId": metric},
    }
    answer = client.post("/prices", json=body)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


def test_a_metric_is_made_shown_replaced_and_deleted(client: TestClient) -> None:
    made = create(client)
    path = f"/usage-metrics/{made['id']}"
    assert made.items() > METRIC.items()
    assert made["parameters"] == []
    assert client.get(path).json() == made

    changed = client.put(path, json=METRIC | {"name": "Calls", "aggregationType": "COUNT"})
    assert changed.status_code == 200
    assert client.get(path).json() == changed.json()
    assert (changed.json()["name"], changed.json()["aggregationType"]) == ("Calls", "COUNT")

    deleted = client.delete(path)
    assert deleted.status_code == 200
    assert deleted.json()["deletedAt"] == "2026-03-10T09:30:00.000Z"
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404
    assert names(client) == []


def test_filter_values_are_kept_as_the_texts_events_are_compared_with(client: TestClient) -> None:
    made = create(client, propertyFilters={"n": [1, "1", 1.50, True, "x"]})

    assert made["propertyFilters"] == {"n": ["1", "1.5", "true", "x"]}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"metricType": "GROUPED"}, "/metricType", "not_supported_yet"),
        ({"metricType": "CUSTOM"}, "/metricType", "invalid"),
        ({"aggregationType": "CUSTOM"}, "/metricType", "invalid"),
        ({"groupingProperty": "region"}, "/groupingProperty", "not_supported_yet"),
        ({"aggregationType": "PERCENTILE"}, "/percentile", "missing"),
        ({"aggregationType": "PERCENTILE", "percentile": "0"}, "/percentile", "invalid"),
        ({"aggregationType": "PERCENTILE", "percentile": "1.01"}, "/percentile", "invalid"),
        ({"aggregationType": "PERCENTILE", "percentile": "95%"}, "/percentile", "invalid"),
        ({"percentile": "0.5"}, "/percentile", "invalid"),
        ({"expression": "tokens"}, "/expression", "invalid"),
        ({"aggregationType": "MEDIAN"}, "/aggregationType", "invalid"),
        ({"aggregationType": "SEATS"}, "/aggregationType", "invalid"),
        ({"aggregationProperty": ...}, "/aggregationProperty", "missing"),
        ({"aggregationProperty": ..., "aggregationType": "UNIQUE"}, "/aggregationProperty", "missing"),
        ({"propertyFilters": {"region": []}}, "/propertyFilters/region", "invalid"),
        ({"propertyFilters": {"region": [None]}}, "/propertyFilters/region/0", "invalid"),
        ({"propertiesToNegate": ["plan"]}, "/propertiesToNegate/0", "invalid"),
        ({"name": " "}, "/name", "invalid"),
        ({"eventType": ...}, "/eventType", "missing"),
        ({"surprise": 1}, "/surprise", "unknown_field"),
    ],
)  # fmt: skip
def test_a_wrong_metric_is_refused_by_field(
    client: TestClient, changes: dict[str, Any], pointer: str, code: str
) -> None:
    id = create(client, name="Right")["id"]
    body = {k: v for k, v in (METRIC | changes).items() if v is not ...}

    for answer in (
        client.post("/usage-metrics", json=body),
        client.put(f"/usage-metrics/{id}", json=body),
    ):
        assert answer.status_code == 400, answer.text
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert names(client) == ["Right"]


def test_the_described_aggregations_are_those_that_are_taken(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    described = schemas["UsageMetricIn"]["properties"]["aggregationType"]["enum"]

    def taken(kind: str) -> bool:
        errors = (
            client.post("/usage-metrics", json=METRIC | {"aggregationType": kind})
            .json()
            .get("errors", [])
        )
        return "/aggregationType" not in {error["pointer"] for error in errors}

    assert [kind for kind in Aggregation if taken(kind)] == described


def test_a_name_belongs_to_one_metric_at_a_time(client: TestClient) -> None:
    first, second = create(client), create(client, name="Other")

    taken = client.post("/usage-metrics", json=METRIC)
    renamed = client.put(f"/usage-metrics/{second['id']}", json=METRIC)
    kept = client.put(f"/usage-metrics/{first['id']}", json=METRIC)
    client.delete(f"/usage-metrics/{first['id']}")

    assert (taken.status_code, taken.json()["code"]) == (409, "metric_name_taken")
    assert renamed.status_code == 409
    assert kept.status_code == 200
    create(client)


def test_a_metric_that_a_price_measures_cannot_be_deleted(client: TestClient) -> None:
    metric = create(client)["id"]
    price = price_on(client, metric)

    refused = client.delete(f"/usage-metrics/{metric}")
    client.delete(f"/prices/{price}")

    assert (refused.status_code, refused.json()["code"]) == (409, "metric_in_use")
    assert "Per token" in refused.json()["detail"]
    assert client.delete(f"/usage-metrics/{metric}").status_code == 200


def test_a_metric_whose_events_are_capped_by_value_cannot_become_unique_or_latest(
    client: TestClient,
) -> None:
    metric = create(client)["id"]
    tier = {"price": "0.01", "minPrice": "1", "isPricePercentage": True}
    price_on(client, metric, {"pricingType": "VOLUME", "tiers": [tier]})

    unique = client.put(f"/usage-metrics/{metric}", json=METRIC | {"aggregationType": "UNIQUE"})
    latest = client.put(f"/usage-metrics/{metric}", json=METRIC | {"aggregationType": "LATEST"})
    maximum = client.put(f"/usage-metrics/{metric}", json=METRIC | {"aggregationType": "MAX"})

    assert (unique.status_code, unique.json()["code"]) == (409, "metric_in_use")
    assert (latest.status_code, latest.json()["code"]) == (409, "metric_in_use")
    assert maximum.status_code == 200


def test_a_metric_whose_usage_moves_tiers_over_periods_must_go_on_adding_up(
    client: TestClient,
) -> None:
    metric = create(client)["id"]
    tiers = [{"price": "0.01", "isPricePercentage": False}]
    price_on(
        client,
        metric,
        {"pricingType": "GRADUATED", "usageCalculationMode": "CUMULATIVE", "tiers": tiers},
    )

    maximum = client.put(f"/usage-metrics/{metric}", json=METRIC | {"aggregationType": "MAX"})
    total = client.put(f"/usage-metrics/{metric}", json=METRIC | {"aggregationType": "SUM"})

    assert (maximum.status_code, maximum.json()["code"]) == (409, "metric_in_use")
    assert total.status_code == 200


def test_every_filter_of_the_list_keeps_what_it_says(client: TestClient) -> None:
    ids = [
        create(client, name="Calls", aggregationType="COUNT", aggregationProperty=...)["id"],
        create(client, name="Tokens")["id"],
        create(client, name="Users", eventType="login", aggregationType="UNIQUE",
               aggregationProperty="user")["id"],
    ]  # fmt: skip

    assert names(client) == ["Users", "Tokens", "Calls"]
    assert names(client, sortOrder="ASC", limit=2) == ["Calls", "Tokens"]
    assert names(client, name="KEN") == ["Tokens"]
    assert names(client, id=f"{ids[0]},{ids[2]}") == ["Users", "Calls"]
    assert names(client, eventType="login") == ["Users"]
    assert names(client, eventProperty="user,tokens") == ["Users", "Tokens"]
    assert names(client, aggregationType="SUM,COUNT") == ["Tokens", "Calls"]


def test_a_calculation_takes_several_aliases_together_exactly(client: TestClient) -> None:
    metric = create(client)["id"]
    first = send(client, "a", 0.1, "2026-03-01T00:00:00Z")
    send(client, "b", 0.2, "2026-03-15T00:00:00Z")
    last = send(client, "a", 149.735, "2026-03-31T23:59:59.999999Z")
    send(client, "a", 1000, "2026-04-01T00:00:00Z")
    send(client, "c", 1000, "2026-03-15T00:00:00Z")
    send(client, "a", 1000, "2026-03-15T00:00:00Z", properties={"region": "us"})

    answer = client.get(
        f"/usage-metrics/{metric}/calculate", params={"customerAliases": "a,b"} | MARCH
    )

    assert answer.status_code == 200, answer.text
    assert '"value":150.035,' in answer.text
    assert answer.json() == {
        "name": "EU tokens",
        "metricType": "SIMPLE",
        "eventType": "api_call",
        "aggregationType": "SUM",
        "eventCount": 3,
        "value": 150.035,
        "unit": "tokens",
        "minEventId": first["id"],
        "maxEventId": last["id"],
    }


def test_a_customers_id_stands_for_all_its_aliases(client: TestClient) -> None:
    metric = create(client)["id"]
    id = kin.create_id(client, customerAliases=["a", "b"])
    for tokens, alias in ((1, "a"), (2, "b"), (4, id), (8, "c")):
        send(client, alias, tokens, "2026-03-15T00:00:00Z")

    def value(aliases: str) -> Any:
        query = {"customerAliases": aliases} | MARCH
        return client.get(f"/usage-metrics/{metric}/calculate", params=query).json()["value"]

    assert [value(id), value(f"{id},a,c"), value("a"), value("nobody")] == [7, 15, 1, 0]


def test_the_latest_value_of_several_customers_is_the_sum_of_each_ones(client: TestClient) -> None:
    metric = create(client, aggregationType="LATEST")["id"]
    id = kin.create_id(client, "First", customerAliases=["a", "b"])
    other = kin.create_id(client, "Second", customerAliases=["c"], parentId=id)
    for alias, seats, at in (
        ("a", 5, "2026-03-02T09:00:00Z"),
        ("b", 7, "2026-03-02T10:00:00Z"),
        ("c", 20, "2026-03-01T10:00:00Z"),
        ("c", 30, "2026-02-28T10:00:00Z"),
        ("d", 100, "2026-03-02T00:00:00Z"),
    ):
        send(client, alias, seats, at)

    def value(aliases: str) -> Any:
        query = {"customerAliases": aliases} | MARCH
        return client.get(f"/usage-metrics/{metric}/calculate", params=query).json()["value"]

    chart = client.get(
        f"/usage-metrics/{metric}/usage",
        params={
            "customerIds": id,
            "from": "2026-02-28",
            "to": "2026-03-02",
            "includeDescendants": True,
        },
    ).json()["items"]

    assert [value(id), value("a"), value("a,b"), value(f"{id},{other},d")] == [7, 5, 7, 127]
    assert [(day["value"], day["eventCount"]) for day in chart] == [(30, 1), (20, 1), (7, 2)]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"customerAliases": "a"}, "?periodStart"),
        (MARCH, "?customerAliases"),
        (MARCH | {"customerAliases": ","}, "?customerAliases"),
        (MARCH | {"customerAliases": "a", "periodEnd": "2026-02-28"}, "?periodEnd"),
        (MARCH | {"customerAliases": "a", "periodEnd": "2026-02-30"}, "?periodEnd"),
        (MARCH | {"customerAliases": "a", "customParameters": "x=1"}, "?customParameters"),
        (MARCH | {"customerAliases": "a", "customParameters": "x"}, "?customParameters"),
    ],
)  # fmt: skip
def test_a_calculation_of_nothing_in_particular_is_refused(
    client: TestClient, query: dict[str, str], pointer: str
) -> None:
    metric = create(client)["id"]

    answer = client.get(f"/usage-metrics/{metric}/calculate", params=query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_chart_shows_every_day_and_month_with_its_usage(client: TestClient) -> None:
    metric = create(client)["id"]
    id = kin.create_id(client, customerAliases=["a"])
    send(client, "a", 1, "2026-03-30T23:59:59Z")
    send(client, "a", 2.5, "2026-04-01T00:00:00Z")
    send(client, id, 3, "2026-04-01T12:00:00Z")
    send(client, "b", 100, "2026-04-01T12:00:00Z")

    def chart(**query: str) -> list[tuple[str, Any, int]]:
        answer = client.get(f"/usage-metrics/{metric}/usage", params={"customerIds": id} | query)
        assert answer.status_code == 200, answer.text
        return [(i["periodStart"], i["value"], i["eventCount"]) for i in answer.json()["items"]]

    assert chart(**{"from": "2026-03-30", "to": "2026-04-01"}) == [
        ("2026-03-30", 1, 1), ("2026-03-31", 0, 0), ("2026-04-01", 5.5, 2),
    ]  # fmt: skip
    assert chart(**{"from": "2026-03-15", "to": "2026-04-30", "bucket": "month"}) == [
        ("2026-03-15", 1, 1), ("2026-04-01", 5.5, 2),
    ]  # fmt: skip


def test_a_chart_of_a_family_counts_each_member_while_it_belonged(client: TestClient) -> None:
    metric = create(client)["id"]
    parent = kin.create_id(client, "Group", customerAliases=["p"])
    child = kin.create_id(client, "Child", customerAliases=["c"], parentId=parent)
    assert kin.move(client, child, None, "2026-03-05T00:00:00Z").status_code < 300
    for day in ("04", "05"):
        send(client, "p", 1, f"2026-03-{day}T10:00:00Z")
        send(client, "c", 10, f"2026-03-{day}T10:00:00Z")

    def values(ids: str, *, descendants: bool) -> list[Any]:
        query = {"customerIds": ids, "from": "2026-03-04", "to": "2026-03-05"}
        query["includeDescendants"] = str(descendants)
        answer = client.get(f"/usage-metrics/{metric}/usage", params=query)
        return [item["value"] for item in answer.json()["items"]]

    assert values(parent, descendants=True) == [11, 1]
    assert values(parent, descendants=False) == [1, 1]
    assert values(f"{parent},{child}", descendants=True) == [11, 11]


def test_a_chart_is_of_our_customers_and_of_bounded_length(client: TestClient) -> None:
    metric = create(client)["id"]
    id = kin.create_id(client)
    path = f"/usage-metrics/{metric}/usage"

    nobody = client.get(
        path, params={"customerIds": kin.NOBODY, "from": "2026-03-01", "to": "2026-03-01"}
    )
    endless = client.get(path, params={"customerIds": id, "from": "1970-01-01", "to": "2999-12-31"})
    backwards = client.get(
        path, params={"customerIds": id, "from": "2026-03-02", "to": "2026-03-01"}
    )

    assert [nobody.status_code, endless.status_code, backwards.status_code] == [404, 400, 400]
    assert endless.json()["errors"][0]["pointer"] == "?to"


def test_days_are_those_of_the_workspaces_time_zone(client: TestClient, engine: Any) -> None:
    from sqlalchemy import text

    with engine.begin() as tx:
        tx.execute(text("UPDATE workspaces SET timezone = 'America/New_York'"))
    metric = create(client)["id"]
    send(client, "a", 1, "2026-03-08T04:59:59Z")
    send(client, "a", 2, "2026-03-08T05:00:00Z")
    send(client, "a", 4, "2026-03-09T03:59:59Z")
    send(client, "a", 8, "2026-03-09T04:00:00Z")

    day = {"periodStart": "2026-03-08", "periodEnd": "2026-03-08", "customerAliases": "a"}
    answer = client.get(f"/usage-metrics/{metric}/calculate", params=day)

    assert answer.json()["value"] == 6


def test_a_stranger_finds_none_of_our_metrics(client: TestClient, stranger: TestClient) -> None:
    metric = create(client)["id"]
    query = MARCH | {"customerAliases": "a"}

    answers = [
        stranger.get(f"/usage-metrics/{metric}"),
        stranger.put(f"/usage-metrics/{metric}", json=METRIC),
        stranger.delete(f"/usage-metrics/{metric}"),
        stranger.get(f"/usage-metrics/{metric}/calculate", params=query),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert names(stranger) == []
    create(stranger)
