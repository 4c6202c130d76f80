"""Room in a row, given out and given back in the same order."""

from __future__ import annotations

from collections import deque


class Ring:
    """Places in ``size`` bytes. What lies there is not its business."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken: deque[int] = deque()  # where each begins
        self._end = 0  # of the newest

    def take(self, size: int) -> int | None:
        """Where the next ``size`` bytes, at least one, lie in a row; None where nowhere is room."""
        assert size > 0, size
        if not self._taken:
            begin, room = 0, self._size
        elif self._end <= self._taken[0]:  # it went around
            begin, room = self._end, self._taken[0] - self._end
        elif size <= self._size - self._end:
            begin, room = self._end, size
        else:
            begin, room = 0, self._taken[0]
        if size > room:
            return None
        self._taken.append(begin)
        self._end = begin + size
        return begin

    def give_back(self) -> None:
        """The oldest that was taken is free again."""
        self._taken.popleft()
