"""Ids as numbers, so that a million of them are told apart without a Python object for each.

An id is a UUID: sixteen bytes, which lie side by side in an array. Its number is its place among
all the ids there are, in their order; UUIDv7 being that of their making, what was made together
stays together.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.bytes_]
Numbers = npt.NDArray[np.int32]

KEY = np.dtype("S16")
"""How an array holds an id. Taken out one by one, keys lose the zero bytes at their end."""


def keys(texts: bytes) -> Keys:
    """The keys of ids whose texts follow one another with nothing between."""
    return np.frombuffer(unhexlify(texts.translate(None, b"-")), KEY)


class Ids:
    """Different ids, given as keys in rising order, and their numbers from 0 on."""

    def __init__(self, ordered: Keys) -> None:
        self._keys = ordered

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, number: int) -> str:
        """Whose a number is."""
        digits = self._keys[number].ljust(KEY.itemsize, b"\0").hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def numbers(self, ids: Iterable[str]) -> Numbers:
        """The numbers of those of ``ids`` that are here, in the order given."""
        asked = keys("".join(ids).encode())
        places = np.searchsorted(self._keys, asked).astype(np.int32)
        held = places < len(self._keys)
        places, asked = places[held], asked[held]
        here: npt.NDArray[np.bool_] = self._keys[places] == asked
        return places[here]


def numbered(given: Keys) -> tuple[Ids, Numbers]:
    """All different ids among the keys ``given``, and the number of each of these."""
    halves = np.ascontiguousarray(given).view(">u8").reshape(-1, 2)
    high, low = halves[:, 0].astype(np.uint64), halves[:, 1].astype(np.uint64)
    order = _order(high, low)
    first = _changes(high[order]) | _changes(low[order])
    numbers = np.empty(len(given), np.int32)
    numbers[order] = np.cumsum(first, dtype=np.int32) - np.int32(1)
    return Ids(given[order[first]]), numbers


def _order(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """The order of pairs: sorted by ``high``, and by ``low`` where that leaves it open.

    It seldom does, for a process never gives two UUIDv7 the same high half; sorting everything by
    both takes four times as long.
    """
    order = np.argsort(high)
    begins = _changes(high[order])
    run = np.cumsum(begins)
    open_runs = np.unique(run[_changes(low[order]) & ~begins])
    ties = np.flatnonzero(np.isin(run, open_runs))
    tied = order[ties]
    order[ties] = tied[np.lexsort((low[tied], high[tied]))]
    return order


def _changes(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Where a value is another one than that before it; the first always is."""
    changed = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return changed
