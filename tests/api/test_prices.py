"""Every price model is taken exactly, and every structure that could not be billed is refused."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from tests.api.catalogue import (
    FIXED,
    NOBODY,
    TIERS,
    changed,
    made,
    metric,
    price_body,
    product,
    refusal,
)

MODELS: dict[str, dict[str, Any]] = {
    "ONE_TIME": {"pricingType": "ONE_TIME", "price": "500"},
    "FIXED": FIXED,
    "LINEAR": {
        "pricingType": "LINEAR",
        "pricePerUnit": "0.000000000001",
        "isPricePercentage": False,
        "usageMetricId": "…",
    },
    "PACKAGE": {
        "pricingType": "PACKAGE",
        "packageSize": "250",
        "pricePerPackage": "10",
        "usageMetricId": "…",
    },
    "VOLUME": {"pricingType": "VOLUME", "tiers": TIERS, "usageMetricId": "…"},
    "GRADUATED": {
        "pricingType": "GRADUATED",
        "tiers": TIERS,
        "usageCalculationMode": "BILLING_PERIOD",
        "usageMetricId": "…",
    },
}
CAPPED = {
    "upperBound": None,
    "price": "0.02",
    "fee": "0",
    "isPricePercentage": True,
    "minPrice": "1",
    "maxPrice": "10",
}


@pytest.fixture
def metric_id(engine: Engine, workspace: Workspace) -> str:
    return metric(engine, workspace.id)


def body_of(model: str, product_id: str, metric_id: str, **more: Any) -> dict[str, Any]:
    structure = dict(MODELS[model])
    if "usageMetricId" in structure:
        structure["usageMetricId"] = metric_id
    frequency = "ONE_TIME" if model == "ONE_TIME" else "MONTHLY"
    return price_body(product_id, structure, billingFrequency=frequency, **more)


@pytest.mark.parametrize("model", MODELS)
def test_each_model_is_kept_and_shown_as_it_was_sent(
    client: TestClient, metric_id: str, model: str
) -> None:
    body = body_of(model, product(client), metric_id)
    body["integrationIds"] = [{"service": "Xero", "id": "200"}]

    created = client.post("/prices", json=body)

    assert created.status_code == 201, created.text
    shown = made(client.get(f"/prices/{created.json()['id']}"))
    assert shown == created.json()
    expected = {
        **body,
        "id": shown["id"],
        "status": "ACTIVE",
        "integrationIds": [{"service": "Xero", "id": "200", "isPending": False}],
        "createdAt": "2026-03-10T09:30:00.000Z",
        "updatedAt": "2026-03-10T09:30:00.000Z",
    }
    last = shown["structure"].get("tiers", [{}])[-1]
    assert "upperBound" not in last
    if "tiers" in shown["structure"]:
        last["upperBound"] = None
    assert shown == expected


def test_amounts_are_numbers_or_texts_and_never_lose_a_digit(client: TestClient) -> None:
    id = product(client)
    raw = '{"productId":"%s","name":"Fee","currency":"USD","billingFrequency":"MONTHLY","billingType":"IN_ADVANCE","structure":{"pricingType":"FIXED","price":%s}}'
    headers = {"content-type": "application/json"}

    for sent, kept in (
        ("0.1", "0.1"),
        ('"10.00"', "10.00"),
        ("123456789012345.123456789012", "123456789012345.123456789012"),
    ):
        response = client.post("/prices", content=raw % (id, sent), headers=headers)
        assert made(response)["structure"]["price"] == kept


def test_a_volume_percentage_may_bound_the_price_of_each_event(
    client: TestClient, metric_id: str
) -> None:
    structure = {"pricingType": "VOLUME", "usageMetricId": metric_id, "tiers": [CAPPED]}

    shown = made(client.post("/prices", json=price_body(product(client), structure)))

    assert shown["structure"]["tiers"] == [{k: v for k, v in CAPPED.items() if v is not None}]


@pytest.mark.parametrize("kind", ["UNIQUE", "LATEST"])
def test_events_of_some_metrics_have_no_value_to_bound(
    client: TestClient, engine: Engine, workspace: Workspace, kind: str
) -> None:
    valueless = metric(engine, workspace.id, "users", kind)
    structure = {"pricingType": "VOLUME", "usageMetricId": valueless, "tiers": [CAPPED]}

    response = client.post("/prices", json=price_body(product(client), structure))

    assert refusal(response) == (400, "invalid", ["/structure/usageMetricId"])


INVALID = [
    ("FIXED", "/productId", ...),
    ("FIXED", "/productId", "7"),
    ("FIXED", "/name", ...),
    ("FIXED", "/name", ""),
    ("FIXED", "/currency", ...),
    ("FIXED", "/currency", "usd"),
    ("FIXED", "/currency", "XXX"),
    ("FIXED", "/billingFrequency", ...),
    ("FIXED", "/billingFrequency", "WEEKLY"),
    ("FIXED", "/billingFrequency", "ONE_TIME"),
    ("ONE_TIME", "/billingFrequency", "MONTHLY"),
    ("FIXED", "/billingType", ...),
    ("FIXED", "/billingType", "LATER"),
    ("LINEAR", "/billingType", "IN_ADVANCE"),
    ("PACKAGE", "/billingType", "IN_ADVANCE"),
    ("VOLUME", "/billingType", "IN_ADVANCE"),
    ("GRADUATED", "/billingType", "IN_ADVANCE"),
    ("FIXED", "/structure", ...),
    ("FIXED", "/structure", 7),
    ("FIXED", "/structure/pricingType", ...),
    ("FIXED", "/structure/pricingType", "DYNAMIC"),
    ("FIXED", "/structure/price", ...),
    ("FIXED", "/structure/price", None),
    ("FIXED", "/structure/price", "-1"),
    ("FIXED", "/structure/price", "1e3"),
    ("FIXED", "/structure/price", "1,5"),
    ("FIXED", "/structure/price", True),
    ("FIXED", "/structure/price", "0.1234567890123"),
    ("FIXED", "/structure/price", "1234567890123456"),
    ("FIXED", "/structure/usageMetricId", NOBODY),
    ("ONE_TIME", "/structure/price", ""),
    ("LINEAR", "/structure/pricePerUnit", ...),
    ("LINEAR", "/structure/usageMetricId", ...),
    ("LINEAR", "/structure/usageMetricId", "calls"),
    ("LINEAR", "/structure/isPricePercentage", ...),
    ("LINEAR", "/structure/isPricePercentage", "yes"),
    ("PACKAGE", "/structure/packageSize", ...),
    ("PACKAGE", "/structure/pricePerPackage", "-0.01"),
    ("VOLUME", "/structure/tiers", ...),
    ("VOLUME", "/structure/tiers/0/price", ...),
    ("VOLUME", "/structure/tiers/1/fee", "-1"),
    ("VOLUME", "/structure/tiers/0/isPricePercentage", ...),
    ("VOLUME", "/structure/tiers/0/discount", "1"),
    ("GRADUATED", "/structure/usageCalculationMode", ...),
    ("GRADUATED", "/structure/usageCalculationMode", "WEEKLY"),
    ("GRADUATED", "/structure/tiers/0/minPrice", "1"),
    ("GRADUATED", "/structure/tiers/0/upperBound", "ten"),
    ("FIXED", "/listPriceId", "x"),
    ("FIXED", "/status", "RETIRED"),
    ("FIXED", "/integrationIds/0", {"service": "Xero"}),
    ("FIXED", "/integrationIds/0", {"service": "Fax", "id": "1"}),
    ("FIXED", "/planId", NOBODY),
]


@pytest.mark.parametrize(("model", "path", "value"), INVALID)
def test_a_bad_price_is_refused_naming_the_field(
    client: TestClient, metric_id: str, model: str, path: str, value: Any
) -> None:
    body = changed(
        {"listPriceId": None, "status": None, **body_of(model, product(client), metric_id)},
        path,
        value,
    )

    status, code, [pointer] = refusal(client.post("/prices", json=body))

    assert (status, code) == (400, "invalid")
    assert pointer.startswith(path)


TIER = {"price": "1", "isPricePercentage": False}
BAD_TIERS = [
    ([], ["/structure/tiers"]),
    ([{**TIER, "upperBound": "100"}], ["/structure/tiers/0/upperBound"]),
    ([TIER, TIER], ["/structure/tiers/0/upperBound"]),
    ([{**TIER, "upperBound": "0"}, TIER], ["/structure/tiers/0/upperBound"]),
    ([{**TIER, "upperBound": "-5"}, TIER], ["/structure/tiers/0/upperBound"]),
    (
        [{**TIER, "upperBound": "9"}, {**TIER, "upperBound": "9"}, TIER],
        ["/structure/tiers/1/upperBound"],
    ),
    (
        [{**TIER, "upperBound": "9"}, {**TIER, "upperBound": "8.9"}, TIER],
        ["/structure/tiers/1/upperBound"],
    ),
    (
        [{**TIER, "upperBound": "9"}, TIER, {**TIER, "upperBound": "7"}],
        ["/structure/tiers/1/upperBound", "/structure/tiers/2/upperBound"],
    ),
    ([{**TIER, "minPrice": "1"}], ["/structure/tiers/0/minPrice"]),
    ([{**TIER, "maxPrice": "1"}], ["/structure/tiers/0/maxPrice"]),
    ([{**CAPPED, "minPrice": "11"}], ["/structure/tiers/0/maxPrice"]),
]


@pytest.mark.parametrize(("tiers", "pointers"), BAD_TIERS)
def test_tiers_that_leave_a_gap_are_refused(
    client: TestClient, metric_id: str, tiers: Any, pointers: list[str]
) -> None:
    structure = {"pricingType": "VOLUME", "usageMetricId": metric_id, "tiers": tiers}

    response = client.post("/prices", json=price_body(product(client), structure))

    assert refusal(response) == (400, "tiers_invalid", pointers)


def test_a_package_holds_more_than_nothing(client: TestClient, metric_id: str) -> None:
    body = changed(body_of("PACKAGE", product(client), metric_id), "/structure/packageSize", "0")

    response = client.post("/prices", json=body)

    assert refusal(response) == (400, "price_invalid", ["/structure/packageSize"])


@pytest.mark.parametrize("path_of_kind", ["/prices", "/list-prices"])
@pytest.mark.parametrize(
    ("mode", "period"),
    [
        ("CUMULATIVE", None),
        ("PERIODIC", {"frequency": "QUARTERLY", "interval": 1}),
        ("PERIODIC", {"frequency": "MONTHLY", "interval": 3}),
    ],
)
def test_tiers_may_go_on_over_periods(
    client: TestClient, metric_id: str, path_of_kind: str, mode: str, period: Any
) -> None:
    body = body_of("GRADUATED", product(client), metric_id)
    body = changed(body, "/structure/usageCalculationMode", mode)
    if period is not None:
        body = changed(body, "/usageCalculationPeriod", period)

    price = made(client.post(path_of_kind, json=body))

    shown = client.get(f"{path_of_kind}/{price['id']}").json()
    assert shown["structure"]["usageCalculationMode"] == mode
    assert (
        shown.get("usageCalculationPeriod"),
        "usageCalculationPeriod" in shown["structure"],
    ) == (
        period,
        False,
    )


@pytest.mark.parametrize(
    ("mode", "period", "pointer"),
    [
        ("PERIODIC", None, "/structure/usageCalculationMode"),
        ("CUMULATIVE", {"frequency": "QUARTERLY", "interval": 1}, "/usageCalculationPeriod"),
        ("BILLING_PERIOD", {"frequency": "YEARLY", "interval": 1}, "/usageCalculationPeriod"),
    ],
)
def test_only_periodic_tiers_have_a_calculation_period(
    client: TestClient, metric_id: str, mode: str, period: Any, pointer: str
) -> None:
    body = body_of("GRADUATED", product(client), metric_id)
    body = changed(body, "/structure/usageCalculationMode", mode)
    if period is not None:
        body = changed(body, "/usageCalculationPeriod", period)

    assert refusal(client.post("/prices", json=body)) == (400, "price_invalid", [pointer])


DAILY = [
    ("FIXED", {}, 400, "invalid", ["/billingFrequency"]),
    ("LINEAR", {"/billingType": "IN_ADVANCE"}, 400, "invalid", ["/billingType"]),
    ("VOLUME", {}, 400, "not_supported_yet", ["/structure/tiers"]),
]


@pytest.mark.parametrize("frequency", ["ON_DEMAND", "PER_EVENT"])
@pytest.mark.parametrize("model", ["LINEAR", "PACKAGE", "GRADUATED"])
def test_usage_is_charged_on_demand(
    client: TestClient, metric_id: str, model: str, frequency: str
) -> None:
    body = body_of(model, product(client), metric_id) | {"billingFrequency": frequency}

    shown = made(client.get(f"/prices/{client.post('/prices', json=body).json()['id']}"))

    assert (shown["billingFrequency"], shown["billingType"]) == (frequency, "IN_ARREARS")


@pytest.mark.parametrize("frequency", ["ON_DEMAND", "PER_EVENT"])
@pytest.mark.parametrize(("model", "more", "status", "code", "pointers"), DAILY)
def test_what_days_cannot_be_charged_for_is_refused(
    client: TestClient,
    metric_id: str,
    model: str,
    more: dict[str, str],
    status: int,
    code: str,
    pointers: list[str],
    frequency: str,
) -> None:
    body = body_of(model, product(client), metric_id) | {"billingFrequency": frequency}
    for path, value in more.items():
        body = changed(body, path, value)

    assert refusal(client.post("/prices", json=body)) == (status, code, pointers)


@pytest.mark.parametrize(
    ("model", "kind", "code"),
    [("LINEAR", "TIME_WEIGHTED_SUM", "invalid"), ("GRADUATED", "MAX", "not_supported_yet")],
)
def test_a_metric_of_days_has_usage_only_where_events_are(
    client: TestClient, engine: Engine, workspace: Workspace, model: str, kind: str, code: str
) -> None:
    metric_id = metric(engine, workspace.id, "stored", kind)
    body = body_of(model, product(client), metric_id) | {"billingFrequency": "ON_DEMAND"}

    assert refusal(client.post("/prices", json=body)) == (400, code, ["/structure/usageMetricId"])


@pytest.mark.parametrize("kind", ["UNIQUE", "MAX", "LATEST", "AVERAGE", "TIME_WEIGHTED_SUM"])
def test_an_event_is_charged_by_itself_only_where_it_adds_its_own_value(
    client: TestClient, engine: Engine, workspace: Workspace, kind: str
) -> None:
    metric_id = metric(engine, workspace.id, "stored", kind)
    body = body_of("LINEAR", product(client), metric_id) | {"billingFrequency": "PER_EVENT"}

    assert refusal(client.post("/prices", json=body)) == (
        400,
        "invalid",
        ["/structure/usageMetricId"],
    )


def test_tiers_go_on_only_where_every_event_adds(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    users = metric(engine, workspace.id, "users", "UNIQUE")
    body = body_of("GRADUATED", product(client), users)
    body = changed(body, "/structure/usageCalculationMode", "CUMULATIVE")

    assert refusal(client.post("/prices", json=body)) == (
        400,
        "not_supported_yet",
        ["/structure/usageMetricId"],
    )


def test_what_a_price_refers_to_must_be_in_the_workspace(
    client: TestClient, stranger: TestClient, engine: Engine, workspace: Workspace, metric_id: str
) -> None:
    body = body_of("LINEAR", product(client), metric_id)
    theirs = product(stranger)
    their_price = made(stranger.post("/list-prices", json=price_body(theirs)))["id"]

    for path, value in (
        ("/productId", theirs),
        ("/productId", NOBODY),
        ("/structure/usageMetricId", NOBODY),
        ("/listPriceId", their_price),
    ):
        response = client.post("/prices", json=changed(body, path, value))
        assert refusal(response) == (404, "not_found", [path])
    their_body = changed(body, "/productId", theirs)
    assert refusal(stranger.post("/prices", json=their_body)) == (
        404,
        "not_found",
        ["/structure/usageMetricId"],
    )


def test_only_the_name_and_the_status_of_a_price_change(client: TestClient) -> None:
    price = made(client.post("/prices", json=price_body(product(client), status="DRAFT")))
    url = f"/prices/{price['id']}"

    renamed = made(client.put(url, json={"name": "Base fee"}))
    approved = made(client.put(url, json={"name": "Base fee", "status": "ACTIVE"}))

    assert renamed == {**price, "name": "Base fee"}
    assert approved == made(client.get(url)) == {**renamed, "status": "ACTIVE"}
    assert refusal(client.put(url, json={})) == (400, "invalid", ["/name"])
    assert refusal(client.put(url, json={"name": "x", "status": "OLD"})) == (
        400,
        "invalid",
        ["/status"],
    )
    assert refusal(client.put(url, json={"name": "x", "currency": "EUR"})) == (
        400,
        "invalid",
        ["/currency"],
    )


def test_a_price_that_no_schedule_uses_can_be_deleted(
    client: TestClient, stranger: TestClient
) -> None:
    price = made(client.post("/prices", json=price_body(product(client))))
    url = f"/prices/{price['id']}"
    assert stranger.delete(url).status_code == 404
    assert stranger.get(url).status_code == 404
    assert stranger.put(url, json={"name": "x"}).status_code == 404

    assert made(client.delete(url)) == price
    assert client.get(url).status_code == 404
    assert client.delete(url).status_code == 404
    assert made(client.get("/prices"))["items"] == []


def test_prices_are_listed_and_filtered(client: TestClient, stranger: TestClient) -> None:
    one, two = product(client), product(client)
    for name, owner, currency, frequency in (
        ("Base", one, "USD", "MONTHLY"),
        ("Base EU", one, "EUR", "MONTHLY"),
        ("Support", two, "USD", "YEARLY"),
    ):
        made(
            client.post(
                "/prices",
                json=price_body(owner, name=name, currency=currency, billingFrequency=frequency),
            )
        )

    def names(**query: str) -> list[str]:
        return [p["name"] for p in made(client.get("/prices", params=query))["items"]]

    assert names() == ["Support", "Base EU", "Base"]
    assert names(sortOrder="ASC") == ["Base", "Base EU", "Support"]
    assert names(currency="EUR") == ["Base EU"]
    assert names(currency="EUR,USD") == ["Support", "Base EU", "Base"]
    assert names(name="base") == ["Base EU", "Base"]
    assert names(billingFrequency="YEARLY") == ["Support"]
    assert names(productId=one) == ["Base EU", "Base"]
    assert names(productId=one, currency="USD") == ["Base"]
    assert names(productId=NOBODY) == names(productId="?") == []
    assert made(stranger.get("/prices"))["items"] == []
