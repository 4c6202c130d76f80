"""What is paid in advance and agreed anew is given back, or charged, by the next invoice: to the cent."""

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.flows.billing.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.api.agreements import body_of, create, customer, phase, price, update_of
from tests.api.catalogue import made, refusal
from tests.api.taxed import change, rate
from tests.api.world import SEAT_METRIC, seat_structure
from tests.conftest import Clock

Verified = Callable[[], list[str]]


def fixed(client: TestClient, amount: str, **more: Any) -> str:
    structure = {"pricingType": "FIXED", "price": amount}
    return price(client, structure, billingType="IN_ADVANCE", **more)


def invoices(client: TestClient) -> list[dict[str, Any]]:
    """All that are in force, the oldest first."""
    found = made(client.get("/invoices?limit=100"))["items"]
    return [one for one in reversed(found) if one["status"] != "VOIDED"]


def lines(client: TestClient, invoice: dict[str, Any]) -> list[tuple[str, str]]:
    found = made(client.get(f"/invoices/{invoice['id']}/line-items?limit=100"))["items"]
    return [(one["title"], one["netTotal"]) for one in found]


def issue(client: TestClient) -> None:
    """Everything that is still a draft."""
    for one in invoices(client):
        if one["status"] == "DRAFT":
            made(client.post(f"/invoices/{one['id']}/finalize"))


def run(client: TestClient, clock: Clock, day: str) -> dict[str, Any]:
    clock.set(f"{day}T06:00:00Z")
    return made(client.post("/billing-runs", json={"asOf": day, "wait": True}))


def paid(client: TestClient, payer: str, *phases: dict[str, Any], **more: Any) -> str:
    """The address of a schedule whose invoices up to today are final."""
    body = body_of(payer, *phases, isDraft=False, **more)
    url = f"/billing-schedules/{create(client, body)['id']}"
    issue(client)
    return url


def changed(client: TestClient, url: str, payer: str, *phases: dict[str, Any]) -> dict[str, Any]:
    return made(client.put(url, json=update_of(body_of(payer, *phases))))


@pytest.fixture
def verified(engine: Engine, usage: UsageStore, workspace: Workspace) -> Verified:
    """What differs when all that is final is billed again."""

    def differing() -> list[str]:
        with reading(engine) as tx:
            found = verify_invoices(tx, usage, workspace)
            return [f"{one.invoice.number}: {one.difference}" for one in found if one.difference]

    return differing


