"""Shares add up to the line, to the minor unit, at every level of the tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catchment.core.shares.allocation import METHODS, Method, Reckoning, workings
from catchment.core.shares.line_shares import Share, shares
from catchment.core.shares.weights import By
from catchment.core.terms.pricing import (
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
from catchment.core.usage.metering import (
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
from catchment.core.values.money import Money, exact_sum, total
from catchment.core.values.period import BEGINNING, FOREVER, Span
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


def reckoned(price: Price, usage: Usage, method: Method) -> dict[str, Reckoning]:
    segments = rate(price, usage.pooled, usage.values)
    net = Money.rounded(exact_sum(segment.amount for segment in segments), "EUR")
    made = workings(net, price, segments, usage)
    return made[method].reckonings(usage.members) if made else {}


def by(method: Method, found: tuple[Share, ...]) -> dict[str, int]:
    place = METHODS.index(method)
    return {one.customer: part for one in found if (part := one.parts[place]) is not None}


def test_a_family_shares_its_line_by_each_method() -> None:
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
    ("events", "shared"),
    [
        # 15 at 1 and 2; 5 at 2 and 10 at 5.
        ([("a", "15"), ("b", "15")], {"a": 2000, "b": 6000}),
        # What goes above 20 and is taken back costs nobody anything.
        ([("a", "15"), ("b", "10"), ("c", "-5")], {"a": 2000, "b": 1000}),
    ],
)
def test_a_segment_is_borne_by_who_was_in_it_as_far_as_the_pool_reached(
    events: list[tuple[str, str]], shared: dict[str, int]
) -> None:
    dearer = Graduated((Tier(D(10), D(1)), Tier(D(20), D(2)), Tier(None, D(5))))

    _, found = line(dearer, used(SUM, dearer, *events))

    assert by(Method.MARGINAL, found) == shared


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


def test_a_reckoning_tells_the_segments_a_member_was_in() -> None:
    usage = used(SUM, Graduated(TIERS), ("a", "60"), ("b", "50"), ("c", "15"))

    found = reckoned(Graduated(TIERS), usage, Method.MARGINAL)

    b = found["b"]
    assert (b.by, b.quantity) == (By.SEGMENTS, 50)
    # 40 of the first hundred, which cost 120; 10 of the 25 above, which cost 68.75.
    assert [(t.segment.lower, t.quantity, t.amount) for t in b.terms] == [
        (0, 40, 48),
        (100, 10, Fraction("27.5")),
    ]
    assert (b.weight, b.whole) == (Fraction("75.5"), Fraction("188.75"))
    assert b.share == Money(7550, "EUR")


def test_weights_by_segment_are_money_also_where_no_segment_has_a_fee() -> None:
    dear_later = Graduated((Tier(D(10), D(1)), Tier(None, D(5))))
    usage = used(SUM, dear_later, ("a", "11"), ("b", "1"))

    found = reckoned(dear_later, usage, Method.MARGINAL)

    assert {who: (one.weight, one.whole) for who, one in found.items()} == {
        "a": (15, 20),
        "b": (5, 20),
    }


def test_a_reckoning_tells_what_a_member_would_have_paid_alone() -> None:
    usage = used(SUM, Graduated(TIERS), ("a", "60"), ("b", "40"), ("c", "25"))

    found = reckoned(Graduated(TIERS), usage, Method.STANDALONE)

    a = found["a"]
    assert [(t.segment.rate, t.segment.fee, t.amount) for t in a.terms] == [(1, 20, 80)]
    assert (a.weight, a.whole) == (80, 185)
    # 188.75 x 80 / 185 = 81.6216…: 81.62 and nothing left over for it.
    assert a.exact == Fraction("188.75") * 80 / 185
    assert (a.cut, a.leftover) == (Money(8162, "EUR"), Money(0, "EUR"))
    assert found["b"].leftover == Money(1, "EUR")


def test_a_line_of_less_than_half_a_cent_is_explained_like_any_other() -> None:
    price = Package(D(10), D("0.001"))

    found = reckoned(price, used(SUM, price, ("a", "11"), ("b", "1")), Method.STANDALONE)

    assert {who: (one.by, one.weight, one.share.minor) for who, one in found.items()} == {
        "a": (By.ALONE, Fraction("0.002"), 0),
        "b": (By.ALONE, Fraction("0.001"), 0),
    }


def test_a_method_that_tells_nobody_from_another_says_that_it_went_by_quantity() -> None:
    price = Linear(D("0.1"))

    found = reckoned(price, used(SUM, price, ("a", "3"), ("b", "1")), Method.MARGINAL)

    assert {who: (one.by, one.weight, one.terms) for who, one in found.items()} == {
        "a": (By.QUANTITY, 3, ()),
        "b": (By.QUANTITY, 1, ()),
    }


def test_an_event_s_own_price_and_its_part_of_the_fee_are_its_member_s() -> None:
    found = reckoned(
        CAPPED, used(SUM, CAPPED, ("a", "880"), ("b", "10"), ("b", "10")), Method.MARGINAL
    )

    [term] = found["a"].terms
    assert (found["a"].by, term.quantity) == (By.EVENTS, 880)
    assert term.amount == 44 + Fraction(3 * 880, 900)


def explains(net: Money, found: Mapping[str, Reckoning], parts: Mapping[str, int]) -> bool:
    """The law: workings add up to the line, each to its weight, and end at the share."""
    own = all(
        one.share.minor == parts[who]
        and (not one.terms or abs(sum(term.amount for term in one.terms)) == one.weight)
        and one.exact * one.whole == Fraction(net.decimal) * one.weight
        and abs(Fraction(one.cut.decimal)) <= abs(one.exact)
        and abs(Fraction(one.share.decimal) - one.exact) < Fraction(1, 100)
        for who, one in found.items()
    )
    return (
        own
        and found.keys() == parts.keys()
        and {one.whole for one in found.values()} == {sum(one.weight for one in found.values())}
        and sum(one.exact for one in found.values()) == Fraction(net.decimal)
        and total((one.share for one in found.values()), net.currency) == net
    )


@given(prices(), metrics, pools)
def test_the_workings_add_up_and_end_at_the_shares(
    price: Price, metric: Metric, events: list[tuple[str, str]]
) -> None:
    assume(metric.aggregation in VALUING or not needs_values(price))
    usage = used(metric, price, *events)
    net, found = line(price, usage)

    for method in METHODS if found else ():
        assert explains(net, reckoned(price, usage, method), by(method, found))


def test_explaining_each_share_with_its_own_rounding_would_break_the_law() -> None:
    """The tempting way, without the unit left over, ends a cent beside the share."""
    usage = used(SUM, Linear(D(1)), ("b", "1"), ("c", "1"), ("g", "1"))
    net, found = line(Linear(D("0.3334")), usage)
    right = reckoned(Linear(D("0.3334")), usage, Method.PROPORTIONAL)
    alone = {who: replace(one, leftover=Money(0, "EUR")) for who, one in right.items()}

    assert explains(net, right, by(Method.PROPORTIONAL, found))
    assert not explains(net, alone, by(Method.PROPORTIONAL, found))
