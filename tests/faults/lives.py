"""Lives that meet a fault, each in a process of its own, and what is wrong after each.

Run as a program: ``python -m tests.faults.lives WORK HOW_MANY FIRST_SEED [--flaws] URL…``. An SQLite URL names
an empty database, which every life gets a copy of; on PostgreSQL every life has a workspace. It prints JSON:
of each fault how often it struck, and what was wrong by database and seed. With ``--flaws`` it then breaks the
product in each of the ways in ``flaws`` and prints what was found to be wrong, if anything was.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catchment import ids
from catchment.store import access
from catchment.store.engine import connect, writing
from catchment.usage.embedded import merging
from catchment.usage.opening import usage_store
from tests.faults import story
from tests.faults.checking import Checker
from tests.faults.damage import cut_power, tear
from tests.faults.flaws import FLAWS, install
from tests.faults.steps import Fault, Plan, Steps
from tests.faults.story import Say

_LIVES_OF_A_FLAW = 20


def process(work: Callable[[Say], None]) -> tuple[list[dict[str, Any]], bool]:
    """What ``work`` said in a process of its own, and whether that was killed."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        mutex = threading.Lock()

        def say(message: dict[str, Any]) -> None:
            with mutex:
                os.write(into, json.dumps(message).encode() + b"\n")

        try:
            work(say)
            os._exit(0)
        except BaseException:  # noqa: BLE001 -- whatever it is, the parent hears of it
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        lines = [line for line in pipe if line.endswith(b"\n")]  # it may die in the middle of one
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
    else:
        assert os.WEXITSTATUS(status) == 0, status
    return [json.loads(line) for line in lines], os.WIFSIGNALED(status)


class Lives:
    """Lives over databases of one kind."""

    def __init__(self, url: str, work: Path) -> None:
        self._url = url
        self._work = work
        self._sqlite = url.startswith("sqlite")
        merging.FAN_IN = 2  # so that short lives merge

    def undisturbed(self) -> int:
        """How many steps a life has that meets no fault."""
        said, wrong = self.of(-1, Plan(None))
        assert not wrong, wrong
        [steps] = [one["count"] for one in said if one["did"] == "end"]
        return int(steps)

    def broken(self, flaw: str) -> list[str]:
        """What was found to be wrong in one of some lives with that flaw."""
        for seed in range(_LIVES_OF_A_FLAW):
            _, wrong = self.of(seed, Plan(FLAWS[flaw], first=-1), flaw)
            if wrong:
                return wrong
        return []

    def seed(self, seed: int, steps: int) -> tuple[Fault, bool, list[str]]:
        """The fault that a seed means, whether it struck, and what was wrong afterwards."""
        chance = random.Random(seed)
        faults = [one for one in Fault if self._sqlite or one is not Fault.TORN]
        fault = faults[seed % len(faults)]
        first = chance.randrange(steps * 3 // 4)  # some lives are shorter
        plan = Plan(fault, first, first + chance.randrange(1, 40), chance.randrange(20_000))
        said, wrong = self.of(seed, plan)
        return fault, any(one["did"] == "fault" for one in said), wrong

    def of(
        self, seed: int, plan: Plan, flaw: str | None = None
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """What one life said, and what was wrong afterwards."""
        place = self._work / str(seed)
        data_dir, shadow = place / "data", place / "shadow"
        data_dir.mkdir(parents=True)
        shadow.mkdir()
        url, home = self._url, ids.new_id()
        if self._sqlite:
            url = f"sqlite:///{data_dir / 'catchment.db'}"
            shutil.copy(self._url.removeprefix("sqlite:///"), data_dir / "catchment.db")

        def live(say: Say) -> None:
            engine = connect(url)
            with writing(engine) as tx:
                access.named_workspace(tx, name=home, id=home, at=story.START)
            usage = usage_store(engine, data_dir)
            steps = Steps(plan, say)
            steps.watch_database(engine)
            steps.watch_files(data_dir, shadow)

            def stepping(message: dict[str, Any]) -> None:
                say(message)
                if message["did"] == "send":
                    steps.step(steps.disk_failed)  # where not even a connection can be opened

            tell = stepping if flaw is None else install(flaw, steps, say, random.Random(seed))
            story.live(engine, usage, home, seed, tell)
            say({"did": "end", "count": steps.count})

        said, killed = process(live)
        chance = random.Random(f"damage {seed}")
        if killed and plan.fault is Fault.POWER:
            cut_power(data_dir, shadow, (one for one in said if one["did"] == "sync"), chance)
        if killed and plan.fault is Fault.TORN:
            tear(data_dir / "catchment.db-wal", chance, forget=flaw == "log not synced")

        def check(say: Say) -> None:
            engine = connect(url)
            excused = 3 * (plan.last - plan.first) if plan.fault is Fault.FAIL else 0
            checker = Checker(engine, data_dir, home, seed, said, excused)
            try:
                for wrong in checker.wrong(survived=not killed):
                    say({"wrong": wrong})
            except Exception as error:  # noqa: BLE001 -- what cannot be read is wrong as well
                say({"wrong": f"{type(error).__name__}: {error}"[:400]})

        wrong, _ = process(check)
        shutil.rmtree(place)
        return said, [one["wrong"] for one in wrong]


def main(work: str, how_many: str, first: str, *more: str) -> None:
    struck: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    urls = [one for one in more if one != "--flaws"]
    for url in urls:
        lives = Lives(url, Path(work))
        steps = lives.undisturbed()
        kind = url.partition(":")[0]
        for seed in range(int(first), int(first) + int(how_many)):
            fault, hit, found = lives.seed(seed, steps)
            struck[f"{kind} {fault}"] += hit
            if found:
                wrong[f"{kind} {seed}"] = [fault, *found]
    found_in = {}
    if "--flaws" in more:
        lives = Lives(urls[0], Path(work))
        sqlite = urls[0].startswith("sqlite")
        found_in = {
            flaw: lives.broken(flaw) for flaw in FLAWS if sqlite or FLAWS[flaw] is not Fault.TORN
        }
    json.dump({"struck": struck, "wrong": wrong, "flaws": found_in}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
