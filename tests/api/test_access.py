"""Who may come in."""

import base64

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from catchment import ids
from catchment.store import access, users
from catchment.store.engine import writing
from catchment.store.schema import api_keys
from tests.conftest import Clock

DASHBOARD = {"X-Requested-With": "catchment-dashboard"}
SIGN_IN = {"email": "ada@example.com", "password": "correct horse"}


@pytest.fixture
def browser(
    client: TestClient, engine: Engine, workspace: access.Workspace, clock: Clock
) -> TestClient:
    """A client without a key, of a workspace that has a user."""
    with writing(engine) as tx:
        users.create(tx, workspace.id, id=ids.new_id(), at=clock(), **SIGN_IN)
    client.auth = None
    return client


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic %%%",
        "Bearer abc",
        "Basic " + base64.b64encode(b"ck_nobody:wrong").decode(),
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(b"\x00:\x00").decode(),
    ],
)
def test_wrong_credentials_are_refused(browser: TestClient, header: str) -> None:
    answer = browser.get("/products", headers={"Authorization": header})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_revoked_key_opens_nothing(client: TestClient, engine: Engine, clock: Clock) -> None:
    assert client.get("/products").status_code == 200
    client_id = base64.b64decode(
        client.get("/products").request.headers["Authorization"][6:]
    ).split(b":")[0]
    with writing(engine) as tx:
        assert access.revoke_key(tx, client_id.decode(), clock())
        assert not access.revoke_key(tx, client_id.decode(), clock())

    assert client.get("/products").status_code == 401


def test_a_person_signs_in_and_out(browser: TestClient, workspace: access.Workspace) -> None:
    assert browser.get("/session").status_code == 401

    answer = browser.post("/session", json=SIGN_IN, headers=DASHBOARD)

    assert answer.status_code == 200
    assert answer.json()["sequenceAccountId"] == workspace.id
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert browser.get("/products").status_code == 200
    assert browser.delete("/session", headers=DASHBOARD).status_code == 204
    assert browser.get("/products").status_code == 401


def test_another_site_cannot_use_a_session(browser: TestClient) -> None:
    browser.post("/session", json=SIGN_IN, headers=DASHBOARD)
    body = {"name": "Calls"}

    refused = [
        browser.post("/products", json=body),
        browser.post("/products", json=body, headers={**DASHBOARD, "Sec-Fetch-Site": "cross-site"}),
    ]

    assert [r.status_code for r in refused] == [403, 403]
    assert browser.post("/products", json=body, headers=DASHBOARD).status_code == 201


def test_a_session_ends(browser: TestClient, clock: Clock) -> None:
    browser.post("/session", json=SIGN_IN, headers=DASHBOARD)
    clock.set("2026-03-10T21:30:00Z")

    assert browser.get("/products").status_code == 401


def test_ten_wrong_passwords_close_the_door_for_five_minutes(
    browser: TestClient, clock: Clock
) -> None:
    wrong = {**SIGN_IN, "password": "wrong"}
    assert {
        browser.post("/session", json=wrong, headers=DASHBOARD).status_code for _ in range(10)
    } == {401}

    closed = browser.post("/session", json=SIGN_IN, headers=DASHBOARD)

    assert (closed.status_code, closed.headers["Retry-After"]) == (429, "30")
    clock.set("2026-03-10T09:36:00Z")
    assert browser.post("/session", json=SIGN_IN, headers=DASHBOARD).status_code == 200


def test_an_unknown_address_is_refused_as_a_wrong_password_is(browser: TestClient) -> None:
    answer = browser.post(
        "/session", json={"email": "eve@example.com", "password": "x"}, headers=DASHBOARD
    )

    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "The e-mail address or the password is wrong.",
    )


def test_a_person_may_send_events_and_another_site_may_not(browser: TestClient) -> None:
    event = {"customerAlias": "a", "eventType": "b"}
    stranger = browser.post("/usage-events", json=event, headers=DASHBOARD)
    browser.post("/session", json=SIGN_IN, headers=DASHBOARD)

    sent = browser.post("/usage-events", json=event, headers=DASHBOARD)
    elsewhere = browser.post("/usage-events", json=event)

    assert [one.status_code for one in (stranger, sent, elsewhere)] == [401, 201, 403]


def test_a_revoked_key_sends_no_more_events(
    client: TestClient, engine: Engine, clock: Clock
) -> None:
    event = {"customerAlias": "a", "eventType": "b"}
    before = client.post("/usage-events", json=event)
    with writing(engine) as tx:
        tx.execute(update(api_keys).values(revoked_at=clock()))

    after = client.post("/usage-events", json=event)

    assert (before.status_code, after.status_code) == (201, 401)
