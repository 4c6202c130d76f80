"""A postal address, line by line, as the post of its country wants it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

# Where the time zone database, the source of country names, is too terse for an envelope.
_NAMES = {
    "AS": "American Samoa", "CD": "DR Congo", "CG": "Republic of the Congo", "GB": "United Kingdom",
    "KP": "North Korea", "KR": "South Korea", "MM": "Myanmar", "SZ": "Eswatini",
    "TC": "Turks & Caicos Islands", "TF": "French Southern Territories",
    "VC": "St Vincent & the Grenadines", "VG": "British Virgin Islands", "VI": "US Virgin Islands",
    "WS": "Samoa", "XK": "Kosovo",
}  # fmt: skip


def address_lines(address: Mapping[str, str | None]) -> tuple[str, ...]:
    """The lines of an ``Address`` of the wire: ``line1 line2 town state postcode country``."""

    def part(name: str) -> str:
        return (address.get(name) or "").strip()

    town, state, country = map(part, ("town", "state", "country"))
    postcode = "\u00a0".join(part("postcode").split())
    match country:
        case "US":
            place: tuple[str, ...] = (f"{town}, {state} {postcode}",)
        case "CA" | "AU":
            place = (f"{town} {state} {postcode}",)
        case "GB" | "IE" | "IN" | "JP" | "KR" | "NZ" | "SG" | "ZA" | "HK":
            place = (town, postcode)
        case _:
            place = (f"{postcode} {town}",)
    lines = (part("line1"), part("line2"), *place, country_name(country))
    return tuple(filter(None, (line.strip(" ,") for line in lines)))


def country_name(code: str) -> str:
    """The English name of an ISO 3166 country; an unknown code stays as it is."""
    return _NAMES.get(code) or _countries().get(code, code)


@cache
def _countries() -> Mapping[str, str]:
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}
