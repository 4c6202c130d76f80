"""Where the branches of a tree lie in a list of its members that is in the order of the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId


class Stretch(NamedTuple):
    """From ``first`` to ``last`` stand members that are below the customer, or are it."""

    customer: CustomerId
    first: int
    last: int


def stretches(paths: Iterable[Sequence[CustomerId]]) -> Iterator[Stretch]:
    """The stretches of every customer that has members below it.

    ``paths`` lead to the members, each from the root to the member itself, and those that begin
    alike stand together. A customer has several stretches where paths lead to it in several ways,
    as when it was moved and a member was below it only before.
    """
    found: dict[CustomerId, list[Stretch]] = {}
    own: dict[CustomerId, int] = {}
    open_ones: list[tuple[CustomerId, int]] = []
    place = -1
    for place, path in enumerate(paths):
        same = 0
        for (customer, _), step in zip(open_ones, path, strict=False):
            if customer != step:
                break
            same += 1
        _close(found, open_ones, same, place - 1)
        open_ones += [(step, place) for step in path[same:]]
        own[path[-1]] = place
    _close(found, open_ones, 0, place)
    for customer, ones in found.items():
        if ones != [Stretch(customer, own.get(customer, -1), own.get(customer, -1))]:
            yield from ones


def _close(
    found: dict[CustomerId, list[Stretch]],
    open_ones: list[tuple[CustomerId, int]],
    keep: int,
    last: int,
) -> None:
    while len(open_ones) > keep:
        customer, first = open_ones.pop()
        found.setdefault(customer, []).append(Stretch(customer, first, last))
