"""What is missing to a minimum."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from catchment.core.terms.minimums import Minimum, true_up
from catchment.core.values.money import Money


def euros(amount: int) -> Money:
    return Money(amount * 100, "EUR")


@pytest.mark.parametrize(
    ("least", "nets", "missing"),
    [
        (1000, [845], 155),
        (1000, [600, 245], 155),
        (1000, [1000], 0),
        (1000, [1001], 0),
        (1000, [], 1000),
        (0, [0], 0),
    ],
)
def test_what_is_missing_is_charged_and_no_more(least: int, nets: list[int], missing: int) -> None:
    assert true_up(euros(least), map(euros, nets)) == euros(missing)


def test_a_single_cent_is_missed() -> None:
    assert true_up(Money(100, "EUR"), [Money(99, "EUR")]) == Money(1, "EUR")


def test_a_minimum_of_no_named_price_counts_all() -> None:
    assert Minimum("m", D(10)).covers("a")
    assert Minimum("m", D(10), frozenset({"a"})).covers("a")
    assert not Minimum("m", D(10), frozenset({"a"})).covers("b")
