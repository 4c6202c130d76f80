"""The families as customers: groups, dated carriers below them, aircraft below carriers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from catchment.demo.families import GROUPS, MOVES, OPENING, Move, Office, office_of
from catchment.demo.flights import Aircraft
from catchment.demo.server import Api, Clock

Customers = dict[str, str]
"""The ids of groups and carriers by alias."""

_COLUMNS = ("customer", "parent", "effectiveFrom", "legalName", "label")


def load_customers(
    api: Api,
    clock: Clock,
    airlines: dict[str, str],
    fleet: Sequence[Aircraft],
    done: Callable[[int], None],
) -> Customers:
    """Make whoever is missing, and every move that has not been recorded yet.

    ``done`` is told each time how many more customers are there.
    """
    known: Customers = {a["value"]: a["customerId"] for a in api.every("/customer-aliases")}

    def ensure(alias: str, body: dict[str, Any]) -> None:
        if alias not in known:
            known[alias] = api.post("/customers", body | {"customerAliases": [alias]})["id"]

    clock.set(OPENING)
    for group in GROUPS:
        ensure(group.alias, _customer(group.name, group.office, "Airline group"))
    for code, name in airlines.items():
        ensure(code, _customer(name, office_of(code), "Airline"))
    done(len(GROUPS) + len(airlines))
    missing = [one for one in fleet if one.alias not in known]
    if missing:
        api.upload("/customers/import", _file(missing), "text/csv")
    done(len(fleet))
    for move in MOVES:
        _record(api, clock, known, move)
    return known


def _file(fleet: Sequence[Aircraft]) -> bytes:
    """Aircraft as rows of a file, each below its carrier, whose address and contacts it takes."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    for one in fleet:
        label = one.label or "Aircraft"
        rows.writerow((one.alias, one.carrier, _midnight(OPENING), one.tailnum, label))
    return text.getvalue().encode()


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
