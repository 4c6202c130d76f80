"""What is much to read is read in turn, with all else in between."""

import asyncio
from collections.abc import Callable
from functools import partial

from catchment.api.usage.large_reads import LargeReads


def done_in_turns(read: Callable[[list[str], str], None], names: str) -> list[str]:
    """What was done, in order."""
    done: list[str] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: done.append("told"))
        reads = LargeReads()
        for name in names:
            reads.add(loop, partial(read, done, name))
        for _ in range(3 * len(names)):
            await asyncio.sleep(0)  # a turn of the loop

    asyncio.run(run())
    return done


def test_between_two_reads_the_loop_does_what_else_there_is() -> None:
    def read(done: list[str], name: str) -> None:
        done.append(name)
        asyncio.get_running_loop().call_soon(done.append, f"after {name}")

    assert done_in_turns(read, "abc") == ["a", "after a", "b", "after b", "c", "after c"]


def test_a_read_that_breaks_takes_nothing_from_the_next() -> None:
    def read(done: list[str], name: str) -> None:
        if name == "b":
            raise ValueError(name)
        done.append(name)

    assert done_in_turns(read, "abc") == ["a", "told", "c"]
