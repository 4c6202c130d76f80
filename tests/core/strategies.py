"""Random families: valid dated forests over a few customers and hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import strategies as st

from catchment.core.families.hierarchy import Forest, Link, check, move
from catchment.core.values.errors import BillingError
from catchment.core.values.period import BEGINNING, Span

HOURS = 12
RECORDED = datetime(2026, 1, 1, tzinfo=UTC)


def at(hour: int) -> datetime:
    """An instant of the small world: hour 0 is BEGINNING."""
    return BEGINNING + timedelta(hours=hour)


def span(start: int, end: int) -> Span:
    return Span(at(start), at(end))


def hours(spans: Iterable[Span]) -> set[int]:
    """The whole hours covered: what spans mean, by brute force."""
    return {h for s in spans for h in range(HOURS) if at(h) in s}


@dataclass(frozen=True)
class Relocation:
    customer: str
    parent: str | None
    hour: int


CUSTOMERS = "abcde"
RELOCATIONS = st.lists(
    st.builds(
        Relocation,
        st.sampled_from(CUSTOMERS),
        st.sampled_from((*CUSTOMERS, None)),
        st.just(0) | st.integers(0, HOURS - 1),
    ),
    min_size=4,
    max_size=16,
)
SPANS = st.tuples(st.integers(0, HOURS), st.integers(0, HOURS)).map(
    lambda pair: span(min(pair), max(pair))
)


def settled(relocations: Iterable[Relocation]) -> list[Link]:
    """The links after making every move that is not refused."""
    ids = count()
    links: list[Link] = []
    for one in relocations:
        own = [link for link in links if link.customer == one.customer]
        change = move(
            own,
            one.customer,
            one.parent,
            at(one.hour),
            recorded_at=RECORDED,
            new_id=lambda: str(next(ids)),
        )
        gone = {link.id for link in change.superseded}
        after = [link for link in links if link.id not in gone] + list(change.added)
        try:
            for link in change.added:
                check(Forest(after), link)
        except BillingError:
            continue
        links = after
    return links


LINKS = RELOCATIONS.map(settled)


def parent_at(links: Iterable[Link], customer: str, hour: int) -> str | None:
    """The parent by definition: the one link that holds at that hour, if any."""
    holding = [link for link in links if link.customer == customer and at(hour) in link.span]
    assert len(holding) <= 1
    return holding[0].parent if holding else None


def line_up(links: Iterable[Link], customer: str, hour: int) -> list[str]:
    """The customer, its parent, its grandparent and so on, by definition."""
    line: list[str] = []
    current: str | None = customer
    while current is not None:
        assert current not in line
        line.append(current)
        current = parent_at(links, current, hour)
    return line
