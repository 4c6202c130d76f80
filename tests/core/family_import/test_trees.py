"""Whether links are a tree at every instant, judged against looking at every hour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catchment.core.families.family_import.trees import broken
from catchment.core.families.hierarchy import Link
from tests.core.strategies import CUSTOMERS, HOURS, LINKS, RECORDED, at

NEW = "new"


def link(
    customer: str, parent: str, start: int = 0, end: int | None = None, tag: str = NEW
) -> Link:
    id = f"{tag} {customer}>{parent}@{start}"
    return Link(id, customer, parent, at(start), None if end is None else at(end), RECORDED)


def new(links: list[Link]) -> set[str]:
    return {one.id for one in links if one.id.startswith(NEW)}


def trouble(links: list[Link], most: int) -> bool:
    """By definition: at some hour somebody is below itself or more than ``most`` levels deep."""
    for hour in range(HOURS + 1):
        above = {ln.customer: ln.parent for ln in links if ln.start <= at(hour) < ln.until}
        for customer in above:
            levels, current = 1, above.get(customer)
            while current is not None and levels <= most:
                levels, current = levels + 1, above.get(current)
            if levels > most:
                return True
    return False


@st.composite
def any_links(draw: st.DrawFn) -> list[Link]:
    """New links that do not overlap, whatever the tree becomes."""
    links = []
    for customer in CUSTOMERS:
        bounds = sorted(draw(st.sets(st.integers(0, HOURS), max_size=4)))
        for start, end in zip(bounds, [*bounds[1:], None], strict=False):
            parent = draw(st.sampled_from([None, *(c for c in CUSTOMERS if c != customer)]))
            if parent is not None:
                links.append(link(customer, parent, start, end))
    return links


@given(any_links(), st.integers(2, 5))
def test_whatever_is_not_a_tree_is_found_and_nothing_else(links: list[Link], most: int) -> None:
    found = list(broken(links, new(links), most=most))

    assert bool(found) == trouble(links, most)
    assert len({(one.link.id, one.kind) for one in found}) == len(found)


@given(any_links())
def test_a_cycle_is_told_by_its_way_round(links: list[Link]) -> None:
    for one in broken(links, new(links)):
        assert one.kind == "hierarchy_cycle"
        assert one.way[0] == one.way[-1]
        for parent, customer in zip(one.way, one.way[1:], strict=False):
            assert any(
                (ln.parent, ln.customer) == (parent, customer) and ln.start <= one.at < ln.until
                for ln in links
            )


@given(LINKS)
def test_a_tree_made_of_moves_is_one(links: list[Link]) -> None:
    assert list(broken(links, {one.id for one in links})) == []


def test_only_new_links_are_to_blame() -> None:
    links = [link("a", "b", 5, tag="old"), link("b", "a", 0)]

    (found,) = broken(links, new(links))

    assert (found.link.customer, found.at, found.way) == ("b", at(5), ("a", "b", "a"))


def test_a_chain_of_64_levels_stands_and_one_of_65_does_not() -> None:
    links = [link(f"n{i}", f"n{i - 1}") for i in range(1, 65)]

    (found,) = list(broken(links, {links[30].id}))

    assert list(broken(links[1:], new(links))) == []
    assert (found.kind, found.link.customer) == ("hierarchy_too_deep", "n31")


def test_a_cycle_of_more_than_64_customers_is_refused_too() -> None:
    links = [link(f"n{i}", f"n{(i + 1) % 200}") for i in range(200)]

    assert {one.kind for one in broken(links, new(links))} == {"hierarchy_too_deep"}
