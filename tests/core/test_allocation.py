"""Shares add up to the line, to the minor unit, at every level of the tree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal as D

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catchment.core.allocation import METHODS, Method, Share, shares
from catchment.core.metering import (
    NO_STEPS,
    VALUING,
    Aggregation,
    Event,
    Member,
    Metric,
    Steps,
    Usage,
    UsageQuery,
    measure,
)
from catchment.core.money import Money, exact_sum
from catchment.core.period import BEGINNING, FOREVER, Span
from catchment.core.pricing import (
    Graduated,
    Linear,
    Package,
    Price,
    Tier,
    Volume,
    bounds,
    needs_values,
    rate,
)
from tests.core.strategies import at

ALWAYS = (Span(BEGINNING, FOREVER),)
SUM = Metric("m", "call", Aggregation.SUM, "n")
COUNT = Metric("m", "call", Aggregation.COUNT)
UNIQUE = Metric("m", "call", Aggregation.UNIQUE, "n")
MAX = Metric("m", "call", Aggregation.MAX, "n")
LATEST = Metric("m", "call", Aggregation.LATEST, "n")
TIERS = (Tier(D(100), D(1), D(20)), Tier(None, D("0.75"), D(50)))
CAPPED = Volume(
    (
        Tier(D(50), D("0.1"), D(1), percentage=True, max_price=D(2)),
        Tier(None, D("0.05"), D(3), percentage=True, min_price=D(1)),
    )
)


def used(metric: Metric, price: Price, *events: tuple[str, str]) -> Usage:
    """The usage of events (customer, value of n), one a minute."""
    sent = [
        Event(str(i), str(i), who, "call", at(0) + timedelta(minutes=i), {"n": n})
        for i, (who, n) in enumerate(events)
    ]
    members = tuple(Member(who, (who,), ALWAYS) for who in sorted({who for who, _ in events}))
    return measure(UsageQuery(metric, members, needs_values(price), bounds(price)), sent)


def line(price: Price, usage: Usage, currency: str = "EUR") -> tuple[Money, tuple[Share, ...]]:
    segments = rate(price, usage.pooled, usage.values)
    net = Money.rounded(exact_sum(segment.amount for segment in segments), currency)
    return net, shares(net, price, segments, usage)


def by(method: Method, found: tuple[Share, ...]) -> dict[str, int]:
    place = METHODS.index(method)
    return {one.customer: part for one in found if (part := one.parts[place]) is not None}


def test_the_issue_s_family_shares_its_line_by_each_method() -> None:
    # 60, then 40, then 25 of a graduated price: 120 for the first hundred, 68.75 for the rest.
    usage = used(SUM, Graduated(TIERS), ("a", "60"), ("b", "40"), ("c", "25"))

    net, found = line(Graduated(TIERS), usage)

    assert net == Money(18875, "EUR")
    assert [(one.customer, one.quantity) for one in found] == [("a", 60), ("b", 40), ("c", 25)]
    assert by(Method.PROPORTIONAL, found) == {"a": 9060, "b": 6040, "c": 3775}
    assert by(Method.MARGINAL, found) == {"a": 7200, "b": 4800, "c": 6875}
    # Alone: 80, 60 and 45 of 185.
    assert by(Method.STANDALONE, found) == {"a": 8162, "b": 6122, "c": 4591}


def test_the_order_of_events_decides_who_pays_the_dear_tier() -> None:
    dear_later = Graduated((Tier(D(10), D(1)), Tier(None, D(5))))

    early = line(dear_later, used(COUNT, dear_later, *[("a", "")] * 10, *[("b", "")] * 2))[1]
    late = line(dear_later, used(COUNT, dear_later, *[("b", "")] * 2, *[("a", "")] * 10))[1]

    assert by(Method.MARGINAL, early) == {"a": 1000, "b": 1000}
    assert by(Method.MARGINAL, late) == {"a": 1800, "b": 200}
    assert by(Method.PROPORTIONAL, early) == by(Method.PROPORTIONAL, late)


def test_what_is_taken_back_is_taken_from_where_the_pool_stands() -> None:
    price = Graduated((Tier(D(10), D(1)), Tier(None, D(5))))

    usage = used(SUM, price, ("a", "10"), ("b", "5"), ("a", "-3"), ("b", "1"))
    _, found = line(price, usage)

    assert usage.steps == Steps((D(10),), {"a": (D(10), D(-3)), "b": (D(0), D(6))})
    assert by(Method.MARGINAL, found) == {"b": 2500}, "a's 10 less 15 given back is below zero"


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (Linear(D("0.1")), [(30, 30, 30), (20, 20, 20), (10, 10, 10)]),
        # One package of 10 for all; alone each would have needed one.
        (Package(D(10), D(1)), [(50, 50, 34), (33, 33, 33), (17, 17, 33)]),
        # 3 in all for the six; alone a and b and c would each have paid 1 a unit.
        (
            Volume((Tier(D(3), D(1)), Tier(None, D("0.5")))),
            [(150, 150, 150), (100, 100, 100), (50, 50, 50)],
        ),
    ],
)
def test_a_price_with_one_segment_shares_by_quantity_or_alone(
    price: Price, expected: list[tuple[int, ...]]
) -> None:
    _, found = line(price, used(SUM, price, ("a", "3"), ("b", "2"), ("c", "1")))

    assert [one.parts for one in found] == expected


def test_events_with_a_price_of_their_own_are_borne_by_who_caused_them() -> None:
    # 900 in all: the second tier, 5 % but at least 1 each: 45, 1 and 1, and a fee of 3.
    usage = used(SUM, CAPPED, ("a", "880"), ("b", "10"), ("b", "10"))

    net, found = line(CAPPED, usage)

    assert net == Money(4900, "EUR")
    # 44 + 3 x 880/900 and 2 + 3 x 20/900.
    assert by(Method.MARGINAL, found) == {"a": 4693, "b": 207}
    # Alone a pays 44 + 3; b is in the first tier: 1 + 1 + 1.
    assert by(Method.STANDALONE, found) == {"a": 4606, "b": 294}


@pytest.mark.parametrize("metric", [UNIQUE, MAX])
def test_members_whose_figures_do_not_add_up_share_by_their_own(metric: Metric) -> None:
    price = Graduated((Tier(D(1), D(9)), Tier(None, D(1))))
    usage = used(metric, price, ("a", "1"), ("a", "2"), ("b", "2"), ("b", "1"), ("c", "1"))

    net, found = line(price, usage)

    assert net == Money(1000, "EUR")
    for method in (Method.PROPORTIONAL, Method.MARGINAL):
        assert by(method, found) == {"a": 400, "b": 400, "c": 200}


def test_of_the_latest_values_no_order_of_events_can_be_told_so_they_share_by_quantity() -> None:
    price = Graduated((Tier(D(5), D(1)), Tier(None, D(2))))
    usage = used(LATEST, price, ("a", "9"), ("b", "5"), ("a", "3"))

    net, found = line(price, usage)

    assert (net, usage.steps) == (Money(1100, "EUR"), NO_STEPS)
    # 3 and 5 of 8, also alone: nobody was dear by coming later.
    assert [by(method, found) for method in METHODS] == [{"a": 413, "b": 687}] * 3


def test_a_remainder_goes_to_the_first_by_id() -> None:
    _, found = line(
        Linear(D("0.0034")), used(SUM, Linear(D(1)), ("c", "1"), ("a", "1"), ("b", "1"))
    )

    assert by(Method.PROPORTIONAL, found) == {"a": 1, "b": 0, "c": 0}


def test_who_used_nothing_has_no_share_and_a_line_without_usage_has_none() -> None:
    nothing = used(SUM, Linear(D(1)), ("a", "0"), ("b", "-2"))
    some = used(SUM, Linear(D(1)), ("a", "0"), ("b", "-2"), ("c", "5"))

    assert line(Linear(D(1)), nothing)[1] == ()
    assert line(Linear(D(1)), some)[1] == (Share("c", D(5), (300, 300, 300)),)


def test_where_each_alone_had_been_free_all_share_by_quantity() -> None:
    free = Graduated((Tier(D(10), D(0)), Tier(None, D(1))))

    _, found = line(free, used(SUM, free, ("a", "9"), ("b", "3")))

    assert by(Method.STANDALONE, found) == {"a": 150, "b": 50}
    assert by(Method.MARGINAL, found) == {"b": 200}


def test_a_free_line_shows_its_members_with_nothing_to_pay() -> None:
    _, found = line(Linear(D(0)), used(SUM, Linear(D(0)), ("a", "9"), ("b", "3")))

    assert [one.parts for one in found] == [(0, 0, 0), (0, 0, 0)]


amounts = st.decimals(-20, 20, places=2)


@st.composite
def prices(draw: st.DrawFn) -> Price:
    kind = draw(st.sampled_from(["linear", "package", "graduated", "volume", "capped"]))
    if kind == "linear":
        return Linear(draw(amounts))
    if kind == "package":
        return Package(draw(st.decimals("0.1", 20, places=1)), draw(amounts))
    if kind == "capped":
        return CAPPED
    uppers = sorted(draw(st.sets(st.decimals("0.1", 60, places=1), max_size=4)))
    tiers = tuple(Tier(upper, draw(amounts), draw(amounts)) for upper in (*uppers, None))
    return Graduated(tiers) if kind == "graduated" else Volume(tiers)


pools = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.decimals(-9, 30, places=1).map(str)),
    min_size=1,
    max_size=20,
)
metrics = st.sampled_from([SUM, COUNT, UNIQUE, MAX, LATEST])
# Each of a to g stands below the one named: two families, one of them three levels deep.
PARENTS = {"b": "a", "c": "a", "d": "b", "e": "b", "f": "e"}


def subtree_sums(parts: Mapping[str, int]) -> dict[str, int]:
    """What each customer and all below it have together."""
    sums: dict[str, int] = {}
    for who, part in parts.items():
        step: str | None = who
        while step is not None:
            sums[step] = sums.get(step, 0) + part
            step = PARENTS.get(step)
    return sums


def adds_up(net: Money, parts: Mapping[str, int], sums: Mapping[str, int]) -> bool:
    """The law: own share and children's subtrees make every subtree, and the roots the line."""
    nodes = all(
        whole
        == parts.get(who, 0) + sum(sums[c] for c, p in PARENTS.items() if p == who and c in sums)
        for who, whole in sums.items()
    )
    return nodes and net.minor == sum(whole for who, whole in sums.items() if who not in PARENTS)


