from __future__ import annotations

import pytest

from catchment.core.values.places import COUNTRIES
from catchment.documents.address import address_lines, country_name


def lines(**parts: str | None) -> list[str]:
    return [line.replace("\u00a0", " ") for line in address_lines(parts)]


@pytest.mark.parametrize(
    ("country", "state", "expected"),
    [
        ("US", "GA", ["Atlanta, GA 30354", "United States"]),
        ("CA", "ON", ["Atlanta ON 30354", "Canada"]),
        ("GB", None, ["Atlanta", "30354", "United Kingdom"]),
        ("DE", None, ["30354 Atlanta", "Germany"]),
    ],
)
def test_town_and_postcode_stand_as_the_post_of_the_country_wants_them(
    country: str, state: str | None, expected: list[str]
) -> None:
    assert lines(
        line1="1 Street", town="Atlanta", state=state, postcode="30354", country=country
    ) == [
        "1 Street",
        *expected,
    ]


def test_empty_parts_leave_no_empty_line() -> None:
    assert lines(line1="1 Street", line2=" ", town="", postcode="", country="US") == [
        "1 Street",
        "United States",
    ]


def test_a_postcode_stays_on_one_line() -> None:
    assert (
        address_lines({"town": "Bristol", "postcode": "BS1  4QA", "country": "GB"})[1]
        == "BS1\u00a04QA"
    )


def test_every_country_has_a_name() -> None:
    assert [code for code in COUNTRIES if country_name(code) == code] == []


def test_an_unknown_country_stays_a_code() -> None:
    assert country_name("QQ") == "QQ"
