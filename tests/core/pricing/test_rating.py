"""What every price model charges, at both sides of every bound."""

from __future__ import annotations

from decimal import Decimal as D
from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.terms import pricing
from catchment.core.terms.pricing import (
    CalculationMode,
    Fixed,
    Graduated,
    Linear,
    OneTime,
    Package,
    Price,
    Segment,
    Tier,
    Volume,
    rate,
)
from catchment.core.values.money import exact_sum

BEFORE = st.one_of(st.just(D(0)), st.decimals(-(10**6), 10**6, places=3))
TIERS = (Tier(D(100), D(1), D(20)), Tier(None, D("0.75"), D(50)))
THREE = (Tier(D(10), D(5)), Tier(D(100), D(4), D(7)), Tier(None, D(3)))
CAPPED = Volume(
    (Tier(None, D("0.02"), percentage=True, min_price=D(1), max_price=D(10)),),
)


def cost(price: Price, quantity: D) -> D:
    return exact_sum(segment.amount for segment in rate(price, quantity))


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        (Linear(D("0.1")), "550", "55"),
        (Linear(D("0.005"), percentage=True), "1000", "5"),
        (Linear(D(3)), "0", "0"),
        (Linear(D(0)), "7", "0"),
        (Package(D(250), D(10)), "600", "30"),
        (Package(D(250), D(10)), "0", "0"),
        (Package(D(250), D(10)), "0.000000000001", "10"),
        (Package(D(250), D(10)), "250", "10"),
        (Package(D(250), D(10)), "250.000000000001", "20"),
        (Package(D("0.5"), D(10)), "1", "20"),
        (Volume(TIERS), "125", "143.75"),
        (Volume(TIERS), "0", "0"),
        (Volume(TIERS), "0.5", "20.5"),
        (Volume(TIERS), "100", "120"),
        (Volume(TIERS), "100.000000000001", "125.00000000000075"),
        (Graduated(TIERS), "125", "188.75"),
        (Graduated(TIERS), "0", "0"),
        (Graduated(TIERS), "0.5", "20.5"),
        (Graduated(TIERS), "60", "80"),
        (Graduated(TIERS), "40", "60"),
        (Graduated(TIERS), "25", "45"),
        (Graduated(TIERS), "100", "120"),
        (Graduated(TIERS), "100.000000000001", "170.00000000000075"),
        (Graduated(THREE), "10", "50"),
        (Graduated(THREE), "11", "61"),
        (Graduated(THREE), "100", "417"),
        (Graduated(THREE), "101", "420"),
        (Volume(THREE), "10", "50"),
        (Volume(THREE), "11", "51"),
        (Volume(THREE), "101", "303"),
        (Graduated((Tier(None, D("0.001"), D(500), percentage=True),)), "10000", "510"),
    ],
)
def test_amount_at_each_side_of_every_bound(price: Price, quantity: str, amount: str) -> None:
    assert cost(price, D(quantity)) == D(amount)


@pytest.mark.parametrize(
    "price", [Linear(D(1)), Package(D(1), D(1)), Volume(TIERS), Graduated(TIERS), CAPPED]
)
@pytest.mark.parametrize("quantity", ["0", "-0.5", "-100"])
def test_usage_of_nothing_or_less_costs_nothing_fees_included(price: Price, quantity: str) -> None:
    assert rate(price, D(quantity)) == ()


@pytest.mark.parametrize("price", [OneTime(D(99)), Fixed(D(99))])
def test_a_fixed_price_is_charged_whatever_was_used(price: Price) -> None:
    assert rate(price, D(0)) == (Segment(D(1), D(99), D(0), D(99)),)


def test_graduated_segments_name_the_tiers_they_stand_for() -> None:
    assert rate(Graduated(THREE), D(11)) == (
        Segment(D(10), D(5), D(0), D(50), D(0), D(10)),
        Segment(D(1), D(4), D(7), D(11), D(10), D(100)),
    )


def test_a_volume_segment_names_the_tier_reached() -> None:
    assert rate(Volume(THREE), D(101)) == (Segment(D(101), D(3), D(0), D(303), D(100), None),)


