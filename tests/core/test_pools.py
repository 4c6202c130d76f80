"""Nearest pool wins: every instant of every customer's usage belongs to one schedule at most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.hierarchy import Forest, Link
from catchment.core.period import Span
from catchment.core.pools import Carve, Pool, PoolMember, pool
from catchment.core.schedules import Claim
from tests.core.strategies import (
    CUSTOMERS,
    HOURS,
    LINKS,
    RECORDED,
    SPANS,
    at,
    hours,
    line_up,
    span,
)

METRICS = ("calls", "minutes")


def link(customer: str, parent: str, start: int = 0, end: int | None = None) -> Link:
    return Link(customer, customer, parent, at(start), None if end is None else at(end), RECORDED)


def claim(
    schedule: str,
    customer: str,
    *,
    roll_up: bool = True,
    start: int = 0,
    end: int = HOURS,
    started: int = 1,
    metric: str = "calls",
) -> Claim:
    live = span(start, end)
    return Claim(schedule, customer, metric, live, roll_up, date(2026, 1, started))


WHOLE_TIME = span(0, HOURS)


def pool_of(own: Claim, links: Sequence[Link], *others: Claim, asked: Span = WHOLE_TIME) -> Pool:
    return pool(
        Forest(links),
        [own, *others],
        schedule_id=own.schedule_id,
        customer=own.customer,
        roll_up=own.roll_up,
        metric_id=own.metric_id,
        span=asked,
    )


def who(found: Pool) -> dict[str, tuple[Span, ...]]:
    return {member.customer: member.spans for member in found.members}


FAMILY = [link("b", "a"), link("c", "b"), link("d", "a", 4, 9)]
WHOLE = (WHOLE_TIME,)


def test_a_roll_up_schedule_pools_the_family_each_for_its_time_in_it() -> None:
    assert pool_of(claim("s", "a"), FAMILY) == Pool(
        (
            PoolMember("a", WHOLE, 0, ("a",)),
            PoolMember("d", (span(4, 9),), 1, ("a", "d")),
            PoolMember("b", WHOLE, 1, ("a", "b")),
            PoolMember("c", WHOLE, 2, ("a", "b", "c")),
        ),
        (),
    )


def test_without_roll_up_the_customer_stands_alone() -> None:
    assert who(pool_of(claim("s", "a", roll_up=False), FAMILY)) == {"a": WHOLE}


def test_a_childs_own_schedule_takes_its_usage_but_not_that_of_those_below() -> None:
    found = pool_of(claim("s", "a"), FAMILY, claim("t", "b", roll_up=False, start=3, end=6))

    assert who(found) == {
        "a": WHOLE,
        "b": (span(0, 3), span(6, HOURS)),
        "c": WHOLE,
        "d": (span(4, 9),),
    }
    assert found.carved == (Carve("b", (span(3, 6),), "t"),)


def test_a_childs_roll_up_schedule_takes_everyone_below_with_it() -> None:
    found = pool_of(claim("s", "a"), FAMILY, claim("t", "b", start=3, end=6))

    assert found.carved == (Carve("b", (span(3, 6),), "t"), Carve("c", (span(3, 6),), "t"))
    assert who(found)["c"] == (span(0, 3), span(6, HOURS))


def test_a_schedule_nearer_for_all_the_time_leaves_nothing() -> None:
    found = pool_of(claim("s", "a"), FAMILY, claim("t", "b"), claim("u", "c"))

    assert who(found) == {"a": WHOLE, "d": (span(4, 9),)}
    assert set(found.carved) == {Carve("b", WHOLE, "t"), Carve("c", WHOLE, "u")}


def test_an_ancestors_schedule_takes_nothing_from_those_nearer() -> None:
    found = pool_of(claim("t", "b"), FAMILY, claim("s", "a"))

    assert who(found) == {"b": WHOLE, "c": WHOLE}


def test_another_metric_is_another_matter() -> None:
    found = pool_of(claim("s", "a"), FAMILY, claim("t", "b", metric="minutes"))

    assert found.carved == ()


@pytest.mark.parametrize(
    ("mine", "other", "started", "mine_wins"),
    [("s", "t", 2, True), ("s", "t", 1, True), ("t", "s", 1, False), ("t", "s", 2, True)],
)
def test_of_two_schedules_of_one_customer_the_first_to_start_wins_then_the_smaller_id(
    mine: str, other: str, started: int, mine_wins: bool
) -> None:
    found = pool_of(claim(mine, "a"), FAMILY, claim(other, "a", started=started))

    assert (who(found) == {"a": WHOLE, "b": WHOLE, "c": WHOLE, "d": (span(4, 9),)}) is mine_wins
    assert {carve.schedule_id for carve in found.carved} == (set() if mine_wins else {other})


def test_an_earlier_schedule_without_roll_up_takes_only_its_own_customer() -> None:
    found = pool_of(claim("s", "a", started=2), FAMILY, claim("t", "a", roll_up=False))

    assert who(found) == {"b": WHOLE, "c": WHOLE, "d": (span(4, 9),)}
    assert found.carved == (Carve("a", WHOLE, "t"),)


def test_outside_its_own_claims_a_schedule_has_no_pool() -> None:
    first, second = claim("s", "a", start=2, end=4), claim("s", "a", start=6, end=8)

    assert who(pool_of(first, [], second, asked=span(3, 7))) == {"a": (span(3, 4), span(6, 7))}
    assert pool_of(first, [], second, asked=span(4, 6)) == Pool((), ())


def test_a_customer_who_moves_within_the_family_shows_its_last_place() -> None:
    moving = [
        link("b", "a"),
        Link("1", "c", "a", at(0), at(5), RECORDED),
        Link("2", "c", "b", at(5), None, RECORDED),
    ]

    found = pool_of(claim("s", "a"), moving)

    assert PoolMember("c", WHOLE, 2, ("a", "b", "c")) in found.members


@st.composite
def claim_sets(draw: st.DrawFn) -> list[Claim]:
    """A few schedules, each with one or two claims on some metrics, apart in time."""
    found: list[Claim] = []
    for number in range(draw(st.integers(2, 7))):
        customer = draw(st.sampled_from(CUSTOMERS))
        roll_up = draw(st.booleans())
        started = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 2)))
        bounds = sorted(draw(st.sets(st.integers(0, HOURS), min_size=2, max_size=4)))
        for metric in draw(st.sampled_from([METRICS, METRICS[:1]])):
            found += [
                Claim(f"s{number}", customer, metric, span(a, b), roll_up, started)
                for a, b in zip(bounds[::2], bounds[1::2], strict=False)
            ]
    return draw(st.permutations(found))


def claimant(
    links: Sequence[Link], claims: Sequence[Claim], customer: str, metric: str, hour: int
) -> str | None:
    """The schedule that the usage belongs to, by definition: the nearest one going up."""
    for x in line_up(links, customer, hour):
        able = [
            (c.started, c.schedule_id)
            for c in claims
            if c.customer == x
            and c.metric_id == metric
            and at(hour) in c.span
            and (x == customer or c.roll_up)
        ]
        if able:
            return min(able)[1]
    return None


@given(LINKS, claim_sets(), st.just(WHOLE_TIME) | SPANS)
def test_every_instant_of_every_customer_belongs_to_its_nearest_claimant_and_no_other(
    links: list[Link], claims: list[Claim], asked: Span
) -> None:
    forest = Forest(links)
    owned: dict[tuple[str, str, int], str] = {}

    for schedule, customer, roll_up in {(c.schedule_id, c.customer, c.roll_up) for c in claims}:
        for metric in METRICS:
            found = pool(
                forest,
                claims,
                schedule_id=schedule,
                customer=customer,
                roll_up=roll_up,
                metric_id=metric,
                span=asked,
            )
            for member in found.members:
                for hour in hours(member.spans):
                    assert owned.setdefault((member.customer, metric, hour), schedule) == schedule
            live = [c for c in claims if (c.schedule_id, c.metric_id) == (schedule, metric)]
            _check_partition(links, claims, found, live, asked)

    assert owned == {
        (customer, metric, hour): nearest
        for customer in CUSTOMERS
        for metric in METRICS
        for hour in hours([asked])
        if (nearest := claimant(links, claims, customer, metric, hour)) is not None
    }


def _check_partition(
    links: list[Link], claims: list[Claim], found: Pool, live: list[Claim], asked: Span
) -> None:
    """Members and carved customers are the whole family of the schedule's live hours, once each."""
    if not live:
        assert found == Pool((), ())
        return
    own = live[0]
    placed = [(m.customer, hour, own.schedule_id) for m in found.members for hour in hours(m.spans)]
    placed += [(c.customer, hour, c.schedule_id) for c in found.carved for hour in hours(c.spans)]

    assert sorted(placed) == sorted(
        (customer, hour, nearest)
        for hour in hours([asked]) & hours(c.span for c in live)
        for customer in CUSTOMERS
        if customer == own.customer
        or (own.roll_up and own.customer in line_up(links, customer, hour))
        if (nearest := claimant(links, claims, customer, own.metric_id, hour)) is not None
    )
