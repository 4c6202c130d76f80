"""Nearest pool wins: every instant of every customer's usage belongs to one schedule at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.due.claims import Claim
from catchment.core.due.pools import Carve, Pool, PoolMember, pool
from catchment.core.families.hierarchy import Forest, Link
from catchment.core.terms.schedules import EVERYONE, Scope
from catchment.core.values.period import Span
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
    without: str = "",
    scopes: Iterable[str] = ("",),
) -> Claim:
    """``scopes`` are written as words: ``"bc"`` names b and c, ``""`` nobody."""
    live = span(start, end)
    named = frozenset(map(frozenset, scopes))
    begun = date(2026, 1, started)
    return Claim(schedule, customer, (metric,), live, roll_up, begun, frozenset(without), named)


WHOLE_TIME = span(0, HOURS)


def pool_of(
    own: Claim,
    links: Sequence[Link],
    *others: Claim,
    asked: Span = WHOLE_TIME,
    scope: str | None = None,
) -> Pool:
    return pool(
        Forest(links),
        [own, *others],
        schedule_id=own.schedule_id,
        customer=own.customer,
        roll_up=own.roll_up,
        metric_id=own.metric_ids[0],
        span=asked,
        scope=None if scope is None else frozenset(scope),
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


def test_who_is_excluded_is_left_out_with_everyone_below() -> None:
    found = pool_of(claim("s", "a", without="b"), FAMILY)

    assert who(found) == {"a": WHOLE, "d": (span(4, 9),)}
    assert found.carved == ()


def test_who_is_excluded_belongs_to_the_next_schedule_further_up() -> None:
    nearer = claim("t", "b", without="c")

    found = pool_of(claim("s", "a"), FAMILY, nearer)

    assert who(found) == {"a": WHOLE, "c": WHOLE, "d": (span(4, 9),)}
    assert found.carved == (Carve("b", WHOLE, "t"),)
    assert who(pool_of(nearer, FAMILY, claim("s", "a"))) == {"b": WHOLE}


def test_an_exclusion_holds_only_while_the_excluded_stands_between() -> None:
    family = [link("b", "a"), link("c", "b", 0, 5)]
    family.append(Link("later", "c", "a", at(5), None, RECORDED))

    found = pool_of(claim("s", "a", without="b"), family)

    assert who(found) == {"a": WHOLE, "c": (span(5, HOURS),)}


def test_a_schedule_of_the_excluded_has_its_usage_all_the_same() -> None:
    own = claim("t", "b", roll_up=False)

    assert pool_of(claim("s", "a", without="b"), FAMILY, own).carved == ()
    assert who(pool_of(own, FAMILY, claim("s", "a", without="b"))) == {"b": WHOLE}


def test_a_price_that_names_a_customer_has_it_and_everyone_below_and_no_other_price_has() -> None:
    own = claim("s", "a", scopes=["", "b"])

    assert who(pool_of(own, FAMILY, scope="b")) == {"b": WHOLE, "c": WHOLE}
    assert who(pool_of(own, FAMILY, scope="")) == {"a": WHOLE, "d": (span(4, 9),)}
    assert who(pool_of(own, FAMILY)).keys() == {"a", "b", "c", "d"}


def test_the_nearest_named_customer_decides() -> None:
    own = claim("s", "a", scopes=["ad", "b", "c"])

    assert who(pool_of(own, FAMILY, scope="ad")) == {"a": WHOLE, "d": (span(4, 9),)}
    assert who(pool_of(own, FAMILY, scope="b")) == {"b": WHOLE}
    assert who(pool_of(own, FAMILY, scope="c")) == {"c": WHOLE}


def test_whom_no_price_names_belongs_to_the_next_schedule_further_up() -> None:
    nearer = claim("t", "b", scopes=["c"])

    found = pool_of(claim("s", "a"), FAMILY, nearer)

    assert who(found) == {"a": WHOLE, "b": WHOLE, "d": (span(4, 9),)}
    assert found.carved == (Carve("c", WHOLE, "t"),)
    assert who(pool_of(nearer, FAMILY, claim("s", "a"))) == {"c": WHOLE}


def test_the_nearer_schedule_wins_before_the_nearer_name() -> None:
    found = pool_of(claim("s", "a", scopes=["c"]), FAMILY, claim("t", "b"), scope="c")

    assert found == Pool((), (Carve("c", WHOLE, "t"),))


def test_a_scope_that_the_schedule_does_not_price_at_the_time_has_no_pool() -> None:
    first, then = claim("s", "a", end=5, scopes=["b"]), claim("s", "a", start=5, scopes=["", "b"])

    assert who(pool_of(first, FAMILY, then, scope="")) == {
        "a": (span(5, HOURS),),
        "d": (span(5, 9),),
    }
    assert pool_of(first, FAMILY, then, scope="c") == Pool((), ())
    assert who(pool_of(first, FAMILY, then, scope="b")) == {"b": WHOLE, "c": WHOLE}


SCOPES = st.sets(
    st.just(EVERYONE) | st.frozensets(st.sampled_from(CUSTOMERS), min_size=1, max_size=2),
    min_size=1,
    max_size=3,
).map(frozenset)


@st.composite
def claim_sets(draw: st.DrawFn) -> list[Claim]:
    """A few schedules, each with one or two claims on some metrics, apart in time."""
    found: list[Claim] = []
    for number in range(draw(st.integers(2, 7))):
        customer = draw(st.sampled_from(CUSTOMERS))
        roll_up = draw(st.booleans())
        started = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 2)))
        without = draw(st.just(frozenset()) | st.frozensets(st.sampled_from(CUSTOMERS), max_size=2))
        bounds = sorted(draw(st.sets(st.integers(0, HOURS), min_size=2, max_size=4)))
        for metrics in draw(
            st.sampled_from([[METRICS], [METRICS[:1]], [METRICS[:1], METRICS[1:]]])
        ):
            for a, b in zip(bounds[::2], bounds[1::2], strict=False):
                scopes = draw(st.just(frozenset({EVERYONE})) | SCOPES)
                terms = (metrics, span(a, b), roll_up, started, without - {customer}, scopes)
                found.append(Claim(f"s{number}", customer, *terms))
    return draw(st.permutations(found))


def scopes_of(claim: Claim, way: Sequence[str]) -> set[Scope]:
    """The scopes of a claim that price the first of ``way``, a way up to the claim's customer.

    By definition: those that name the nearest customer named by any; else the one of nobody.
    """
    if len(way) > 1 and (not claim.roll_up or claim.exclusions & set(way)):
        return set()
    for x in way:
        naming = {scope for scope in claim.scopes if x in scope}
        if naming:
            return naming
    return set(claim.scopes & {EVERYONE})


def claimant(
    links: Sequence[Link], claims: Sequence[Claim], customer: str, metric: str, hour: int
) -> tuple[str | None, set[Scope]]:
    """Whose the usage is, by definition: the nearest schedule going up that reaches it."""
    way = line_up(links, customer, hour)
    for place, x in enumerate(way):
        able = [
            (c.started, c.schedule_id, scopes)
            for c in claims
            if c.customer == x and metric in c.metric_ids and at(hour) in c.span
            if (scopes := scopes_of(c, way[: place + 1]))
        ]
        if able:
            return min(able, key=lambda one: one[:2])[1:]
    return None, set()


Placed = set[tuple[str, str, int, str, Scope | None]]
"""Customer, metric, hour: the schedule whose the usage is, and one of its scopes (None: any)."""


def owned(links: Sequence[Link], claims: Sequence[Claim], asked: Span) -> Placed:
    """Whose all usage is, as the pools of all schedules say."""
    found: Placed = set()
    for schedule, customer, roll_up in {(c.schedule_id, c.customer, c.roll_up) for c in claims}:
        scopes: set[Scope | None] = {s for c in claims for s in c.scopes}
        for metric, scope in product(METRICS, scopes | {None}):
            one = pool(
                Forest(links),
                claims,
                schedule_id=schedule,
                customer=customer,
                roll_up=roll_up,
                metric_id=metric,
                span=asked,
                scope=scope,
            )
            for member in one.members:
                for hour in hours(member.spans):
                    found.add((member.customer, metric, hour, schedule, scope))
            _check_partition(links, claims, one, schedule, metric, scope, asked)
    return found


def defined(links: Sequence[Link], claims: Sequence[Claim], asked: Span) -> Placed:
    """Whose all usage is, by definition."""
    return {
        (customer, metric, hour, schedule, scope)
        for customer, metric, hour in product(CUSTOMERS, METRICS, hours([asked]))
        for schedule, scopes in [claimant(links, claims, customer, metric, hour)]
        if schedule is not None
        for scope in (*scopes, None)
    }


@given(LINKS, claim_sets(), st.just(WHOLE_TIME) | SPANS)
def test_every_instant_of_every_customer_belongs_to_its_nearest_claimant_and_no_other(
    links: list[Link], claims: list[Claim], asked: Span
) -> None:
    found = owned(links, claims, asked)

    assert found == defined(links, claims, asked)
    whose = [one[:3] for one in found if one[4] is None]
    assert len(whose) == len(set(whose))


def _check_partition(
    links: Sequence[Link],
    claims: Sequence[Claim],
    found: Pool,
    schedule: str,
    metric: str,
    scope: Scope | None,
    asked: Span,
) -> None:
    """Members and carved customers are all whom the scope covers at the schedule's live hours."""
    placed = [(m.customer, hour, schedule) for m in found.members for hour in hours(m.spans)]
    placed += [(c.customer, hour, c.schedule_id) for c in found.carved for hour in hours(c.spans)]
    own = [c for c in claims if c.schedule_id == schedule and metric in c.metric_ids]

    assert sorted(placed) == sorted(
        (customer, hour, claimant(links, claims, customer, metric, hour)[0])
        for claim in own
        for customer, hour in product(CUSTOMERS, hours([asked]) & hours([claim.span]))
        if claim.customer in (way := line_up(links, customer, hour))
        if (scopes := scopes_of(claim, way[: way.index(claim.customer) + 1]))
        if scope is None or scope in scopes
    )


def test_leaving_out_only_the_excluded_themselves_would_break_the_law() -> None:
    own = claim("s", "a", without="b")
    right = defined(FAMILY, [own], WHOLE_TIME)
    whole = owned(FAMILY, [claim("s", "a")], WHOLE_TIME)
    tempting = {one for one in whole if one[0] not in own.exclusions}

    assert owned(FAMILY, [own], WHOLE_TIME) == right
    assert tempting != right


def test_giving_each_price_all_below_its_names_would_break_the_law() -> None:
    own = claim("s", "a", scopes=["b", "c"])
    right = defined(FAMILY, [own], WHOLE_TIME)
    each_alone = [owned(FAMILY, [claim("s", "a", scopes=[one])], WHOLE_TIME) for one in "bc"]

    assert owned(FAMILY, [own], WHOLE_TIME) == right
    assert set().union(*each_alone) != right
