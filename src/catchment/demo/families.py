"""The airline families of 2013: who belonged to whom, from which day, and who was billed.

Groups, carriers and dates are facts; addresses are those of the head offices; every e-mail address
ends in ``.example`` and reaches nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

OPENING = date(2013, 1, 1)
"""The first day of the year that is billed."""


@dataclass(frozen=True, slots=True)
class Office:
    """Where invoices go. ``domain`` is without its ending."""

    line1: str
    town: str
    state: str
    postcode: str
    domain: str


@dataclass(frozen=True, slots=True)
class Group:
    """An airline group at the top of a family."""

    alias: str
    name: str
    office: Office


@dataclass(frozen=True, slots=True)
class Move:
    """``carrier`` is a child of the group ``parent`` (None: of nobody) from 00:00 UTC of ``on``."""

    carrier: str
    parent: str | None
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """``customer`` pays for its whole family from ``start`` until the end of the day ``end``."""

    customer: str
    start: date
    end: date | None = None


GROUPS = (
    Group(
        "AMERICAN-GROUP",
        "American Airlines Group",
        Office("4333 Amon Carter Boulevard", "Fort Worth", "TX", "76155", "american-group"),
    ),
    Group(
        "DELTA-GROUP",
        "Delta Air Lines Inc. group",
        Office("1030 Delta Boulevard", "Atlanta", "GA", "30354", "delta-group"),
    ),
    Group(
        "REPUBLIC-GROUP",
        "Republic Airways Holdings",
        Office("8909 Purdue Road, Suite 300", "Indianapolis", "IN", "46268", "republic-holdings"),
    ),
    Group(
        "SKYWEST-GROUP",
        "SkyWest Inc. group",
        Office("444 South River Road", "St. George", "UT", "84790", "skywest-group"),
    ),
    Group(
        "SOUTHWEST-GROUP",
        "Southwest Airlines Co. group",
        Office("2702 Love Field Drive", "Dallas", "TX", "75235", "southwest-group"),
    ),
)

OFFICES = {
    "9E": Office("7500 Airline Drive", "Minneapolis", "MN", "55450", "endeavor"),
    "AS": Office("19300 International Boulevard", "Seattle", "WA", "98188", "alaska"),
    "B6": Office("27-01 Queens Plaza North", "Long Island City", "NY", "11101", "jetblue"),
    "F9": Office("7001 Tower Road", "Denver", "CO", "80249", "frontier"),
    "HA": Office("3375 Koapaka Street, Suite G-350", "Honolulu", "HI", "96819", "hawaiian"),
    "UA": Office("233 South Wacker Drive", "Chicago", "IL", "60606", "united"),
    "US": Office("111 West Rio Salado Parkway", "Tempe", "AZ", "85281", "usairways"),
    "VX": Office("555 Airport Boulevard", "Burlingame", "CA", "94010", "virginamerica"),
    "YV": Office("410 North 44th Street, Suite 700", "Phoenix", "AZ", "85008", "mesa"),
}
"""Offices of the carriers that stood alone for some of the year; the others share their group's."""

MOVES = (
    Move("AA", "AMERICAN-GROUP", OPENING, "Mainline carrier of the group"),
    Move("MQ", "AMERICAN-GROUP", OPENING, "American Eagle"),
    Move("DL", "DELTA-GROUP", OPENING, "Mainline carrier of the group"),
    Move("F9", "REPUBLIC-GROUP", OPENING, "Owned by Republic since 2009"),
    Move("EV", "SKYWEST-GROUP", OPENING, "Owned by SkyWest since 2010"),
    Move("OO", "SKYWEST-GROUP", OPENING, "Mainline carrier of the group"),
    Move("FL", "SOUTHWEST-GROUP", OPENING, "Bought by Southwest in 2011"),
    Move("WN", "SOUTHWEST-GROUP", OPENING, "Mainline carrier of the group"),
    Move("9E", "DELTA-GROUP", date(2013, 5, 1), "Out of bankruptcy, owned by Delta"),
    Move("F9", None, date(2013, 12, 3), "Sold to Indigo Partners"),
    Move("US", "AMERICAN-GROUP", date(2013, 12, 9), "Merger of US Airways and American"),
)
"""By date. A carrier that never moves stands alone."""

AGREEMENTS = (
    Agreement("AS", OPENING),
    Agreement("AMERICAN-GROUP", OPENING),
    Agreement("DELTA-GROUP", OPENING),
    Agreement("9E", OPENING, date(2013, 4, 30)),  # Delta pays from 1 May
    Agreement("F9", date(2013, 12, 3)),  # Republic paid until 2 December
    Agreement("HA", OPENING),
    Agreement("B6", OPENING),
    Agreement("YV", OPENING),
    Agreement("REPUBLIC-GROUP", OPENING),
    Agreement("SKYWEST-GROUP", OPENING),
    Agreement("SOUTHWEST-GROUP", OPENING),
    Agreement("US", OPENING, date(2013, 12, 8)),  # American pays from 9 December
    Agreement("UA", OPENING),
    Agreement("VX", OPENING),
)
"""Who pays when, by name, as invoices are numbered: a carrier that joins a family stops paying for
itself the day before.
"""


def office_of(carrier: str) -> Office:
    """Where a carrier gets its mail: at its own office, or at its group's."""
    if carrier in OFFICES:
        return OFFICES[carrier]
    parent = next(move.parent for move in MOVES if move.carrier == carrier)
    return next(group.office for group in GROUPS if group.alias == parent)
