"""What is made of a value, made once: many rows have the same value, and mostly the very same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_A = TypeVar("_A")
_B = TypeVar("_B")
_AT_MOST = 10_000


def once(make: Callable[[_A], _B]) -> Callable[[_A], _B]:
    """``make``, which is not asked again of a value it was asked of, told by its identity.

    Neither it nor the values may change meanwhile. So many are remembered, then it begins anew.
    """
    known: dict[int, tuple[Any, _B]] = {}  # with the value, so that its identity stays its own

    def made(value: _A) -> _B:
        found = known.get(id(value))
        if found is None:
            if len(known) >= _AT_MOST:
                known.clear()
            found = known[id(value)] = value, make(value)
        return found[1]

    return made
