from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.values.money import CURRENCIES, Money
from catchment.core.values.period import Period
from catchment.documents.format import (
    count,
    day,
    days,
    money,
    percentage,
    quantity,
    rate,
    segment_range,
)


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "EUR", "€0.00"),
        (5, "EUR", "€0.05"),
        (99999, "EUR", "€999.99"),
        (100000, "EUR", "€1,000.00"),
        (-123456789, "USD", "−$1,234,567.89"),
        (1234, "JPY", "¥1,234"),
        (-1, "KRW", "−₩1"),
        (1000, "CHF", "CHF 10.00"),
        (-1000, "PLN", "−PLN 10.00"),
        (1234567, "ISK", "ISK 1,234,567"),
        (150, "CAD", "CA$1.50"),
    ],
)
def test_money_is_shown_with_its_currency_and_all_its_digits(
    minor: int, currency: str, text: str
) -> None:
    assert spaced(money(Money(minor, currency))) == text


@given(st.integers(-(10**18), 10**18), st.sampled_from(sorted(CURRENCIES)))
def test_money_on_paper_can_be_read_back(minor: int, currency: str) -> None:
    text = money(Money(minor, currency))

    digits = int("".join(filter(str.isdigit, text)))

    assert (-digits if text.startswith("−") else digits) == minor


@pytest.mark.parametrize(
    ("price", "currency", "text"),
    [
        ("10", "EUR", "€10.00"),
        ("0.5", "EUR", "€0.50"),
        ("0.0125", "EUR", "€0.0125"),
        ("1234.123456789012", "EUR", "€1,234.123456789012"),
        ("10", "JPY", "¥10"),
        ("2.4", "JPY", "¥2.4"),
        ("-1", "GBP", "−£1.00"),
        ("1E+3", "GBP", "£1,000.00"),
    ],
)
def test_a_rate_keeps_every_digit_and_at_least_the_minor_ones(
    price: str, currency: str, text: str
) -> None:
    assert rate(D(price), currency) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [("0.025", "2.5%"), ("1", "100%"), ("0", "0%"), ("0.000000000001", "0.0000000001%")],
)
def test_a_fraction_is_shown_in_percent(fraction: str, text: str) -> None:
    assert percentage(D(fraction)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("999", "999"),
        ("1000", "1,000"),
        ("1234567.50", "1,234,567.5"),
        ("0.000000000001", "0.000000000001"),
        ("-1234", "−1,234"),
        ("1E+6", "1,000,000"),
    ],
)
def test_a_quantity_keeps_every_digit(value: str, text: str) -> None:
    assert quantity(D(value)) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (date(2026, 3, 1), date(2026, 4, 1), "1 – 31 March 2026"),
        (date(2026, 3, 1), date(2026, 3, 2), "1 March 2026"),
        (date(2026, 2, 15), date(2026, 3, 15), "15 February – 14 March 2026"),
        (date(2025, 12, 15), date(2026, 1, 15), "15 December 2025 – 14 January 2026"),
        (date(2025, 1, 1), date(2026, 1, 1), "1 January – 31 December 2025"),
    ],
)
def test_days_are_named_from_the_first_to_the_last(start: date, end: date, text: str) -> None:
    assert spaced(days(Period(start, end))) == text


def test_a_day_does_not_break_over_two_lines() -> None:
    assert day(date(2026, 3, 2)) == "2\u00a0March\u00a02026"


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        ("0", "1000", "0 – 1,000"),
        ("1000", "2000.5", "1,000 – 2,000.5"),
        ("2000", None, "Above 2,000"),
        (None, "10", "0 – 10"),
        ("0", None, ""),
        (None, None, ""),
    ],
)
def test_a_segment_names_its_tier(lower: str | None, upper: str | None, text: str) -> None:
    assert segment_range(lower and D(lower), upper and D(upper)) == text


def test_a_count_agrees_with_its_noun() -> None:
    assert [spaced(count(n, "member", "members")) for n in (0, 1, 2000)] == [
        "0 members",
        "1 member",
        "2,000 members",
    ]
