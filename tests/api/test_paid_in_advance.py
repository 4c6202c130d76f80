"""What is paid in advance and agreed anew is given back, or charged, by the next invoice: to the cent."""

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.api.agreements import body_of, create, customer, phase, price, update_of
from tests.api.catalogue import made, refusal
from tests.api.taxed import change, rate
from tests.api.world import SEAT_METRIC, seat_structure
from tests.conftest import DATABASES, Clock

Verified = Callable[[], list[str]]
ONE_DATABASE = pytest.mark.parametrize("database_url", DATABASES[:1], indirect=True)
GIVEN_BACK = ("Fee – given back for 16 – 31 March 2026", "-160.00")
TENTH = {"type": "PERCENTAGE", "amount": 0.1, "message": "A tenth", "separateLineItem": True}


@pytest.fixture
def fee(client: TestClient) -> str:
    return fixed(client, "310")


@pytest.fixture
def verified(engine: Engine, usage: UsageStore, workspace: Workspace) -> Verified:
    """What differs when all that is final is billed again."""

    def differing() -> list[str]:
        with reading(engine) as tx:
            found = verify_invoices(tx, usage, workspace)
            return [f"{one.invoice.number}: {one.difference}" for one in found if one.difference]

    return differing


def fixed(client: TestClient, amount: str, name: str = "Fee") -> str:
    structure = {"pricingType": "FIXED", "price": amount}
    return price(client, structure, billingType="IN_ADVANCE", name=name)


def march(*prices: str, start: int = 1, end: int | None = None, **more: Any) -> dict[str, Any]:
    """A phase from a day of March, to another or without end."""
    last = None if end is None else f"2026-03-{end:02}"
    return phase(*prices, start=f"2026-03-{start:02}", end=last, **more)


def paid(client: TestClient, payer: str, *phases: dict[str, Any], **more: Any) -> str:
    """The address of a schedule; what is due by today is final."""
    body = body_of(payer, *phases, isDraft=False, autoIssueInvoices=True, **more)
    return f"/billing-schedules/{create(client, body)['id']}"


def changed(client: TestClient, url: str, payer: str, *phases: dict[str, Any]) -> None:
    made(client.put(url, json=update_of(body_of(payer, *phases, autoIssueInvoices=True))))


def cancelled(client: TestClient, url: str, last_day: str = "2026-03-15") -> None:
    made(client.post(f"{url}/cancel", json={"endDate": last_day}))


def run(client: TestClient, clock: Clock, day: str) -> dict[str, Any]:
    clock.set(f"{day}T06:00:00Z")
    return made(client.post("/billing-runs", json={"asOf": day, "wait": True}))


