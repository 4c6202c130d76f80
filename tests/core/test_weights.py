"""What members weigh, and in which order: whatever a line comes to, and whichever way it goes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from catchment.core.shares.allocation import METHODS, Method, workings
from catchment.core.shares.line_shares import shares
from catchment.core.shares.weights import By
from catchment.core.terms.pricing import (
    CalculationMode,
    Graduated,
    Linear,
    Price,
    Segment,
    Tier,
    rate,
)
from catchment.core.usage.metering import Steps, Usage
from catchment.core.values.money import Money

TIERED = Graduated((Tier(D(10), D(1)), Tier(None, D(5))))
GOES_ON = Graduated((Tier(None, D(1)),), CalculationMode.CUMULATIVE)


def usage(steps: dict[str, tuple[int, ...]] | None = None, **members: int) -> Usage:
    """Of members in the order given."""
    used = {who: D(units) for who, units in members.items()}
    entered = {who: tuple(map(D, own)) for who, own in (steps or {}).items()}
    bounds = (D(10),) if entered else ()
    return Usage(D(sum(members.values())), used, 0, {}, steps=Steps(bounds, entered))


def parts(price: Price, of: Usage, minor: int) -> list[tuple[str, tuple[int | None, ...]]]:
    """Customers in their order, with what each has of a net."""
    segments = rate(price, of.pooled, reached=of.reached)
    found = shares(Money(minor, "EUR"), price, segments, of)
    return [(one.customer, one.parts) for one in found]


def marginal_parts(price: Price, of: Usage, minor: int) -> list[int | None]:
    """What each has by the order of events."""
    place = METHODS.index(Method.MARGINAL)
    return [own[place] for _, own in parts(price, of, minor)]


def test_of_equal_remainders_the_smaller_id_has_the_cent_by_every_method() -> None:
    assert parts(Linear(D(1)), usage(c=1, a=1, b=1), 1) == [
        ("a", (1, 1, 1)),
        ("b", (0, 0, 0)),
        ("c", (0, 0, 0)),
    ]


def test_of_what_is_given_back_the_smaller_id_has_the_cent_too() -> None:
    less = {who: D(-1) for who in "cba"}
    alone = dict.fromkeys(less, D(3))
    back = Usage(D(-3), less, 0, {}, reached=D(9), members_reached=alone)

    assert parts(GOES_ON, back, -1) == [
        ("a", (-1, -1, -1)),
        ("b", (0, 0, 0)),
        ("c", (0, 0, 0)),
    ]


def test_who_used_nothing_has_no_share_of_what_is_given_back() -> None:
    back = Usage(D(-1), {"a": D(-1), "b": D(0), "c": D(1), "d": D(-1)}, 0, {}, reached=D(9))

    assert [who for who, _ in parts(GOES_ON, back, -100)] == ["a", "d"]


ONE_SEGMENT = (Segment(D(1), D(1), D(0), D(1)),)


def test_where_all_together_used_nothing_those_weigh_who_used_something() -> None:
    [one] = shares(Money(7, "EUR"), Linear(D(1)), ONE_SEGMENT, usage(a=-5, b=5))

    assert (one.customer, one.parts[0]) == ("b", 7)


def test_where_nobody_used_anything_all_weigh_alike_by_customer_id() -> None:
    found = shares(Money(3, "EUR"), Linear(D(1)), ONE_SEGMENT, usage(b=0, a=0))

    assert [(one.customer, one.parts[0]) for one in found] == [("a", 2), ("b", 1)]


def test_many_members_stand_by_customer_id() -> None:
    many = {f"m{n}": n + 1 for n in reversed(range(40))}

    found = [who for who, _ in parts(Linear(D(1)), usage(**many), 1000)]

    assert found == sorted(many)


def test_in_one_segment_nobody_is_told_from_another() -> None:
    of = usage({"a": (4, 0), "b": (6, 0)}, a=4, b=6)
    segments = rate(TIERED, of.pooled)

    made = workings(Money(1000, "EUR"), TIERED, segments, of)

    assert made[Method.MARGINAL].reckonings({"a"})["a"].by is By.QUANTITY


def test_what_has_a_fee_but_no_quantity_is_shared_by_quantity() -> None:
    of = usage({"a": (4, 0), "b": (6, 2)}, a=4, b=8)
    fee = Segment(D(0), D(1), D(5), D(5), D(0), D(10))
    rest = Segment(D(2), D(5), D(0), D(10), D(10), None)

    made = workings(Money(1500, "EUR"), TIERED, (fee, rest), of)

    assert made[Method.MARGINAL].reckonings({"a"})["a"].by is By.QUANTITY


FURTHER = Graduated(TIERED.tiers, CalculationMode.CUMULATIVE)


def test_who_went_on_from_earlier_usage_is_in_the_segments_of_where_that_stood() -> None:
    of = replace(usage({"a": (4, 0), "b": (1, 5)}, a=4, b=6), reached=D(5))
    beyond = replace(of, steps=replace(of.steps, bounds=(D(5),)))  # five more to the second tier

    assert marginal_parts(FURTHER, beyond, 30_00) == [4_00, 26_00]


def test_what_only_makes_up_for_earlier_usage_below_zero_is_in_no_segment() -> None:
    of = replace(usage({"a": (3, 2, 0), "b": (0, 8, 2)}, a=5, b=10), reached=D(-3))
    beyond = replace(of, steps=replace(of.steps, bounds=(D(3), D(13))))

    assert marginal_parts(FURTHER, beyond, 20_00) == [2_00, 18_00]


def test_the_fee_of_a_tier_is_of_those_who_were_in_it() -> None:
    price = Graduated((Tier(D(10), D(1)), Tier(None, D(5), D(9))))

    assert marginal_parts(price, usage({"a": (4, 1), "b": (6, 2)}, a=5, b=8), 34_00) == [
        4_00 + 8_00,  # a third of 15 + 9
        6_00 + 16_00,
    ]


def test_segments_that_a_member_was_not_in_are_no_terms_of_its_share() -> None:
    of = usage({"a": (4, 0), "b": (6, 2)}, a=4, b=8)
    segments = rate(TIERED, of.pooled)

    found = workings(Money(2000, "EUR"), TIERED, segments, of)[Method.MARGINAL]

    told = found.reckonings({"b"})
    assert list(told) == ["b"], "who is not asked for is left out, and nobody after it"
    quantities = {who: len(one.terms) for who, one in found.reckonings(of.members).items()}
    assert quantities == {"a": 1, "b": 2}
