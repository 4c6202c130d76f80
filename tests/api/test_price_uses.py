"""Which billing schedules have a price."""

from fastapi.testclient import TestClient

from tests.api.agreements import body_of, create, customer, phase, price
from tests.api.catalogue import made


def test_a_price_tells_how_many_schedules_have_it_and_whose_the_first_are(
    client: TestClient,
) -> None:
    shared, unused = price(client), price(client, name="Unused")
    names = ["North", "South", "East", "West"]
    payers = [customer(client, name) for name in names]
    twice = [phase(shared, start="2026-01-01", end="2026-01-31"), phase(shared, start="2026-02-01")]
    schedules = [
        create(client, body_of(payers[0], *twice))["id"],
        *(create(client, body_of(payer, phase(shared)))["id"] for payer in payers[1:]),
    ]

    listed = {one["id"]: one for one in made(client.get("/prices"))["items"]}

    first = zip(schedules[:3], payers[:3], names[:3], strict=True)
    assert listed[shared]["usedBy"] == {
        "scheduleCount": 4,
        "schedules": [
            {"id": id, "customerId": whose, "customerName": name} for id, whose, name in first
        ],
    }
    assert "usedBy" not in listed[unused]
    assert made(client.get(f"/prices/{shared}"))["usedBy"] == listed[shared]["usedBy"]
