"""The families as customers: groups, dated carriers below them, aircraft below carriers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from catchment.demo.families import GROUPS, MOVES, OPENING, Move, Office, office_of
from catchment.demo.flights import Aircraft
from catchment.demo.server import Api, Clock

Customers = dict[str, str]
"""The id of each customer by its alias."""


def load_customers(
    api: Api,
    clock: Clock,
    airlines: dict[str, str],
    fleet: Sequence[Aircraft],
    done: Callable[[], None],
) -> Customers:
    """Make whoever is missing, and every move that has not been recorded yet.

    ``fleet`` is in the order of the carriers.
    """
    known: Customers = {a["value"]: a["customerId"] for a in api.every("/customer-aliases")}

    def ensure(alias: str, body: dict[str, Any]) -> None:
        if alias not in known:
            known[alias] = api.post("/customers", body | {"customerAliases": [alias]})["id"]
        done()

    clock.set(OPENING)
    for group in GROUPS:
        ensure(group.alias, _customer(group.name, group.office, "Airline group"))
    for code, name in airlines.items():
        ensure(code, _customer(name, office_of(code), "Airline"))
    for one in fleet:
        label = one.label or "Aircraft"
        ensure(one.alias, _customer(one.tailnum, office_of(one.carrier), label))
    for code, aircraft in groupby(fleet, key=lambda one: one.carrier):
        _join(api, known[code], [known[one.alias] for one in aircraft])
    for move in MOVES:
        _record(api, clock, known, move)
    return known


def _join(api: Api, carrier: str, aircraft: list[str]) -> None:
    """Put the aircraft below their carrier from now on, all that are not there yet at once.

    One by one, each answer would list all siblings so far, and loading would take half as long
    again.
    """
    organizations = api.get(f"/customers/{carrier}")["organizations"]
    own = next((one for one in organizations if one["owner"]["id"] == carrier), None)
    if own is None:
        api.post("/customer-organizations", {"ownerId": carrier, "memberIds": aircraft})
        return
    known = {member["id"] for member in own["members"]}
    missing = [one for one in aircraft if one not in known]
    if missing:
        api.post(f"/customer-organizations/{own['id']}/members", {"customerIds": missing})


def _record(api: Api, clock: Clock, known: Customers, move: Move) -> None:
    """Record the move on its own day, unless it is known already."""
    customer, parent = known[move.carrier], known[move.parent] if move.parent else None
    starts = _midnight(move.on)
    history = api.get(f"/customers/{customer}/parent-history")["items"]
    if any(link.get("parentId") == parent and link["effectiveFrom"] == starts for link in history):
        return
    clock.set(move.on)
    body = {"parentId": parent, "effectiveFrom": starts, "reason": move.reason}
    api.post(f"/customers/{customer}/moves", body)


def _customer(name: str, office: Office, label: str) -> dict[str, Any]:
    contact = {
        "name": "Accounts Payable",
        "email": f"payable@{office.domain}.example",
        "billingPreference": "PRIMARY",
    }
    return {
        "legalName": name,
        "label": label,
        "address": {
            "line1": office.line1,
            "town": office.town,
            "state": office.state,
            "postcode": office.postcode,
            "country": "US",
        },
        "contacts": [contact],
        "taxStatus": "TAXED",
        "status": "ACTIVE",
    }


def _midnight(on: date) -> str:
    return f"{on.isoformat()}T00:00:00.000Z"
