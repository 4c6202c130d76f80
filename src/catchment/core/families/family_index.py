"""Families of a million in arrays: who is below whom, without a Python object for each.

The same links as a ``Forest``, as columns: customers are numbers, instants are microseconds, and
the links of one parent lie side by side. A question walks level by level, each level at once.
``Forest`` says what is right; the two are compared in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.numbering import Keys, Numbers, numbered

Instants = npt.NDArray[np.int64]

_NOBODY: Numbers = np.empty(0, np.int32)


class FamilyIndex:
    """All families of a workspace, through all time, from links believed at one time.

    Link by link: whose ``customer`` it is, below which ``parent``, and from when to when, in
    microseconds since 1970. Links that put a customer at the top say nothing here. ``ids`` has the
    numbers of everyone who ever was in a family.
    """

    def __init__(self, customer: Keys, parent: Keys, start: Instants, end: Instants) -> None:
        self.ids, numbers = numbered(np.concatenate((customer, parent)))
        below, above = numbers[: len(customer)], numbers[len(customer) :]
        order = np.argsort(above)
        self._customer, self._start, self._end = below[order], start[order], end[order]
        counts = np.bincount(above, minlength=len(self.ids))
        self._first = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)

    def levels(self, root: CustomerId, at: int, hidden: Numbers = _NOBODY) -> Iterator[Numbers]:
        """The numbers of everyone below ``root`` at an instant, level by level.

        Those ``hidden`` are not there, nor is anyone below them.
        """
        gone = np.zeros(len(self.ids), np.bool_)
        gone[hidden] = True
        members = self.ids.numbers([root])
        while True:
            links = self._below(members)
            members = self._customer[links[(self._start[links] <= at) & (at < self._end[links])]]
            if len(hidden):
                members = members[~gone[members]]
            if not len(members):
                return
            yield members

    def _below(self, members: Numbers) -> npt.NDArray[np.int64]:
        """The places of the links below ``members``."""
        first = self._first[members]
        counts = self._first[members + 1] - first
        if len(members) == 1:  # a million children of one parent lie side by side
            return np.arange(first[0], first[0] + counts[0])
        places = np.repeat(first - np.cumsum(counts) + counts, counts)
        return places + np.arange(len(places))
