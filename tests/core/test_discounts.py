"""What discounts take off the charges of a cycle."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.terms.discounts import (
    Charged,
    Discount,
    DiscountType,
    SeatDiscountType,
    reductions,
)
from catchment.core.values.money import Money

PRICES = ("a", "b", "c")


FIRST, LAST = date(2026, 1, 1), date(2026, 2, 1)
INCLUDED = SeatDiscountType.INCLUDED_SEATS_ONLY
OVERAGE = SeatDiscountType.OVERAGE_SEATS_ONLY


def off(
    amount: str,
    *prices: str,
    nominal: bool = False,
    seats: SeatDiscountType | None = None,
    id: str = "d",
) -> Discount:
    type = DiscountType.NOMINAL if nominal else DiscountType.PERCENTAGE
    return Discount(id, type, D(amount), "Launch", True, frozenset(prices), seats)


def due(charged: dict[str, int], currency: str = "EUR") -> list[Charged]:
    """Charges that fall due together, by price."""
    return [Charged(price, FIRST, Money(net, currency)) for price, net in charged.items()]


def seats(day: date, included: int, others: int) -> Charged:
    """A charge of seats: what those contracted and those above them come to."""
    return Charged("a", day, Money(included + others, "EUR"), Money(included, "EUR"))


def taken(
    discounts: list[Discount], charged: dict[str, int], currency: str = "EUR"
) -> dict[str, list[int]]:
    """Minor units by price, one for each discount that takes some of it."""
    found: dict[str, list[int]] = {}
    places = list(charged)
    for one in reductions(discounts, due(charged, currency)):
        found.setdefault(places[one.place], []).append(one.taken.minor)
    return found


@pytest.mark.parametrize(
    ("discounts", "charged", "expected"),
    [
        ([off("0.1")], {"a": 25000}, {"a": [2500]}),
        ([off("100", nominal=True)], {"a": 25000}, {"a": [10000]}),
        ([off("100", nominal=True)], {"a": 80000, "b": 20000}, {"a": [8000], "b": [2000]}),
        ([off("0.5")], {"a": 1}, {"a": [1]}),
        ([off("1")], {"a": 7, "b": 0}, {"a": [7]}),
        ([off("0.1", "b")], {"a": 100, "b": 100}, {"b": [10]}),
        ([off("5", nominal=True)], {"a": 300}, {"a": [300]}),
        ([off("5", nominal=True)], {"a": 0}, {}),
        ([off("0.1"), off("0.1", id="e")], {"a": 10000}, {"a": [1000, 900]}),
        ([off("10", nominal=True), off("0.5", id="e")], {"a": 3000}, {"a": [1000, 1000]}),
        ([off("0.1")], {"a": -100}, {"a": [-10]}),
        ([off("1", nominal=True)], {"a": -100}, {"a": [0]}),
        ([off("1", nominal=True)], {"a": 200, "b": -150}, {"a": [50], "b": [0]}),
    ],
)
def test_discounts_apply_in_their_order_to_what_is_left(
    discounts: list[Discount], charged: dict[str, int], expected: dict[str, list[int]]
) -> None:
    assert taken(discounts, charged) == expected


def test_what_gives_something_back_has_no_part_of_a_discount() -> None:
    charged = {"a": 2, "b": 2, "c": -1}

    assert taken([off("3", nominal=True)], charged, "JPY") == {"a": [2], "b": [1], "c": [0]}


def test_a_nominal_discount_is_rounded_to_the_currency() -> None:
    assert taken([off("10.4", nominal=True)], {"a": 300}, "JPY") == {"a": [10]}


@pytest.mark.parametrize(
    ("discounts", "charged", "expected"),
    [
        ([off("0.1", seats=INCLUDED)], [seats(FIRST, 600, 400)], [60]),
        ([off("0.1", seats=OVERAGE)], [seats(FIRST, 600, 400)], [40]),
        ([off("0.1")], [seats(FIRST, 5, 5)], [1]),
        ([off("2", nominal=True, seats=OVERAGE)], [seats(FIRST, 600, 100)], [100]),
        ([off("0.5", seats=INCLUDED), off("1")], [seats(FIRST, 600, 400)], [300, 700]),
        ([off("0.5"), off("1", seats=INCLUDED, id="e")], [seats(FIRST, 600, 400)], [500, 300]),
        ([off("0.5", seats=OVERAGE)], [seats(FIRST, 600, 0)], []),
        ([off("0.5", seats=OVERAGE)], due({"a": 100}), [50]),
    ],
)
def test_of_seats_only_those_are_discounted_that_it_is_for(
    discounts: list[Discount], charged: list[Charged], expected: list[int]
) -> None:
    assert [one.taken.minor for one in reductions(discounts, charged)] == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (600, 500, [600, 400]),
        (1200, 500, [1000, 0]),
        (0, 500, [500]),
        (1200, -700, [1000, -500]),  # 500 in all, of which nothing is left
        (1200, -100, [1000, 0]),
        (300, -300, [300, -300]),
    ],
)
def test_a_nominal_discount_of_what_falls_due_in_parts_is_taken_once(
    first: int, last: int, expected: list[int]
) -> None:
    charged = [seats(FIRST, first, 0), seats(LAST, 0, last)]

    found = reductions([off("10", nominal=True)], charged)

    assert [one.taken.minor for one in found] == expected
    assert reductions([off("10", nominal=True)], charged[:1]) == found[:-1]


@st.composite
def agreed(draw: st.DrawFn) -> list[Discount]:
    def one(place: int) -> Discount:
        nominal = draw(st.booleans())
        amount = draw(st.integers(0, 300 if nominal else 100))
        prices = draw(st.sets(st.sampled_from(PRICES), max_size=2))
        return off(
            str(D(amount) if nominal else D(amount) / 100),
            *prices,
            nominal=nominal,
            id=str(place),
        )

    return [one(place) for place in range(draw(st.integers(1, 4)))]


charges = st.fixed_dictionaries(dict.fromkeys(PRICES, st.integers(0, 50_000)))


@given(agreed(), charges)
def test_no_charge_falls_below_zero(discounts: list[Discount], charged: dict[str, int]) -> None:
    found = taken(discounts, charged)

    assert all(part >= 0 for parts in found.values() for part in parts)
    assert all(sum(found.get(price, [])) <= charged[price] for price in PRICES)


@given(agreed(), charges)
def test_they_take_what_a_calculation_by_hand_takes(
    discounts: list[Discount], charged: dict[str, int]
) -> None:
    left, places = dict(charged), list(charged)
    for one in reductions(discounts, due(charged)):
        assert one.left.minor == left[places[one.place]]
        left[places[one.place]] -= one.taken.minor

    plain = dict(charged)
    for discount in discounts:
        covered = [p for p in charged if not discount.prices or p in discount.prices]
        if discount.type is DiscountType.PERCENTAGE:
            for price in covered:
                off_it = (D(plain[price]) * discount.amount).to_integral_value(ROUND_HALF_UP)
                plain[price] -= int(off_it)
        else:
            _spread(plain, covered, int(discount.amount * 100))
    assert left == plain


def _spread(plain: dict[str, int], covered: list[str], amount: int) -> None:
    """Cents one by one to whoever is furthest below its exact part, which rounds down at first."""
    whole = sum(plain[price] for price in covered)
    amount = min(amount, whole)
    exact = {p: Fraction(amount * plain[p], whole) if whole else Fraction(0) for p in covered}
    parts = {price: int(exact[price]) for price in covered}
    while sum(parts.values()) < amount:
        price = max(covered, key=lambda p: (exact[p] - parts[p], -covered.index(p)))
        parts[price] += 1
    for price in covered:
        plain[price] -= parts[price]
