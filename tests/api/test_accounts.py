"""The workspace as its seller sees it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.api.test_invoices import bill
from tests.flows.books import Books, fixed


def own(client: TestClient) -> Any:
    [account] = client.get("/sequence-accounts").json()["items"]
    return account


def changed(client: TestClient, **body: Any) -> Any:
    return client.put(f"/sequence-accounts/{own(client)['id']}", json=body)


def test_a_workspace_says_where_its_days_begin(client: TestClient) -> None:
    account = own(client)

    assert account == client.get(f"/sequence-accounts/{account['id']}").json()
    assert (account["companyName"], account["timeZone"], account["sandbox"]) == (
        "Test Ltd", "UTC", False,
    )  # fmt: skip


def test_what_is_left_out_stays(client: TestClient) -> None:
    changed(client, companyNumber="123", country="GB", timeZone="Europe/Berlin")
    told = changed(client, companyName="Seller Ltd").json()

    assert told == own(client)
    shown = ("companyName", "companyNumber", "country", "timeZone")
    assert [told[key] for key in shown] == ["Seller Ltd", "123", "GB", "Europe/Berlin"]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"timeZone": "Mars/Olympus"}, "invalid", "/timeZone"),
        ({"timeZone": "../etc/passwd"}, "invalid", "/timeZone"),
        ({"country": "UK"}, "invalid", "/country"),
        ({"sendCustomerNotifications": True}, "not_supported_yet", "/sendCustomerNotifications"),
        ({"alertEmailAddresses": ["a@b.test"]}, "not_supported_yet", "/alertEmailAddresses"),
    ],
)
def test_what_cannot_be_is_refused(
    client: TestClient, body: dict[str, Any], code: str, pointer: str
) -> None:
    before = own(client)

    answer = changed(client, **body)

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (400, code, pointer)
    assert own(client) == before


def test_days_begin_elsewhere_only_while_none_is_billed(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    books = Books(engine, usage, workspace)
    books.schedule(books.customer("Solo"), books.price(fixed("1")))
    books.write()
    drafts = bill(books, "2026-03-10")

    refused = changed(client, timeZone="Asia/Tokyo")
    same = changed(client, timeZone="UTC")
    for id in drafts:
        client.delete(f"/invoices/{id}")
    moved = changed(client, timeZone="Asia/Tokyo")

    assert (refused.status_code, refused.json()["code"]) == (409, "time_zone_in_use")
    assert same.status_code == 200
    assert moved.json()["timeZone"] == "Asia/Tokyo"
