"""Long lists in short statements: a database takes only so many parameters at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
_SIZE = 5_000


def chunks(items: Iterable[T], size: int = _SIZE) -> Iterator[list[T]]:
    """``items`` in order, at most ``size`` at a time; nothing for none."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def batches(items: Iterable[T], weight: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """``items`` in order, each batch ending with the item by which it weighs ``most`` or more."""
    batch: list[T] = []
    size = 0
    for item in items:
        batch.append(item)
        size += weight(item)
        if size >= most:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
