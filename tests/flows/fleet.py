"""Processes that bill the same at once, and what is wrong afterwards.

Run as a program: ``python -m tests.flows.fleet URL DATA_DIR WORKERS KILLS RACERS RACES SEED``. Every process is a fork
of this one, which has billed once and has no connection open. It prints JSON: what was wrong, round by round.

``killed``: workers take up one run, and are killed at random so often in all, most often who is at it; one that is
killed is started again. ``racing``: each time every process has a run of its own and works on it without a lease, as
where that is lost.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event

from catchment.flows.billing.runs.bill_workspace import BILLING, finish_runs
from catchment.flows.billing.runs.work import Work
from catchment.flows.billing.runs.work_on_run import work_on_run
from catchment.store.lease import held
from tests.flows.books import Books
from tests.flows.crashing import AS_OF, Place, after, billed_once, life
from tests.flows.running import started, working

AT_ONCE = 4
_MOST_STEPS = 60
"""Between two kills. A chunk takes about half as many."""

_DONE = 128
"""What a worker adds to its number once it has done all there is."""


def work(place: Place) -> Work:
    engine, usage, home = place.opened
    return working(Books(engine, usage, home), at_once=AT_ONCE)


def take_up(place: Place, number: int, steps: int) -> None:
    """Wait for one's turn and work on what is there, saying one's number at every step."""
    mine = work(place)
    say = bytes([number])
    event.listen(mine.engine, "before_cursor_execute", lambda *_: os.write(steps, say))
    with held(mine.engine, BILLING, mine.workspace.id, wait=True):
        finish_runs(mine)
    os.write(steps, bytes([number + _DONE]))


def fork(live: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        try:
            live()
        except BaseException:  # noqa: BLE001
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return child


def ended(child: int) -> int:
    """The signal that ended a child, 0 for none. It must not have failed."""
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def killed(place: Place, processes: int, kills: int, seed: int, clean: Any) -> list[list[str]]:
    """Rounds, each a run with kills until it has ended, until there were enough."""
    chance, found = random.Random(seed), []
    while kills > 0:
        life(lambda: started(work(place), AS_OF))
        steps, told = os.pipe()
        workers = {n: fork(partial(take_up, place, n, told)) for n in range(processes)}
        left = chance.randint(1, _MOST_STEPS)
        while workers:
            [said] = os.read(steps, 1)
            left -= 1
            if said >= _DONE:
                child = workers.pop(said - _DONE, None)
                assert child is None or ended(child) == 0
            elif left <= 0 < kills:
                at_work = said in workers and chance.random() < 0.8
                fallen = said if at_work else chance.choice(sorted(workers))
                os.kill(workers[fallen], signal.SIGKILL)
                if ended(workers.pop(fallen)) == signal.SIGKILL:  # else it had ended by then
                    kills -= 1
                    workers[fallen] = fork(partial(take_up, place, fallen, told))
                left = chance.randint(1, _MOST_STEPS)
        os.close(steps)
        os.close(told)
        found.append(after(place, clean))
    return found


def race(place: Place, is_ready: int, go: int, gone: int) -> None:
    """Start a run, and work on it once the other end of ``go`` is closed everywhere."""
    mine = work(place)
    id = started(mine, AS_OF)
    os.write(is_ready, b".")
    os.close(gone)
    os.read(go, 1)
    work_on_run(mine, id)


def racing(place: Place, processes: int, rounds: int, clean: Any) -> list[list[str]]:
    """Rounds, in each of which all begin once all are ready."""
    found = []
    for _ in range(rounds):
        ready, is_ready = os.pipe()
        go, gone = os.pipe()
        children = [fork(partial(race, place, is_ready, go, gone)) for _ in range(processes)]
        for _ in children:
            os.read(ready, 1)
        os.close(gone)
        for child in children:
            assert ended(child) == 0
        for end in (ready, is_ready, go):
            os.close(end)
        found.append(after(place, clean))
    return found


def main(url: str, data_dir: str, *numbers: str) -> None:
    place = Place(url, Path(data_dir))
    clean = billed_once(place)
    workers, kills, racers, races, seed = map(int, numbers)
    found = {
        "killed": killed(place, workers, kills, seed, clean),
        "racing": racing(place, racers, races, clean),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
