"""Seats by day, held against a plain walk over every day; and what they cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.terms.pricing import Proration, SeatBased, SeatPart, Tier, rate, within
from catchment.core.usage.metering import Member, Usage
from catchment.core.usage.seat_balances import SeatTotal, deciding, measure
from catchment.core.values.money import Money
from catchment.core.values.period import ALWAYS, ONE_DAY, Period, Span

APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))
MAY = Period(date(2026, 5, 1), date(2026, 6, 1))
TIERS = (Tier(Decimal(15), Decimal(12)), Tier(None, Decimal(15)))
EAST = timezone(timedelta(hours=9))
ALL = tuple(Proration)


def noon(month: int, day: int, seats: int, place: int = 0) -> SeatTotal:
    return SeatTotal(datetime(2026, month, day, 12, tzinfo=UTC), place, seats)


def seats(
    *totals: SeatTotal, service: Period = APRIL, spans: tuple[Span, ...] = (ALWAYS,)
) -> Usage:
    return measure([Member("a", ("a",), spans)], {"a": totals}, service, UTC, payer="a")


def cost(price: SeatBased, usage: Usage, full: Period = APRIL) -> Money:
    segments = rate(within(price, full.days), usage.pooled, usage.values)
    return Money.rounded(sum((one.amount for one in segments), Decimal(0)), "USD")


def per_seat(amount: str, proration: Proration, minimum: int = 0) -> SeatBased:
    return SeatBased(Decimal(amount), (), proration, minimum)


@pytest.mark.parametrize("proration", [Proration.PRORATE_INCREMENTS, Proration.PRORATE_ALL_CHANGES])
def test_a_seat_added_in_the_month_costs_its_remaining_days(proration: Proration) -> None:
    price = per_seat("15", proration)

    assert cost(price, seats(noon(4, 18, 1))) == Money(650, "USD")
    assert cost(price, seats(noon(4, 18, 27))) == Money(17550, "USD")
    assert cost(price, seats(noon(4, 18, 27), service=MAY), MAY) == Money(40500, "USD")


@pytest.mark.parametrize("proration", ALL)
def test_the_contracted_minimum_is_charged_whatever_is_used(proration: Proration) -> None:
    assert cost(per_seat("1", proration, 100), seats(noon(3, 1, 90))) == Money(10000, "USD")
    assert cost(per_seat("1", proration, 100), seats()) == Money(10000, "USD")


@pytest.mark.parametrize("proration", ALL)
def test_tiers_price_only_the_seats_inside_them(proration: Proration) -> None:
    price = SeatBased(Decimal(0), TIERS, proration)
    [first, second] = rate(within(price, 30), Decimal(20), seats(noon(3, 31, 20)).values)

    assert (first.amount, second.amount) == (Decimal(180), Decimal(75))
    assert (first.quantity, second.quantity) == (Decimal(15), Decimal(5))
    assert [first.lower, first.upper, second.lower, second.upper] == [0, 15, 15, None]


def test_strategies_differ_in_what_changes_within_the_month() -> None:
    used = seats(noon(4, 1, 10), noon(4, 11, 30), noon(4, 21, 5))

    found = [cost(per_seat("3", one), used).decimal for one in ALL]

    # 30 all month; 10, then 30 and no fewer; 10, 30 and 5 for ten days each.
    assert found == [Decimal(90), Decimal(70), Decimal(45)]


def test_what_is_removed_counts_until_the_service_ends_and_no_longer() -> None:
    price = per_seat("30", Proration.PRORATE_INCREMENTS)
    totals = noon(4, 1, 10), noon(4, 16, 4)

    assert cost(price, seats(*totals)).decimal == 300
    assert cost(price, seats(*totals, service=MAY), MAY).decimal == 120


def test_the_last_total_of_a_day_counts_for_all_of_it() -> None:
    used = seats(
        noon(4, 1, 9),
        noon(4, 1, 7, place=1),
        SeatTotal(noon(4, 1, 0).at + timedelta(hours=3), 0, 2),
    )

    assert used.values == ((Decimal(2), 30),)
    assert seats(noon(4, 1, 7, place=2), noon(4, 1, 9, place=1)).values == ((Decimal(7), 30),)


def test_a_day_is_that_of_the_time_zone() -> None:
    late = SeatTotal(datetime(2026, 4, 9, 15, tzinfo=UTC), 0, 6)  # the 10th, further east
    used = measure([Member("a", ("a",), (ALWAYS,))], {"a": [late]}, APRIL, EAST, payer="a")

    assert used.values == ((Decimal(0), 9), (Decimal(6), 21))


def test_seats_count_on_the_days_at_whose_end_a_member_is_in_the_pool() -> None:
    from_the_tenth = Span(datetime(2026, 4, 10, tzinfo=UTC), datetime(2026, 4, 20, 8, tzinfo=UTC))

    assert seats(noon(3, 1, 4), spans=(from_the_tenth,)).values == (
        (Decimal(0), 9),
        (Decimal(4), 10),
        (Decimal(0), 11),
    )


@pytest.mark.parametrize("proration", ALL)
def test_who_leaves_on_the_first_day_owes_no_minimum(proration: Proration) -> None:
    """Another pool has the member at the end of that day, and is charged the minimum for all of it."""
    morning = datetime(2026, 4, 1, 9, tzinfo=UTC)
    gone = seats(noon(3, 1, 5), spans=(Span(ALWAYS.start, morning),))

    assert (gone.values, gone.members) == ((), {})
    assert cost(per_seat("1", proration, 3), gone) == Money(0, "USD")

    came = seats(noon(3, 1, 5), spans=(Span(morning, ALWAYS.end),))
    assert cost(per_seat("1", proration, 3), came) == Money(500, "USD")


def test_who_leaves_at_midnight_was_there_on_the_day_before() -> None:
    until = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 16, tzinfo=UTC))

    assert seats(noon(3, 1, 4), spans=(until,)).values == ((Decimal(4), 15), (Decimal(0), 15))


def test_flat_fees_are_whole_unless_they_are_prorated() -> None:
    tiers = (Tier(Decimal(10), Decimal(0), Decimal(30)), Tier(None, Decimal(0), Decimal(60)))
    used = seats(noon(4, 1, 5), noon(4, 21, 11))

    whole = SeatBased(Decimal(0), tiers, Proration.PRORATE_ALL_CHANGES)
    by_days = SeatBased(Decimal(0), tiers, Proration.PRORATE_ALL_CHANGES, prorate_fees=True)

    assert cost(whole, used).decimal == 90
    assert cost(by_days, used).decimal == 50


def test_a_cut_service_costs_its_part_of_the_cycle() -> None:
    half = Period(date(2026, 4, 16), date(2026, 5, 1))

    assert [
        cost(per_seat("30", one), seats(noon(4, 1, 2), service=half)).decimal for one in ALL
    ] == [
        30,
        30,
        30,
    ]


def test_nobody_in_the_pool_is_charged_nothing() -> None:
    used = measure([], {}, APRIL, UTC, payer="a")

    assert rate(per_seat("1", Proration.USE_MAXIMUM, 100), used.pooled, used.values) == ()


def test_the_aliases_of_a_customer_tell_of_the_same_seats() -> None:
    member = Member("a", ("a", "also-a"), (ALWAYS,))
    totals = {"a": [noon(4, 1, 8)], "also-a": [noon(4, 11, 3)]}

    assert measure([member], totals, APRIL, UTC, payer="a").values == (
        (Decimal(8), 10),
        (Decimal(3), 20),
    )


def test_dear_seats_are_whose_came_last() -> None:
    members = [Member("a", ("a",), (ALWAYS,)), Member("b", ("b",), (ALWAYS,))]
    totals = {"a": [noon(4, 1, 8), noon(4, 21, 0)], "b": [noon(4, 11, 6)]}

    used = measure(members, totals, APRIL, UTC, payer="a", bounds=[Decimal(10)])

    # b has 2 of its 6 in the first step for ten days, then all of them: a made room.
    assert used.steps.members == {
        "a": (Decimal(160), Decimal(0)),
        "b": (Decimal(20 + 60), Decimal(40)),
    }


# Laws, on random seats.

totals_of_april = st.lists(
    st.builds(
        lambda hours, place, count: SeatTotal(
            datetime(2026, 3, 25, tzinfo=UTC) + timedelta(hours=hours), place, count
        ),
        st.integers(0, 40 * 24),
        st.integers(0, 3),
        st.integers(0, 40),
    ),
    max_size=8,
    unique_by=lambda one: (one.at, one.place),
)
prices = st.builds(
    SeatBased,
    st.decimals(0, 100, places=2),
    st.sampled_from(
        [
            (),
            TIERS,
            (
                Tier(Decimal(3), Decimal("0.333333333333"), Decimal(1)),
                Tier(Decimal(9), Decimal(7), Decimal("2.5")),
                Tier(None, Decimal("0.1"), Decimal(10)),
            ),
        ]
    ),
    st.sampled_from(Proration),
    st.integers(0, 12),
    prorate_fees=st.booleans(),
)
families = st.lists(totals_of_april, min_size=1, max_size=4)


def pool_of(family: list[list[SeatTotal]]) -> Usage:
    members = [Member(str(n), (str(n),), (ALWAYS,)) for n in range(len(family))]
    return measure(
        members,
        {str(n): own for n, own in enumerate(family)},
        APRIL,
        UTC,
        payer="0",
        bounds=(Decimal(3), Decimal(9)),
    )


def plainly(family: list[list[SeatTotal]]) -> list[int]:
    """The seats of every day of April, one day after the other."""
    found = []
    day = APRIL.start
    while day < APRIL.end:
        known = [[one for one in own if one.at.date() <= day] for own in family]
        found.append(sum(max(own).seats for own in known if own))
        day += ONE_DAY
    return found


def plain_cost(price: SeatBased, days: list[int], full: int) -> Fraction:
    """What the days come to, seat by seat."""
    found = Fraction(0)
    entered: dict[int, int] = {}
    tiers = price.tiers or (Tier(None, price.price_per_seat),)
    firsts = [1, *(int(tier.upper or 0) + 1 for tier in tiers)]
    counted = {
        Proration.USE_MAXIMUM: [max(days)] * len(days),
        Proration.PRORATE_INCREMENTS: [max(days[: n + 1]) for n in range(len(days))],
        Proration.PRORATE_ALL_CHANGES: days,
    }[price.proration]
    for there in counted:
        for seat in range(1, max(there, price.minimum) + 1):
            place = max(n for n, first in enumerate(firsts[:-1]) if first <= seat)
            found += Fraction(tiers[place].price) / full
            entered[place] = entered.get(place, 0) + (seat == firsts[place])
    for place, there in entered.items():
        fee = Fraction(tiers[place].fee)
        found += fee * there / full if price.prorate_fees else fee
    return found


@given(families)
def test_days_are_what_a_walk_over_them_finds(family: list[list[SeatTotal]]) -> None:
    used = pool_of(family)

    assert [int(count) for count, days in used.values for _ in range(days)] == plainly(family)


@given(families)
def test_what_decides_is_enough_and_no_more(family: list[list[SeatTotal]]) -> None:
    within = APRIL.span(UTC)

    alone = [deciding(own, within) for own in family]

    assert pool_of(alone) == pool_of(family)
    for own in alone:
        assert len([one for one in own if one.at < within.start]) <= 1
        assert all(one.at < within.end for one in own)


@given(families, prices, st.sampled_from([30, 31, 365]))
def test_an_amount_is_what_all_seats_of_all_days_cost(
    family: list[list[SeatTotal]], price: SeatBased, full: int
) -> None:
    segments = rate(within(price, full), Decimal(0), pool_of(family).values)

    exact = plain_cost(price, plainly(family), full)
    found = sum((Fraction(one.amount) for one in segments), Fraction(0))
    assert 0 <= exact - found < Fraction(1, 10**12)


@given(st.integers(0, 40), prices)
def test_strategies_agree_where_nothing_changes(count: int, price: SeatBased) -> None:
    used = seats(noon(3, 20, count))

    found = {
        rate(
            SeatBased(
                price.price_per_seat, price.tiers, one, price.minimum, None, price.prorate_fees, 30
            ),
            Decimal(0),
            used.values,
        )
        for one in ALL
    }
    assert len(found) == 1


@given(families, prices)
def test_the_maximum_is_never_below_increments_nor_those_below_changes(
    family: list[list[SeatTotal]], price: SeatBased
) -> None:
    used = pool_of(family)

    peak, increments, changes = (
        cost(
            SeatBased(price.price_per_seat, price.tiers, one, price.minimum, None, True), used
        ).minor
        for one in ALL
    )
    assert peak >= increments >= changes


@given(totals_of_april, st.integers(1, 29))
def test_by_days_a_month_is_the_sum_of_its_parts(totals: list[SeatTotal], cut: int) -> None:
    price = SeatBased(Decimal("7.3"), TIERS, Proration.PRORATE_ALL_CHANGES, 4)
    middle = APRIL.start + cut * ONE_DAY

    whole, first, second = (
        sum((one.amount for one in rate(within(price, 30), Decimal(0), used.values)), Decimal(0))
        for used in (
            seats(*totals),
            seats(*totals, service=Period(APRIL.start, middle)),
            seats(*totals, service=Period(middle, APRIL.end)),
        )
    )
    assert abs(whole - first - second) < Decimal("1e-11")


@given(families)
def test_members_have_all_the_seats_there_are_and_in_every_step(
    family: list[list[SeatTotal]],
) -> None:
    used = pool_of(family)
    days = plainly(family)

    assert abs(used.pooled * 30 - sum(days)) < Decimal("1e-9")
    if used.steps.members:
        edges = ((0, 3), (3, 9), (9, 10**9))
        for step, (lower, upper) in enumerate(edges):
            inside = sum(max(0, min(upper, there) - lower) for there in days)
            assert sum(parts[step] for parts in used.steps.members.values()) == inside


def parts_of(price: SeatBased, used: Usage, part: SeatPart) -> Fraction:
    segments = rate(within(price, 30, part), Decimal(0), used.values)
    return sum((Fraction(one.amount) for one in segments), Fraction(0))


@given(families, prices, st.sampled_from([None, "NONE", "MONTHLY"]))
def test_what_is_committed_and_what_comes_to_it_are_all_there_is(
    family: list[list[SeatTotal]], price: SeatBased, overages: str | None
) -> None:
    used, price = pool_of(family), replace(price, overages=overages)

    whole, committed, more = (parts_of(price, used, part) for part in SeatPart)

    assert abs(whole - committed - more) < Fraction(3, 10**12)
    if price.proration is not Proration.PRORATE_ALL_CHANGES or overages == "MONTHLY":
        assert more >= 0


@given(families, prices)
def test_what_is_committed_does_not_depend_on_what_comes_later(
    family: list[list[SeatTotal]], price: SeatBased
) -> None:
    first_day = [[one for one in own if one.at.date() <= APRIL.start] for own in family]

    assert parts_of(price, pool_of(family), SeatPart.COMMITTED) == parts_of(
        price, pool_of(first_day), SeatPart.COMMITTED
    )


def test_a_minimum_is_committed_where_overages_are_charged_apart() -> None:
    used = seats(noon(3, 1, 105))
    price = replace(per_seat("12", Proration.USE_MAXIMUM, 100), overages="MONTHLY")

    assert parts_of(price, used, SeatPart.COMMITTED) == 1200
    assert parts_of(price, used, SeatPart.OVERAGES) == 60
