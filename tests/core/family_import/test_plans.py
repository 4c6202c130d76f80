"""What rows mean together: laws of any file, on top of any tree."""

from __future__ import annotations

from itertools import count

from hypothesis import assume, given
from hypothesis import strategies as st

from catchment.core.families.family_import.facts import Lender, Person
from catchment.core.families.family_import.plans import Known, Plan, borrowed, plan, tree_refusals
from catchment.core.families.family_import.rows import Row, Table
from catchment.core.families.hierarchy import Link
from tests.core.strategies import CUSTOMERS, HOURS, LINKS, RECORDED, at, parent_at

NAMES = (*CUSTOMERS, "v", "w", "x")
LENDER = Lender({"line1": "1 Quay St"}, (Person("Ada", "a@a.test", "PRIMARY"),))
OWN = {"email": "a@a.test", "line1": "1 Quay St", "town": "Leeds", "country": "GB"}
ROWS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from((*NAMES, "")),
        st.none() | st.integers(0, HOURS - 1),
    ),
    max_size=8,
    unique_by=lambda row: (row[0], row[2] or 0),
)
NOW = at(6)


def table(cells: list[tuple[str, str, int | None]]) -> Table:
    return Table(
        [
            Row(number, customer, parent, None if hour is None else at(hour), OWN)
            for number, (customer, parent, hour) in enumerate(cells, 2)
        ]
    )


def planned(file: Table, links: list[Link], known: str = CUSTOMERS) -> Plan:
    ids = count()
    owners = {name: name for name in known}
    lenders = dict.fromkeys(borrowed(file.rows, owners), LENDER)
    done = plan(
        file,
        Known(owners, links, {}, lenders),
        now=NOW,
        new_id=lambda: f"{len(known)}/{next(ids)}",
    )
    done.refuse(tree_refusals(done, links))
    return done


def renamed(done: Plan, links: list[Link]) -> list[Link]:
    """The links afterwards, with new customers called by their alias."""
    alias = {one.id: one.alias for one in done.new}
    return [
        Link(
            ln.id,
            alias.get(ln.customer, ln.customer),
            alias.get(str(ln.parent), ln.parent),
            ln.start,
            ln.end,
            RECORDED,
        )
        for ln in done.applied(links)
    ]


@given(ROWS, LINKS)
def test_what_is_not_refused_is_as_the_rows_say(
    cells: list[tuple[str, str, int | None]], links: list[Link]
) -> None:
    done = planned(table(cells), links)
    assume(not done.refused)

    after = renamed(done, links)
    for customer in {name for name, _, _ in cells}:
        own = [(hour, parent) for name, parent, hour in cells if name == customer]
        undated = 6 if len(own) == 1 and customer in CUSTOMERS else 0
        stays = {undated if hour is None else hour: parent or None for hour, parent in own}
        for hour in range(min(stays), HOURS):
            assert parent_at(after, customer, hour) == stays[max(h for h in stays if h <= hour)]


@given(ROWS, LINKS)
def test_the_same_file_again_changes_nothing(
    cells: list[tuple[str, str, int | None]], links: list[Link]
) -> None:
    done = planned(table(cells), links)
    assume(not done.refused)

    known = CUSTOMERS + "".join(one.alias for one in done.new)
    again = planned(table(cells), renamed(done, links), known)

    assert (again.new, again.moves, again.refused) == ([], {}, [])
    assert again.unchanged == len({name for name, _, _ in cells})


@given(ROWS, LINKS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    cells: list[tuple[str, str, int | None]], links: list[Link], random: object
) -> None:
    shuffled = list(cells)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = planned(table(cells), links), planned(table(shuffled), links)

    assert bool(one.refused) == bool(other.refused)
    assert {new.alias for new in one.new} == {new.alias for new in other.new}
    if not one.refused:
        assert (set(one.moved), one.unchanged) == (set(other.moved), other.unchanged)
