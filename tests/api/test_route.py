"""What every operation promises: one effect, an exact body, a refusal that can be read."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from tests.conftest import Clock

PRODUCT = {"name": "Calls"}


def names(client: TestClient) -> list[str]:
    return [p["name"] for p in client.get("/products").json()["items"]]


def test_the_same_key_and_body_have_one_effect_and_one_answer(client: TestClient) -> None:
    key = {"Idempotency-Key": "one"}

    first = client.post("/products", json=PRODUCT, headers=key)
    again = client.post("/products", json=PRODUCT, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert names(client) == ["Calls"]


def test_the_same_key_with_another_body_is_refused(client: TestClient) -> None:
    key = {"Idempotency-Key": "one"}
    client.post("/products", json=PRODUCT, headers=key)

    answer = client.post("/products", json={"name": "Other"}, headers=key)

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


def test_a_key_is_forgotten_after_a_day_and_free_elsewhere(
    client: TestClient, stranger: TestClient, clock: Clock
) -> None:
    key = {"Idempotency-Key": "one"}
    client.post("/products", json=PRODUCT, headers=key)
    stranger.post("/products", json={"name": "Theirs"}, headers=key)
    clock.set("2026-03-11T10:00:00Z")
    client.post("/products", json=PRODUCT, headers=key)

    assert names(client) == ["Calls", "Calls"]
    assert names(stranger) == ["Theirs"]


def test_a_refused_request_does_not_use_up_its_key(client: TestClient) -> None:
    key = {"Idempotency-Key": "one"}
    assert client.post("/products", json={"name": ""}, headers=key).status_code == 400

    assert client.post("/products", json=PRODUCT, headers=key).status_code == 201


def test_one_key_sent_eight_times_at_once_has_one_effect(client: TestClient) -> None:
    def send(_: int) -> str:
        answer = client.post("/products", json=PRODUCT, headers={"Idempotency-Key": "one"})
        return str(answer.json()["id"])

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(8)))

    assert len(answers) == 1
    assert names(client) == ["Calls"]


def test_a_refusal_says_what_where_and_which_request(client: TestClient) -> None:
    answer = client.post("/products", json={"nam": "x"})

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["requestId"] == answer.headers["X-Request-Id"]
    assert {(e["pointer"], e["code"]) for e in problem["errors"]} == {
        ("/name", "missing"),
        ("/nam", "unknown_field"),
    }


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        ("{}", "application/x-www-form-urlencoded", "Send it with Content-Type: application/json."),
        ("[]", "application/json", "This must be a JSON object."),
    ],
)
def test_a_body_that_is_no_json_object_is_told_what_it_lacks(
    client: TestClient, body: str, kind: str, detail: str
) -> None:
    answer = client.post("/products", content=body, headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["detail"]) == (400, f"The body: {detail}")


@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_an_address_without_an_operation_is_a_problem_not_the_dashboard(
    client: TestClient, path: str
) -> None:
    answer = client.get(f"http://testserver/api{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["detail"] == f"There is no operation /api{path} with this method."


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limti=3", "There is no parameter limti here. Did you mean limit?"),
        ("colour=red", "There is no parameter colour here."),
        ("status=FINAL", "There is no parameter status here. Did you mean invoiceStatus?"),
    ],
)
def test_a_parameter_that_is_misspelt_is_guessed(
    client: TestClient, query: str, detail: str
) -> None:
    assert client.get(f"/invoices?{query}").json()["detail"] == detail


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=101", "?limit"),
        ("limit=ten", "?limit"),
        ("sortOrder=UP", "?sortOrder"),
        ("after=nonsense", "?after"),
        ("nam=Calls", "?nam"),
    ],
)
def test_a_bad_query_parameter_is_named(client: TestClient, query: str, pointer: str) -> None:
    answer = client.get(f"/products?{query}")

    assert answer.status_code == 400
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/products/not-an-id", 404, "not_found"),
        ("GET", "/products/00000000-0000-7000-8000-000000000000", 404, "not_found"),
        ("GET", "/products?name=%00", 400, "invalid"),
    ],
)
def test_what_is_not_there_is_said_as_a_problem(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    answer = client.post("/products", content=b'{"name":"' + b"x" * (10 * 1024 * 1024) + b'"}')

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_unknown_version_is_refused(client: TestClient) -> None:
    assert client.get("/products", headers={"sequence-version": "2024-07-30"}).status_code == 200

    answer = client.get("/products", headers={"sequence-version": "1999-01-01"})

    assert answer.status_code == 400


def test_a_client_that_goes_away_leaves_no_trace(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/products",
        "raw_path": b"/api/products",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    parts = iter(
        [
            {"type": "http.request", "body": b'{"name": ', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> dict[str, object]:
        return next(parts, {"type": "http.disconnect"})

    async def send(_: object) -> None:
        """Nobody is there to read it."""

    asyncio.run(client.app(scope, receive, send))

    assert caplog.records == []
    assert names(client) == []
