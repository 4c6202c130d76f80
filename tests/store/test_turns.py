"""Writers take turns, those of one process and those of several."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from catchment.store.turns import Turns

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "turn"


@pytest.fixture
def turns(path: Path) -> Turns:
    return Turns(path)


def waiting(turns: Turns, count: int, signal: Event) -> None:
    """Until ``count`` writers wait for their turn."""
    while turns.waiting < count:
        signal.wait(0.001)


def test_writers_get_their_turn_in_the_order_in_which_they_came(turns: Turns) -> None:
    never = Event()
    first = object()
    turns.take(first)
    done: list[int] = []

    def write(number: int) -> None:
        me = object()
        turns.take(me)
        done.append(number)
        turns.give(me)

    threads = [Thread(target=write, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        waiting(turns, number + 1, never)
    assert done == []
    turns.give(first)
    for thread in threads:
        thread.join()
    assert done == [0, 1, 2, 3, 4]


def test_giving_back_what_one_does_not_have_changes_nothing(turns: Turns) -> None:
    holder = object()
    turns.take(holder)
    turns.give(object())
    turns.give(holder)
    turns.give(holder)
    turns.take(object())
    assert turns.waiting == 0


def test_who_has_waited_too_long_has_no_turn(path: Path) -> None:
    turns = Turns(path, patience=0)
    holder, other = object(), object()
    turns.take(holder)
    with pytest.raises(TimeoutError, match="locked"):
        turns.take(other)
    turns.give(other)
    assert turns.waiting == 0
    turns.give(holder)
    turns.take(other)


def test_who_cannot_open_the_file_is_in_nobodys_way(path: Path, turns: Turns) -> None:
    path.symlink_to(path)
    with pytest.raises(OSError, match="symbolic"):
        turns.take(object())
    path.unlink()

    turns.take(object())

    assert turns.waiting == 0


def test_two_with_the_same_file_take_turns(path: Path, turns: Turns) -> None:
    other = Turns(path)
    order: list[str] = []
    me = object()

    def write() -> None:
        other.take(me)
        order.append("second")
        other.give(me)

    turns.take(me)
    second = Thread(target=write)
    second.start()
    order.append("first")
    turns.give(me)
    second.join()

    assert order == ["first", "second"]


def test_a_process_that_is_killed_ends_its_turn(path: Path, turns: Turns) -> None:
    command = [sys.executable, "-m", "tests.store.taking", str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        assert process.stdout.readline() == b"mine\n"
        me = object()
        got_it = Event()

        def write() -> None:
            turns.take(me)
            got_it.set()

        waiter = Thread(target=write)
        waiter.start()
        assert not got_it.is_set()

        process.kill()
        waiter.join()
        assert got_it.is_set()