def test_a_package_segment_counts_packages() -> None:
    assert rate(Package(D(250), D(10)), D(600)) == (Segment(D(3), D(10), D(0), D(30)),)


@pytest.mark.parametrize(
    ("values", "amount"),
    [
        ([("25", 1), ("100", 1), ("750", 1)], "13"),
        ([("49", 1), ("50", 1), ("51", 1)], "3.02"),
        ([("499", 1), ("500", 1), ("501", 1)], "29.98"),
        ([("25", 4)], "4"),
    ],
)
def test_bounds_hold_for_every_single_event(values: list[tuple[str, int]], amount: str) -> None:
    events = [(D(value), count) for value, count in values]
    quantity = exact_sum(value * count for value, count in events)

    (segment,) = rate(CAPPED, quantity, events)

    assert (segment.quantity, segment.rate, segment.amount) == (quantity, D("0.02"), D(amount))


@pytest.mark.parametrize(
    ("least", "most", "amount"), [("2", None, "4.5"), (None, "2", "2.5"), ("0", "0", "0.5")]
)
def test_one_bound_is_enough_and_the_fee_is_added_once(
    least: str | None, most: str | None, amount: str
) -> None:
    tier = Tier(
        None,
        D("0.01"),
        D("0.5"),
        percentage=True,
        min_price=None if least is None else D(least),
        max_price=None if most is None else D(most),
    )

    (segment,) = rate(Volume((tier,)), D(200), [(D(50), 1), (D(150), 1)])

    assert segment.amount == D(amount)


def test_a_bounded_price_cannot_do_without_the_events() -> None:
    with pytest.raises(AssertionError):
        rate(CAPPED, D(10))


def test_amounts_beyond_28_digits_are_exact() -> None:
    quantity = D("123456789012345678901.123456789012")

    amount = cost(Linear(D("0.123456789012")), quantity)

    assert amount == D("15241578753196160343.305898614565153483936144")


QUANTITIES = st.decimals(0, 10**9, places=6)


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    bounds = sorted(draw(st.sets(st.decimals(D("0.001"), 10**6, places=3), max_size=5)))
    amounts = st.decimals(0, 1000, places=4)
    return tuple(Tier(upper, draw(amounts), draw(amounts)) for upper in [*bounds, None])


@given(tiers(), QUANTITIES)
def test_segments_account_for_every_unit(of: tuple[Tier, ...], quantity: D) -> None:
    for price in (Graduated(of), Volume(of), Linear(of[0].price)):
        assert exact_sum(s.quantity for s in rate(price, quantity)) == quantity


@given(tiers(), QUANTITIES)
def test_a_segment_is_quantity_times_rate_plus_fee_and_lies_in_its_tier(
    of: tuple[Tier, ...], quantity: D
) -> None:
    for segment in (*rate(Graduated(of), quantity), *rate(Volume(of), quantity)):
        assert segment.amount == segment.quantity * segment.rate + segment.fee
        assert segment.lower is not None
        assert segment.upper is None or segment.lower < segment.upper


@given(tiers(), QUANTITIES, QUANTITIES)
def test_graduated_never_gets_cheaper_with_more_units(of: tuple[Tier, ...], a: D, b: D) -> None:
    price = Graduated(of)

    assert cost(price, min(a, b)) <= cost(price, max(a, b))


@given(st.decimals(D("0.001"), 1000, places=3), QUANTITIES)
def test_packages_hold_all_units_and_the_last_is_not_empty(size: D, quantity: D) -> None:
    packages = exact_sum(s.quantity for s in rate(Package(size, D(1)), quantity))

    assert (packages - 1) * size < quantity <= packages * size or quantity == packages == 0


@given(st.lists(st.tuples(st.decimals(D("0.01"), 1000, places=2), st.integers(1, 5)), min_size=1))
def test_bounds_that_never_bite_change_nothing(events: list[tuple[D, int]]) -> None:
    wide = Tier(None, D("0.02"), D(3), percentage=True, min_price=D(0), max_price=D(10**6))
    quantity = exact_sum(value * count for value, count in events)

    (bounded,) = rate(Volume((wide,)), quantity, events)

    assert bounded.amount == quantity * D("0.02") + 3


