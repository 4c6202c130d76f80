"""What members have of one amount, spread over another, added up and explained."""

from __future__ import annotations

from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.shares.allocation import METHODS, MemberParts, Reckoning, added, spread
from catchment.core.shares.line_shares import Share, Shares
from catchment.core.shares.weights import By
from catchment.core.values.money import Money

PARTS = st.tuples(*[st.one_of(st.none(), st.integers(-50, 50)) for _ in METHODS])
MEMBERS = st.dictionaries(st.sampled_from("abcdefgh"), PARTS, min_size=1)


def column(parts: MemberParts, place: int) -> dict[str, int]:
    found = {who: own[place] for who, own in parts.items()}
    return {who: part for who, part in found.items() if part is not None}


def test_an_amount_is_spread_by_each_method_over_who_has_something_by_it() -> None:
    weights = {"a": (3, None, 0), "b": (1, 2, 0), "c": (0, 2, None)}

    assert spread(Money(12, "EUR"), weights) == {
        "a": (9, None, 0),
        "b": (3, 6, 0),
        "c": (0, 6, None),
    }


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(5, -2, (9, 0)), (-5, 2, (9, 0)), (2, -2, (9, 0)), (-1, -2, (3, 6)), (0, 4, (0, 9))],
)
def test_only_who_pulls_the_way_that_all_together_do_has_a_part(
    first: int, second: int, expected: tuple[int, int]
) -> None:
    weights = {"a": (first,) * len(METHODS), "b": (second,) * len(METHODS)}

    found = spread(Money(9, "EUR"), weights)

    assert (found["a"][0], found["b"][0]) == expected


@given(st.integers(-1000, 1000), MEMBERS)
def test_what_is_spread_adds_up_wherever_anyone_weighs_anything(
    minor: int, weights: MemberParts
) -> None:
    found = spread(Money(minor, "JPY"), weights)

    for place in range(len(METHODS)):
        parts, known = column(found, place), column(weights, place)
        sign = -1 if sum(known.values()) < 0 else 1
        assert parts.keys() == known.keys()
        assert sum(parts.values()) == (minor if any(sign * w > 0 for w in known.values()) else 0)
        assert all(sign * known[who] > 0 for who, part in parts.items() if part)


@given(st.lists(MEMBERS, max_size=4))
def test_parts_are_added_by_method_and_stand_by_customer_id(several: list[MemberParts]) -> None:
    found = added(several)

    assert list(found) == sorted(set().union(*several))
    for place in range(len(METHODS)):
        own = [column(one, place) for one in several]
        expected = {who for one in own for who in one}
        assert column(found, place) == {
            who: sum(one.get(who, 0) for one in own) for who in expected
        }


def test_who_has_no_share_by_a_method_has_no_tax_by_it() -> None:
    shares = Shares.of([Share("a", D(1), (1, 3, None)), Share("b", D(1), (2, None, 3))])

    found = shares.taxed(D("0.5"), Money(2, "EUR"))

    assert [one.taxes for one in found] == [(1, 2, None), (1, None, 2)]


def test_a_line_of_one_is_all_its_own_by_every_method() -> None:
    found = Shares.whole("a", D(3), Money(7, "EUR"))

    assert list(found) == [Share("a", D(3), (7,) * len(METHODS))]


def test_who_has_nothing_or_all_of_a_line_is_told_in_the_same_words() -> None:
    nothing, net = Money(0, "EUR"), Money(250, "EUR")

    none, everything = Reckoning.none("EUR"), Reckoning.all_of(D(3), net)

    assert none == Reckoning(
        D(0), By.QUANTITY, Fraction(0), Fraction(0), (), Fraction(0), nothing, nothing
    )
    assert none.share == nothing
    assert everything == Reckoning(
        D(3), By.OWNER, Fraction(1), Fraction(1), (), Fraction(5, 2), net, nothing
    )
    assert everything.share == net
