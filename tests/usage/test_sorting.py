"""Places are in the order of their numbers, and equal numbers in the order of their places."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from catchment.usage.embedded import sorting


@given(st.lists(st.integers(0, 9), max_size=60))
def test_equal_numbers_stay_in_the_order_in_which_they_came(numbers: list[int]) -> None:
    found = sorting.order(np.array(numbers, np.uint64))

    assert found.tolist() == sorted(range(len(numbers)), key=numbers.__getitem__)
