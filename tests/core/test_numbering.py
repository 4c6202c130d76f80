"""Numbers of ids: each its place among all ids in order, found again by id and by number."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.values.numbering import Ids, Numbers, keys, numbered

HALVES = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1))
"""Often alike, so that ids differ in one half only."""
IDS = st.lists(st.builds(lambda high, low: str(UUID(int=high << 64 | low)), HALVES, HALVES))


def of(ids: list[str]) -> tuple[Ids, list[int]]:
    found, numbers = numbered(keys("".join(ids).encode()))
    return found, numbers.tolist()


def by_high_half(ids: list[str]) -> Numbers:
    return np.unique([UUID(id).int >> 64 for id in ids], return_inverse=True)[1].astype(np.int32)


@given(IDS)
def test_a_number_is_the_place_among_all_ids_in_order(ids: list[str]) -> None:
    ordered = sorted(set(ids))

    found, numbers = of(ids)

    assert numbers == [ordered.index(id) for id in ids]
    assert [found[number] for number in range(len(found))] == ordered


@given(IDS, IDS)
def test_those_who_are_not_there_have_no_number(ids: list[str], others: list[str]) -> None:
    found, _ = of(ids)

    asked = found.numbers(others + ids)

    assert [found[n] for n in asked] == [id for id in others + ids if id in ids]


def test_ids_that_share_their_first_half_are_told_apart() -> None:
    ids = [str(UUID(int=7 << 64 | low)) for low in (3, 0, 3, 256)]

    assert of(ids)[1] == [1, 0, 1, 2]
    with pytest.raises(AssertionError):
        assert by_high_half(ids).tolist() == [1, 0, 1, 2]


def test_what_is_no_id_is_noticed() -> None:
    with pytest.raises(ValueError, match="buffer size"):
        keys(b"0f")