def test_a_cancelled_fee_is_given_back_by_days_on_a_last_invoice(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    url = paid(client, payer, phase(fixed(client, "310"), end=None))

    made(client.post(f"{url}/cancel", json={"endDate": "2026-03-15"}))
    before = invoices(client)
    report = run(client, clock, "2026-03-16")
    last = invoices(client)[-1]

    assert [one["netTotal"] for one in before] == ["310.00"] * 3
    assert (last["status"], last["netTotal"]) == ("DRAFT", "-160.00")
    assert lines(client, last) == [("Fee – given back for 16 – 31 March 2026", "-160.00")]
    assert [one["code"] for one in report["failures"]] == ["negative_total"]
    issue(client)
    assert verified() == []
    assert run(client, clock, "2026-04-02")["draftedCount"] == 0


def test_a_new_price_is_charged_from_its_phase_and_the_old_one_given_back(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    old, new = fixed(client, "310"), fixed(client, "620", name="Larger fee")
    url = paid(client, payer, phase(old, end=None))

    halves = phase(old, end="2026-03-15"), phase(new, start="2026-03-16", end=None)
    changed(client, url, payer, *halves)
    run(client, clock, "2026-03-16")
    last = invoices(client)[-1]

    assert last["netTotal"] == "160.00"
    assert lines(client, last) == [
        ("Larger fee", "320.00"),
        ("Fee – given back for 16 – 31 March 2026", "-160.00"),
    ]
    issue(client)
    assert verified() == []

    changed(client, url, payer, phase(old, end=None))
    run(client, clock, "2026-04-01")
    april = invoices(client)[-1]

    assert lines(client, april) == [
        ("Fee", "310.00"),
        ("Fee – charged for 16 – 31 March 2026", "160.00"),
        ("Larger fee – given back for 16 – 31 March 2026", "-320.00"),
    ]
    issue(client)
    assert verified() == []


def test_a_price_swapped_on_the_first_day_paid_gets_another_invoice_of_that_day(
    client: TestClient, payer: str, verified: Verified
) -> None:
    old, new = fixed(client, "310"), fixed(client, "620", name="Larger fee")
    url = paid(client, payer, phase(old, end=None))

    parts = phase(old, end="2026-02-28"), phase(new, start="2026-03-01", end=None)
    changed(client, url, payer, *parts)

    assert lines(client, invoices(client)[-1]) == [
        ("Larger fee", "620.00"),
        ("Fee – given back for 1 – 31 March 2026", "-310.00"),
    ]
    issue(client)
    assert verified() == []


def test_several_changes_in_a_row_are_settled_once(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    old = fixed(client, "310")
    url = paid(client, payer, phase(old, end=None))

    changed(client, url, payer, phase(old, end="2026-03-12"))
    changed(client, url, payer, phase(old, end="2026-03-20"))
    early = run(client, clock, "2026-03-15")["draftedCount"]
    changed(client, url, payer, phase(old, end="2026-03-17"))
    run(client, clock, "2026-03-18")
    last = invoices(client)[-1]

    assert early == 0
    assert lines(client, last) == [("Fee – given back for 18 – 31 March 2026", "-140.00")]
    assert verified() == []


def test_a_change_taken_back_before_it_is_settled_leaves_nothing(
    client: TestClient, payer: str, clock: Clock
) -> None:
    old = fixed(client, "310")
    url = paid(client, payer, phase(old, end=None))

    changed(client, url, payer, phase(old, end="2026-03-12"))
    changed(client, url, payer, phase(old, end=None))
    run(client, clock, "2026-04-01")

    assert lines(client, invoices(client)[-1]) == [("Fee", "310.00")]


def test_what_is_charged_in_arrears_stays_as_it_was_invoiced(
    client: TestClient, payer: str, engine: Engine, workspace: Workspace
) -> None:
    old, late = fixed(client, "310"), price(client)
    url = paid(client, payer, phase(old, late, end=None))

    refused = client.post(f"{url}/cancel", json={"endDate": "2026-02-15"})

    assert refusal(refused)[:2] == (409, "schedule_billed")
    made(client.post(f"{url}/cancel", json={"endDate": "2026-03-15"}))


def test_a_cancellation_of_days_that_are_past_is_settled_at_once(
    client: TestClient, payer: str, verified: Verified
) -> None:
    url = paid(client, payer, phase(fixed(client, "310"), end=None))

    made(client.post(f"{url}/cancel", json={"endDate": "2026-02-14"}))

    assert lines(client, invoices(client)[-1]) == [
        ("Fee – given back for 15 – 28 February 2026", "-155.00"),
        ("Fee – given back for 1 – 31 March 2026", "-310.00"),
    ]
    issue(client)
    assert verified() == []


def test_an_archived_schedule_gives_back_what_was_paid_for_the_days_after(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    clock.set("2026-03-15T09:00:00Z")
    url = paid(client, payer, phase(fixed(client, "310"), end=None))

    made(client.post(f"{url}/archive"))
    before = len(invoices(client))
    run(client, clock, "2026-03-16")
    last = invoices(client)[-1]

    assert (before, len(invoices(client))) == (3, 4)
    assert lines(client, last) == [("Fee – given back for 16 – 31 March 2026", "-160.00")]
    issue(client)
    assert verified() == []
    assert run(client, clock, "2026-05-01")["draftedCount"] == 0


def test_discounts_are_given_back_as_they_were_taken(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    one, other = fixed(client, "300"), fixed(client, "100", name="Other")
    tenth = {
        "type": "PERCENTAGE",
        "amount": 0.1,
        "message": "A tenth",
        "separateLineItem": True,
        "restrictToPrices": [one],
    }
    nominal = {"type": "NOMINAL", "amount": 37, "message": "37 off", "separateLineItem": False}
    terms = {"discounts": [tenth, nominal]}
    url = paid(client, payer, phase(one, other, end=None, **terms))
    first = invoices(client)[-1]

    changed(client, url, payer, phase(one, other, end="2026-03-15", **terms))
    run(client, clock, "2026-03-16")
    last = invoices(client)[-1]

    assert lines(client, first) == [
        ("Fee", "273.00"),
        ("A tenth", "-30.00"),
        ("Other", "90.00"),
    ]
    assert last["netTotal"] == "-190.97"  # 145.16 - 14.52 and 48.39, 37 off both, for 273 + 90 - 30
    issue(client)
    assert verified() == []


def test_a_changed_discount_of_what_is_paid_is_settled(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    old = fixed(client, "300")
    tenth = {"type": "PERCENTAGE", "amount": 0.1, "message": "", "separateLineItem": False}
    url = paid(client, payer, phase(old, end=None, discounts=[tenth]))

    changed(client, url, payer, phase(old, end=None, discounts=[tenth | {"amount": 0.2}]))
    run(client, clock, "2026-04-01")

    months = ["1 – 31 January", "1 – 28 February", "1 – 31 March"]
    assert lines(client, invoices(client)[-1]) == [
        ("Fee", "240.00"),
        *((f"Fee – adjustment for {days} 2026", "-30.00") for days in months),
    ]
    issue(client)
    assert verified() == []


def test_a_milestone_reached_within_what_is_paid_gives_the_rest_back(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    old, new = fixed(client, "310"), fixed(client, "620", name="Larger fee")
    waiting = {"startDate": "2026-01-01", "milestone": "Go-live", "priceIds": [old]}
    url = paid(client, payer, waiting, {"endDate": "2026-12-31", "priceIds": [new]})
    first = made(client.get(url))["phases"][0]["id"]

    made(client.post(f"{url}/phases/{first}/complete", json={"date": "2026-03-15"}))
    run(client, clock, "2026-03-16")

    assert lines(client, invoices(client)[-1]) == [
        ("Larger fee", "320.00"),
        ("Fee – given back for 16 – 31 March 2026", "-160.00"),
    ]
    issue(client)
    assert verified() == []


def test_what_is_given_back_is_taxed_as_it_was_charged(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    of_then = rate(client, "0.2")
    url = paid(client, payer, phase(fixed(client, "310"), end=None))
    change(client, of_then, "0.25")

    made(client.post(f"{url}/cancel", json={"endDate": "2026-03-15"}))
    run(client, clock, "2026-03-16")
    last = invoices(client)[-1]

    assert (last["netTotal"], last["totalTax"]) == ("-160.00", "-32.00")
    issue(client)
    assert verified() == []


def test_an_invoice_voided_after_the_change_is_drafted_by_what_is_agreed_now(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    url = paid(client, payer, phase(fixed(client, "310"), end=None))
    march = invoices(client)[-1]["id"]
    made(client.post(f"{url}/cancel", json={"endDate": "2026-03-15"}))
    run(client, clock, "2026-03-16")
    issue(client)

    made(client.post(f"/invoices/{march}/void"))
    run(client, clock, "2026-03-17")
    issue(client)

    found = [line for one in invoices(client)[2:] for line in lines(client, one)]
    assert sorted(net for _, net in found) == ["-160.00", "150.00", "160.00"]
    assert verified() == []


def test_a_voided_settlement_is_drafted_again(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    url = paid(client, payer, phase(fixed(client, "310"), end=None))
    made(client.post(f"{url}/cancel", json={"endDate": "2026-03-15"}))
    run(client, clock, "2026-03-16")
    issue(client)
    made(client.post(f"/invoices/{invoices(client)[-1]['id']}/void"))

    run(client, clock, "2026-03-17")

    assert lines(client, invoices(client)[-1]) == [
        ("Fee – given back for 16 – 31 March 2026", "-160.00")
    ]


def test_seats_paid_in_advance_are_given_back_by_days(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    of = made(client.post("/seat-metrics", json=SEAT_METRIC))["id"]
    seats = price(client, seat_structure(of), billingType="IN_ADVANCE", name="Seats")
    told = {"customerAlias": payer, "seatType": "full_user", "total": 31}
    made(client.post("/seat-events", json=told | {"eventTimestamp": "2026-01-01T00:00:00Z"}))
    url = paid(client, payer, phase(seats, end=None))
    full = sum(D(one["netTotal"]) for one in invoices(client)[2:3])

    made(client.post(f"{url}/cancel", json={"endDate": "2026-03-15"}))
    run(client, clock, "2026-03-16")
    issue(client)

    [back] = [
        D(net)
        for title, net in lines(client, invoices(client)[-1])
        if title == "Seats – given back for 16 – 31 March 2026"
    ]
    assert back == round(-full * 16 / 31, 2)
    assert verified() == []


def test_a_child_whose_parent_paid_gives_back_to_the_parent(
    client: TestClient, payer: str, clock: Clock, verified: Verified
) -> None:
    made(
        client.post(
            "/billing-schedules",
            json=body_of(payer, phase(fixed(client, "50"), end=None), isDraft=False),
        )
    )
    child = customer(client, "South", parentId=payer)
    url = paid(
        client, child, phase(fixed(client, "310", name="Child's fee"), end=None), billTo="PARENT"
    )

    made(client.post(f"{url}/cancel", json={"endDate": "2026-03-15"}))
    run(client, clock, "2026-04-01")
    last = invoices(client)[-1]

    assert last["customerId"] == payer
    assert lines(client, last) == [
        ("Fee", "50.00"),
        ("Child's fee – given back for 16 – 31 March 2026", "-160.00"),
    ]
    shares = made(client.get(f"/invoices/{last['id']}/allocations?customerId={child}"))["items"]
    assert [one["netTotal"] for one in shares] == ["-160.00"]
    issue(client)
    assert verified() == []
