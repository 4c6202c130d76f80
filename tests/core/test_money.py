"""Money, rounding, splitting and the text of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal as D
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.values.money import (
    CURRENCIES,
    MAX_DECIMALS,
    Amount,
    Money,
    Taxed,
    decimal_text,
    divide,
    exact_sum,
    fraction_text,
    money_text,
    quotient,
    scaled,
    to_decimals,
    total,
)

WEIGHTS = st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=20).filter(any)
MINOR = st.integers(-(10**14), 10**14)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0", "EUR", 0),
        ("0.004999999999", "EUR", 0),
        ("0.005", "EUR", 1),
        ("-0.004999999999", "EUR", 0),
        ("-0.005", "EUR", -1),
        ("1.015", "EUR", 102),
        ("0.4999", "JPY", 0),
        ("0.5", "JPY", 1),
        ("-0.5", "JPY", -1),
        ("123456789012345678901234567890.125", "USD", 12345678901234567890123456789013),
    ],
)
def test_half_a_minor_unit_rounds_away_from_zero(amount: str, currency: str, minor: int) -> None:
    assert Money.rounded(D(amount), currency) == Money(minor, currency)


@given(MINOR, st.sampled_from(sorted(CURRENCIES)))
def test_money_survives_the_way_to_major_units_and_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.rounded(money.decimal, currency) == money
    assert D(money_text(money)) == money.decimal


def test_there_are_32_currencies_and_four_have_no_minor_unit() -> None:
    assert len(CURRENCIES) == 32
    assert [c for c, digits in CURRENCIES.items() if digits == 0] == ["CLP", "ISK", "JPY", "KRW"]


def test_money_adds_subtracts_and_changes_sign() -> None:
    a, b = Money(150, "EUR"), Money(25, "EUR")

    assert (a + b, a - b, -a) == (Money(175, "EUR"), Money(125, "EUR"), Money(-150, "EUR"))


@dataclass
class Row(Taxed):
    net: Money
    tax: Money


def test_net_and_tax_come_to_the_gross_also_together() -> None:
    one = Amount(Money(1000, "EUR"), Money(190, "EUR"))
    other = Amount(Money(-300, "EUR"), Money(-57, "EUR"))

    assert one.gross == Row(*one).gross == Money(1190, "EUR")
    assert one.plus(other) == Amount(Money(700, "EUR"), Money(133, "EUR"))


def test_two_currencies_never_add_up() -> None:
    with pytest.raises(AssertionError):
        Money(1, "EUR") + Money(1, "USD")


def test_an_empty_total_is_zero() -> None:
    assert total([], "JPY") == Money(0, "JPY")


@given(MINOR, WEIGHTS)
def test_dividing_never_gains_or_loses_a_cent(minor: int, weights: list[D]) -> None:
    made = divide(Money(minor, "EUR"), weights)

    assert sum(made.parts) == minor
    assert sum(made.exact(place) for place in range(len(weights))) == minor


@given(MINOR, WEIGHTS)
def test_a_share_is_less_than_a_minor_unit_from_its_exact_size(
    minor: int, weights: list[D]
) -> None:
    whole = exact_sum(weights)

    made = divide(Money(minor, "EUR"), weights)

    for place, (part, weight) in enumerate(zip(made.parts, weights, strict=True)):
        assert abs(part * whole - minor * weight) < whole
        assert weight > 0 or part == 0
        cut = int(made.exact(place))  # towards zero
        assert part - cut == (0 if place not in made.topped_up else -1 if minor < 0 else 1)


@given(MINOR, WEIGHTS)
def test_whole_numbers_divide_as_fractions_would(minor: int, weights: list[D]) -> None:
    exact = [Fraction(abs(minor)) * Fraction(w) / Fraction(exact_sum(weights)) for w in weights]
    by_remainder = sorted(range(len(exact)), key=lambda i: (floor(exact[i]) - exact[i], i))
    topped_up = by_remainder[: abs(minor) - sum(map(floor, exact))]

    made = divide(Money(minor, "EUR"), weights)

    assert made.topped_up == set(topped_up)
    sizes = [floor(part) + (place in topped_up) for place, part in enumerate(exact)]
    assert made.parts == tuple(-size if minor < 0 else size for size in sizes)


@pytest.mark.parametrize(
    ("minor", "weights", "parts"),
    [
        (100, ["1", "1", "1"], [34, 33, 33]),
        (-100, ["1", "1", "1"], [-34, -33, -33]),
        (5, ["60", "40", "25"], [2, 2, 1]),
        (1, ["0", "0.001"], [0, 1]),
        (7, ["1E+3", "1E+3"], [4, 3]),
        (0, ["3"], [0]),
    ],
)
def test_leftovers_go_to_the_largest_remainders_earliest_first(
    minor: int, weights: list[str], parts: list[int]
) -> None:
    made = divide(Money(minor, "EUR"), [D(w) for w in weights])

    assert list(made.parts) == parts


@pytest.mark.parametrize("weights", [["0", "0"], ["1", "-1"]])
def test_nothing_can_be_shared_by_nothing(weights: list[str]) -> None:
    with pytest.raises(AssertionError):
        divide(Money(1, "EUR"), [D(w) for w in weights])


def test_a_weight_is_a_number() -> None:
    with pytest.raises(OverflowError):
        divide(Money(1, "EUR"), [D("Infinity")])


@pytest.mark.parametrize(
    ("values", "whole", "of_one"),
    [
        ([D(2), 3], [2, 3], 1),
        ([D("0.5"), 1], [1, 2], 2),
        ([D("0.25"), D("-0.6")], [5, -12], 20),
    ],
)
def test_numbers_are_whole_in_the_largest_unit_that_all_have(
    values: list[D | int], whole: list[int], of_one: int
) -> None:
    assert scaled(values) == (whole, of_one)


def test_sums_are_not_rounded_however_long() -> None:
    assert exact_sum([D(10) ** 30, D("0.000000000001")]) == D("1" + "0" * 30 + ".000000000001")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("0.10", "0.1"),
        ("1E+3", "1000"),
        ("1E-12", "0.000000000001"),
        ("100", "100"),
        ("-7.50", "-7.5"),
        ("1234567890123456789012345678901.5", "1234567890123456789012345678901.5"),
    ],
)
def test_a_decimal_is_written_in_plain_digits(value: str, text: str) -> None:
    assert decimal_text(D(value)) == text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1000, "EUR", "10.00"),
        (-5, "EUR", "-0.05"),
        (0, "EUR", "0.00"),
        (10, "JPY", "10"),
        (0, "JPY", "0"),
        (10**20, "JPY", "100000000000000000000"),
    ],
)
def test_money_is_written_with_all_its_minor_digits(minor: int, currency: str, text: str) -> None:
    assert money_text(Money(minor, currency)) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0.0000000000005", "0.000000000001"), ("-0.0000000000004", "0"), ("2", "2")],
)
def test_a_figure_to_be_shown_has_at_most_twelve_decimals(value: str, shown: str) -> None:
    assert decimal_text(to_decimals(D(value))) == shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(9060, 100), "90.6"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(7, 10**13), "0.0000000000007"),
        (Fraction(10**20, 3), "100000000000000000000/3"),
        (Fraction(-2, 6), "-1/3"),
        (Fraction(1200), "1200"),
    ],
)
def test_a_fraction_is_written_in_digits_where_they_say_it_exactly(
    value: Fraction, text: str
) -> None:
    assert fraction_text(value) == text


@given(st.integers(-(10**40), 10**40), st.integers(1, 10**15))
def test_the_text_of_a_fraction_is_the_fraction(above: int, below: int) -> None:
    assert Fraction(fraction_text(Fraction(above, below))) == Fraction(above, below)


@pytest.mark.parametrize(
    ("dividend", "divisor", "found"),
    [
        ("1", 3, "0.333333333333"),
        ("2", 3, "0.666666666667"),
        ("0.000000000001", 2, "0.000000000001"),  # half of the last decimal
        ("-0.000000000001", 2, "-0.000000000001"),
        ("0.000000000001", D("2.1"), "0"),
        ("0", -7, "0"),
        ("7", D("-0.5"), "-14"),
        ("-7", D("-0.5"), "14"),
    ],
)
def test_a_quotient_is_rounded_half_away_from_zero_after_twelve_decimals(
    dividend: str, divisor: D | int, found: str
) -> None:
    assert quotient(D(dividend), divisor) == D(found)


@given(st.decimals(-(10**9), 10**9, places=12), st.decimals(-(10**6), 10**6, places=6).filter(bool))
def test_a_quotient_is_at_most_half_its_last_decimal_from_the_exact_one(
    dividend: D, divisor: D
) -> None:
    found = Fraction(quotient(dividend, divisor))

    assert abs(found - Fraction(dividend) / Fraction(divisor)) * 2 * 10**MAX_DECIMALS <= 1
