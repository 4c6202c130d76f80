"""Payment settings: kept for customers, schedules and invoices, the nearest of which counts."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import agreements
from tests.api.catalogue import NOBODY, made, refusal

SETTINGS = "/payments/settings"


@pytest.fixture
def customer(client: TestClient) -> str:
    return agreements.customer(client)


@pytest.fixture
def schedule(client: TestClient, customer: str) -> str:
    body = agreements.body_of(
        customer, agreements.phase(agreements.price(client)), isDraft=False, paymentProvider="NONE"
    )
    return str(agreements.create(client, body)["id"])


@pytest.fixture
def invoice(client: TestClient, schedule: str) -> str:
    return str(client.get(f"/invoices?billingScheduleId={schedule}").json()["items"][0]["id"])


def set_for(client: TestClient, kind: str, key: str, id: str, **more: Any) -> dict[str, Any]:
    body = {key: id, "paymentProvider": "STRIPE", **more}
    return made(client.post(f"{SETTINGS}/{kind}", json=body))


def in_force(client: TestClient, invoice: str) -> tuple[str, str, bool]:
    found = made(client.get(f"/invoices/{invoice}/payment-settings"))
    return found["setBy"], found["paymentProvider"], found["autoCharge"]


def test_an_invoices_own_settings_come_before_its_schedules_and_its_customers(
    client: TestClient, customer: str, schedule: str, invoice: str
) -> None:
    of_schedule = made(client.get(f"{SETTINGS}/billing-schedules/for-billing-schedule/{schedule}"))
    client.delete(f"{SETTINGS}/billing-schedules/{of_schedule['id']}")

    assert in_force(client, invoice) == ("NOBODY", "NONE", False)
    set_for(client, "customers", "customerId", customer)
    assert in_force(client, invoice) == ("CUSTOMER", "STRIPE", False)
    set_for(client, "billing-schedules", "billingScheduleId", schedule, autoCharge=True)
    assert in_force(client, invoice) == ("BILLING_SCHEDULE", "STRIPE", True)
    body = {"invoiceId": invoice, "customerId": customer, "paymentProvider": "NONE"}
    own = made(client.post(f"{SETTINGS}/invoices", json=body))
    assert in_force(client, invoice) == ("INVOICE", "NONE", False)
    client.delete(f"{SETTINGS}/invoices/{own['id']}")
    assert in_force(client, invoice)[0] == "BILLING_SCHEDULE"


def test_settings_are_found_changed_and_taken_away(
    client: TestClient, customer: str, schedule: str, invoice: str
) -> None:
    client.delete(
        f"{SETTINGS}/billing-schedules/"
        + made(client.get(f"{SETTINGS}/billing-schedules/for-billing-schedule/{schedule}"))["id"]
    )
    for kind, key, id, of in (
        ("customers", "customerId", customer, f"/{customer}"),
        ("billing-schedules", "billingScheduleId", schedule, f"/for-billing-schedule/{schedule}"),
        ("invoices", "invoiceId", invoice, f"/for-invoice/{invoice}"),
    ):
        one = set_for(client, kind, key, id)
        assert one.items() >= {key: id, "paymentProvider": "STRIPE"}.items()
        path = f"{SETTINGS}/{kind}/{one['id']}"
        assert made(client.get(path)) == made(client.get(f"{SETTINGS}/{kind}{of}")) == one
        changed = made(client.put(path, json={"paymentProvider": "GOCARDLESS"}))
        assert changed == one | {"paymentProvider": "GOCARDLESS"}
        again = client.post(f"{SETTINGS}/{kind}", json={key: id, "paymentProvider": "NONE"})
        assert refusal(again) == (409, "payment_settings_exist", [f"/{key}"])
        assert made(client.delete(path)) == changed
        assert client.get(path).status_code == 404
        nobody = client.post(f"{SETTINGS}/{kind}", json={key: NOBODY, "paymentProvider": "NONE"})
        assert refusal(nobody) == (404, "not_found", [f"/{key}"])


def test_an_invoice_is_paid_by_its_own_customer(client: TestClient, invoice: str) -> None:
    body = {"invoiceId": invoice, "customerId": NOBODY, "paymentProvider": "NONE"}

    answer = client.post(f"{SETTINGS}/invoices", json=body)

    assert refusal(answer) == (400, "invalid", ["/customerId"])
    assert client.get(f"{SETTINGS}/invoices/for-invoice/{invoice}").status_code == 404


def test_a_schedules_provider_is_its_payment_setting_and_is_copied_with_it(
    client: TestClient, customer: str
) -> None:
    body = agreements.body_of(
        customer,
        agreements.phase(agreements.price(client)),
        paymentProvider="STRIPE",
        autoCharge=True,
    )

    schedule = agreements.create(client, body)

    assert (schedule["paymentProvider"], schedule["autoCharge"]) == ("STRIPE", True)
    path = f"{SETTINGS}/billing-schedules/for-billing-schedule/{schedule['id']}"
    own = made(client.get(path))
    client.put(f"{SETTINGS}/billing-schedules/{own['id']}", json={"paymentProvider": "NONE"})
    shown = made(client.get(f"/billing-schedules/{schedule['id']}"))
    assert (shown["paymentProvider"], shown["autoCharge"]) == ("NONE", False)
    copy = client.post(
        f"/billing-schedules/{schedule['id']}/duplicate", json={"customerId": customer}
    )
    assert made(copy)["paymentProvider"] == "NONE"
    client.delete(f"{SETTINGS}/billing-schedules/{own['id']}")
    assert "paymentProvider" not in made(client.get(f"/billing-schedules/{schedule['id']}"))


@pytest.mark.parametrize("more", [{"autoCharge": True}, {"paymentProvider": "NONE"}])
def test_only_a_provider_can_charge(
    client: TestClient, customer: str, more: dict[str, Any]
) -> None:
    body = agreements.body_of(
        customer, agreements.phase(agreements.price(client)), **{"autoCharge": True} | more
    )

    assert refusal(client.post("/billing-schedules", json=body)) == (
        400,
        "invalid",
        ["/autoCharge"],
    )


def test_who_is_told_of_failed_payments_is_kept(client: TestClient) -> None:
    before = made(client.get(SETTINGS))
    silent = {
        "merchantNotifications": "DO_NOT_SEND_NOTIFICATIONS",
        "customerNotifications": "SEND_NOTIFICATIONS",
    }

    made(client.put(f"{SETTINGS}/{before['id']}", json={"failureNotifications": silent}))

    assert set(before["failureNotifications"].values()) == {"SEND_NOTIFICATIONS"}
    assert made(client.get(SETTINGS))["failureNotifications"] == silent
    other = client.put(f"{SETTINGS}/{NOBODY}", json={"failureNotifications": silent})
    assert other.status_code == 404


def test_a_deleted_drafts_settings_go_with_it(
    client: TestClient, schedule: str, invoice: str
) -> None:
    one = set_for(client, "invoices", "invoiceId", invoice)

    assert client.delete(f"/invoices/{invoice}").status_code == 200

    assert client.get(f"{SETTINGS}/invoices/{one['id']}").status_code == 404
