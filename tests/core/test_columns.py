"""What members have of an amount, in columns and one by one."""

from __future__ import annotations

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from catchment.core.shares.allocation import METHODS, NOBODYS, Columns, MemberParts, added_up
from catchment.core.shares.line_shares import Share, Shares
from catchment.core.values.money import Money

PARTS = st.tuples(*[st.one_of(st.none(), st.integers(-50, 50)) for _ in METHODS])
MEMBERS = st.dictionaries(st.sampled_from("abcdefgh"), PARTS)


@given(MEMBERS)
def test_columns_say_what_each_member_has(known: MemberParts) -> None:
    found = Columns.of(known)

    assert found.by_customer == known
    assert list(found.customers) == list(known)
    assert (found == NOBODYS) == (not known)


def test_whoever_has_no_part_by_any_method_has_no_share() -> None:
    found = Columns.of({"a": (1, None, 2), "b": (None, None, None), "c": (None, 0, None)})

    shares = Shares(found.sharing, {"a": D(5), "b": D(6)})

    assert list(shares) == [
        Share("a", D(5), (1, None, 2)),
        Share("c", D(0), (None, 0, None)),
    ]
    assert (len(shares), shares.counts) == (2, (1, 1, 1))


def test_a_share_stands_beside_its_part_of_the_tax() -> None:
    shares = Shares(Columns.of({"a": (1, 3, None), "b": (2, None, 3)}), {})

    taxed = shares.taxed(D("0.5"), Money(2, "EUR"))

    assert [one.taxes for one in taxed] == [(1, 2, None), (1, None, 2)]
    assert list(taxed.among({"b"})) == [Share("b", D(0), (2, None, 3), (1, None, 2))]


def test_who_used_something_of_which_it_has_no_part_stays_when_that_is_taxed() -> None:
    """As on an adjustment that changes what a member used, but nobody's part."""
    shares = Shares.of([Share("a", D(1), (2, 2, 2)), Share("b", D(1), (None, None, None))])

    assert [(one.customer, one.taxes) for one in shares.taxed(D("0.5"), Money(1, "EUR"))] == [
        ("a", (1, 1, 1)),
        ("b", (None, None, None)),
    ]


def test_columns_of_other_members_add_up_in_the_order_of_their_ids() -> None:
    odd = Columns.of({f"{n:02}": (n, None, n) for n in range(1, 40, 2)})
    even = Columns.of({f"{n:02}": (n, n, None) for n in range(0, 40, 2)})

    found = added_up([odd, even])

    assert list(found.customers) == [f"{n:02}" for n in range(40)]
    assert [sum(part or 0 for part in own) for own in found.parts.values()] == [780, 380, 400]
