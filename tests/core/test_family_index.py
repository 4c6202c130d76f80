"""The index says what the forest says, for every random family and instant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.family_index import NEVER, TOP, FamilyIndex
from catchment.core.hierarchy import Forest, Link
from catchment.core.period import BEGINNING, Span
from tests.core.strategies import CUSTOMERS, HOURS, LINKS, SPANS, at


def micros(instant: datetime) -> int:
    return int((instant - BEGINNING).total_seconds()) * 1_000_000


def index(links: Sequence[Link], *, ends: bool = True) -> FamilyIndex:
    ids = list(CUSTOMERS)
    return FamilyIndex(
        ids,
        np.array([ids.index(ln.customer) for ln in links], np.int32),
        np.array([ids.index(ln.parent) if ln.parent else TOP for ln in links], np.int32),
        np.array([micros(ln.start) for ln in links], np.int64),
        np.array([micros(ln.end) if ln.end and ends else NEVER for ln in links], np.int64),
    )


def below(found: FamilyIndex, root: str, hour: int, hidden: Collection[str] = ()) -> set[str]:
    return {found.ids[n] for level in found.levels(root, micros(at(hour)), hidden) for n in level}


@given(LINKS, st.sampled_from(CUSTOMERS), st.integers(0, HOURS - 1))
def test_who_is_below_whom_at_an_instant(links: list[Link], root: str, hour: int) -> None:
    assert below(index(links), root, hour) == Forest(links).subtree(root, at(hour)) - {root}


@given(LINKS, st.sampled_from(CUSTOMERS), st.integers(0, HOURS - 1))
def test_levels_are_depths(links: list[Link], root: str, hour: int) -> None:
    found = index(links)

    levels = enumerate(found.levels(root, micros(at(hour))), 1)
    depths = {found.ids[n]: depth for depth, level in levels for n in level}

    ancestors = {who: Forest(links).ancestors(who, at(hour)) for who in depths}
    assert depths == {who: len(up) - up.index(root) for who, up in ancestors.items()}


@given(LINKS, st.sampled_from(CUSTOMERS), SPANS)
def test_who_was_ever_below_during_a_span(links: list[Link], root: str, asked: Span) -> None:
    found = index(links)

    ever = {found.ids[n] for n in found.ever(root, micros(asked.start), micros(asked.end))}

    assert ever == Forest(links).members(root, asked).keys() - {root}


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
    found = index([])

    assert (list(found.levels("x", 0)), len(found.ever("x"))) == ([], 0)


def test_an_index_that_forgets_ends_is_caught() -> None:
    ended = [
        Link("1", "b", "a", at(1), at(3), BEGINNING),
        Link("2", "b", "c", at(3), None, BEGINNING),
    ]

    assert below(index(ended), "a", 5) == set()
    with pytest.raises(AssertionError):
        assert below(index(ended, ends=False), "a", 5) == set()
