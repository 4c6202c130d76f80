"""What a customer has and what its children have make the whole, at every level, whatever is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from catchment.core.shares.spending import Branch, Path, branch
from catchment.core.values.money import Amount, Money

Shares = list[tuple[Path, Amount]]


def amount(net: int, tax: int = 0) -> Amount:
    return Amount(Money(net, "EUR"), Money(tax, "EUR"))


def euros(*shares: tuple[str, int], depth: int = 3, limit: int = 10) -> Branch:
    """The branch of ``t`` for shares of (path in single letters, net)."""
    found = [(tuple(path), amount(net)) for path, net in shares]
    return branch(found, "t", "EUR", depth=depth, limit=limit)


def shown(found: Branch) -> list[tuple[str, int]]:
    return [(child.customer, child.whole.net.minor) for child in found.children]


def nodes(found: Branch) -> Iterator[Branch]:
    yield found
    for child in found.children:
        yield from nodes(child)


def adds_up(found: Branch) -> bool:
    """The law: own, children and others are the whole, at every node."""
    for node in nodes(found):
        parts = node.own.plus(node.others)
        for child in node.children:
            parts = parts.plus(child.whole)
        if parts != node.whole or node.other_count < 0:
            return False
    return True


def test_children_come_by_size_with_what_is_below_them() -> None:
    found = euros(("t", 5), ("ta", 10), ("tb", 7), ("tbc", 8), ("td", 10))

    assert shown(found) == [("b", 15), ("a", 10), ("d", 10)]
    assert (found.whole, found.own) == (amount(40), amount(5))
    assert found.children[0].own == amount(7)
    assert shown(found.children[0]) == [("c", 8)]


def test_what_is_beyond_the_limit_is_told_together() -> None:
    found = euros(("ta", 10), ("tb", 7), ("tc", 8), ("tde", 1), limit=2)

    assert shown(found) == [("a", 10), ("c", 8)]
    assert (found.child_count, found.other_count, found.others) == (4, 2, amount(8))


def test_the_last_level_says_how_many_are_below_it() -> None:
    found = euros(("ta", 1), ("tab", 2), ("tac", 3), ("tacd", 4), depth=1)

    [child] = found.children
    assert (child.children, child.child_count, child.others) == ((), 2, amount(9))
    assert child.own == amount(1)


def test_without_shares_there_is_nothing() -> None:
    assert euros() == Branch("t", amount(0), amount(0), 0, (), amount(0))


paths = st.lists(st.sampled_from("abc"), max_size=5).map(lambda below: ("t", *below))
amounts = st.builds(amount, st.integers(-99, 999), st.integers(-9, 99))
many = st.lists(st.tuples(paths, amounts), max_size=25)


@given(many, st.integers(1, 3), st.integers(1, 4))
def test_own_children_and_others_make_the_whole_at_every_level(
    shares: Shares, depth: int, limit: int
) -> None:
    found = branch(shares, "t", "EUR", depth=depth, limit=limit)

    assert adds_up(found)
    total = amount(0)
    for _, share in shares:
        total = total.plus(share)
    assert found.whole == total


@given(many, st.integers(1, 4))
def test_a_child_is_the_same_seen_from_above_and_opened(shares: Shares, limit: int) -> None:
    above = branch(shares, "t", "EUR", depth=2, limit=limit)

    for child in above.children:
        below = [(path[1:], share) for path, share in shares if path[:2] == ("t", child.customer)]
        assert branch(below, child.customer, "EUR", depth=1, limit=limit) == child


def test_leaving_out_the_others_would_break_the_law() -> None:
    """The tempting way shows the greatest only, and the law above notices."""
    found = euros(("ta", 10), ("tb", 7), ("tc", 8), limit=2)

    assert adds_up(found)
    assert not adds_up(replace(found, others=amount(0)))
    assert not adds_up(replace(found, children=found.children[:1]))
