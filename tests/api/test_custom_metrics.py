"""CUSTOM metrics: an expression over properties, whose parameters each price may set."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import kin
from tests.api.catalogue import product, refusal

WEIGHT = {"name": "weight", "type": "NUMBER", "description": "Of output", "defaultValue": "2"}
PACK = {"name": "pack", "type": "POSITIVE_INTEGER", "defaultValue": 1}
METRIC: dict[str, Any] = {
    "name": "Tokens",
    "metricType": "CUSTOM",
    "eventType": "call",
    "aggregationType": "CUSTOM",
    "expression": "(tokens_in + tokens_out * weight) / pack",
    "parameters": [WEIGHT, PACK],
}
MARCH = {"periodStart": "2026-03-01", "periodEnd": "2026-03-31", "customerAliases": "a"}


def create(client: TestClient, **changes: Any) -> Any:
    answer = client.post("/usage-metrics", json=METRIC | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


def ids(metric: Any) -> dict[str, str]:
    return {one["name"]: one["id"] for one in metric["parameters"]}


def price(client: TestClient, metric: Any, *values: dict[str, str], kind: str = "prices") -> Any:
    body = {
        "productId": product(client),
        "name": "Per token",
        "currency": "USD",
        "billingFrequency": "MONTHLY",
        "billingType": "IN_ARREARS",
        "structure": {
            "pricingType": "LINEAR",
            "pricePerUnit": "1",
            "usageMetricId": metric["id"],
            "isPricePercentage": False,
        },
        "integrationIds": [],
        "customMetricParameters": list(values),
    }
    return client.post(f"/{kind}", json=body)


def test_a_custom_metric_shows_its_expression_and_parameters(client: TestClient) -> None:
    made = create(client)

    assert (made["metricType"], made["expression"]) == ("CUSTOM", METRIC["expression"])
    assert made["parameters"] == [
        WEIGHT | {"id": ids(made)["weight"], "usageMetricId": made["id"]},
        {
            "id": ids(made)["pack"],
            "usageMetricId": made["id"],
            "name": "pack",
            "type": "POSITIVE_INTEGER",
            "description": "",
            "defaultValue": "1",
        },
    ]
    assert client.get(f"/usage-metrics/{made['id']}").json() == made


def test_what_is_left_out_of_an_update_stays_and_parameters_keep_their_ids(
    client: TestClient,
) -> None:
    made = create(client)
    path = f"/usage-metrics/{made['id']}"
    plain = {k: v for k, v in METRIC.items() if k not in {"expression", "parameters"}}

    other = {
        "expression": "tokens_in * share / pack",
        "parameters": [WEIGHT | {"name": "share", "id": ids(made)["weight"]}, PACK],
    }

    renamed = client.put(path, json=plain | {"name": "Other"}).json()
    by_id = client.put(path, json=METRIC | other).json()

    assert renamed == made | {"name": "Other"}
    assert ids(by_id) == {"share": ids(made)["weight"], "pack": ids(made)["pack"]}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"expression": "1 +"}, "/expression", "expression_invalid"),
        ({"expression": "sqrt(tokens)"}, "/expression", "expression_invalid"),
        ({"expression": "weight * pack"}, "/expression", "invalid"),
        ({"expression": "tokens * weight"}, "/parameters/1/name", "invalid"),
        ({"parameters": [WEIGHT, PACK, WEIGHT]}, "/parameters/2/name", "invalid"),
        ({"parameters": [WEIGHT, PACK | {"defaultValue": "0"}]}, "/parameters/1/defaultValue", "invalid"),
        ({"parameters": [WEIGHT, PACK | {"defaultValue": "1.5"}]}, "/parameters/1/defaultValue", "invalid"),
        ({"parameters": [WEIGHT | {"type": "TEXT"}]}, "/parameters/0/type", "invalid"),
        ({"aggregationProperty": "tokens"}, "/aggregationProperty", "invalid"),
        ({"metricType": "SIMPLE"}, "/metricType", "invalid"),
        ({"percentile": "0.5"}, "/percentile", "invalid"),
    ],
)  # fmt: skip
def test_a_wrong_custom_metric_is_refused_by_field(
    client: TestClient, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = client.post("/usage-metrics", json=METRIC | changes)

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


def test_a_custom_metric_needs_an_expression(client: TestClient) -> None:
    body = {k: v for k, v in METRIC.items() if k != "expression"}

    assert refusal(client.post("/usage-metrics", json=body)) == (400, "invalid", ["/expression"])


def test_a_calculation_takes_the_defaults_or_what_it_is_given(client: TestClient) -> None:
    made = create(client)
    for told in ({"tokens_in": 10, "tokens_out": 4}, {"tokens_in": "1.5", "tokens_out": 0}, {}):
        event = {
            "customerAlias": "a",
            "eventType": "call",
            "eventTimestamp": "2026-03-02T00:00:00Z",
            "eventProperties": told,
        }
        assert client.post("/usage-events", json=event).status_code == 201

    def answer(**query: str) -> Any:
        path = f"/usage-metrics/{made['id']}/calculate"
        return client.get(path, params=MARCH | query).json()

    assert (answer()["metricType"], answer()["eventCount"]) == ("CUSTOM", 3)
    assert answer()["value"] == 19.5
    assert answer(customParameters="weight=0.5")["value"] == 13.5
    assert answer(customParameters=f"{ids(made)['weight']}=-1, pack=2")["value"] == 3.75
    for wrong in ("weight", "weight=x", "pack=0", "other=1"):
        assert answer(customParameters=wrong)["errors"][0]["pointer"] == "?customParameters"


@pytest.mark.parametrize("kind", ["prices", "list-prices"])
def test_a_price_sets_the_parameters_of_what_it_measures(client: TestClient, kind: str) -> None:
    made = create(client)
    weight = {"parameterId": ids(made)["weight"], "value": "0.25"}
    pack = {"parameterId": ids(made)["pack"], "value": "1000"}

    kept = price(client, made, weight, pack, kind=kind)
    defaults = price(client, made, kind=kind)
    unknown = price(client, made, weight | {"parameterId": kin.NOBODY}, kind=kind)
    twice = price(client, made, weight, weight, kind=kind)
    wrong = price(client, made, weight, pack | {"value": "0.5"}, kind=kind)

    assert kept.json()["customMetricParameters"] == [weight, pack]
    shown = client.get(f"/{kind}/{kept.json()['id']}").json()
    assert shown["customMetricParameters"] == [weight, pack]
    assert defaults.json()["customMetricParameters"] == []
    at = "/customMetricParameters"
    assert refusal(unknown) == (404, "not_found", [f"{at}/0/parameterId"])
    assert refusal(twice) == (400, "invalid", [f"{at}/1/parameterId"])
    assert refusal(wrong) == (400, "invalid", [f"{at}/1/value"])


def test_what_a_price_has_set_can_neither_be_removed_nor_made_impossible(
    client: TestClient,
) -> None:
    made = create(client)
    price(client, made, {"parameterId": ids(made)["weight"], "value": "0.25"})
    path = f"/usage-metrics/{made['id']}"
    without = {"expression": "tokens_in / pack", "parameters": [PACK]}
    whole = {"parameters": [WEIGHT | {"type": "INTEGER"}, PACK]}
    allowed = {"parameters": [WEIGHT | {"type": "POSITIVE_NUMBER"}, PACK]}

    assert refusal(client.put(path, json=METRIC | without)) == (
        409,
        "metric_in_use",
        ["/parameters"],
    )
    assert refusal(client.put(path, json=METRIC | whole)) == (409, "metric_in_use", ["/parameters"])
    assert client.put(path, json=METRIC | allowed).status_code == 200
