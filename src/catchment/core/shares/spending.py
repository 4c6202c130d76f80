"""Where a family's money goes: shares added up along the tree, from the members to the top.

Only whole minor units are added, and never rounded, so at every level what a customer has itself
and what its children have make up the whole, whatever is shown of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.money import Amount, Money

Path = tuple[CustomerId, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A customer with everyone below it: ``own``, ``children`` and ``others`` make the ``whole``.

    ``children`` are the greatest, the greatest first, ties by id. ``others`` is what the rest of
    the ``child_count`` children have together.
    """

    customer: CustomerId
    whole: Amount
    own: Amount
    child_count: int
    children: tuple[Branch, ...]
    others: Amount

    @property
    def other_count(self) -> int:
        """How many children are not shown one by one."""
        return self.child_count - len(self.children)


def branch(
    shares: Iterable[tuple[Path, Amount]], top: CustomerId, currency: str, *, depth: int, limit: int
) -> Branch:
    """The shares added up below ``top``, with up to ``limit`` children on each of ``depth`` levels.

    Every path leads from ``top`` to who has the share. Children without a share are not counted.
    """
    nothing = Amount(Money(0, currency), Money(0, currency))
    whole: dict[Path, Amount] = {(top,): nothing}
    own: dict[Path, Amount] = {}
    for path, amount in shares:
        assert path[0] == top, path
        own[path] = own.get(path, nothing).plus(amount)
    for path, amount in own.items():
        for level in range(1, min(len(path), depth + 2) + 1):
            whole[path[:level]] = whole.get(path[:level], nothing).plus(amount)
    below: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in whole:
        below[path[:-1]].append(path)
    return _opened((top,), _Sums(whole, own, below, nothing), depth, limit)


class _Sums(NamedTuple):
    """By the path from the top: all of a branch, what its head has itself, and its children."""

    whole: Mapping[Path, Amount]
    own: Mapping[Path, Amount]
    below: Mapping[Path, Sequence[Path]]
    nothing: Amount


def _opened(path: Path, sums: _Sums, depth: int, limit: int) -> Branch:
    children = sorted(
        sums.below.get(path, ()), key=lambda one: (-sums.whole[one].gross.minor, one[-1])
    )
    shown = limit if depth else 0
    others = sums.nothing
    for child in children[shown:]:
        others = others.plus(sums.whole[child])
    return Branch(
        customer=path[-1],
        whole=sums.whole[path],
        own=sums.own.get(path, sums.nothing),
        child_count=len(children),
        children=tuple(_opened(child, sums, depth - 1, limit) for child in children[:shown]),
        others=others,
    )
