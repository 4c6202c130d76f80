"""Who the new customers of a file are: their own cells, and what they take from their parents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catchment.core.families.family_import.rows import ADDRESS, Refused, Row, name_problem
from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.period import BEGINNING
from catchment.core.values.places import COUNTRIES, STATES
from catchment.core.values.texts import EMAIL

TAX_STATUSES = ("TAXED", "TAX_EXEMPT", "REVERSE_CHARGED")


class Person(NamedTuple):
    """A contact; ``preference`` is PRIMARY, STANDARD or NONE."""

    name: str
    email: str
    preference: str


class Lender(NamedTuple):
    """Whose address and contacts its children can take; either can be missing."""

    address: Mapping[str, str] | None
    contacts: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """``address`` has the wire's names."""

    legal_name: str
    address: Mapping[str, str]
    contacts: tuple[Person, ...]
    tax_status: str
    label: str | None


_LENT = frozenset({"email", *ADDRESS})
_NOBODY = Lender(None, ())
Rows = Mapping[CustomerId, Sequence[Row]]
_MISSING = "This field is required for a new customer"


def facts_of(
    customers: Rows,
    parent: Callable[[str], CustomerId | None],
    lenders: Mapping[CustomerId, Lender],
    refused: list[Refused],
) -> dict[CustomerId, Facts]:
    """The facts of each customer; where some are wrong or missing, ``refused`` grows instead.

    ``parent`` tells whose an id or alias is, None where it is nobody's.
    """
    cells = {id: _together(rows, refused) for id, rows in customers.items()}
    lent = _lent(customers, cells, parent, lenders)
    facts = {}
    for id, rows in customers.items():
        own, (address, contacts) = cells[id], lent[id]
        problems = [*_wrong(own)]
        if all(not row.parent or parent(row.parent) for row in rows):  # else that is said already
            problems += _missing(own, lent[id])
        if problems:
            refused += (
                Refused(_row_of(rows, column), column, code, message)
                for column, code, message in problems
            )
        elif address is not None:
            facts[id] = Facts(
                own.get("legalName", rows[0].customer),
                address,
                contacts,
                own.get("taxStatus", "TAXED"),
                own.get("label"),
            )
    return facts


def _together(rows: Sequence[Row], refused: list[Refused]) -> Mapping[str, str]:
    """The cells of all rows of a customer, which must not contradict each other."""
    if len(rows) == 1:
        return rows[0].facts
    found: dict[str, str] = {}
    for row in rows:
        for column, value in row.facts.items():
            if found.setdefault(column, value) != value:
                message = f"Another row of {row.customer!r} says {found[column]!r}."
                refused.append(Refused(row.number, column, "conflicting_value", message))
    return found


def _lent(
    customers: Rows,
    cells: Mapping[CustomerId, Mapping[str, str]],
    parent: Callable[[str], CustomerId | None],
    lenders: Mapping[CustomerId, Lender],
) -> Mapping[CustomerId, Lender]:
    """The address and contacts of each customer: its own, else those of the nearest above."""
    found = dict(lenders)
    for id in customers:
        way = []
        above: CustomerId | None = id
        while above is not None and above not in found:
            way.append(above)
            found[above] = _own(cells[above], customers[above][0].customer)
            above = _last_parent(customers[above], parent)
            if above not in found and above not in customers:
                above = None
        start = _NOBODY if above is None else found[above]
        for below in reversed(way):
            mine = found[below]
            if mine is not _NOBODY:
                start = Lender(mine.address or start.address, mine.contacts or start.contacts)
            found[below] = start
    return found


def _last_parent(
    rows: Sequence[Row], parent: Callable[[str], CustomerId | None]
) -> CustomerId | None:
    """The last parent that the rows name."""
    named = [row for row in rows if row.parent]
    if not named:
        return None
    return parent(max(named, key=lambda row: row.at or BEGINNING).parent)


def _own(cells: Mapping[str, str], alias: str) -> Lender:
    if cells.keys().isdisjoint(_LENT):
        return _NOBODY
    address = None
    if any(column in cells for column in ADDRESS):
        address = {"postcode": ""} | {c: cells[c] for c in ADDRESS if c in cells}
    contacts: tuple[Person, ...] = ()
    if "email" in cells:
        name = cells.get("contactName") or cells.get("legalName") or alias
        contacts = (Person(name, cells["email"], "PRIMARY"),)
    return Lender(address, contacts)


Problem = tuple[str, str, str]
"""A column, a code and a message."""


def _missing(cells: Mapping[str, str], lent: Lender) -> Iterator[Problem]:
    if lent.address is None:
        yield "line1", "missing", f"{_MISSING}, as no parent has an address to take."
    if not lent.contacts:
        yield "email", "missing", f"{_MISSING}, as no parent has a contact to take."
    elif "contactName" in cells and "email" not in cells:
        yield "email", "missing", f"{_MISSING} that names a contact."


def _wrong(cells: Mapping[str, str]) -> Iterator[Problem]:
    for column, value in cells.items():
        problem = name_problem(value)
        if problem is not None:
            yield column, "invalid", problem
    if "email" in cells and not EMAIL.fullmatch(cells["email"]):
        yield "email", "invalid", "An e-mail address is expected."
    if cells.get("taxStatus", "TAXED") not in TAX_STATUSES:
        yield "taxStatus", "invalid", f"This must be one of {', '.join(TAX_STATUSES)}."
    if len(cells.get("postcode", "")) > 40:
        yield "postcode", "invalid", "This holds more than 40 characters."
    if any(column in cells for column in ADDRESS):
        yield from _wrong_address(cells)


def _wrong_address(cells: Mapping[str, str]) -> Iterator[Problem]:
    for column in ("line1", "town", "country"):
        if column not in cells:
            yield (
                column,
                "missing",
                "An address needs this; leave all of it out to take the parent's.",
            )
    country, state = cells.get("country"), cells.get("state")
    if country is None:
        return
    if country not in COUNTRIES:
        hint = " Use GB." if country == "UK" else ""
        message = f"{country!r} is not an ISO 3166-1 alpha-2 country code.{hint}"
        yield "country", "invalid", message
        return
    states = STATES.get(country)
    if states is None:
        if state is not None:
            yield "state", "invalid", "Only addresses in the US and CA name a state."
    elif state is None:
        yield "state", "missing", f"An address in {country} needs its state."
    elif state not in states:
        yield "state", "invalid", f"{country} has no state {state[:20]!r}."


def _row_of(rows: Sequence[Row], column: str) -> int:
    """The row that fills the column, else the first."""
    return next((row.number for row in rows if column in row.facts), rows[0].number)
