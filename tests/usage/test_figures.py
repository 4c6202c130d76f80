"""Columns of an engine's figures, read as the numbers that they hold."""

from __future__ import annotations

from decimal import Decimal as D

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.usage.questions.figures import decimals

NUMBER = pa.decimal128(38, 12)
numbers = st.decimals(-(10**25), 10**25, places=12) | st.integers(-9, 9).map(D)


@given(st.lists(numbers), st.lists(numbers))
def test_a_column_is_read_to_the_last_digit(first: list[D], second: list[D]) -> None:
    column = pa.chunked_array([pa.array(first, NUMBER), pa.array(second, NUMBER)])

    assert decimals(column) == first + second


def test_part_of_a_column_is_read_alone() -> None:
    column = pa.chunked_array([pa.array([D(1), D("2.5"), D(3)], NUMBER)])

    assert decimals(column.slice(1, 1)) == [D("2.5")]


@pytest.mark.parametrize(
    ("numbers", "exponent"),
    [(["5", "120"], 0), (["0.5", "1.25"], -2), (["7", "1000000000000.000000000001"], -12)],
)
def test_no_number_has_more_digits_than_one_of_its_column_needs(
    numbers: list[str], exponent: int
) -> None:
    found = decimals(pa.chunked_array([pa.array(list(map(D, numbers)), NUMBER)]))

    assert [one.as_tuple().exponent for one in found] == [exponent] * len(numbers)
