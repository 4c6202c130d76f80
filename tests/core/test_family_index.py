"""The index says what the forest says, for every random family and instant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.families.family_index import FamilyIndex
from catchment.core.families.hierarchy import Forest, Link
from catchment.core.values.numbering import Numbers, keys
from catchment.core.values.period import BEGINNING, FOREVER
from tests.core.strategies import CUSTOMERS, HOURS, LINKS, at


def micros(instant: datetime) -> int:
    return int((instant - BEGINNING).total_seconds()) * 1_000_000


IDS = {who: f"019a0000-0000-7000-8000-{number:012x}" for number, who in enumerate(CUSTOMERS)}
NAMES = {id: who for who, id in IDS.items()}


def index(links: Sequence[Link], *, ends: bool = True) -> FamilyIndex:
    below = [link for link in links if link.parent]
    return FamilyIndex(
        keys("".join(IDS[ln.customer] for ln in below).encode()),
        keys("".join(IDS[ln.parent or ""] for ln in below).encode()),
        np.array([micros(ln.start) for ln in below], np.int64),
        np.array([micros(ln.end if ln.end and ends else FOREVER) for ln in below], np.int64),
    )


def named(found: FamilyIndex, numbers: Numbers) -> set[str]:
    return {NAMES[found.ids[number]] for number in numbers}


def below(found: FamilyIndex, root: str, hour: int, hidden: Collection[str] = ()) -> set[str]:
    unseen = found.ids.numbers(IDS[who] for who in hidden)
    levels = found.levels(IDS[root], micros(at(hour)), unseen)
    return set().union(*(named(found, level) for level in levels))


@given(LINKS, st.sampled_from(CUSTOMERS), st.integers(0, HOURS - 1))
def test_who_is_below_whom_at_an_instant(links: list[Link], root: str, hour: int) -> None:
    assert below(index(links), root, hour) == Forest(links).subtree(root, at(hour)) - {root}


@given(LINKS, st.sampled_from(CUSTOMERS), st.integers(0, HOURS - 1))
def test_levels_are_depths(links: list[Link], root: str, hour: int) -> None:
    found = index(links)

    levels = enumerate(found.levels(IDS[root], micros(at(hour))), 1)
    depths = {who: depth for depth, level in levels for who in named(found, level)}

    ancestors = {who: Forest(links).ancestors(who, at(hour)) for who in depths}
    assert depths == {who: len(up) - up.index(root) for who, up in ancestors.items()}


@given(
    LINKS,
    st.sampled_from(CUSTOMERS),
    st.integers(0, HOURS - 1),
    st.sets(st.sampled_from(CUSTOMERS)),
)
def test_the_hidden_are_left_out_with_all_below_them(
    links: list[Link], root: str, hour: int, hidden: set[str]
) -> None:
    shown = Forest([link for link in links if link.customer not in hidden])

    found = below(index(links), root, hour, hidden)

    assert found == shown.subtree(root, at(hour)) - {root}


def test_a_customer_without_links_has_nobody_below() -> None:
    assert list(index([]).levels(IDS["a"], 0)) == []


def test_an_index_that_forgets_ends_is_caught() -> None:
    ended = [
        Link("1", "b", "a", at(1), at(3), BEGINNING),
        Link("2", "b", "c", at(3), None, BEGINNING),
    ]

    assert below(index(ended), "a", 5) == set()
    with pytest.raises(AssertionError):
        assert below(index(ended, ends=False), "a", 5) == set()
