"""The members of an invoice, of whom those are made that are looked at."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from catchment.core.shares.breakdown import Measured, UsageGroups, usage_groups
from tests.core.agreements import CALLS, item
from tests.core.test_invoicing import charge, pooled, used

NAMES = {who: who.upper() for who in "abcd"}


def groups() -> UsageGroups:
    """Of two metrics; only b used something of the second one."""
    calls = charge(item("calls", metric=CALLS))
    texts = charge(item("texts", metric=replace(CALLS, id="texts")))
    return usage_groups(
        [
            [
                Measured(calls, used("6", a="1", b="2", c="3"), pooled("a", "ab", "ac")),
                Measured(texts, used("4", b="4"), pooled("ab")),
            ]
        ],
        NAMES,
        [("a", "d")],
    )


def test_each_member_has_its_own_figures_in_the_order_of_the_charges() -> None:
    assert [
        (one.customer, [(i.shown.metric_id, i.value) for i in one.items]) for one in groups()
    ] == [
        ("a", [("calls", D(1))]),
        ("b", [("calls", D(2)), ("texts", D(4))]),
        ("c", [("calls", D(3))]),
        ("d", []),
    ]


def test_a_page_has_the_same_members_as_all_of_them() -> None:
    every = tuple(groups())

    assert groups()[1:3] == every[1:3]
    assert groups()[-1] == every[-1]
    assert groups()[2:].customers == ("c", "d")
    assert groups()[4:] == ()


def test_beyond_the_last_member_is_nobody() -> None:
    with pytest.raises(IndexError):
        groups()[4]


def test_whoever_is_shown_alike_is_equal() -> None:
    first, second = groups(), groups()

    assert (first, hash(first), repr(first)) == (second, hash(second), repr(second))
    assert first != first[1:]
    assert first != "abcd"