@given(prices(), metrics, pools, st.sampled_from(["EUR", "JPY"]))
def test_shares_add_up_to_the_line_at_every_level(
    price: Price, metric: Metric, events: list[tuple[str, str]], currency: str
) -> None:
    assume(metric.aggregation in VALUING or not needs_values(price))
    net, found = line(price, used(metric, price, *events), currency)

    for method in METHODS if found else ():
        parts = by(method, found)
        assert parts
        assert adds_up(net, parts, subtree_sums(parts))
        assert all(part * net.minor >= 0 for part in parts.values()), "nobody gains by a charge"
    assert found or net.minor == 0


@given(prices(), pools)
def test_no_share_is_a_minor_unit_from_its_exact_part(
    price: Price, events: list[tuple[str, str]]
) -> None:
    net, found = line(price, used(SUM, price, *events))
    quantities = {one.customer: one.quantity for one in found if one.quantity > 0}

    for who, part in by(Method.PROPORTIONAL, found).items():
        exact = net.minor * quantities[who] / sum(quantities.values())
        assert abs(part - exact) < 1


def test_rounding_each_subtree_by_itself_would_break_the_law() -> None:
    """The tempting way loses a cent, and the law above notices."""
    net, found = line(
        Linear(D("0.3334")), used(SUM, Linear(D(1)), ("b", "1"), ("c", "1"), ("g", "1"))
    )
    parts = by(Method.PROPORTIONAL, found)
    each_alone = {who: round(net.minor / 3) for who in parts}

    assert adds_up(net, parts, subtree_sums(parts))
    assert not adds_up(net, each_alone, subtree_sums(each_alone))
