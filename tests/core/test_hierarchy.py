"""The dated forest: who was below whom, moves and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.core.families.hierarchy import (
    MAX_LEVELS,
    Forest,
    Link,
    Membership,
    Move,
    Stay,
    believed,
    check,
    move,
    settle,
)
from catchment.core.values.errors import HierarchyCycle, HierarchyTooDeep, LinkOverlap, OwnParent
from catchment.core.values.period import Span
from tests.core.strategies import (
    CUSTOMERS,
    HOURS,
    LINKS,
    RECORDED,
    RELOCATIONS,
    SPANS,
    Relocation,
    at,
    hours,
    line_up,
    parent_at,
    settled,
    span,
)


def link(customer: str, parent: str | None, start: int = 0, end: int | None = None) -> Link:
    id = f"{customer}>{parent}@{start}"
    return Link(id, customer, parent, at(start), None if end is None else at(end), RECORDED)


def chain(length: int, *, prefix: str = "n", start: int = 0, end: int | None = None) -> list[Link]:
    """``length`` customers one below the other: n0 on top."""
    return [link(f"{prefix}{i}", f"{prefix}{i - 1}", start, end) for i in range(1, length)]


def moved(
    links: Sequence[Link], customer: str, parent: str | None, hour: int, reason: str | None = None
) -> Move:
    ids = count()
    return move(
        links,
        customer,
        parent,
        at(hour),
        recorded_at=RECORDED + timedelta(days=1),
        new_id=lambda: f"new{next(ids)}",
        reason=reason,
    )


def places(change: Move) -> list[tuple[str | None, int, int | None]]:
    """Parent, first hour and end of every added link."""

    def hour(instant: object) -> int | None:
        return next((h for h in range(HOURS + 1) if at(h) == instant), None)

    return [(ln.parent, hour(ln.start) or 0, hour(ln.end)) for ln in change.added]


FAMILY = Forest([link("b", "a"), link("c", "b", 2, 6), link("c", "a", 6), link("d", "c", 4)])


@pytest.mark.parametrize(
    ("customer", "hour", "above"),
    [
        ("a", 3, ()),
        ("b", 0, ("a",)),
        ("c", 1, ()),
        ("c", 2, ("a", "b")),
        ("c", 5, ("a", "b")),
        ("c", 6, ("a",)),
        ("d", 3, ()),
        ("d", 4, ("a", "b", "c")),
        ("d", 6, ("a", "c")),
        ("unknown", 6, ()),
    ],
)
def test_ancestors_at_each_side_of_every_move(
    customer: str, hour: int, above: tuple[str, ...]
) -> None:
    assert FAMILY.ancestors(customer, at(hour)) == above
    assert FAMILY.parent(customer, at(hour)) == (above[-1] if above else None)


@pytest.mark.parametrize(
    ("hour", "children", "everyone"),
    [(1, ("b",), "ab"), (2, ("b",), "abc"), (4, ("b",), "abcd"), (6, ("b", "c"), "abcd")],
)
def test_children_and_subtree_at_each_side_of_every_move(
    hour: int, children: tuple[str, ...], everyone: str
) -> None:
    assert FAMILY.children("a", at(hour)) == children
    assert FAMILY.subtree("a", at(hour)) == frozenset(everyone)


def test_a_member_counts_for_its_stretches_and_shows_its_last_place() -> None:
    members = FAMILY.members("a", span(1, 8))

    assert members == {
        "a": Membership((span(1, 8),), 0, ("a",)),
        "b": Membership((span(1, 8),), 1, ("a", "b")),
        "c": Membership((span(2, 8),), 1, ("a", "c")),
        "d": Membership((span(4, 8),), 2, ("a", "c", "d")),
    }


def test_nobody_belongs_to_a_family_for_no_time() -> None:
    assert FAMILY.members("a", span(3, 3)) == {}


def test_someone_who_left_and_came_back_counts_twice() -> None:
    forest = Forest([link("b", "a", 1, 3), link("b", None, 3, 5), link("b", "a", 5)])

    assert forest.members("a", span(0, 9))["b"].spans == (span(1, 3), span(5, 9))


def test_a_very_deep_family_is_walked_without_recursion() -> None:
    forest = Forest(chain(3000))

    assert len(forest.members("n0", span(0, 1))) == 3000
    assert len(forest.subtree("n0", at(0))) == 3000
    assert len(forest.ancestors("n2999", at(0))) == 2999


@given(LINKS, st.sampled_from(CUSTOMERS), SPANS)
def test_members_are_those_with_the_root_in_their_line_up_at_that_instant(
    links: list[Link], root: str, asked: Span
) -> None:
    members = Forest(links).members(root, asked)

    lines = {
        (c, h): line[line.index(root) :: -1]
        for c in CUSTOMERS
        for h in hours([asked])
        if root in (line := line_up(links, c, h))
    }
    assert {(c, h) for c, m in members.items() for h in hours(m.spans)} == set(lines)
    for customer, member in members.items():
        last = max(hours(member.spans))
        assert list(member.path) == lines[customer, last]
        assert member.depth == len(member.path) - 1


@given(LINKS, st.sampled_from(CUSTOMERS), SPANS)
def test_the_links_of_a_member_are_those_on_its_line_up_at_its_instants(
    links: list[Link], root: str, asked: Span
) -> None:
    forest = Forest(links)

    for customer, member in forest.members(root, asked).items():
        found = forest.links_between(root, customer, member.spans)
        steps = {
            step.id
            for hour in hours(member.spans)
            for one in line_up(links, customer, hour)[: line_up(links, customer, hour).index(root)]
            for step in links
            if step.customer == one and at(hour) in step.span
        }
        assert {link.id for link in found} == steps
        assert len(found) == len(steps)


@given(LINKS, st.sampled_from(CUSTOMERS), SPANS)
def test_links_lead_to_everyone_who_was_ever_below_and_back(
    links: list[Link], root: str, asked: Span
) -> None:
    forest = Forest(links)

    members = forest.members(root, asked).keys()

    assert members <= forest.linked_below(root)
    assert all(root in forest.linked_above([member]) for member in members)


def test_links_lead_on_also_where_they_never_held_at_one_time() -> None:
    forest = Forest([link("a", "b", 0, 1), link("b", "c", 2), link("d", "c", 2)])

    assert forest.linked_above(["a"]) == {"a", "b", "c"}
    assert forest.linked_below("c") == {"c", "b", "a", "d"}
    assert forest.linked_above([]) == set()


@given(LINKS, st.integers(0, HOURS - 1))
def test_one_instant_agrees_with_the_line_up(links: list[Link], hour: int) -> None:
    forest = Forest(links)

    for customer in CUSTOMERS:
        line = line_up(links, customer, hour)
        assert forest.ancestors(customer, at(hour)) == tuple(reversed(line[1:]))
        assert customer in forest.subtree(line[-1], at(hour))
        children = [c for c in CUSTOMERS if parent_at(links, c, hour) == customer]
        assert list(forest.children(customer, at(hour))) == children


@given(RELOCATIONS)
def test_after_a_move_the_customer_has_its_new_parent_for_good(made: list[Relocation]) -> None:
    links = settled(made)
    own = [ln for ln in links if ln.customer == "a"]

    change = moved(own, "a", "elsewhere", 5)
    gone = {ln.id for ln in change.superseded}
    after = [ln for ln in own if ln.id not in gone] + list(change.added)

    for hour in range(HOURS):
        before_the_move = parent_at(own, "a", hour)
        assert parent_at(after, "a", hour) == ("elsewhere" if hour >= 5 else before_the_move)


@pytest.mark.parametrize(
    ("links", "parent", "added", "superseded"),
    [
        ([], "p", [("p", 5, None)], 0),
        ([], None, [], 0),
        ([link("c", "p", 2)], "p", [], 0),
        ([link("c", "p", 5)], "p", [], 0),
        ([link("c", "p", 2, 7), link("c", "p", 7)], "p", [], 0),
        ([link("c", "p", 2, 5)], None, [], 0),
        ([link("c", None, 2)], None, [], 0),
        ([link("c", "p", 6)], "p", [("p", 5, None)], 1),
        ([link("c", "p", 2, 7), link("c", "p", 8)], "p", [("p", 2, 5), ("p", 5, None)], 2),
        ([link("c", "p", 2, 9)], "p", [("p", 2, 5), ("p", 5, None)], 1),
        ([link("c", "p", 2)], "q", [("p", 2, 5), ("q", 5, None)], 1),
        ([link("c", "p", 5)], "q", [("q", 5, None)], 1),
        ([link("c", "p", 2)], None, [("p", 2, 5), (None, 5, None)], 1),
        ([link("c", "p", 2, 5)], "q", [("q", 5, None)], 0),
        ([link("c", "p", 2, 6), link("c", "r", 8)], "q", [("p", 2, 5), ("q", 5, None)], 2),
        ([link("c", "p", 2), link("c", "r", 0, 1)], "q", [("p", 2, 5), ("q", 5, None)], 1),
    ],
)
def test_a_move_cuts_the_present_and_replaces_the_future(
    links: list[Link],
    parent: str | None,
    added: list[tuple[str | None, int, int | None]],
    superseded: int,
) -> None:
    change = moved(links, "c", parent, 5)

    assert places(change) == added
    assert len(change.superseded) == superseded


def test_what_a_move_writes_says_when_and_why() -> None:
    before = Link("old", "c", "p", at(2), None, RECORDED, "joined")

    change = moved([before], "c", "q", 5, "sold")

    cut, new = change.added
    recorded = RECORDED + timedelta(days=1)
    assert [ln.superseded_at for ln in change.superseded] == [recorded]
    assert (cut.id, cut.recorded_at, cut.reason) == ("new0", recorded, "joined")
    assert (new.id, new.recorded_at, new.reason) == ("new1", recorded, "sold")


def test_what_was_believed_before_a_correction_and_after_it() -> None:
    first = Link("1", "c", "p", at(0), None, at(1), superseded_at=at(3))
    second = Link("2", "c", "q", at(0), None, at(3))

    assert [[ln.id for ln in believed([first, second], at(h))] for h in range(5)] == [
        [],
        ["1"],
        ["1"],
        ["2"],
        ["2"],
    ]


def test_nobody_is_its_own_parent() -> None:
    new = link("a", "a")

    with pytest.raises(OwnParent, match="a cannot"):
        check(Forest([new]), new)


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [(0, 2, True), (0, 3, False), (3, 4, False), (5, 9, False), (6, 9, True), (0, None, False)],
)
def test_two_parents_at_one_time_are_refused(start: int, end: int | None, fits: bool) -> None:
    known, new = link("c", "p", 2, 6), link("c", "q", start, end)
    forest = Forest([known, new])

    if fits:
        check(forest, new)
    else:
        with pytest.raises(LinkOverlap, match=r"c already .* until 1970-01-01T06"):
            check(forest, new)


def test_an_overlap_with_an_open_link_says_so() -> None:
    known, new = link("c", "p", 2), link("c", "q", 7)

    with pytest.raises(LinkOverlap, match="until further notice"):
        check(Forest([known, new]), new)


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [(0, 2, True), (0, 3, False), (3, 4, False), (5, None, False), (6, None, True)],
)
def test_a_cycle_at_any_instant_of_the_links_life_is_refused(
    start: int, end: int | None, fits: bool
) -> None:
    new = link("a", "c", start, end)
    forest = Forest([link("b", "a"), link("c", "b", 2, 6), new])

    if fits:
        check(forest, new)
    else:
        with pytest.raises(HierarchyCycle, match="a > b > c > a"):
            check(forest, new)


def test_a_cycle_further_up_is_refused_too() -> None:
    new = link("c", "a")

    with pytest.raises(HierarchyCycle, match="a > b > a > c"):
        check(Forest([link("a", "b"), link("b", "a"), new]), new)


def test_a_customer_may_stand_at_the_top_whatever_the_others_do() -> None:
    new = link("a", None)

    check(Forest([link("b", "a"), new]), new)


@pytest.mark.parametrize(("below", "fits"), [(MAX_LEVELS - 10, True), (MAX_LEVELS - 9, False)])
def test_a_family_has_at_most_64_levels(below: int, fits: bool) -> None:
    new = link("low0", "up9")
    forest = Forest([*chain(10, prefix="up"), *chain(below, prefix="low"), new])

    if fits:
        check(forest, new)
    else:
        with pytest.raises(HierarchyTooDeep, match="levels below up0"):
            check(forest, new)


def test_levels_count_only_together_at_one_instant() -> None:
    new = link("low0", "up39")
    early, late = chain(40, prefix="up", start=0, end=5), chain(40, prefix="low", start=5)

    check(Forest([*early, *late, new]), new)


STAYS = st.dictionaries(st.integers(0, HOURS - 1), st.sampled_from(("b", "c", None)), min_size=1)
OWN = RELOCATIONS.map(
    lambda all_: settled([Relocation("a", r.parent, r.hour) for r in all_ if r.parent != "a"])
)


def settle_at(links: Sequence[Link], stays: dict[int, str | None]) -> Move:
    ids = count()
    return settle(
        links,
        "a",
        [Stay(at(hour), parent) for hour, parent in sorted(stays.items())],
        recorded_at=RECORDED,
        new_id=lambda: f"new {next(ids)}",
    )


def applied(links: Sequence[Link], change: Move) -> list[Link]:
    gone = {link.id for link in change.superseded}
    return [link for link in links if link.id not in gone] + list(change.added)


@given(OWN, STAYS)
def test_settling_says_where_somebody_is_from_the_first_stay_on(
    links: list[Link], stays: dict[int, str | None]
) -> None:
    after = applied(links, settle_at(links, stays))

    first = min(stays)
    for hour in range(HOURS):
        if hour < first:
            expected = parent_at(links, "a", hour)
        else:
            expected = stays[max(h for h in stays if h <= hour)]
        assert parent_at(after, "a", hour) == expected


@given(OWN, STAYS)
def test_settling_twice_changes_nothing(links: list[Link], stays: dict[int, str | None]) -> None:
    after = applied(links, settle_at(links, stays))

    assert settle_at(after, stays) == Move()


@given(OWN, STAYS)
def test_settling_supersedes_nothing_that_ended_before_the_first_difference(
    links: list[Link], stays: dict[int, str | None]
) -> None:
    change = settle_at(links, stays)
    after = applied(links, change)

    same = 0
    while same < HOURS and parent_at(links, "a", same) == parent_at(after, "a", same):
        same += 1
    assert all(link.until > at(same) for link in change.superseded)
