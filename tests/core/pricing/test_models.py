"""Prices that cannot be made, and what a price says about itself."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from catchment.core.terms.pricing import (
    CalculationMode,
    Fixed,
    Graduated,
    Linear,
    OneTime,
    Package,
    Price,
    SeatBased,
    Tier,
    Volume,
    Window,
    bounds,
    continues,
    event_tier,
    first_rate,
    is_percentage,
    needs_values,
)
from catchment.core.values.errors import PriceInvalid, TiersInvalid


def ladder(*bounds: int | None) -> tuple[Tier, ...]:
    return tuple(Tier(None if b is None else D(b), D(1)) for b in bounds)


@pytest.mark.parametrize(
    ("bounds", "pointers"),
    [
        ((), ["/tiers"]),
        ((10,), ["/tiers/0/upperBound"]),
        ((None, 10), ["/tiers/0/upperBound", "/tiers/1/upperBound"]),
        ((None, None), ["/tiers/0/upperBound"]),
        ((10, 10, None), ["/tiers/1/upperBound"]),
        ((10, 5, None), ["/tiers/1/upperBound"]),
        ((0, None), ["/tiers/0/upperBound"]),
        ((-1, None), ["/tiers/0/upperBound"]),
    ],
)
@pytest.mark.parametrize("model", [Volume, Graduated])
def test_tiers_that_leave_a_gap_or_no_end_are_refused(
    bounds: tuple[int | None, ...], pointers: list[str], model: type[Volume | Graduated]
) -> None:
    with pytest.raises(TiersInvalid) as refusal:
        model(ladder(*bounds))

    assert [error.pointer for error in refusal.value.errors] == pointers
    assert refusal.value.detail == refusal.value.errors[0].message


@pytest.mark.parametrize("bounds", [(None,), (1, None), (1, 2, None)])
def test_tiers_that_rise_to_an_open_end_are_accepted(bounds: tuple[int | None, ...]) -> None:
    assert Volume(ladder(*bounds)).tiers == Graduated(ladder(*bounds)).tiers


BOUNDED = Tier(None, D("0.02"), percentage=True, min_price=D(1), max_price=D(10))


def test_only_a_percentage_can_be_bounded() -> None:
    with pytest.raises(TiersInvalid) as refusal:
        Volume((Tier(None, D(1), min_price=D(1), max_price=D(2)),))

    assert [e.pointer for e in refusal.value.errors] == ["/tiers/0/minPrice", "/tiers/0/maxPrice"]


def test_a_graduated_price_cannot_be_bounded() -> None:
    with pytest.raises(TiersInvalid):
        Graduated((BOUNDED,))


@pytest.mark.parametrize(("least", "most", "fits"), [(1, 2, True), (2, 2, True), (3, 2, False)])
def test_the_least_price_of_an_event_is_not_above_the_most(
    least: int, most: int, fits: bool
) -> None:
    tier = Tier(None, D("0.1"), percentage=True, min_price=D(least), max_price=D(most))

    if fits:
        assert Volume((tier,)).tiers == (tier,)
    else:
        with pytest.raises(TiersInvalid) as refusal:
            Volume((tier,))
        assert [e.pointer for e in refusal.value.errors] == ["/tiers/0/maxPrice"]


@pytest.mark.parametrize(("size", "fits"), [("-1", False), ("0", False), ("0.001", True)])
def test_a_package_holds_something(size: str, fits: bool) -> None:
    if fits:
        assert Package(D(size), D(1)).size == D(size)
    else:
        with pytest.raises(PriceInvalid) as refusal:
            Package(D(size), D(1))
        assert [e.pointer for e in refusal.value.errors] == ["/packageSize"]


PERCENT = Tier(None, D("0.02"), percentage=True)


@pytest.mark.parametrize(
    ("price", "values", "percentage", "first"),
    [
        (OneTime(D(5)), False, False, "5"),
        (Fixed(D(6)), False, False, "6"),
        (Linear(D(7)), False, False, "7"),
        (Linear(D("0.05"), percentage=True), False, True, "0.05"),
        (Package(D(10), D(8)), False, False, "8"),
        (Volume((Tier(D(1), D(9)), PERCENT)), False, False, "9"),
        (Volume((PERCENT,)), False, True, "0.02"),
        (Volume((BOUNDED,)), True, True, "0.02"),
        (Volume((Tier(D(1), D(9)), BOUNDED)), True, False, "9"),
        (SeatBased(D(4)), True, False, "4"),
        (SeatBased(D(4), ladder(1, None)), True, False, "1"),
        (Graduated((PERCENT,)), False, True, "0.02"),
        (Graduated(ladder(1, None)), False, False, "1"),
    ],
)
def test_what_a_price_says_about_itself(
    price: Price, values: bool, percentage: bool, first: str
) -> None:
    assert needs_values(price) is values
    assert is_percentage(price) is percentage
    assert first_rate(price) == D(first)


@pytest.mark.parametrize(
    ("price", "passed"),
    [
        (Graduated(ladder(10, 20, None)), (D(10), D(20))),
        (Graduated(ladder(None)), ()),
        (SeatBased(D(1), ladder(5, None)), (D(5),)),
        (SeatBased(D(1)), ()),
        (Volume(ladder(10, None)), ()),
        (Linear(D(1)), ()),
    ],
)
def test_where_usage_passes_to_another_rate(price: Price, passed: tuple[D, ...]) -> None:
    assert bounds(price) == passed


@pytest.mark.parametrize(
    ("price", "goes_on"),
    [
        (Graduated(ladder(10, None)), False),
        (Graduated(ladder(10, None), CalculationMode.CUMULATIVE), True),
        (Graduated(ladder(10, None), CalculationMode.PERIODIC, Window(3)), True),
        (Volume(ladder(10, None)), False),
        (SeatBased(D(1), ladder(10, None)), False),
    ],
)
def test_which_tiers_go_on_over_periods(price: Price, goes_on: bool) -> None:
    assert continues(price) is goes_on


def test_a_window_is_so_many_times_its_months() -> None:
    assert Window(3, times=4).whole == 12


@pytest.mark.parametrize(
    ("price", "quantity", "tier"),
    [
        (Volume((Tier(D(1), D(9)), BOUNDED)), "1", None),
        (Volume((Tier(D(1), D(9)), BOUNDED)), "1.1", BOUNDED),
        (Linear(D(1)), "5", None),
        (Graduated(ladder(1, None)), "5", None),
    ],
)
def test_events_are_priced_one_by_one_only_in_a_bounded_tier(
    price: Price, quantity: str, tier: Tier | None
) -> None:
    assert event_tier(price, D(quantity)) == tier