CUMULATIVE = Graduated(TIERS, CalculationMode.CUMULATIVE)


def after(reached: str, quantity: str) -> D:
    return exact_sum(one.amount for one in rate(CUMULATIVE, D(quantity), reached=D(reached)))


@pytest.mark.parametrize(
    ("reached", "quantity", "amount"),
    [
        ("0", "60", "80"),  # the first tier's fee comes with its first unit
        ("60", "40", "40"),  # and not again
        ("60", "65", "108.75"),
        ("100", "25", "68.75"),
        ("100", "0", "0"),
        ("125", "25", "18.75"),
        ("125", "-25", "-68.75"),  # the second tier is left again, and its fee given back
        ("125", "-125", "-188.75"),
        ("125", "-200", "-188.75"),  # below zero costs nothing
        ("-10", "5", "0"),
        ("-10", "70", "80"),
        ("-10", "0", "0"),
    ],
)
def test_tiers_go_on_where_earlier_usage_stood(reached: str, quantity: str, amount: str) -> None:
    assert after(reached, quantity) == D(amount)


@pytest.mark.parametrize("reached", ["0", "60", "100", "145"])
def test_where_nothing_comes_to_earlier_usage_there_are_no_segments(reached: str) -> None:
    assert rate(CUMULATIVE, D(0), reached=D(reached)) == ()


def test_segments_show_where_in_the_tiers_they_began() -> None:
    segments = rate(CUMULATIVE, D(65), reached=D(60))

    assert [(one.lower, one.upper, one.quantity, one.fee) for one in segments] == [
        (D(60), D(100), D(40), D(0)),
        (D(100), None, D(25), D(50)),
    ]


def test_a_tier_that_earlier_usage_had_filled_has_no_segment() -> None:
    [segment] = rate(CUMULATIVE, D(25), reached=D(100))

    assert (segment.lower, segment.upper, segment.quantity) == (D(100), None, D(25))


@given(tiers(), st.lists(QUANTITIES, min_size=1, max_size=3), BEFORE, st.booleans())
def test_what_each_alone_would_pay_is_what_its_segments_come_to(
    of: tuple[Tier, ...], quantities: list[D], reached: D, back: bool
) -> None:
    used = {str(place): -q if back and place else q for place, q in enumerate(quantities)}
    going_on = Graduated(of, CalculationMode.CUMULATIVE)
    for price, before in ((Volume(of), D(0)), (Graduated(of), D(0)), (going_on, reached)):
        begun = {"0": before} if before else {}

        paid, of_one = pricing.costs(price, used, {}, begun)

        assert [F(one, of_one) for one in paid] == [
            exact_sum(one.amount for one in rate(price, units, reached=begun.get(who, D(0))))
            for who, units in used.items()
        ]


@pytest.mark.parametrize("quantity", ["0", "1", "10", "10.001", "100", "101"])
def test_what_one_alone_would_pay_changes_tiers_where_segments_do(quantity: str) -> None:
    [paid], of_one = pricing.costs(Graduated(THREE), {"a": D(quantity)}, {}, {})

    assert F(paid, of_one) == cost(Graduated(THREE), D(quantity))


@given(st.lists(st.decimals(-200, 200, places=2), max_size=6))
def test_periods_cost_together_what_the_whole_costs(used: list[D]) -> None:
    reached, costs = D(0), D(0)
    for quantity in used:
        costs += exact_sum(one.amount for one in rate(CUMULATIVE, quantity, reached=reached))
        reached += quantity

    assert costs == exact_sum(one.amount for one in rate(CUMULATIVE, reached))


@given(st.decimals(0, 300, places=2), st.decimals(0, 300, places=2))
def test_segments_after_earlier_usage_cover_the_quantity(reached: D, quantity: D) -> None:
    segments = rate(CUMULATIVE, quantity, reached=reached)

    assert exact_sum(one.quantity for one in segments) == quantity
    assert all(one.amount == one.quantity * one.rate + one.fee for one in segments)
