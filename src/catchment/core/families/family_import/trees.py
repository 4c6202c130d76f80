"""Whether many links together are still a tree, at every instant.

Almost always the question is answered without looking at time: where nobody is above itself even
if all links held at once, and no way up is too long, nothing can be wrong at any instant. Only
those for whom that is not so are followed through time, change by change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from catchment.core.families.hierarchy import MAX_LEVELS, CustomerId, Link

Above = Mapping[CustomerId, Link]


class Broken(NamedTuple):
    """The tree would not be one from ``at`` on, and ``link``, a new one, is part of why.

    ``way`` leads downwards; in a cycle it ends where it began.
    """

    kind: Literal["hierarchy_cycle", "hierarchy_too_deep"]
    link: Link
    at: datetime
    way: tuple[CustomerId, ...]


def broken(
    links: Iterable[Link], new: Collection[str], *, most: int = MAX_LEVELS
) -> Iterator[Broken]:
    """What is wrong with ``links``, each new link (by id) and kind once.

    What was there before the new ones must have been a tree of at most ``most`` levels.
    """
    suspects = _suspects(links, most)
    if not suspects:
        return
    told: set[tuple[str, str]] = set()
    for one in _through_time(
        [ln for ln in links if ln.customer in suspects and ln.parent in suspects], new, most
    ):
        if (one.link.id, one.kind) not in told:
            told.add((one.link.id, one.kind))
            yield one


def _suspects(links: Iterable[Link], most: int) -> set[CustomerId]:
    """Everyone on a way of more than ``most`` levels, or without end, if time did not matter."""
    upward: defaultdict[CustomerId, list[CustomerId]] = defaultdict(list)
    downward: defaultdict[CustomerId, list[CustomerId]] = defaultdict(list)
    for link in links:
        if link.parent is not None:
            upward[link.customer].append(link.parent)
            downward[link.parent].append(link.customer)
    above = _longest(upward, downward)
    below = _longest(downward, upward)
    endless = most + 1
    return {
        who
        for who in upward.keys() | downward.keys()
        if above.get(who, endless) + below.get(who, endless) - 1 > most
    }


def _longest(
    onward: Mapping[CustomerId, list[CustomerId]], back: Mapping[CustomerId, list[CustomerId]]
) -> dict[CustomerId, int]:
    """How many levels the longest way onward from each has, itself included.

    Who can come to a cycle is left out.
    """
    left = {who: len(onward.get(who, ())) for who in onward.keys() | back.keys()}
    levels = {who: 1 for who, count in left.items() if count == 0}
    waiting = list(levels)
    best: defaultdict[CustomerId, int] = defaultdict(int)
    while waiting:
        who = waiting.pop()
        level = levels[who] + 1
        for before in back.get(who, ()):
            best[before] = max(best[before], level)
            left[before] -= 1
            if left[before] == 0:
                levels[before] = best[before]
                waiting.append(before)
    return levels


def _through_time(links: list[Link], new: Collection[str], most: int) -> Iterator[Broken]:
    """Let time run: take away what ends, add what begins, and look at what has begun."""
    changes: list[tuple[datetime, bool, Link]] = [(link.start, True, link) for link in links]
    changes += [(link.end, False, link) for link in links if link.end is not None]
    changes.sort(key=itemgetter(0, 1))  # ends come before beginnings
    above: dict[CustomerId, Link] = {}
    below: defaultdict[CustomerId, set[CustomerId]] = defaultdict(set)
    for at, group in groupby(changes, key=itemgetter(0)):
        begun = []
        for _, begins, link in group:
            assert link.parent is not None, link
            if begins:
                above[link.customer] = link
                below[link.parent].add(link.customer)
                begun.append(link)
            else:
                del above[link.customer]
                below[link.parent].discard(link.customer)
        for link in begun:
            yield from _looked_at(link, at, above, below, new, most)


def _looked_at(
    link: Link,
    at: datetime,
    above: Above,
    below: Mapping[CustomerId, set[CustomerId]],
    new: Collection[str],
    most: int,
) -> Iterator[Broken]:
    """What ``link``, which begins at ``at``, makes wrong."""
    way = [link]
    place = {link.customer: 0}
    while (upward := above.get(str(way[-1].parent))) is not None and len(way) <= most:
        if upward.customer in place:
            yield _blamed("hierarchy_cycle", way[place[upward.customer] :], at, new)
            return
        place[upward.customer] = len(way)
        way.append(upward)
    deepest = _way_down(link.customer, below, most - len(way))
    if deepest is not None:
        down = [above[who] for who in deepest]
        yield _blamed("hierarchy_too_deep", [*reversed(down), *way], at, new)


def _way_down(
    start: CustomerId, below: Mapping[CustomerId, set[CustomerId]], room: int
) -> tuple[CustomerId, ...] | None:
    """A way down from ``start`` (left out) for which ``room`` levels, ``start`` included, are
    too few; None where nobody is that deep.
    """
    if room < 1:
        return ()
    waiting: list[tuple[CustomerId, ...]] = [()]
    while waiting:
        way = waiting.pop()
        for child in below.get(way[-1] if way else start, ()):
            longer = (*way, child)
            if len(longer) >= room:
                return longer
            waiting.append(longer)
    return None


def _blamed(
    kind: Literal["hierarchy_cycle", "hierarchy_too_deep"],
    way: list[Link],
    at: datetime,
    new: Collection[str],
) -> Broken:
    """``way`` leads upwards; of the new links on it the one that began last is named."""
    culprits = [link for link in way if link.id in new]
    assert culprits, (kind, way)
    culprit = max(culprits, key=lambda link: (link.start, link.id))
    return Broken(
        kind, culprit, at, (str(way[-1].parent), *(link.customer for link in reversed(way)))
    )
