"""Families of a million in arrays: who is below whom, without a Python object for each.

The same links as a ``Forest``, as columns: customers are numbers, instants are microseconds, and
the links of one parent lie side by side. A question walks level by level, each level at once.
``Forest`` says what is right; the two are compared in the tests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from catchment.core.hierarchy import CustomerId

Numbers = npt.NDArray[np.int32]
Instants = npt.NDArray[np.int64]

TOP = -1
"""The parent's number of a link that puts a customer at the top."""
NEVER = np.iinfo(np.int64).max
"""Where a link without end ends."""


class FamilyIndex:
    """All families of a workspace, through all time, from links believed at one time.

    Link by link: whose ``customer`` it is, below which ``parent`` (TOP: none), and from when to
    when, by number and in microseconds since 1970.
    """

    def __init__(
        self,
        ids: Sequence[CustomerId],
        customer: Numbers,
        parent: Numbers,
        start: Instants,
        end: Instants,
    ) -> None:
        below = np.flatnonzero(parent != TOP)
        order = below[np.argsort(parent[below], kind="stable")]
        self.ids = ids
        self._numbers: dict[CustomerId, int] = dict(zip(ids, range(len(ids)), strict=True))
        self._customer, self._parent = customer[order], parent[order]
        self._start, self._end = start[order], end[order]
        counts = np.bincount(self._parent, minlength=len(ids))
        self._first = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

    def levels(
        self, root: CustomerId, at: int, hidden: Collection[CustomerId] = ()
    ) -> Iterator[Numbers]:
        """The numbers of everyone below ``root`` at an instant, level by level.

        Those ``hidden`` are not there, nor is anyone below them.
        """
        unseen = np.array([self._numbers[who] for who in hidden if who in self._numbers], np.int32)
        number = self._numbers.get(root)
        members = np.array([] if number is None else [number], np.int32)
        while True:
            _, links = self._below(members)
            members = self._customer[links[(self._start[links] <= at) & (at < self._end[links])]]
            if len(unseen):
                members = members[~np.isin(members, unseen)]
            if not len(members):
                return
            yield members

    def ever(self, root: CustomerId, start: int = 0, end: int = NEVER) -> Numbers:
        """The numbers of everyone below ``root`` at some instant from ``start`` until ``end``.

        Each once, in no particular order. Those who moved are followed through their stretches.
        """
        if root not in self._numbers or start >= end:
            return np.empty(0, np.int32)
        seen = np.zeros(len(self.ids), np.bool_)
        members = np.array([self._numbers[root]], np.int32)
        since, until = np.array([start], np.int64), np.array([end], np.int64)
        while len(members):
            above, links = self._below(members)
            since = np.maximum(since[above], self._start[links])
            until = np.minimum(until[above], self._end[links])
            held = since < until
            members, since, until = self._customer[links[held]], since[held], until[held]
            seen[members] = True
        return np.flatnonzero(seen).astype(np.int32)

    def _below(self, members: Numbers) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The links below ``members``, each after the place of the member it is below."""
        first = self._first[members]
        counts = self._first[members + 1] - first
        if len(members) == 1:  # a million children of one parent lie side by side
            return np.zeros(counts[0], np.int64), np.arange(first[0], first[0] + counts[0])
        above = np.repeat(np.arange(len(members)), counts)
        places = np.arange(len(above)) - np.repeat(np.cumsum(counts) - counts, counts)
        return above, np.repeat(first, counts) + places
