"""A month of a family that pays for every transfer by itself: in tiers, resent, cancelled and late."""

from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.scenarios.seller import Seller, graduated


@pytest.fixture
def seller(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock
) -> Seller:
    clock.set("2026-01-01")
    return Seller(client, engine, usage, workspace, clock)


def cost(transferred: int) -> D:
    """What all that was transferred since the phase began costs: TIERS, in plain words."""
    if transferred <= 100:
        return D(20) + transferred if transferred else D(0)
    return D(20) + 100 + D(50) + (transferred - 100) * D("0.75")


def transfer(seller: Seller, id: str, whose: str, at: str, n: int) -> None:
    seller.post(
        "/usage-events",
        {
            "customerEventId": id,
            "customerAlias": whose,
            "eventType": "call",
            "eventTimestamp": at,
            "eventProperties": {"n": n},
        },
    )


def billed(seller: Seller, day: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What a run drafts, finalised: for which day, the total, and each event's line (* adjusts)."""
    found = []
    for invoice in seller.run(day):
        seller.post(f"/invoices/{invoice['id']}/finalize")
        lines = [
            (f"{one['customerEventId']}{'*' if 'adjusts' in one else ''}", one["netTotal"])
            for one in seller.lines(invoice)
        ]
        found.append((invoice["billingPeriod"]["start"], invoice["netTotal"], lines))
    return found


def net(entries: list[tuple[str, str, list[tuple[str, str]]]]) -> D:
    return sum((D(total) for _, total, _ in entries), D(0))


def test_a_month_of_transfers_costs_what_they_come_to_however_they_came(seller: Seller) -> None:
    top = seller.customer("Group")
    north, south = seller.customer("North", top), seller.customer("South", top)
    price = seller.price(graduated(seller.metric()), billingFrequency="PER_EVENT")
    seller.schedule(top, price, rollUpBilling=True)
    everything: list[Any] = []

    # Two transfers of one day, and a resend of the first that changes nothing.
    transfer(seller, "t1", north, "2026-01-05T09:00:00Z", 60)
    transfer(seller, "t2", south, "2026-01-05T10:00:00Z", 60)
    transfer(seller, "t1", north, "2026-01-05T09:00:00Z", 60)
    everything += billed(seller, "2026-01-06")
    assert everything == [("2026-01-05", "185.00", [("t1", "80.00"), ("t2", "105.00")])]

    # A later one stands in the last tier.
    transfer(seller, "t3", north, "2026-01-09T09:00:00Z", 10)
    everything += billed(seller, "2026-01-10")
    assert everything[-1] == ("2026-01-09", "7.50", [("t3", "7.50")])

    # One comes late, between the first two: they are moved up the tiers by it.
    transfer(seller, "t4", south, "2026-01-05T09:30:00Z", 20)
    everything += billed(seller, "2026-01-20")
    assert everything[-1] == ("2026-01-05", "15.00", [("t4", "20.00"), ("t2*", "-5.00")])
    assert net(everything) == cost(60 + 20 + 60 + 10)

    # The first is cancelled and the third corrected; what comes next bills the difference.
    gone = seller.client.delete("/usage-events/by-customer-event-id/t1")
    assert gone.is_success, gone.text
    transfer(seller, "t3", north, "2026-01-09T09:00:00Z", 4)
    transfer(seller, "t5", south, "2026-01-30T09:00:00Z", 1)
    everything += billed(seller, "2026-01-31")
    assert net(everything) == cost(20 + 60 + 4 + 1)
    [(_, _, last)] = everything[-1:]
    assert {name for name, _ in last} == {"t5", "t1*", "t2*", "t3*", "t4*"}

    assert billed(seller, "2026-02-28") == []
    with reading(seller.engine) as tx:
        found = [one.difference for one in verify_invoices(tx, seller.usage, seller.workspace)]
    assert found == [None] * len(everything)
    assert shares(seller) == {north: D("4.00"), south: D("101.00")}


def shares(seller: Seller) -> dict[str, D]:
    """What each member has of all invoices together."""
    found: dict[str, D] = {}
    for invoice in seller.get("/invoices", limit=100)["items"]:
        for one in seller.get(f"/invoices/{invoice['id']}/allocations", limit=100)["items"]:
            owner = one["customerId"]
            found[owner] = found.get(owner, D(0)) + D(one["netTotal"])
    return found