def newest(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = made(client.get("/invoices"))["items"][0]
    return found


def lines(client: TestClient, invoice: dict[str, Any]) -> list[tuple[str, str]]:
    found = made(client.get(f"/invoices/{invoice['id']}/line-items"))["items"]
    return [(one["title"], one["netTotal"]) for one in found]


def finalised(client: TestClient) -> dict[str, Any]:
    return made(client.post(f"/invoices/{newest(client)['id']}/finalize"))


def test_a_cancelled_fee_is_given_back_as_it_was_taxed_on_a_last_invoice_that_waits(
    client: TestClient, payer: str, fee: str, clock: Clock, verified: Verified
) -> None:
    of_then = rate(client, "0.2")
    url = paid(client, payer, march(fee))
    change(client, of_then, "0.25")

    cancelled(client, url)
    ahead = made(client.get(f"{url}/next-invoice"))
    report = run(client, clock, "2026-03-16")

    last = newest(client)
    assert (last["status"], last["netTotal"], last["totalTax"]) == ("DRAFT", "-160.00", "-32.00")
    assert (lines(client, last), ahead["netTotal"]) == ([GIVEN_BACK], "-160.00")
    assert [one["code"] for one in report["failures"]] == ["negative_total"]
    [line] = made(client.get(f"/invoices/{last['id']}/line-items"))["items"]
    told = made(client.get(f"/invoices/{last['id']}/line-items/{line['id']}/explanation"))
    assert told["adjustment"]["agreedAnew"] == {
        "changedAt": "2026-03-10T09:30:00.000Z",
        "givenBack": True,
        "period": {"startDate": "2026-03-16", "endDate": "2026-03-31"},
        "days": 16,
        "ofDays": 31,
    }
    finalised(client)
    assert (verified(), run(client, clock, "2026-04-02")["draftedCount"]) == ([], 0)


def test_a_new_price_is_charged_from_its_phase_and_both_are_settled_when_that_is_taken_back(
    client: TestClient, payer: str, fee: str, clock: Clock, verified: Verified
) -> None:
    other = fixed(client, "620", name="Other")
    url = paid(client, payer, march(fee))

    changed(client, url, payer, march(fee, end=15), march(other, start=16))
    run(client, clock, "2026-03-16")
    swapped = newest(client)
    changed(client, url, payer, march(fee))
    run(client, clock, "2026-04-01")

    assert (swapped["status"], swapped["netTotal"]) == ("FINAL", "160.00")
    assert lines(client, swapped) == [("Other", "320.00"), GIVEN_BACK]
    assert lines(client, newest(client)) == [
        ("Fee", "310.00"),
        ("Fee – charged for 16 – 31 March 2026", "160.00"),
        ("Other – given back for 16 – 31 March 2026", "-320.00"),
    ]
    assert verified() == []


@ONE_DATABASE
def test_a_price_swapped_from_the_first_day_is_on_another_invoice_of_that_day(
    client: TestClient, payer: str, fee: str, verified: Verified
) -> None:
    other = fixed(client, "620", name="Other")
    url = paid(client, payer, march(fee))

    changed(client, url, payer, march(other))

    assert lines(client, newest(client)) == [
        ("Other", "620.00"),
        ("Fee – given back for 1 – 31 March 2026", "-310.00"),
    ]
    assert (newest(client)["status"], verified()) == ("FINAL", [])


@ONE_DATABASE
def test_changes_in_a_row_are_settled_once_and_not_before_they_apply(
    client: TestClient, payer: str, fee: str, clock: Clock
) -> None:
    small = fixed(client, "31", name="Small")
    url = paid(client, payer, march(fee))

    for end in (12, None, 20):
        changed(client, url, payer, march(fee, end=end))
    early = run(client, clock, "2026-03-15")["draftedCount"]
    changed(client, url, payer, march(fee, end=15), march(small, start=16))
    run(client, clock, "2026-03-16")
    on_a_draft = lines(client, newest(client))
    changed(client, url, payer, march(fee, end=30), march(small, start=31))
    run(client, clock, "2026-03-31")

    assert (early, on_a_draft) == (0, [("Small", "16.00"), GIVEN_BACK])
    assert lines(client, newest(client)) == [
        ("Small", "1.00"),
        ("Fee – given back for 31 March 2026", "-10.00"),
    ]
    assert len(made(client.get("/invoices"))["items"]) == 2


@ONE_DATABASE
def test_days_that_are_past_are_settled_at_once_but_not_what_was_owed_in_arrears(
    client: TestClient, payer: str, fee: str, verified: Verified
) -> None:
    url = paid(client, payer, phase(fee, price(client), start="2026-02-01", end=None))

    refused = client.post(f"{url}/cancel", json={"endDate": "2026-02-14"})
    cancelled(client, url, "2026-03-05")

    assert refusal(refused)[:2] == (409, "schedule_billed")
    assert lines(client, newest(client)) == [
        ("Fee", "8.05"),
        ("Fee – given back for 6 – 31 March 2026", "-260.00"),
    ]
    finalised(client)
    assert verified() == []


@ONE_DATABASE
def test_an_archived_schedule_gives_back_what_was_paid_for_the_days_after(
    client: TestClient, payer: str, fee: str, clock: Clock, verified: Verified
) -> None:
    clock.set("2026-03-15T09:00:00Z")
    url = paid(client, payer, march(fee))

    made(client.post(f"{url}/archive"))
    run(client, clock, "2026-03-16")

    assert lines(client, newest(client)) == [GIVEN_BACK]
    finalised(client)
    assert (verified(), run(client, clock, "2026-04-02")["draftedCount"]) == ([], 0)


@ONE_DATABASE
def test_discounts_are_given_back_as_they_were_taken_and_may_change_too(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    one, other = fixed(client, "300"), fixed(client, "100", name="Other")
    nominal = {"type": "NOMINAL", "amount": 37, "message": "37 off", "separateLineItem": False}
    terms = [TENTH | {"restrictToPrices": [one]}, nominal]
    url = paid(client, payer, march(one, other, discounts=terms))
    first = newest(client)

    changed(client, url, payer, march(one, other, discounts=[TENTH, nominal]))
    changed(client, url, payer, march(one, other, end=15, discounts=[TENTH, nominal]))
    run(client, clock, "2026-03-16")

    assert lines(client, first) == [("Fee", "273.00"), ("A tenth", "-30.00"), ("Other", "90.00")]
    # What is left of 300 is 145.16 and of 100 it is 48.39, less a tenth each and 37 off both.
    owed = D("145.16") + D("48.39") - D("14.52") - D("4.84") - 37
    assert sum(D(of["netTotal"]) for of in made(client.get("/invoices"))["items"]) == owed
    finalised(client)
    assert verified() == []


@ONE_DATABASE
def test_a_milestone_reached_within_what_is_paid_gives_the_rest_back(
    client: TestClient, payer: str, fee: str, clock: Clock, verified: Verified
) -> None:
    other = fixed(client, "620", name="Other")
    waiting = {"startDate": "2026-03-01", "milestone": "Go-live", "priceIds": [fee]}
    url = paid(client, payer, waiting, {"endDate": "2026-12-31", "priceIds": [other]})
    first = made(client.get(url))["phases"][0]["id"]

    made(client.post(f"{url}/phases/{first}/complete", json={"date": "2026-03-15"}))
    run(client, clock, "2026-03-16")

    assert lines(client, newest(client)) == [("Other", "320.00"), GIVEN_BACK]
    assert verified() == []


@ONE_DATABASE
def test_what_is_voided_after_a_change_is_drafted_by_what_is_agreed_now(
    client: TestClient, payer: str, fee: str, clock: Clock, verified: Verified
) -> None:
    url = paid(client, payer, march(fee))
    original = newest(client)["id"]
    cancelled(client, url)
    run(client, clock, "2026-03-16")

    made(client.post(f"/invoices/{finalised(client)['id']}/void"))
    run(client, clock, "2026-03-17")
    again = finalised(client)
    made(client.post(f"/invoices/{original}/void"))
    run(client, clock, "2026-03-18")

    assert lines(client, again) == [GIVEN_BACK]
    [anew] = [
        one
        for one in made(client.get("/invoices"))["items"]
        if one["netTotal"] == "310.00" and one["status"] == "FINAL"
    ]
    assert [net for _, net in lines(client, anew)] == ["150.00", "160.00"]
    assert verified() == []


def test_seats_and_what_a_parent_pays_are_given_back_by_days(
    client: TestClient, payer: str, fee: str, clock: Clock, verified: Verified
) -> None:
    of = made(client.post("/seat-metrics", json=SEAT_METRIC))["id"]
    seats = price(client, seat_structure(of), billingType="IN_ADVANCE", name="Seats")
    child = customer(client, "South", parentId=payer)
    told = {"customerAlias": child, "seatType": "full_user", "total": 31}
    made(client.post("/seat-events", json=told | {"eventTimestamp": "2026-03-01T00:00:00Z"}))
    paid(client, payer, march(fixed(client, "50", name="Base")))
    url = paid(client, child, march(fee, seats), billTo="PARENT")

    cancelled(client, url)
    run(client, clock, "2026-03-16")

    last = newest(client)
    assert last["customerId"] == payer
    assert lines(client, last) == [
        ("Seats – overages", "0.00"),
        GIVEN_BACK,
        ("Seats – given back for 16 – 31 March 2026", "-217.29"),  # of 421, 16 of 31 days
    ]
    shares = made(client.get(f"/invoices/{last['id']}/allocations?customerId={child}"))["items"]
    assert sum(D(one["netTotal"]) for one in shares) == D("-377.29")
    finalised(client)
    assert verified() == []
