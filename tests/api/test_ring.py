"""Room that is given out lies within what there is, and nobody else has it until it is given back."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from catchment.api.usage.writing.ring import Ring

SIZE = 20


@given(st.lists(st.integers(0, SIZE + 1), max_size=60))
def test_nobody_gets_what_another_has(steps: list[int]) -> None:
    """0 gives the oldest back, anything else asks for so much."""
    ring, taken = Ring(SIZE), deque[range]()

    for size in steps:
        if not size:
            if taken:
                taken.popleft()
                ring.give_back()
            continue
        begin = ring.take(size)
        if begin is None:
            assert taken or size > SIZE  # of an empty one all can be had
            continue
        mine = range(begin, begin + size)
        assert mine.start >= 0
        assert mine.stop <= SIZE
        assert not {byte for one in taken for byte in one}.intersection(mine)
        taken.append(mine)


def test_what_does_not_fit_at_the_end_lies_at_the_beginning() -> None:
    ring = Ring(10)

    places = [ring.take(4), ring.take(4), ring.take(3)]
    ring.give_back()
    places += [ring.take(4), ring.take(1)]
    ring.give_back()
    places += [ring.take(5), ring.take(4), ring.take(1)]

    assert places == [0, 4, None, 0, None, 4, None, 9]
