"""Every branch of an ordered tree is a few stretches of the list, and nobody else is in them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from catchment.core.shares.branches import Stretch, stretches

Paths = Sequence[tuple[str, ...]]


def test_a_branch_is_one_stretch_and_a_leaf_is_not_listed() -> None:
    paths = [("g",), ("g", "a"), ("g", "a", "x"), ("g", "a", "y"), ("g", "b", "z")]

    assert set(stretches(paths)) == {Stretch("g", 0, 4), Stretch("a", 1, 3), Stretch("b", 4, 4)}


def test_who_was_moved_has_a_stretch_for_each_place() -> None:
    # x stood below a while m was its child, and stands below b now.
    paths = [("g", "a", "x", "m"), ("g", "b", "x")]

    assert {one for one in stretches(paths) if one.customer == "x"} == {
        Stretch("x", 0, 0),
        Stretch("x", 1, 1),
    }


def test_a_family_of_one_and_an_empty_one_have_no_branches() -> None:
    assert list(stretches([("g",)])) == []
    assert list(stretches([])) == []


families = st.lists(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True).map(
        lambda below: ("g", *below)
    ),
    max_size=25,
    unique_by=lambda path: path[-1],
).map(sorted)


def told(paths: Paths, found: Sequence[Stretch]) -> bool:
    """The law: who is below a customer, or is it, stands in its stretches, and nobody else, once."""
    listed = {one.customer for one in found}
    for customer in {step for path in paths for step in path}:
        right = [place for place, path in enumerate(paths) if customer in path]
        places = [
            place
            for one in sorted(found)
            if one.customer == customer
            for place in range(one.first, one.last + 1)
        ]
        if customer in listed:
            if places != right:
                return False
        elif [paths[place][-1] for place in right] != [customer]:
            return False
    return True


@given(families)
def test_the_stretches_of_a_customer_hold_its_branch(paths: Paths) -> None:
    assert told(paths, list(stretches(paths)))


def test_taking_the_first_to_the_last_below_would_take_in_strangers() -> None:
    """The tempting way, one stretch for each customer, and the law above notices."""
    paths = [("g", "a", "x", "m"), ("g", "b"), ("g", "c", "x")]
    ranges: dict[str, Stretch] = {}
    for place, path in enumerate(paths):
        for step in path:
            ranges[step] = Stretch(step, ranges.get(step, Stretch(step, place, 0)).first, place)

    assert told(paths, list(stretches(paths)))
    assert not told(paths, list(ranges.values()))
