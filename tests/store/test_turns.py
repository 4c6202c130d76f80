"""Writers of one process take turns."""

from threading import Event, Thread

from catchment.store.turns import Turns


def waiting(turns: Turns, count: int, signal: Event) -> None:
    """Until ``count`` writers wait for their turn."""
    while turns.waiting < count:
        signal.wait(0.001)


def test_writers_get_their_turn_in_the_order_in_which_they_came() -> None:
    turns, never = Turns(), Event()
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


def test_giving_back_what_one_does_not_have_changes_nothing() -> None:
    turns = Turns()
    holder = object()
    turns.take(holder)
    turns.give(object())
    turns.give(holder)
    turns.give(holder)
    turns.take(object())
    assert turns.waiting == 0


def test_who_has_the_turn_already_need_not_wait_for_it() -> None:
    turns = Turns()
    holder = object()
    turns.take(holder)
    turns.take(holder)
    turns.give(holder)
    turns.take(object())
    assert turns.waiting == 0


def test_who_has_waited_too_long_tries_without_a_turn() -> None:
    turns = Turns(patience=0)
    holder, other = object(), object()
    turns.take(holder)
    turns.take(other)
    assert turns.waiting == 0
    turns.give(other)
    turns.give(holder)
    turns.take(object())
